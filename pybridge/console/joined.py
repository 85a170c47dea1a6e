"""The prompt's side: a session that lives in another process."""

from __future__ import annotations

import itertools
import queue
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pybridge.errors import PybridgeError
from pybridge.repl import pictures
from pybridge.repl.commands import Leave
from pybridge.repl.completeness import is_whole
from pybridge.session.protocol import BLOCK_FAILED, Channel

__all__ = ["Joined", "SessionEnded"]

SOON = 2.0  # seconds in which a question is answered that needs no turn
LOOK = 0.1  # seconds until Python looks for signals: one that comes just before a wait in C does not end the wait
INTERRUPT: dict[str, Any] = {"method": "interrupt"}

Messages = queue.SimpleQueue[dict[str, Any] | None]


class SessionEnded(PybridgeError):
    """The session that a console had joined is over."""

    def __init__(self) -> None:
        super().__init__("the session has ended, and its names with it")


class Joined:
    """A session that a prompt has joined.

    Attributes:
        language: the one that an input is read in.
        prompt: what asks for input.
        status: 1 where an input has failed.
    """

    hint = "Ctrl-C again asks whether to leave the console; Ctrl-D leaves it"
    question = "Leave the console? The session goes on. [y/N] "

    def __init__(self, connection: socket.socket, *, prompts: bool = False) -> None:
        """Take up a connection; `prompts` where somebody sits at the prompt, who is told what it waits for."""
        self._prompts = prompts
        self.language, self.prompt, self.status = "clojure", "clj=> ", 0
        self._channel = Channel(connection.makefile("rb"), connection.makefile("wb"))
        self._numbers = itertools.count(1)
        self._asked: dict[int, Messages] = {}
        self._ended = False
        threading.Thread(target=self._receive, name="pybridge-session", daemon=True).start()

    def about(self) -> dict[str, Any]:
        """What the session says of itself; {} where it does not soon."""
        return self._ask("about", {})

    def open(self, colours: bool) -> None:
        """Begin, with values in colours or without."""
        self._follow(self._ask("open", {}, colours=colours))

    def take(self, text: str) -> None:
        """Have the session do what an input says, and show what it prints meanwhile.

        Raises:
            Leave: the input wants to leave.
            SystemExit: the code does; it leaves the console, and the session goes on.
            SessionEnded: the session is over.
        """
        with self._sent("input", text=text, input=True) as (number, messages), _interrupts_to(messages):
            begun = time.monotonic()
            silent = self._prompts
            while True:
                try:
                    message = messages.get(timeout=LOOK)
                except queue.Empty:
                    if silent and time.monotonic() - begun > SOON:
                        self.show("waits for what runs in the session; Ctrl-C takes the input back")
                        silent = False
                    continue
                silent = False
                if message is None:
                    raise SessionEnded
                if "result" in message:
                    self._follow(message["result"])
                    return
                if error := message.get("error"):
                    self.complain("interrupted" if error["code"] == BLOCK_FAILED else error["message"])
                    return
                self._hear(number, message, messages)

    def _hear(self, number: int, message: dict[str, Any], messages: Messages) -> None:
        params = message.get("params", {})
        match message["method"]:
            case "output":
                print(params["text"], end="", flush=True)
            case "picture":
                pictures.show(params["data"])
            case "unresponsive":
                self.complain(params["message"])
            case "interrupt":
                self._send(next(self._numbers), "interrupt", token=number)
            case "input":
                line = _line(messages)
                answer = {"method": "interrupt"} if line is None else {"method": "reply", "text": line}
                self._send(next(self._numbers), token=number, **answer)

    def show(self, text: str) -> None:
        """Print something."""
        print(text, flush=True)

    def complain(self, text: str) -> None:
        """Print what went wrong."""
        print(text, file=sys.stderr, flush=True)

    def is_whole(self, language: str, code: str) -> bool:
        """Whether code can be evaluated as it is; of Clojure the session judges, by what its reader knows."""
        if language == "python":
            return is_whole(language, code)
        return bool(self._ask("is_whole", True, language=language, code=code))

    def complete(self, language: str, before: str) -> list[str]:
        """The names that the end of what stands before the cursor can become."""
        return list(self._ask("complete", [], language=language, code=before))

    def summary(self, language: str, name: str) -> str:
        """A line about a name."""
        return str(self._ask("summary", "", language=language, name=name))

    def _follow(self, state: dict[str, Any]) -> None:
        if not state:
            raise SessionEnded
        self.language, self.prompt, self.status = state["language"], state["prompt"], state["status"]
        if state.get("left"):
            raise Leave
        if "exit" in state:
            raise SystemExit(state["exit"])

    def _ask(self, method: str, otherwise: Any, **params: Any) -> Any:
        """What the session answers soon, or `otherwise`."""
        with self._sent(method, **params) as (_, messages):
            try:
                answer = messages.get(timeout=SOON)
            except queue.Empty:
                return otherwise
        return (answer or {}).get("result", otherwise)

    @contextmanager
    def _sent(self, method: str, **params: Any) -> Iterator[tuple[int, Messages]]:
        """A request's number, and all messages about it."""
        number, messages = next(self._numbers), Messages()
        self._asked[number] = messages
        if self._ended:
            messages.put(None)
        try:
            self._send(number, method, token=number, **params)
            yield number, messages
        finally:
            del self._asked[number]

    def _send(self, number: int, method: str, **params: Any) -> None:
        self._channel.send({"id": number, "method": method, "params": params})

    def _receive(self) -> None:
        """Give each message to whoever has asked."""
        for message in self._channel.messages():
            number = message.get("id", message.get("params", {}).get("token"))
            if messages := self._asked.get(number):
                messages.put(message)
        self._ended = True
        for messages in list(self._asked.values()):
            messages.put(None)


@contextmanager
def _interrupts_to(messages: Messages) -> Iterator[None]:
    """Have Ctrl-C be a message like others, so that it comes between two of them."""
    before = signal.signal(signal.SIGINT, lambda number, frame: messages.put(INTERRUPT))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _line(messages: Messages) -> str | None:
    """A line that somebody types for code that reads one, "" after Ctrl-D; None after Ctrl-C, and once it has ended."""
    while sys.stdin.isatty() and not select.select([sys.stdin], [], [], 0.1)[0]:
        if _are_final(messages):
            return None
    return sys.stdin.readline()


def _are_final(messages: Messages) -> bool:
    """Whether an interrupt or the end is among the messages that have come."""
    waiting = [messages.get() for _ in range(messages.qsize())]
    for message in waiting:
        messages.put(message)
    return any(message is None or message is INTERRUPT or "method" not in message for message in waiting)
