"""Python's handlers of signals, while its main thread is inside Clojure."""

from __future__ import annotations

import pytest
from programs import python

HANDLERS = """
    import os, signal, threading, time
    from pybridge import clojure
    clojure.start()
    heard = []
    class Late(Exception):
        pass
    def raising(number, frame):
        raise Late("too late")
    signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
    signal.signal(signal.SIGALRM, raising)
    def soon(number):
        threading.Timer(0.2, os.kill, (os.getpid(), number)).start()
"""


def test_a_handler_runs_once_while_clojure_waits_undisturbed():
    done = python(
        HANDLERS
        + """
    soon(signal.SIGUSR1)
    print(clojure.eval("(do (Thread/sleep 1500) 5)"), len(heard))
    """
    )
    assert (done.stdout, done.stderr) == ("5 1\n", "")


@pytest.mark.parametrize(
    "waiting", ["@(promise)", "(Thread/sleep 60000)", "(try @(promise) (catch InterruptedException _ :caught))"]
)
def test_what_a_handler_raises_comes_out_of_the_call(waiting):
    done = python(
        HANDLERS
        + f"""
    for number, expected in [(signal.SIGALRM, Late), (signal.SIGINT, KeyboardInterrupt)]:
        soon(number)
        try:
            clojure.eval("{waiting}")
        except BaseException as raised:
            print(type(raised) is expected, clojure.eval("(Thread/interrupted)"))
    """
    )
    assert (done.stdout, done.stderr) == ("True False\n" * 2, ""), done.stderr


def test_signals_that_clojure_ignores_are_raised_once():
    done = python(
        HANDLERS
        + """
    ignore = clojure.eval('''(fn [s] (let [end (+ (System/nanoTime) (* s 1000000000))]
      (while (< (System/nanoTime) end) (try (Thread/sleep 5) (catch InterruptedException _)))))''')
    for tenths in range(40):
        threading.Timer(0.3 + tenths / 10, os.kill, (os.getpid(), signal.SIGALRM)).start()
    raised = 0
    for seconds in (5, 0.1, 0.1):
        try:
            ignore(seconds)
            for _ in range(1000): pass
        except Late:
            raised += 1
    print(raised, clojure.eval("(Thread/interrupted)"))
    """
    )
    assert (done.stdout, done.stderr) == ("1 False\n", "")


def test_the_main_thread_waits_for_a_handler_that_runs_in_its_stead():
    done = python(
        HANDLERS
        + """
    said = []
    def slow(number, frame):
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        said.append("begins")
        time.sleep(1)
        said.append("ends")
    signal.signal(signal.SIGUSR2, slow)
    soon(signal.SIGUSR2)
    clojure.eval("(Thread/sleep 600)")
    said.append("back")
    signal.signal(signal.SIGUSR2, signal.SIG_DFL)
    print(*said)
    """
    )
    assert (done.stdout, done.stderr) == ("begins ends back\n", "")


def test_an_interrupt_ends_a_loop_of_calls_of_c_functions():
    done = python(
        HANDLERS
        + """
    clojure.eval("(require '[pybridge.core :as pb])")
    soon(signal.SIGINT)
    try:
        clojure.eval("(let [nap (pb/attr (pb/module :time) :sleep)] (loop [] (nap 0.001) (recur)))")
    except KeyboardInterrupt:
        print("interrupted", clojure.eval("(Thread/interrupted)"))
    """
    )
    assert (done.stdout, done.stderr) == ("interrupted False\n", "")
