"""Messages of JSON-RPC 2.0 with Content-Length framing, and a request from its arrival to its answer.

A header block of more than `LONGEST_HEADERS` bytes and a body of more than `LONGEST_MESSAGE` are refused, and are the
end of the input: nothing says where the next message begins. So is a body that the input ends in.
"""

from __future__ import annotations

import json
import math
import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, BinaryIO

__all__ = [
    "BLOCK_FAILED",
    "INTERNAL_ERROR",
    "INVALID_PARAMS",
    "METHOD_NOT_FOUND",
    "Channel",
    "Refusal",
    "Request",
    "State",
]

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
BLOCK_FAILED = 1

LONGEST_OUTPUT = 1_000_000  # characters of one request
LONGEST_HEADERS = 16_384  # bytes of a message's header block
LONGEST_MESSAGE = 100_000_000  # bytes of its body
LONGEST_ID = 1_000  # characters
LONGEST_REFUSAL = 2_000  # characters of what says why there is no result
ID = f"the id of a request is a text of at most {LONGEST_ID:,} characters or a number"


class Refusal(Exception):
    """An error that answers a request.

    Attributes:
        code: the protocol's number for it.
        data: what else the client is told.
    """

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.data = code, data


class State(Enum):
    """Where a request is; each step is taken once, in this order, and some are left out."""

    WAITING = auto()
    WITHDRAWN = auto()  # it waits still, and is not to run
    RUNNING = auto()
    INTERRUPTED = auto()  # it runs still, and is to end
    ANSWERED = auto()


@dataclass(eq=False)
class Request:
    """What a client asks for, and what its answer has printed so far.

    Attributes:
        method: what is to be done.
        params: with what, by name.
        id: what the client calls the request; None where it wants no answer.
        wants_answer: whether it does, and has none yet.
        channel: where it came from; None of what nobody has asked for.
        state: where it is.
        replies: what its client has answered to `input`.
        room: how many characters more of what is printed are kept.
    """

    method: str
    params: Any = field(default_factory=dict)
    id: str | int | float | None = None
    wants_answer: bool = True
    channel: Channel | None = None
    state: State = State.WAITING
    replies: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)
    room: int = LONGEST_OUTPUT
    _printed: list[str] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        """Whether it is under way, be it interrupted."""
        return self.state in (State.RUNNING, State.INTERRUPTED)

    @property
    def about(self) -> dict[str, Any]:
        """What a notification about it says of whose it is."""
        token = self.params.get("token") if isinstance(self.params, dict) else None
        token = token if is_name(token) else None
        return {"id": self.id, "token": token}

    def take_output(self, text: str) -> str:
        """Keep what was printed, of a flood its beginning; gives what of it is kept."""
        kept = text[: max(self.room, 0)]
        self.room -= len(text)
        if kept:
            self._printed.append(kept)
        return kept

    @property
    def output(self) -> str:
        """What was printed, and how much more of it there was."""
        more = f"\n… and {-self.room:,} more characters\n" if self.room < 0 else ""
        return "".join(self._printed) + more

    def parameter(self, name: str, default: Any = None) -> Any:
        """A parameter, or `default` where there is none of that name."""
        if not isinstance(self.params, dict):
            raise Refusal(INVALID_PARAMS, f"params is an object of named parameters; got {self.params!r}")
        return self.params.get(name, default)

    def text(self, name: str, default: str | None = None) -> str:
        """A parameter that must be a text, or `default` where there is none of that name."""
        value = self.parameter(name, default)
        if not isinstance(value, str):
            raise Refusal(INVALID_PARAMS, f"{name} is a text; got {value!r}")
        return value

    @property
    def token(self) -> str | int | float | None:
        """What its client calls it beside its id."""
        token = self.parameter("token")
        if not is_name(token):
            raise Refusal(INVALID_PARAMS, ID.replace("id of a request", "token"))
        return token

    def answer(self, result: Any) -> None:
        """Answer it, if its client wants that and has not been answered."""
        if self.channel:
            self.channel.answer(self, result)

    def refuse(self, refusal: Refusal) -> None:
        """Answer it by an error."""
        if self.channel:
            self.channel.refuse(self, refusal)

    def notify(self, method: str, **params: Any) -> None:
        """Tell its client something about it."""
        if self.channel:
            self.channel.notify(method, **self.about, **params)


def is_name(value: Any) -> bool:
    """Whether a client may call a request so: it is told the very same again."""
    if isinstance(value, str):
        return len(value) <= LONGEST_ID and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


class Channel:
    """Reads requests from one stream and writes answers and notifications to another, from any thread.

    It is the process's that made it: one that is forked off that writes nothing.

    Attributes:
        broken: whether the input has ended because nobody could tell where the next message begins.
    """

    def __init__(self, reads: BinaryIO, writes: BinaryIO, give_up: Callable[[], object] = lambda: None) -> None:
        """Make a channel; `give_up` is called once the other side reads no more."""
        self._reads, self._writes, self._give_up = reads, writes, give_up
        self._lock = threading.Lock()
        self._unread = self.broken = False
        self._owner = os.getpid()

    @property
    def forked(self) -> bool:
        """Whether this process has been forked off the one that made it."""
        return os.getpid() != self._owner

    def receive(self) -> Request | None:
        """The next request, or None at the end of input; what is none is refused at once."""
        while (body := self._body()) is not None:
            try:
                message = json.loads(body, parse_constant=_no_number)
            except (ValueError, RecursionError) as error:
                self._refuse(None, Refusal(PARSE_ERROR, f"the message is not JSON: {error}"))
                continue
            known = message.get("id") if isinstance(message, dict) else None
            if not is_name(known):
                self._refuse(None, Refusal(INVALID_REQUEST, ID))
            elif not isinstance(message, dict) or not isinstance(message.get("method"), str):
                self._refuse(known, Refusal(INVALID_REQUEST, "a request is an object with a method"))
            else:
                params = message.get("params")
                return Request(message["method"], {} if params is None else params, known, "id" in message, self)
        return None

    def answer(self, request: Request, result: Any) -> None:
        """Answer a request, if its client wants that and has not been answered."""
        if self._takes_answer(request) and not self.send({"id": request.id, "result": result}):
            self._refuse(request.id, Refusal(INTERNAL_ERROR, f"the answer has more than {LONGEST_MESSAGE:,} bytes"))

    def refuse(self, request: Request, refusal: Refusal) -> None:
        """Answer it by an error."""
        if self._takes_answer(request):
            self._refuse(request.id, refusal)

    def _takes_answer(self, request: Request) -> bool:
        with self._lock:
            wanted, request.wants_answer = request.wants_answer, False
            return wanted

    def _refuse(self, known: Any, refusal: Refusal) -> None:
        message = str(refusal)
        if len(message) > LONGEST_REFUSAL:
            message = f"{message[:LONGEST_REFUSAL]} … and {len(message) - LONGEST_REFUSAL:,} more characters"
        error = {"code": refusal.code, "message": message, "data": refusal.data}
        self.send({"id": known, "error": error})

    def notify(self, method: str, **params: Any) -> None:
        """Tell the client something that it has not asked for."""
        self.send({"method": method, "params": params})

    def messages(self) -> Iterator[dict[str, Any]]:
        """What the other side writes, until its end, where that is a session."""
        while (body := self._body()) is not None:
            yield json.loads(body)

    def _body(self) -> bytes | None:
        """The body of the next message, or None at the end of input."""
        try:
            return self._read_body()
        except OSError:
            return None

    def _read_body(self) -> bytes | None:
        length, left = "", LONGEST_HEADERS
        while line := self._reads.readline(left + 1):
            left -= len(line)
            name, _, content = line.decode("ascii", "replace").partition(":")
            if left < 0:
                self._end(f"the header of a message has at most {LONGEST_HEADERS:,} bytes")
                break
            if name.strip().lower() == "content-length" and content.strip().isdigit():
                length = content.strip().lstrip("0") or "0"
            elif not line.strip() and not length:
                wanted = "a message begins with Content-Length: and the number of its bytes"
                self._refuse(None, Refusal(PARSE_ERROR, wanted))
                left = LONGEST_HEADERS
            elif not line.strip() and (len(length) > len(str(LONGEST_MESSAGE)) or int(length) > LONGEST_MESSAGE):
                self._end(f"a message has at most {LONGEST_MESSAGE:,} bytes")
                break
            elif not line.strip():
                body = self._reads.read(int(length))
                return body if len(body) == int(length) else None
        return None

    def _end(self, wanted: str) -> None:
        self.broken = True
        self._refuse(None, Refusal(PARSE_ERROR, f"{wanted}; the session ends, as what follows cannot be told apart"))

    def send(self, message: dict[str, Any]) -> bool:
        """Write a message, unless nobody reads any more, which whoever receives finds out; not one that is too long."""
        if self.forked:
            return True
        # Half of a surrogate pair, which Python's text may hold, is no JSON that every client reads.
        body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode("utf-8", "replace")
        if len(body) > LONGEST_MESSAGE:
            return False
        with self._lock:
            if self._unread:
                return True
            try:
                self._writes.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
                self._writes.flush()
            except (OSError, ValueError):  # the latter of a stream that has been closed
                self._unread = True
                with suppress(OSError):
                    self._give_up()
        return True


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
