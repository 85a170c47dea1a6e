"""Pipes, devices, sockets and folders where a file is to be read: refused with a sentence, and nobody waits."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pybridge._regular import open_regular, read_regular
from pybridge._text import read_text
from pybridge.book.org import read_notebook
from pybridge.clojure.project import find_project, read_project
from pybridge.errors import DataError, StartError

PYBRIDGE = Path(sys.executable).with_name("pybridge")


def pipe(path: Path) -> str:
    os.mkfifo(path)
    return "a pipe (FIFO)"


def a_socket(path: Path) -> str:
    with socket.socket(socket.AF_UNIX) as listening:
        before = os.getcwd()
        os.chdir(path.parent)  # for the names of sockets are short
        try:
            listening.bind(path.name)
        finally:
            os.chdir(before)
    return "a socket"


def folder(path: Path) -> str:
    path.mkdir()
    return "a folder"


def device(path: Path) -> str:
    path.symlink_to("/dev/zero")
    return "a device"


ODD = [pipe, a_socket, folder, device]


@pytest.mark.parametrize("make", ODD)
def test_what_is_not_a_regular_file(tmp_path, make):
    what = make(tmp_path / "odd")
    for read, kind in (
        (open_regular, OSError),
        (read_regular, OSError),
        (read_text, DataError),
        (read_notebook, DataError),
    ):
        with pytest.raises(kind, match=rf"it is {re.escape(what)}, not a regular file"):
            read(tmp_path / "odd")


def test_a_regular_file_by_whatever_name(tmp_path):
    (tmp_path / "file").write_bytes(b"a\r\nb")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_regular(tmp_path / "link") == b"a\r\nb"
    assert read_text(tmp_path / "file") == "a\nb"
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "nowhere")


def test_standard_input_that_is_a_file_and_one_that_is_a_pipe(tmp_path):
    (tmp_path / "file").write_bytes(b"of it")
    program = [sys.executable, "-c", "from pybridge._regular import *; print(read_regular('/dev/stdin'))"]
    with open(tmp_path / "file") as given:
        assert subprocess.check_output(program, stdin=given) == b"b'of it'\n"
    ended = subprocess.run(program, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "it is a pipe (FIFO), not a regular file" in ended.stderr


@pytest.mark.parametrize("make", [pipe, a_socket, device])
@pytest.mark.parametrize("name", ["deps.edn", "project.clj"])
def test_a_projects_file(tmp_path, name, make):
    what = make(tmp_path / name)
    file = find_project(tmp_path)
    with pytest.raises(StartError) as raised:
        read_project(file)
    assert str(raised.value) == f"{tmp_path / name} cannot be read: it is {what}, not a regular file"


@pytest.mark.parametrize("ending", ["py", "clj", "org"])
def test_a_program(tmp_path, ending):
    pipe(tmp_path / f"x.{ending}")
    ended = subprocess.run([PYBRIDGE, "run", tmp_path / f"x.{ending}"], capture_output=True, text=True)
    assert ended.returncode == 2
    assert "not a regular file; - reads a program from standard input" in " ".join(
        ended.stderr.replace("│", "").split()
    )
