"""Messages that are not as they should be, and how a session ends."""

from __future__ import annotations

import json
import os
import signal

import pytest
from session_client import Session, failure, running


@pytest.mark.parametrize(
    "body, code, known",
    [
        (b"not json", -32700, None),
        (b"", -32700, None),
        (b"\xff\xfe", -32700, None),
        (b"[" * 100_000, -32700, None),
        (b"[]", -32600, None),
        (b"null", -32600, None),
        (b'{"id": 900}', -32600, 900),
        (b'{"id": 901, "method": 5}', -32600, 901),
        (b'{"id": {"a": 1}, "method": "initialize"}', -32600, None),
        (b'{"id": 902, "method": "nonsense"}', -32601, 902),
        (b'{"id": 903, "method": "evaluate"}', -32602, 903),
        (b'{"id": 904, "method": "evaluate", "params": [1]}', -32602, 904),
        (b'{"id": 905, "method": "evaluate", "params": {"code": 5}}', -32602, 905),
        (b'{"id": 906, "method": "evaluate", "params": {"code": "1", "language": "cobol"}}', -32602, 906),
        (b'{"id": 907, "method": "complete", "params": {"code": null}}', -32602, 907),
        (b'{"id": 908, "method": "describe", "params": {"name": ["x"]}}', -32602, 908),
        (b'{"id": "a", "method": "nonsense"}', -32601, "a"),
    ],
)
def test_a_malformed_request_gets_an_error_and_the_session_lives(session, body, code, known):
    session.write(body)
    answer = session.message()
    assert answer["error"]["code"] == code
    assert answer["id"] == known
    assert answer["error"]["message"]
    assert session.python("1")["value"] == 1


def test_a_request_without_an_id_gets_no_answer(session):
    session.write(b'{"jsonrpc": "2.0", "method": "evaluate", "params": {"code": "told = 5"}}')
    session.write(b'{"jsonrpc": "2.0", "method": "nonsense"}')
    assert session.python("told")["value"] == 5


def test_requests_wait_for_each_other(session):
    first = session.send("evaluate", language="python", code="import time\ntime.sleep(0.2)\norder = ['first']")
    second = session.send("evaluate", language="python", code="order.append('second')\norder")
    session.answer(first)
    assert session.answer(second)["value"] == ["first", "second"]


def test_headers_other_than_the_length_do_not_matter(session):
    body = b'{"jsonrpc": "2.0", "id": 990, "method": "initialize"}'
    session.process.stdin.write(
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nCONTENT-LENGTH: %d\r\n\r\n" % len(body) + body
    )
    session.process.stdin.flush()
    assert session.answer(990)["name"] == "pybridge"


def test_a_message_without_a_length_gets_an_error_and_the_session_lives(session):
    session.process.stdin.write(b"GET / HTTP/1.1\r\n\r\n")
    session.process.stdin.flush()
    assert session.message()["error"]["code"] == -32700
    assert session.python("1")["value"] == 1


def test_two_sessions_share_nothing():
    with running() as one, running() as other:
        one.python("x = 1")
        assert failure(other.python, "x").data["type"] == "NameError"
        assert one.python("x")["value"] == 1


def test_shutdown_answers_and_ends_the_process():
    session = Session()
    session.clojure("(def x (future (Thread/sleep 100000)))")
    assert session.request("shutdown") is None
    assert session.message() is None
    assert session.end() == 0


def test_the_end_of_input_ends_the_process():
    session = Session()
    session.python("1")
    assert session.end() == 0


AT_THE_END = """
import atexit, os
class Late:
    def __del__(self, write=os.write):
        write(1, b"x" * 1_000_000)
os.late = Late()  # where it outlives the blocks' own names
os.late.itself = os.late
_ = atexit.register(print, "an exit function")
"""
HOOK = '(.addShutdownHook (Runtime/getRuntime) (Thread. (fn [] (println "a hook") (flush))))'


@pytest.mark.parametrize("clojure", [[], [HOOK]], ids=["Python alone", "with Clojure"])
def test_what_is_printed_at_the_end_is_sent_and_what_comes_too_late_keeps_nothing_from_ending(clojure):
    session = Session()
    session.python(AT_THE_END)
    for code in clojure:
        session.clojure(code)
    session.request("shutdown")
    printed = ""
    while message := session.message():
        printed += message["params"]["text"]
    assert session.end() == 0
    assert printed == "an exit function\n" + "a hook\n" * len(clojure)


def test_clojure_starts_when_it_is_needed():
    with running() as session:
        assert "jpype" not in session.python("import sys\nsorted(sys.modules)")["text"]
        assert session.request("complete", language="clojure", code="(reduc") == []
        assert session.clojure("(+ 1 1)")["value"] == 2
        assert "reduce" in session.request("complete", language="clojure", code="(reduc")


def test_what_java_writes_of_a_crash_does_not_stand_beside_the_notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = Session(XDG_STATE_HOME=str(tmp_path / "state"))
    session.clojure("1")
    os.kill(session.process.pid, signal.SIGSEGV)
    session.end()
    (report,) = tmp_path.rglob("hs_err*")
    assert report.parent == tmp_path / "state" / "pybridge" / "crashes"
    assert report.parent.stat().st_mode & 0o077 == 0


def test_an_interrupt_without_parameters_ends_the_block_under_way(session):
    block = session.send("evaluate", language="python", code="import time\nprint('on', flush=True)\ntime.sleep(60)")
    while session.message().get("method") != "output":
        pass
    session.write(json.dumps({"jsonrpc": "2.0", "id": "now", "method": "interrupt", "params": None}).encode())
    assert session.answer("now") is None
    assert failure(lambda _: session.answer(block), "").data["type"] == "KeyboardInterrupt"
