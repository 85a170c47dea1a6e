"""The session's side: prompts of others that join it, each with a namespace, *1 and *e of its own."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import pybridge
from pybridge import clojure
from pybridge.console.sockets import listen
from pybridge.errors import StartError
from pybridge.repl.commands import Leave
from pybridge.repl.completeness import has_open_bracket
from pybridge.repl.inputs import Repl
from pybridge.session.completion import as_seen_by, clojure_function
from pybridge.session.evaluator import Evaluator
from pybridge.session.protocol import Channel, Request
from pybridge.session.turns import Client, Method, Turns

__all__ = ["Host", "open_to_consoles"]

PATIENCE = 5  # seconds in which a console must read what it is sent

_numbers = itertools.count(1)


class Host(Protocol):
    """A session that consoles may join.

    Attributes:
        kind: what people call it.
        evaluator: evaluates its own blocks.
        turns: whose requests it answers.
    """

    kind: str
    evaluator: Evaluator
    turns: Turns

    def submit(self, turn: Callable[[], None]) -> None:
        """Have a function called on the main thread, when its turn has come."""

    def flush(self) -> None:
        """Send what was printed so far."""


def open_to_consoles(host: Host) -> Path | None:
    """Let consoles join a session from now on, at a socket; where that cannot be, the session goes on, and says why."""
    try:
        return listen(str(os.getpid()), lambda connection: _Console(host, connection).serve())
    except StartError as error:
        print(f"pybridge: no console can join this session: {error}", file=sys.stderr)
        return None


class _Console:
    """One that has joined."""

    def __init__(self, host: Host, connection: socket.socket) -> None:
        self._host, self._connection = host, connection
        self._whose = f"console {next(_numbers)}"
        # The main thread, which writes, waits no longer for one that has been suspended.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", PATIENCE, 0))
        evaluator = Evaluator(report=None, whose=self._whose, guard=host.evaluator.guard)
        self._repl = Repl(evaluator, show_picture=self._show_picture)

    def serve(self) -> None:
        """Take the console's requests until it leaves."""
        at_once: dict[str, Method] = {
            "about": self._about,
            "open": self._open,
            "is_whole": self._is_whole,
            "complete": lambda request: self._seen(self._repl.complete, request, "code"),
            "summary": lambda request: self._seen(self._repl.summary, request, "name"),
        }
        connection = self._connection
        with suppress(OSError), connection, connection.makefile("rb") as reads, connection.makefile("wb") as writes:
            channel = Channel(reads, writes, lambda: connection.shutdown(socket.SHUT_RDWR))
            Client(channel, self._host.turns, self._host.submit, {"input": self._input}, at_once).receive()
        clojure_function("pybridge.native.sessions/leave!", self._whose)

    def _about(self, request: Request) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "kind": self._host.kind,
            "folder": str(Path.cwd()),
            "version": pybridge.__version__,
        }

    def _open(self, request: Request) -> dict[str, Any]:
        self._repl.colours = bool(request.parameter("colours"))
        return self._state()

    def _state(self) -> dict[str, Any]:
        return {"language": self._repl.language, "prompt": self._repl.prompt, "status": self._repl.status}

    def _input(self, request: Request) -> dict[str, Any]:
        request.notify("begun")
        try:
            self._repl.take(request.text("text"))
        except Leave:
            return self._state() | {"left": True}
        except SystemExit as leaving:  # `exit()` leaves the console, and no more
            code = leaving.code
            return self._state() | {"exit": code if isinstance(code, int | None) else str(code)}
        return self._state()

    def _is_whole(self, request: Request) -> bool:
        language, code = request.text("language"), request.text("code")
        if language == "clojure" and not clojure.started():  # which is for the main thread to do
            return not has_open_bracket(code)
        return self._repl.is_whole(language, code)

    def _seen(self, find: Callable[[str, str], Any], request: Request, name: str) -> Any:
        with as_seen_by(self._whose):
            return find(request.text("language"), request.text(name))

    def _show_picture(self, picture: str) -> None:
        self._host.flush()
        if request := self._host.turns.running:
            request.notify("picture", data=picture)
