"""Processes that Python forks off have no JVM: calls are refused there, and they end in Python's way."""

from __future__ import annotations

import ast
import textwrap

from programs import clojure, last_line, one_of_three, python

FORKED = (
    "StartError: a forked process has no JVM of its own, so Clojure and Python cannot call each other in it; "
    'start processes afresh, with multiprocessing\'s "spawn"'
)

FORKING = """
        import multiprocessing
        def in_child(*calls):
            def child():
                told = []
                for call in calls:
                    try:
                        told.append(f"called {call()}")
                    except Exception as error:
                        told.append(f"{type(error).__name__}: {error}")
                print(*told, sep="\\n", flush=True)
            for _ in range(3):  # a JVM that was collecting or compiling just when it was copied may stand still
                process = multiprocessing.get_context("fork").Process(target=child)
                process.start()
                process.join(30)
                if process.exitcode is not None:
                    return process.exitcode
                process.kill()
"""


def test_a_forked_process_of_a_python_that_hosts_a_jvm():
    done = python(
        FORKING
        + """
        from pybridge import clojure
        f = clojure.eval("(fn [] 1)")
        print("child", in_child(f, lambda: clojure.eval("1"), lambda: clojure.clj.x))
        print("parent", f())
        """
    )
    assert done.stdout.splitlines() == [FORKED, FORKED, FORKED, "child 0", "parent 1"], done.stderr


def test_a_forked_process_collects_its_garbage():
    done = python("""
        import gc, os
        from pybridge import clojure
        clojure.start()
        kept = b"x" * 100_000_000  # so much more memory in use has JPype collect Java's garbage beside Python's
        if (pid := os.fork()) == 0:
            gc.collect()
            os._exit(0)
        print("child", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """)
    assert done.stdout == "child 0\n", done.stderr


def test_a_forked_process_of_a_jvm_that_hosts_python():
    code = textwrap.dedent(FORKING).replace("\\", "\\\\").replace('"', '\\"')
    done = clojure(f"""
        (require '[pybridge.core :as pb])
        (pb/run "{code}")
        (println "child" ((pb/from-python :in_child) (fn [] 1)))
        (println "parent" ((pb/run "lambda f: f()") (fn [] 1)))
        (shutdown-agents)
    """)
    assert done.stdout.splitlines() == [FORKED, "child 0", "parent 1"], done.stderr


FORKED_ENDS = """
import atexit, os, sys, threading
atexit.register(os.write, 1, b"exit function\\n")
def status_of(end, path):
    for _ in range(3):  # the JVM may stand still in it, as above
        read, written = os.pipe()
        if (pid := os.fork()) == 0:
            file = open(path, "w"); file.write("content")
            os.dup2(written, 1); os.dup2(written, 2)
            print("child")
            return end()
        os.close(written)
        timer = threading.Timer(30, os.kill, (pid, 9))
        timer.start()
        told = open(read).read()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        timer.cancel()
        if status != -9:
            return [status, told.splitlines(), open(path).read()]
def number(): sys.exit(3)
def words(): sys.exit("words")
def nothing(): raise SystemExit
def fails(): 1 / 0
def returns(): return object()
"""

FORKED_RETURN = (
    "pybridge: a forked process has come to the end of the Python code that Clojure had called, and has no Clojure to "
    "go back to; end it there, with sys.exit or os._exit"
)


def check_forked_ends(told: str):
    ends = [ast.literal_eval(line) for line in told.splitlines() if line.startswith("[")]
    assert [status for status, _, _ in ends] == [3, 1, 0, 1, 1]
    assert [content for _, _, content in ends] == ["content"] * 5
    said = [sorted({line for line in lines if not line.startswith((" ", "Traceback"))}) for _, lines, _ in ends]
    assert said == [
        ["child", "exit function"],
        ["child", "exit function", "words"],
        ["child", "exit function"],
        ["ZeroDivisionError: division by zero", "child", "exit function"],
        ["child", "exit function", FORKED_RETURN],
    ]


def test_a_forked_process_that_would_go_back_to_clojure_ends_in_pythons_way(tmp_path):
    done = python(f"""
        from pybridge import clojure
        exec({FORKED_ENDS!r})
        call = clojure.eval("(fn [f] (f))")
        for end in number, words, nothing, fails, returns:
            print(call(lambda: repr(status_of(end, {str(tmp_path / "file")!r}))), flush=True)
    """)
    check_forked_ends(done.stdout)


def test_a_forked_process_of_a_hosted_python_that_would_go_back_to_clojure_ends_in_pythons_way(tmp_path):
    (tmp_path / "ends.py").write_text(FORKED_ENDS)
    done = clojure(f"""
        (require '[pybridge.core :as pb])
        (pb/run "exec(open('{tmp_path / "ends.py"}').read())")
        (def status-of (pb/run "lambda end, path: repr(status_of(end, path))"))
        (doseq [end [:number :words :nothing :fails :returns]]
          (println (status-of (pb/from-python end) "{tmp_path / "file"}")))
        (System/exit 0)
    """)
    check_forked_ends(done.stdout)


def test_a_forked_process_of_a_jvm_that_hosts_python_ends_by_signals():
    program = """
        (require '[pybridge.core :as pb])
        (pb/run "
import multiprocessing, os, signal, time
def waits(ready):
    try:
        ready.set(); time.sleep(60)
    except KeyboardInterrupt:
        os._exit(44)
def status_of(number):
    context = multiprocessing.get_context('fork')
    for _ in range(3):  # a JVM that was collecting or compiling as it was copied may hold a process up
        ready = context.Event()
        process = context.Process(target=waits, args=(ready,))
        process.start(); ready.wait(10); time.sleep(0.2)
        os.kill(process.pid, number)
        process.join(10)
        if process.exitcode is not None:
            return process.exitcode
        process.kill()
")
        (prn (mapv (pb/from-python :status_of) [15 2 1 3]))
        (System/exit 0)
    """
    one_of_three(lambda: last_line(clojure(program)), "[-15 44 -1 -3]")
