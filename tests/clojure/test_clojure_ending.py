"""How a process ends: each row of the first table in docs/ending.md, beside what plain Python does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap

import pytest
from programs import NOTES, PROGRAM, finished, python

INSIDE = {
    "sleeps": "lambda: __import__('time').sleep(600)",
    "computes": "lambda: [0 for x in iter(int, 1)]",
    "catches": "lambda: exec('while True:\\\\n try:\\\\n  while True: pass\\\\n except BaseException: pass')",
    "calls back": "lambda: [sleep() for x in iter(int, 1)]",
}


def started(work: str) -> str:
    """Code that has three threads of Clojure's do the work inside Python; `sleep` is a function of Clojure's."""
    return f"""from pybridge import clojure
    clojure.eval("(require '[pybridge.core :as pb]) (def running (promise))")
    sleep = clojure.eval("(fn [] (Thread/sleep 5))")
    clojure.clj.work = {work}
    clojure.eval("(dotimes [_ 3] (future (deliver running 1) (work)))")
    clojure.eval("@running")
    time.sleep(0.1)"""


def ended(start: str, end: str, path) -> tuple[int, list[str], str, str]:
    """Status, notes, the open file's content and what stderr says but for the places of a traceback."""
    done = finished([sys.executable, "-c", textwrap.dedent(PROGRAM.format(start=start, path=str(path), end=end))], {})
    return done.returncode, done.stdout.splitlines(), path.read_text(), re.sub(r"line \d+", "", done.stderr)


@pytest.mark.parametrize(
    ("end", "work"),
    [
        *(("sys.exit(3)", work) for work in INSIDE),
        *((end, "computes") for end in ("pass", "sys.exit('words')", "raise SystemExit(259)", "1 / 0")),
    ],
)
def test_python_ends_in_its_own_way_while_clojure_is_inside_python(end, work, tmp_path):
    plain = ended("", end, tmp_path / "plain")
    assert plain[1:3] == (NOTES, "content")
    assert ended(started(INSIDE[work]), end, tmp_path / "hosting") == plain


def test_system_exit_runs_what_python_does_at_its_end(tmp_path):
    status, notes, content, stderr = ended(
        "from pybridge import clojure", "clojure.eval('(System/exit 4)')", tmp_path / "file"
    )
    assert (status, notes, content, stderr) == (4, NOTES, "content", "")


@pytest.mark.parametrize("end", ['clojure.eval, "(System/exit 4)"', 'clojure.eval("(fn [] (System/exit 4))")'])
def test_system_exit_in_an_exit_function(end, tmp_path):
    done = python(f"""
        import atexit
        from pybridge import clojure
        file = open({str(tmp_path / "file")!r}, "w")
        file.write("content")
        atexit.register(print, "not any more", flush=True)
        atexit.register({end})
        atexit.register(print, "first", flush=True)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (4, "first\n", "")
    assert (tmp_path / "file").read_text() == "content"


def test_system_exit_on_a_thread_that_is_no_daemon():
    done = python("""
        import atexit, threading
        from pybridge import clojure
        atexit.register(print, "left", flush=True)
        end = clojure.eval("(fn [] (System/exit 5))")
        threading.Thread(target=end).start()
    """)
    assert (done.returncode, done.stdout, done.stderr) == (5, "left\n", "")


def test_the_jvms_end_comes_after_the_last_exit_function(tmp_path):
    doomed = tmp_path / "doomed"
    doomed.touch()
    done = python(f"""
        import atexit, sys
        @atexit.register
        def early():
            print(clojure.eval('(str "Clojure " (inc 1))'), flush=True)
        from pybridge import clojure
        clojure.eval('''
            (require '[pybridge.core :as pb])
            (defn hook [] (Thread/sleep 300) (pb/run "print('hook', 1 + 1, flush=True)"))
            (.addShutdownHook (Runtime/getRuntime) (Thread. hook))
            (.deleteOnExit (java.io.File. "{doomed}"))''')
        sys.exit(3)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (3, "Clojure 2\nhook 2\n", "")
    assert not doomed.exists()


def test_a_shutdown_hook_that_hangs_is_left():
    done = python("""
        import sys
        from pybridge import clojure
        clojure.eval("(.addShutdownHook (Runtime/getRuntime) (Thread. (fn [] @(promise))))")
        sys.exit(3)
    """)
    assert done.returncode == 3
    assert done.stderr == "pybridge: a shutdown hook of the JVM had not finished after 10 seconds, and was left\n"


def test_late_calls_of_a_python_that_ends():
    done = python("""
        import threading
        from pybridge import clojure
        f = clojure.eval("(fn [] 1)")
        class Last:
            def __del__(self):
                print("late", f(), clojure.eval("1"))
        last = Last()
        threading.Thread(target=exec, args=("while True: f()", {"f": f}), daemon=True).start()
        print(f())
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\nlate None None\n", "")


@pytest.mark.parametrize(
    ("end", "status"), [("os._exit(7)", 7), ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM)]
)
def test_ends_that_run_nothing(end, status):
    code = f"""
        import atexit, os, signal
        from pybridge import clojure
        clojure.start()
        atexit.register(print, "left")
        {end}
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")


CONSOLE = "code.InteractiveInterpreter().runsource('raise KeyboardInterrupt')"
CELL = """from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance().run_cell("raise KeyboardInterrupt")"""


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("raise KeyboardInterrupt", -signal.SIGINT),
        ("signal.raise_signal(signal.SIGINT)", -signal.SIGINT),
        (CONSOLE, 0),
        (CELL, 0),
        (f"{CONSOLE}; sys.exit(3)", 3),
        (f"{CONSOLE}; 1 / 0", 1),
    ],
)
def test_code_that_is_run_after_an_interrupt_does_not_change_how_it_ends_python(end, status, tmp_path):
    """As plain Python has it: with 1 where an exit function, or a thread that starts a JVM, makes a dataclass."""
    program = tmp_path / "program.py"
    program.write_text(f"""
import atexit, code, signal, sys
from pybridge._ending import at_end
atexit.register(exec, "1")
at_end(lambda: exec("1") is None)
{end}
""")
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, str(program)], capture_output=True, env=environment)
    assert done.returncode == status
