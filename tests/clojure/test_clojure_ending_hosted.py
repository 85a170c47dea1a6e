"""How a JVM that hosts Python ends: each row of the second table in docs/ending.md."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from programs import clojure, java

# Python notes on stdout, by its own file descriptor, what it does at its end.
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
          (wait-until #(.get pybridge.native.env/closing))
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
    process = subprocess.Popen(
        [*java(), "clojure.main", "-e", textwrap.dedent(code)],
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
        (def sleep (pb/run "__import__('ctypes').PyDLL(None).sleep"))
        (println "ready")
        (sleep 60)
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
