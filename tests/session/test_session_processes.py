"""Blocks that fork and leave, and editors that are killed: what is left of a session then."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from session_client import PYBRIDGE, Session, running

WITHIN = 120  # seconds; a loaded machine takes ten times the 4.5 that are documented

FORKED = """
import os, sys
parent, status = os.getpid(), None
child = os.fork()
if child:
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


@pytest.mark.parametrize(
    "ends, status, printed",
    [
        ("0", 0, ""),
        ("print('child')", 0, "child\n"),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('why')", 1, "why\n"),
        ("os._exit(4)", 4, ""),
        ("input()", 1, "EOFError"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero"),
    ],
)
def test_a_block_that_forks_is_answered_once(session, ends, status, printed):
    code = f"{FORKED}\nelse:\n    {ends}\n(parent == os.getpid(), status)"
    block = session.send("evaluate", language="python", code=code)
    answer = session.answer(block)
    assert answer["text"] == f"(True, {status})"
    assert printed in answer["output"] if printed else answer["output"] == ""
    assert session.python("os.getpid() == parent")["value"] is True


def test_a_child_that_lives_on_does_not_keep_the_editors_pipes_open():
    session = Session()
    code = "import os, time\nchild = os.fork()\nif not child:\n    time.sleep(1000)\nchild"
    child = session.python(code)["value"]
    assert session.request("shutdown") is None
    assert session.message() is None  # the end of what it writes
    os.kill(child, signal.SIGKILL)
    assert session.end() == 0


def test_a_block_that_leaves_takes_the_session_with_it():
    session = Session()
    session.send("evaluate", language="python", code="import os\nos._exit(3)")
    assert session.message() is None
    assert session.end() == 3


EDITOR = """
import json, os, subprocess, sys, time
session = subprocess.Popen([sys.argv[1], "session"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for number, (language, code) in enumerate(json.loads(sys.argv[2])):
    params = {"language": language, "code": code}
    body = json.dumps({"id": number, "method": "evaluate", "params": params}).encode()
    session.stdin.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
session.stdin.flush()
print(session.pid, flush=True)
while session.stdout.read1(65536):
    pass
"""
STATES = {
    "idle": [],
    "Clojure starts": [("clojure", "1")],
    "Python runs": [("python", "while True: pass")],
    "Python waits": [("python", "import time; time.sleep(1000)")],
    "Python ignores it": [("python", "while True:\n  try:\n    while True: pass\n  except BaseException: pass")],
    "Clojure runs": [("clojure", "(loop [] (recur))")],
    "a flood": [("python", "while True: print('x' * 100)")],
    "a process runs": [("python", "import subprocess; subprocess.run(['sleep', '1000'])")],
}


def group(leader: int) -> list[str]:
    """The numbers of the processes of a group."""
    found = subprocess.run(["ps", "-e", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in found.splitlines()]
    return [pid for pid, pgid, state in rows if int(pgid) == leader and not state.startswith("Z")]


@pytest.fixture
def surroundings(runtime, tmp_path):
    return os.environ | {"XDG_RUNTIME_DIR": str(runtime), "TMPDIR": str(tmp_path)}


@contextmanager
def edited(blocks: list[tuple[str, str]], surroundings: dict[str, str]) -> Iterator[None]:
    """Have an editor send blocks to a session of its own, and kill it in the end: the session has to go then, too."""
    editor = subprocess.Popen(
        [sys.executable, "-c", EDITOR, PYBRIDGE, json.dumps(blocks)],
        env=surroundings,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with editor.stdout:
        editor.stdout.readline()
        yield
        editor.kill()
    editor.wait()
    until = time.monotonic() + WITHIN
    while group(editor.pid):
        assert time.monotonic() < until, subprocess.run(["ps", "-ef"], capture_output=True, text=True).stdout
        time.sleep(0.05)


@pytest.mark.parametrize("state", STATES)
def test_a_killed_editor_leaves_no_process_and_no_file(state, runtime, tmp_path, surroundings):
    with edited(STATES[state], surroundings):
        time.sleep(random.Random(state).uniform(0, 2))
    assert list(tmp_path.iterdir()) == []
    assert sockets(runtime) == []


def test_a_console_that_has_joined_keeps_nothing_of_the_session(runtime, tmp_path, surroundings):
    with edited([("clojure", "1")], surroundings):
        while not sockets(runtime):
            time.sleep(0.05)
        console = subprocess.Popen(
            [PYBRIDGE, "console"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=surroundings,
        )
        console.stdin.write(",py 6 * 7\n")
        console.stdin.flush()
        while "42" not in (line := console.stdout.readline()):
            assert line, "the console has ended"
    assert sockets(runtime) == []
    console.communicate()
    assert console.returncode == 0
    assert list(tmp_path.iterdir()) == []


def sockets(runtime: Path) -> list[Path]:
    folder = runtime / "pybridge"
    return list(folder.iterdir()) if folder.exists() else []


def test_a_start_removes_the_sockets_of_dead_processes_and_only_those(runtime):
    with running(XDG_RUNTIME_DIR=str(runtime)) as living:
        living.python("1")
        killed = Session(XDG_RUNTIME_DIR=str(runtime))
        killed.python("1")
        killed.process.kill()
        killed.end()
        assert {path.name for path in sockets(runtime)} == {str(living.process.pid), str(killed.process.pid)}
        with running(XDG_RUNTIME_DIR=str(runtime)) as next_one:
            next_one.python("1")
            assert {path.name for path in sockets(runtime)} == {str(living.process.pid), str(next_one.process.pid)}
