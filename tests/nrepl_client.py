"""An editor's side of nREPL, and the server that the tests speak to."""

from __future__ import annotations

import itertools
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pybridge.clojure.classpath import classpath

PYBRIDGE = Path(sys.executable).with_name("pybridge")
DEBIANS_NREPL = Path("/usr/share/java/nrepl.jar")


class Client:
    """What an editor's side of nREPL does: messages in bencode, and a session."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._stream = self._socket.makefile("rb")
        self._ids = map(str, itertools.count())
        self._session = {}
        self._session = {"session": self.ask(op="clone")["new-session"]}

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def send(self, **message: object) -> str:
        """Send a message; its id."""
        message = self._session | message | {"id": next(self._ids)}
        self._socket.sendall(bencoded(message))
        return message["id"]

    def answer(self, message_id: str) -> dict:
        """All that is answered to a message: its texts joined, of its values the last."""
        joined = {"out": "", "err": "", "status": []}
        while "done" not in joined["status"]:
            piece = self._read(self._stream.read(1))
            if piece.get("id") == message_id:
                joined |= {
                    key: joined[key] + piece[key] if key in ("out", "err", "status") else piece[key] for key in piece
                }
        return joined

    def converse(self, code: str, *lines: str) -> dict:
        """What is answered to code that asks for `lines`: for each, the server says that it needs input."""
        evaluation = self.send(op="eval", code=code)
        for line in lines:
            self.wait_for_question()
            self.send(op="stdin", stdin=line)
        return self.answer(evaluation)

    def wait_for_question(self) -> None:
        while "need-input" not in self._read(self._stream.read(1)).get("status", []):
            pass

    def ask(self, **message: object) -> dict:
        return self.answer(self.send(**message))

    def _read(self, first: bytes) -> object:
        if first in (b"d", b"l"):
            items = []
            while (kind := self._stream.read(1)) != b"e":
                items.append(self._read(kind))
            return dict(zip(items[::2], items[1::2], strict=True)) if first == b"d" else items
        digits = b"" if first == b"i" else first
        while (digit := self._stream.read(1)) not in (b":", b"e"):
            digits += digit
        return int(digits) if first == b"i" else self._stream.read(int(digits)).decode()


def bencoded(x: object) -> bytes:
    """Text, whole numbers, lists and dicts as bencode has them."""
    if isinstance(x, int):
        return b"i%de" % x
    if isinstance(x, str):
        return b"%d:%s" % (len(x.encode()), x.encode())
    items = [part for item in sorted(x.items()) for part in item] if isinstance(x, dict) else x
    return b"%b%be" % (b"d" if isinstance(x, dict) else b"l", b"".join(map(bencoded, items)))


@contextmanager
def serving(folder: Path, *classes: Path) -> Iterator[int]:
    """The port of a server that runs in `folder`, with folders of `classes` before its own."""
    given = list(map(str, classes))
    if DEBIANS_NREPL.exists():  # it brings a Clojure of its own along, so ours stands before it
        given += [*(entry for entry in classpath() if entry.endswith(".jar")), str(DEBIANS_NREPL)]
    with listening([PYBRIDGE, "nrepl"], folder, PYBRIDGE_CLASSPATH=os.pathsep.join(given)) as port:
        yield port


@contextmanager
def listening(command: list[str | Path], folder: Path, **environment: str) -> Iterator[int]:
    """The port of a server that a command starts."""
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=os.environ | environment)
    try:
        yield int(re.search(r"server started on port (\d+)", server.stdout.readline())[1])
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
