"""Blocks that do not end by themselves."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys

import pytest
from session_client import RequestError, Session, running

ENDLESS = [
    ("python", "import time\nprint('on')\ntime.sleep(60)"),
    ("python", "print('on')\nwhile True: pass"),
    ("python", "import time\nprint('on')\nwhile True:\n    try: time.sleep(0.01)\n    except ValueError: pass"),
    ("python", "print('on')\nwhile True: print('flood' * 100)"),
    ("python", "import threading\nprint('on')\nthreading.Event().wait()"),
    ("clojure", '(println "on") (Thread/sleep 60000)'),
    ("clojure", '(println "on") @(promise)'),
    ("clojure", '(println "on") (loop [] (recur))'),
    ("clojure", '(println "on") (reduce + (range))'),
    ("clojure", '(println "on") (count (range))'),
    ("clojure", '(println "on") (filter neg? (range))'),
    ("clojure", '(println "on") (iterate (fn [x] (loop [] (recur))) 1)'),
    ("clojure", '(println "on") (count (range 1000000000000))'),
    ("clojure", '(println "on") (loop [] (try (loop [] (recur)) (catch Exception _)) (recur))'),
    ("clojure", '(println "on") (loop [] (println "flood") (recur))'),
    ("clojure", '(println "on") (str (nth (iterate (fn [x] [x x]) []) 60))'),
    ("clojure", '(println "on") (apply = (repeatedly 2 (fn [] (nth (iterate (fn [x] [x x]) []) 60))))'),
    ("clojure", '(println "on") (#\'reduce + (range))'),
    ("clojure", '(println "on") (let [f (pb/attr (pb/module :math) :sqrt)] (loop [] (f 2) (recur)))'),
    ("clojure", '(println "on") (pb/call (pb/module :time) :sleep 60)'),
    ("python", "import re\nprint('on')\nre.match('(a+)+$', 'a' * 50 + 'b')"),
    ("python", "x = []\nfor _ in range(25): x = [x, x]\nprint('on')\nwhile True: len(repr(x))"),
]


@pytest.mark.parametrize("language, code", ENDLESS)
def test_an_interrupt_ends_a_block_and_the_session_goes_on(session, language, code):
    error = session.interrupted(language, code, when="on\n")
    assert error.data["type"] == "KeyboardInterrupt"
    assert session.python("1")["value"] == 1
    assert session.clojure("(+ 1 1)")["value"] == 2


def test_a_block_that_cannot_be_stopped_is_reported_and_ends_with_the_session():
    with running() as session:
        code = (
            "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
            "print('on')\nwhile True: time.sleep(0.01)"
        )
        assert session.unresponsive("python", code, when="on\n") == {
            "message": "the block does not respond to the interrupt; restart the session to end it, "
            "which loses its names"
        }
        assert session.end() == 1


def test_clojure_that_python_has_started_is_stopped_too():
    with running() as session:
        code = "from pybridge import clojure\nclojure.eval('(do (println :on) (loop [] (recur)))')"
        assert session.interrupted("python", code, when=":on\n").data["type"] == "KeyboardInterrupt"
        assert session.clojure("(+ 1 1)")["value"] == 2


def test_an_interrupt_that_python_heard_does_not_reach_the_next_block(session):
    session.interrupted("clojure", '(println "on") (pb/call (pb/module :time) :sleep 60)', when="on\n")
    assert session.clojure("(Thread/sleep 10) 1")["value"] == 1


def test_an_interrupt_just_before_a_wait_in_c_ends_that_wait(session):
    code = (
        "import ctypes, functools, operator, signal, struct, time\n"
        "libc, mask = ctypes.CDLL(None), struct.pack('Q', 1 << signal.SIGINT - 1).ljust(128, b'\\0')\n"
        "mark = functools.partial(libc.pthread_sigmask, signal.SIG_UNBLOCK, mask, None)\n"
        "libc.pthread_sigmask(signal.SIG_BLOCK, mask, None)\n"
        "print('on')\n"
        "any(map(operator.call, [functools.partial(libc.sleep, 1), mark, functools.partial(time.sleep, 60)]))"
    )
    assert session.interrupted("python", code, when="on\n").data["type"] == "KeyboardInterrupt"


def test_an_interrupt_ends_any_request(session):
    session.python(
        "class Slow:\n    @property\n    def x(self):\n        print('on')\n        while True: pass\n\nslow = Slow()"
    )
    asked = session.send("describe", language="python", name="slow.x")
    while session.message().get("method") != "output":
        pass
    session.answer(session.send("interrupt"))
    with pytest.raises(RequestError) as ended:
        session.answer(asked)
    assert ended.value.data["type"] == "KeyboardInterrupt"


@pytest.mark.parametrize("after", ["time.sleep(60)", "while True: pass", "clj.eternal()"])
def test_an_interrupt_that_comes_in_a_finalizer_ends_the_block_all_the_same(session, after):
    """Python drops what a finalizer raises."""
    session.clojure("(defn eternal [] (loop [] (recur)))")
    code = f"""
import time
class Lasts:
    def __del__(self):
        print("on", flush=True)
        time.sleep(2)
x = Lasts()
del x
{after}"""
    assert session.interrupted("python", code, "on").data["type"] == "KeyboardInterrupt"
    assert session.python("1 + 1")["value"] == 2


def test_an_interrupt_between_blocks_does_nothing(session):
    assert session.request("interrupt") is None
    assert session.python("1")["value"] == 1


@pytest.mark.parametrize("language, code", [("python", "sum(range(N))"), ("clojure", "(reduce + (range N))")])
def test_an_interrupt_hits_the_block_under_way_and_none_behind_it(session, language, code):
    ends = random.Random(7)
    for _ in range(100):
        n = ends.choice([1, 100, 10_000, 100_000])
        first = session.send("evaluate", language=language, code=code.replace("N", str(n)))
        asked = session.send("interrupt")
        second = session.send("evaluate", language=language, code=code.replace("N", "5"))
        try:
            assert session.answer(first)["value"] == n * (n - 1) // 2
        except RequestError as error:
            assert error.data["type"] == "KeyboardInterrupt"
        session.answer(asked)
        assert session.answer(second)["value"] == 10


@pytest.mark.parametrize("language, code", [ENDLESS[0], ENDLESS[5], ENDLESS[7]])
def test_a_signal_from_outside_interrupts_the_block(session, language, code):
    pid = session.request("initialize")["pid"]
    block = session.send("evaluate", language=language, code=code)
    while session.message().get("method") != "output":
        pass
    os.kill(pid, signal.SIGINT)
    with pytest.raises(RequestError, match="KeyboardInterrupt"):
        session.answer(block)


def test_a_training_run_can_be_interrupted(session):
    code = (
        "import numpy as np\nfrom pybridge import models, training\n"
        "net = models.sequential([('dense', 8, 'relu'), ('dense', 1)], input_shape=[4], seed=1)\n"
        "x, y = np.ones((64, 4), 'float32'), np.ones((64, 1), 'float32')\nprint('on')\n"
        "training.fit(net, x, y, loss='mean_squared_error', metrics=[], epochs=1_000_000, progress=False)"
    )
    assert session.interrupted("python", code, when="on\n").data["type"] == "KeyboardInterrupt"


@pytest.mark.parametrize("language, code", [ENDLESS[1], ENDLESS[7]])
def test_shutdown_ends_a_block_that_would_not_end(language, code):
    session = Session()
    session.send("evaluate", language=language, code=code)
    while session.message().get("method") != "output":
        pass
    session.request("shutdown")
    session.end()


def test_an_interrupt_that_comes_while_a_question_is_flushed_ends_the_input(session):
    """CPython's own `input` drops what its flush raises."""
    code = """
import io, sys, time
class Slow(io.StringIO):
    def flush(self):
        print("flushes", file=sys.stderr)
        time.sleep(60)
kept, sys.stdout = sys.stdout, Slow()
try: input("who? ")
finally: sys.stdout = kept
"""
    block = session.send("evaluate", language="python", code=code, input=True)
    while (message := session.message()).get("params", {}).get("text") != "flushes\n":
        assert message["method"] == "output", message
    session.answer(session.send("interrupt"))
    with pytest.raises(RequestError) as ended:
        session.answer(block, within=20)
    assert ended.value.data["type"] == "KeyboardInterrupt"


@pytest.mark.parametrize("ask", ["input()", "input('who? ')", "input(5)", "[input(), input()]"])
def test_what_input_gives_is_what_pythons_own_gives(session, ask):
    command, typed = [sys.executable, "-c", f"print(repr({ask}))"], [" Ada \n", "\n"]
    theirs = subprocess.run(command, input="".join(typed), capture_output=True, text=True, check=True).stdout
    session.lines[:] = typed
    block = session.send("evaluate", language="python", code=f"print(repr({ask}))", input=True, token=9)
    assert session.answer(block)["output"] == theirs
