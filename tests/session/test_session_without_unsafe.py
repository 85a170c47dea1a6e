"""A session in which nothing unsafe is loaded: it does the same, except that it cannot stop a busy Clojure loop."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from session_client import PYBRIDGE, running

BUSY = '(println "on") (loop [] (recur))'


def sentence(reason: str) -> str:
    return (
        f"the block does not respond to the interrupt, and its Clojure code cannot be stopped ({reason}); "
        "restart the session to end it, which loses its names"
    )


@pytest.fixture(scope="module")
def without_unsafe():
    with running(PYBRIDGE_UNSAFE="0") as session:
        session.clojure("(require '[pybridge.core :as pb])")
        yield session


def test_both_languages_are_evaluated_and_nothing_unsafe_is_loaded(without_unsafe):
    assert without_unsafe.clojure("(some? (find-ns 'pybridge.unsafe.stop))")["value"] is False
    loaded = without_unsafe.python("import sys\n[name for name in sys.modules if 'unsafe' in name.split('.')]")
    assert loaded["value"] == []


@pytest.mark.parametrize(
    "language, code",
    [
        ("python", "import time\nprint('on')\ntime.sleep(60)"),
        ("python", "print('on')\nwhile True: pass"),
        ("clojure", '(println "on") (Thread/sleep 60000)'),
        ("clojure", '(println "on") @(promise)'),
        ("clojure", '(println "on") (pb/call (pb/module :time) :sleep 60)'),
        ("clojure", '(println "on") (let [f (pb/attr (pb/module :math) :sqrt)] (loop [] (f 2) (recur)))'),
    ],
)
def test_what_waits_and_what_calls_python_is_interrupted(without_unsafe, language, code):
    assert without_unsafe.interrupted(language, code, when="on\n").data["type"] == "KeyboardInterrupt"
    assert without_unsafe.python("1")["value"] == 1
    assert without_unsafe.clojure("(Thread/sleep 10) 2")["value"] == 2


def test_a_busy_loop_is_reported_and_ends_with_the_session():
    with running(PYBRIDGE_UNSAFE="0") as session:
        assert session.unresponsive("clojure", BUSY, when="on\n") == {"message": sentence("PYBRIDGE_UNSAFE=0")}
        assert session.end() == 1


def test_a_session_works_where_the_folder_is_missing():
    with running() as session:
        session.python("import sys\nsys.modules['pybridge.session.unsafe'] = None  # its import fails now")
        reason = "import of pybridge.session.unsafe halted; None in sys.modules"
        assert session.unresponsive("clojure", BUSY, when="on\n") == {"message": sentence(reason)}


def test_at_a_terminal_a_busy_loop_is_reported_on_standard_error():
    command = [PYBRIDGE, "eval", "--clojure", BUSY]
    environment = os.environ | {"PYBRIDGE_UNSAFE": "0", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout.readline() == "on\n"
        time.sleep(0.3)  # until it has left Python, which printed that
        process.send_signal(signal.SIGINT)
        said = process.stderr.readline()
        process.kill()
    assert said == f"pybridge: {sentence('PYBRIDGE_UNSAFE=0')}\n"
