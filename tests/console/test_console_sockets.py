"""The sockets of sessions: nobody else's, and none that is dead."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from session_client import PYBRIDGE, Session

import pybridge
from pybridge.console import listed
from pybridge.console.sockets import check_private, connect, folder, listen, names
from pybridge.errors import StartError


@pytest.fixture
def runtime(monkeypatch):
    with tempfile.TemporaryDirectory(prefix="pb-") as path:
        monkeypatch.setenv("XDG_RUNTIME_DIR", path)
        yield Path(path)


def console(runtime: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
    environment = os.environ | {"XDG_RUNTIME_DIR": str(runtime)}
    return subprocess.run(
        [PYBRIDGE, "console", *arguments], capture_output=True, text=True, env=environment, cwd=cwd, input=",py 1 + 1\n"
    )


def test_only_the_user_can_read_them(runtime):
    path = listen("1", lambda connection: connection.close())
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_ISSOCK(path.stat().st_mode)


@pytest.mark.parametrize("mode", [0o755, 0o710, 0o701, 0o777])
def test_a_folder_that_others_can_read_is_refused(tmp_path, mode):
    tmp_path.chmod(mode)
    with pytest.raises(StartError, match=r" must be a folder that only you can read: chmod 700, or remove it"):
        check_private(tmp_path)


def test_a_link_is_refused(tmp_path):
    (tmp_path / "private").mkdir(mode=0o700)
    check_private(tmp_path / "private")
    (tmp_path / "link").symlink_to(tmp_path / "private")
    with pytest.raises(StartError, match="must be a folder that only you can read"):
        check_private(tmp_path / "link")


def test_a_folder_in_one_that_others_can_write_to_is_refused(tmp_path):
    (tmp_path / "private").mkdir(mode=0o700)
    tmp_path.chmod(0o777)
    with pytest.raises(StartError, match=rf"{tmp_path} must be a folder that nobody but you can write to"):
        check_private(tmp_path / "private")
    tmp_path.chmod(0o1777)  # as /tmp, where one can remove only what is one's own
    check_private(tmp_path / "private")


def test_a_path_too_long_for_a_socket_is_refused(monkeypatch, tmp_path):
    deep = tmp_path / ("d" * 100)
    deep.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    with pytest.raises(StartError, match=r"is too long for a socket; set XDG_RUNTIME_DIR to a shorter path"):
        listen("1", print)


def test_what_is_dead_is_removed(runtime):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder() / "7"))
    (folder() / "note.txt").write_text("no socket")
    assert names() == ["7"]
    assert connect("7") is None
    assert [path.name for path in folder().iterdir()] == ["note.txt"]


def test_none_several_and_the_one_of_this_folder(runtime, tmp_path):
    none = console(runtime)
    assert (none.returncode, none.stdout) == (1, "")
    assert none.stderr == (
        "pybridge: no session runs to join: run a block in Emacs with pybridge-mode, or %load_ext pybridge.session in "
        "Jupyter\n"
    )
    assert console(runtime, "--list").stdout == ""
    (tmp_path / "here").mkdir()
    sessions = [Session(cwd=tmp_path, XDG_RUNTIME_DIR=str(runtime)) for _ in range(2)]
    sessions.append(Session(cwd=tmp_path / "here", XDG_RUNTIME_DIR=str(runtime)))
    for session in sessions:
        session.request("initialize")
    numbers = sorted((str(session.process.pid) for session in sessions), key=lambda name: (len(name), name))
    folders = {str(session.process.pid): tmp_path for session in sessions}
    folders[str(sessions[2].process.pid)] = tmp_path / "here"
    several = console(runtime)
    said = listed({n: {"kind": "pybridge session", "folder": folders[n]} for n in numbers})
    assert (
        several.stderr == f"pybridge: several sessions run, {said}; choose one, as in pybridge console {numbers[0]}\n"
    )
    assert console(runtime, numbers[1]).stdout == "2\n"
    assert console(runtime, cwd=tmp_path / "here").stdout == "2\n"
    assert console(runtime, "1").stderr == f"pybridge: no session of number 1 runs; there are {said}\n"
    assert console(runtime, "--list").stdout.splitlines() == [
        f"{number:>8}  pybridge session, in {folders[number]}" for number in numbers
    ]
    sessions[0].process.send_signal(signal.SIGKILL)
    for session in sessions:
        session.end()
    assert list((runtime / "pybridge").iterdir()) in ([], [runtime / "pybridge" / str(sessions[0].process.pid)])
    assert console(runtime, "--list").stdout == ""
    assert list((runtime / "pybridge").iterdir()) == []


def test_a_session_that_cannot_be_joined_says_so_and_goes_on(runtime):
    (runtime / "pybridge").mkdir(mode=0o755)
    (runtime / "pybridge").chmod(0o755)
    session = Session(XDG_RUNTIME_DIR=str(runtime))
    assert session.python("1 + 1")["text"] == "2"
    [said] = [each["text"] for each in session.output]
    assert said.startswith("pybridge: no console can join this session: ")
    assert session.end() == 0


def test_another_version_is_refused(runtime):
    code = """
import os, sys, pybridge
pybridge.__version__ = "9.9.9"
from pybridge.session.server import serve
serve()
"""
    session = Session(command=[sys.executable, "-c", code], XDG_RUNTIME_DIR=str(runtime))
    session.request("initialize")
    assert console(runtime).stderr == (
        f"pybridge: the session is pybridge 9.9.9, this console {pybridge.__version__}; start the console from the "
        "session's own environment\n"
    )
    session.end()
