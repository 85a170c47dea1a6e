"""How a process ends: each row of the tables in docs/ending.md, beside what plain Python does."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from programs import clojure, finished, python

from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java

# A Python program that notes on stdout, by its own file descriptor, what it does at its end.
PROGRAM = """
    import atexit, concurrent.futures, os, sys, threading, time
    def note(text):
        os.write(1, (text + chr(10)).encode())
    atexit.register(note, "registered early")
    {start}
    atexit.register(note, "registered late")
    open_file = open({path!r}, "w")
    open_file.write("content")
    thread = threading.Thread(target=lambda: (time.sleep(0.3), note("thread")))
    thread.start()
    pool = concurrent.futures.ThreadPoolExecutor(1)
    pool.submit(thread.join)
    pool.submit(note, "task")
    {end}
"""

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


@pytest.mark.parametrize("work", INSIDE.values(), ids=INSIDE.keys())
@pytest.mark.parametrize("end", ["pass", "sys.exit(3)", "sys.exit('words')", "raise SystemExit(259)", "1 / 0"])
def test_python_ends_in_its_own_way_while_clojure_is_inside_python(end, work, tmp_path):
    plain = ended("", end, tmp_path / "plain")
    assert plain[1:3] == (["thread", "task", "registered late", "registered early"], "content")
    assert ended(started(work), end, tmp_path / "hosting") == plain


def test_system_exit_runs_what_python_does_at_its_end(tmp_path):
    status, notes, content, stderr = ended(
        "from pybridge import clojure", "clojure.eval('(System/exit 4)')", tmp_path / "file"
    )
    assert (status, notes, content, stderr) == (
        4,
        ["thread", "task", "registered late", "registered early"],
        "content",
        "",
    )


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


# The same for a JVM that hosts Python.
HOSTED = """
    (require '[pybridge.core :as pb])
    (pb/run "
import atexit, concurrent.futures, gzip, os, threading, time
def note(text):
    os.write(1, (text + chr(10)).encode())
atexit.register(note, 'exit function')
text = open('{path}.txt', 'w'); text.write('content')
binary = open('{path}.bin', 'wb'); binary.write(b'content')
packed = gzip.open('{path}.gz', 'wt'); packed.write('content')
thread = threading.Thread(target=lambda: (time.sleep(0.3), note('thread')))
thread.start()
pool = concurrent.futures.ThreadPoolExecutor(1)
pool.submit(thread.join)
pool.submit(note, 'task')
def call_for_ever(f):
    while True: f()
def call_on_daemon(f): threading.Thread(target=call_for_ever, args=(f,), daemon=True).start()
")
    ((pb/from-python :call_on_daemon) (fn [] 1))
    (doto (Thread. (fn [] (while true (pb/run "1")))) (.setDaemon true) .start)
"""


@pytest.mark.parametrize(
    ("end", "status"),
    [("nil", 0), ("(System/exit 4)", 4), ('((pb/run "lambda f: f()") (fn [] (System/exit 5)))', 5)],
)
def test_a_jvm_has_python_end_in_its_way(end, status, tmp_path):
    done = clojure(HOSTED.format(path=tmp_path / "file") + end)
    assert (done.returncode, done.stderr) == (status, "")
    notes = [line for line in done.stdout.splitlines() if not line.startswith(("#", "nil"))]
    assert notes == ["thread", "task", "exit function"]
    assert (tmp_path / "file.txt").read_text() == "content"
    assert (tmp_path / "file.bin").read_bytes() == b"content"
    assert gzip.decompress((tmp_path / "file.gz").read_bytes()) == b"content"


def test_an_exception_that_nobody_catches_ends_the_jvm_with_1(tmp_path):
    done = clojure(HOSTED.format(path=tmp_path / "file") + '(throw (ex-info "nobody catches this" {}))')
    assert done.returncode == 1
    assert "nobody catches this" in done.stderr
    assert [line for line in done.stdout.splitlines() if not line.startswith(("#", "nil"))] == [
        "thread",
        "task",
        "exit function",
    ]
    assert (tmp_path / "file.txt").read_text() == "content"


def test_late_calls_of_a_hosted_python():
    done = clojure("""
        (require '[pybridge.core :as pb])
        (def f (pb/run "lambda: 1"))
        (pb/run "
import atexit, threading
def check(g):
    atexit.register(lambda: print('Clojure says', g(41), flush=True))
def call_on_daemon(g): threading.Thread(target=exec, args=('while True: g()', {'g': g}), daemon=True).start()
")
        ((pb/from-python :check) inc)
        (def heard (atom 0))
        ((pb/from-python :call_on_daemon) #(swap! heard inc))
        (defn wait-until [f] (when-not (f) (Thread/sleep 5) (recur f)))
        (defn hook []
          (wait-until #(.get pybridge.native.gil/closing))
          (println (try (f) (catch IllegalStateException refusal (ex-message refusal))))
          (let [n @heard] (wait-until #(> @heard (+ n 100))))
          (println "Python's thread is answered"))
        (.addShutdownHook (Runtime/getRuntime) (Thread. hook))
        (System/exit 0)
    """)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-3:] == [
        "Clojure says 42",
        "Python is shutting down; no more calls are taken",
        "Python's thread is answered",
    ]


def terminated(code: str, by: int = signal.SIGTERM) -> tuple[int, str, str, float]:
    """Status, stdout, stderr and seconds of a JVM that gets a signal once its program has printed `ready`."""
    java = [str(find_java().executable), "--enable-native-access=ALL-UNNAMED", "-cp", os.pathsep.join(classpath())]
    process = subprocess.Popen(
        [*java, "clojure.main", "-e", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYBRIDGE_PYTHON": sys.executable},
    )
    said = ""
    while "ready" not in said and (line := process.stdout.readline()):
        said += line
    time.sleep(0.5)
    process.send_signal(by)
    begin = time.monotonic()
    out, err = process.communicate(timeout=60)
    return process.returncode, said + out, err, time.monotonic() - begin


def test_sigterm_while_python_is_called(tmp_path):
    status, out, err, _ = terminated(
        HOSTED.format(path=tmp_path / "file") + '(println "ready") (while true (pb/run "1"))'
    )
    assert (status, err) == (143, "")
    assert out.splitlines()[-1] == "exit function"
    assert (tmp_path / "file.txt").read_text() == "content"


def test_ctrl_c_while_python_is_called(tmp_path):
    status, out, err, _ = terminated(
        HOSTED.format(path=tmp_path / "file") + '(println "ready") (pb/run "time.sleep(600)")', signal.SIGINT
    )
    assert (status, err) == (130, "interrupted\n")
    assert out.splitlines()[-1] == "exit function"
    assert (tmp_path / "file.txt").read_text() == "content"


def test_sigterm_while_a_c_function_holds_the_gil():
    status, _, err, seconds = terminated("""
        (require '[pybridge.core :as pb])
        (def match (pb/run "__import__('re').compile('(a+)+$').match"))
        (println "ready")
        (match (str (apply str (repeat 60 "a")) "b"))
    """)
    assert status == 143
    assert seconds < 10
    assert err == (
        "pybridge: Python could not end in its own way: a call has held the GIL for 3 seconds, "
        "so exit functions have not run and files may not be whole\n"
    )


def test_a_thread_of_a_hosted_python_that_never_ends_is_left():
    done = clojure("""
        (require '[pybridge.core :as pb])
        (pb/run "import threading\nthreading.Thread(target=threading.Event().wait).start()")
        (System/exit 6)
    """)
    assert done.returncode == 6
    assert done.stderr == (
        "pybridge: Python was still at its end after 10 seconds, and was left there: "
        "an exit function, a thread that is no daemon or an executor's task has not finished\n"
    )
