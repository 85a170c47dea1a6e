"""Requests that take turns on the main thread, whoever they come from, and the clients who send them."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from pybridge.errors import PybridgeError
from pybridge.session.errors import Failure
from pybridge.session.guard import Guard
from pybridge.session.interrupts import Interrupts
from pybridge.session.protocol import (
    BLOCK_FAILED,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    Channel,
    Refusal,
    Request,
)

__all__ = ["Client", "ClientsInput", "Method", "Turns", "ask", "failed"]

Method = Callable[[Request], Any]


class Turns:
    """Answers requests on the main thread, one after another, and ends the one that is meant.

    Attributes:
        running: the request that is answered now.
        later: puts an interrupt of a request off.
    """

    def __init__(
        self,
        guard: Guard,
        printing: Callable[[Request], AbstractContextManager[object]],
        from_outside: Callable[[], object] | None = None,
    ) -> None:
        """Begin with no request, on the main thread, where SIGINT is to do nothing except while one is answered.

        Args:
            guard: ends the Clojure code of a block.
            printing: sends what is printed meanwhile to the client of a request.
            from_outside: is called where SIGINT comes from none of the clients; None to have it interrupt.
        """
        self.running: Request | None = None
        self._printing = printing
        self._interrupts = Interrupts(
            guard, lambda request, message: request.notify("unresponsive", message=message), from_outside
        )
        self.later = self._interrupts.later

    def answer(self, request: Request, method: Method | None) -> None:
        """Answer a request, on the main thread, with what a method gives or why it gives nothing."""
        respond(request, lambda: self._result(request, method))

    def _result(self, request: Request, method: Method | None) -> Any:
        if method is None:
            raise Refusal(METHOD_NOT_FOUND, f"a session has no method {request.method!r}")
        self.running = request
        try:
            with self._printing(request), self._interrupts.during(request):
                return answered(request, method)
        except KeyboardInterrupt as interrupt:  # after the block, or with none
            raise failed(request, Failure(interrupt)) from None
        finally:
            self.running = None

    def end(self, request: Request | None) -> None:
        """End a request that waits or is under way; from any other thread than the main one."""
        if request is not None and self._interrupts.withdraw(request):
            request.refuse(failed(request, Failure(KeyboardInterrupt())))
        else:
            self._interrupts.interrupt(request)


def respond(request: Request, result: Callable[[], Any]) -> None:
    """Answer a request with a result, or with why there is none."""
    try:
        request.answer(result())
    except Refusal as refusal:
        request.refuse(refusal)


def answered(request: Request, method: Method) -> Any:
    """What a method gives for a request.

    Raises:
        Refusal: it gives nothing.
    """
    try:
        _ = request.token  # which also finds out whether there are parameters by name
        return method(request)
    except Refusal:
        raise
    except PybridgeError as error:
        raise Refusal(INVALID_PARAMS, str(error)) from error
    except Exception as error:
        raise Refusal(INTERNAL_ERROR, f"{type(error).__name__}: {error}") from error


def failed(request: Request, failure: Failure, **more: Any) -> Refusal:
    """The answer to a request whose block has raised, with `more` of what the client is told."""
    said = {"type": failure.type, "message": failure.message, "brief": failure.brief(), "trace": failure.trace}
    return Refusal(BLOCK_FAILED, str(failure), said | {"output": request.output} | more)


class Client:
    """One who sends requests: an editor, or a console.

    `interrupt {token}` ends its request of that token, and no other client's; without a token the one under way.
    `reply {token, text}` answers a notification `input`.
    """

    def __init__(
        self,
        channel: Channel,
        turns: Turns,
        submit: Callable[[Callable[[], None]], None],
        methods: Mapping[str, Method],
        at_once: Mapping[str, Method],
    ) -> None:
        """Make a client.

        Args:
            channel: what connects it.
            turns: what answers.
            submit: has a function called on the main thread.
            methods: what it may ask for, by name, and is answered in turn.
            at_once: what it is answered on the thread that receives.
        """
        self._channel, self._turns, self._submit = channel, turns, submit
        self._methods = methods
        self._at_once = {"interrupt": self._interrupt, "reply": self._reply, **at_once}
        self._pending: dict[Request, None] = {}

    def receive(self) -> None:
        """Take requests until the client ends, and then end those that it has left."""
        while (request := self._channel.receive()) is not None:
            if request.method in ("shutdown", "exit"):
                request.answer(None)
                break
            if method := self._at_once.get(request.method):
                respond(request, partial(answered, request, method))
            else:
                self._pending[request] = None
                self._submit(partial(self._take, request))
        for request in list(self._pending):
            self._turns.end(request)

    def _take(self, request: Request) -> None:
        try:
            self._turns.answer(request, self._methods.get(request.method))
        finally:
            del self._pending[request]

    def _called(self, token: str | float) -> Request | None:
        """The newest of its requests with a token: a client may call its next one as the last, at once."""
        return next((request for request in reversed(list(self._pending)) if request.about["token"] == token), None)

    def _interrupt(self, request: Request) -> None:
        token, running = request.token, self._turns.running
        if token is not None:
            self._turns.end(self._called(token))
        elif running is not None and running.channel is self._channel:
            self._turns.end(running)

    def _reply(self, request: Request) -> None:
        token, text = request.token, request.text("text")
        if token is not None and (asked := self._called(token)):
            asked.replies.put(text)


class ClientsInput(io.TextIOBase):
    """`sys.stdin` of a session: asks the client whose request is under way, if its `input` says that it can answer."""

    encoding = "utf-8"

    def __init__(self, turns: Turns, flush: Callable[[], object]) -> None:
        """Make the input of a session, whose client is to have seen what was printed, a question say, with `flush`."""
        self._turns, self._flush = turns, flush
        self._left: WeakKeyDictionary[Channel, str] = WeakKeyDictionary()  # of the last line of each client

    def readable(self) -> bool:
        return True

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
        request = self._turns.running
        if request is None or request.channel is None:
            return ""
        text = self._left.pop(request.channel, "") or self._asked(request)
        end = text.find("\n") + 1 or len(text)
        if size is not None and size >= 0:
            end = min(end, size)
        if end < len(text):
            self._left[request.channel] = text[end:]
        return text[:end]

    def read(self, size: int | None = -1) -> str:
        if size is not None and size >= 0:
            return self.readline(size)
        return "".join(iter(self.readline, ""))

    def close(self) -> None:
        """It stays open: `exit()` closes `sys.stdin`."""

    def _asked(self, request: Request) -> str:
        if not request.parameter("input") or request.channel is None or request.channel.forked:
            return ""
        self._flush()
        request.notify("input")
        return request.replies.get()


def ask(prompt: object = "", /) -> str:
    """What `input` is in a session: CPython's own drops an interrupt that comes while it flushes the prompt."""
    if sys.stdin is None:
        raise RuntimeError("input(): lost sys.stdin")
    print(prompt, end="", flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError("EOF when reading a line")
    return line.removesuffix("\n")


ask.__name__ = ask.__qualname__ = "input"  # as its errors call it
