"""`pybridge session`: JSON-RPC 2.0 over standard input and output with Content-Length framing, for editors.

The main thread evaluates, so that an interrupt reaches it; another reads requests, and answers `interrupt` at once.

    initialize  {client?}                             {name, version, languages, pid}
    evaluate    {language, code, picture?, token?,    {value, text, output, images, table, defined}
                 keep?, values?, input?, folder?, at?,
                 pretty?, whole?, above?}
    complete    {language, code}                      names that the end of `code` can become
    describe    {language, name}                      {name, signature, doc}
    interrupt   {token?}                              null; the request of that token, or else the one under way,
                                                      ends with an error
    reply       {token, text}                         null; a line that a block reads, whose client got `input`
    shutdown    {}                                    null; the process ends

`client` is what people call the client; consoles list the session by it. `keep` is a key under which the block's value
is kept until a block of either language takes it: `values` {name: key} gives its variables the objects themselves.
`folder` is Python's working directory while the block runs, `at` where the block begins, for traces. With `pretty`,
`text` has a line for each part of a long value; with `whole`, `text`, `value`, `table` and `output` are all there is,
or the block fails. `above` of the code's lines are no part of the block. `language` is "python" or "clojure";
`picture`, what a figure is sent as, is "png", "svg" or "pdf". `value` is JSON where the value has that form, `images`
are files in base64, `table` is rows of cells, `defined` {names: [{language, name}], more} are the newest names that
blocks have defined until now, and how many others there are. A block that raises is an error of code 1 with `data`
{type, message, brief, trace, output, defined}; `brief` has the lines that a reader needs: the message, what it came
from, the reader's own lines and what may be meant. While a request is answered, the client is sent notifications with
its `id` and `token`: `output` {text} is what it prints, `unresponsive` {message} says that it does not respond to an
interrupt, and that only a restart of the process will end it. A request whose `input` is true is sent `input` {} when
it reads standard input, and waits for a `reply`; others read nothing.

Nothing grows without a bound. A message has a header block of at most 16,384 bytes and a body of at most 100,000,000,
and so has an answer, in whose place comes an error; an id and a token have at most 1,000 characters. Of what a block
prints the first 1,000,000 characters are sent, with `whole` 10,000,000; of `text` and `message` 20,000, of `trace` its
beginning and end, 100,000; of `defined` 12 names, of `complete` 200. `value` and `table` have at most 100,000
characters of JSON, with `whole` and of a text as many as fit 10,000,000 of `text`. A value that holds others so often
that its text would have more than 200,000 characters shows the beginning. The sources of the newest 1,000 blocks are
kept for traces, or up to 2,000, and of older ones those that a Python function or a var of Clojure still comes from.

The process ends with status 0 after `shutdown` and at the end of input, be that in the middle of a message, and 1 after
a message that is over its bounds, since nothing says where the next begins, or where a block did not end in 4.5
seconds; with the block's own status where that calls `os._exit`. A process that a block forks off answers nothing and
ends with the block: 0, or 1 after an error, or the status that it exits with.
"""

from __future__ import annotations

import builtins
import contextlib
import os
import queue
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from pybridge.session.capture import Capture
from pybridge.session.completion import clojure_function, complete
from pybridge.session.definitions import Definitions
from pybridge.session.display import LONGEST_WHOLE, is_sent, too_long
from pybridge.session.evaluator import LANGUAGES, Evaluator, Failure
from pybridge.session.guard import PATIENCE, after
from pybridge.session.lookup import describe
from pybridge.session.protocol import INVALID_PARAMS, Channel, Refusal, Request
from pybridge.session.turns import Client, ClientsInput, Method, Turns, ask, failed

__all__ = ["serve"]


class Server:
    """The session of an editor, which consoles may join.

    Attributes:
        kind: what its editor calls it.
        evaluator: evaluates its blocks.
        turns: whose requests it answers, one after another.
        socket: where consoles join, or None.
    """

    def __init__(self, requests: BinaryIO) -> None:
        self.kind = "pybridge session"
        self.socket: Path | None = None
        self._waiting: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._capture = Capture(self._print, self._flush_lines)
        self._channel = Channel(requests, self._capture.channel)
        self._between = Request("", channel=self._channel)  # what threads print while none is answered
        self.evaluator = Evaluator(report=None)  # `turns` tells the client
        self._definitions = Definitions(vars(sys.modules["__main__"]))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.register_at_fork(after_in_child=partial(_let_go, [requests, self._capture.channel]))
        self.turns = Turns(self.evaluator.guard, self._printing)
        sys.stdin, builtins.input = ClientsInput(self.turns, self.flush), ask
        self._capture.begin()  # now that there is all that tells whose it is

    def run(self) -> int:
        """Answer until the editor ends; the exit status."""
        threading.Thread(target=self._receive, name="pybridge-requests", daemon=True).start()
        while (turn := self._waiting.get()) is not None:
            turn()
        return int(self._channel.broken)

    def submit(self, turn: Callable[[], None]) -> None:
        """Have a function called on the main thread, when its turn has come."""
        self._waiting.put(turn)

    def flush(self) -> None:
        """Send what was printed so far."""
        self._capture.flush()

    def _receive(self) -> None:
        """Take the editor's requests; interrupts and the end are not for the main thread, which may be busy."""
        methods: dict[str, Method] = {
            "initialize": self._initialize,
            "evaluate": self._evaluate,
            "complete": lambda request: complete(_language(request), request.text("code")),
            "describe": lambda request: describe(_language(request), request.text("name")),
        }
        Client(self._channel, self.turns, self.submit, methods, {}).receive()
        self._waiting.put(None)
        self.turns.end(self.turns.running)
        after(6 * PATIENCE, self._leave)

    def _leave(self) -> None:
        """End with what would not end."""
        if self.socket:
            self.socket.unlink(missing_ok=True)
        os._exit(1)

    @contextlib.contextmanager
    def _printing(self, request: Request) -> Iterator[None]:
        try:
            yield
        finally:
            self._capture.flush()
            self._between = Request("", channel=self._channel)

    def _print(self, text: str) -> bool:
        """Send what was printed, of a flood its beginning; whether any of it was."""
        request = self.turns.running or self._between
        shown = request.take_output(text)
        if shown:
            request.notify("output", text=shown)
        return bool(shown)

    def _flush_lines(self, at_once: bool) -> None:
        clojure_function("pybridge.native.evaluation/flush-lines!", at_once)

    # ---- methods -----------------------------------------------------------------------------------------------------

    def _initialize(self, request: Request) -> dict[str, Any]:
        import pybridge

        self.kind = str(request.parameter("client") or self.kind)
        return {"name": "pybridge", "version": pybridge.__version__, "languages": list(LANGUAGES), "pid": os.getpid()}

    def _evaluate(self, request: Request) -> dict[str, Any]:
        language, code, picture = _language(request), request.text("code"), request.parameter("picture", "png")
        keep, values = request.parameter("keep", ""), request.parameter("values") or {}
        folder, at = request.parameter("folder") or "", str(request.parameter("at", ""))
        whole, above = bool(request.parameter("whole")), request.parameter("above", 0)
        more: dict[str, Any] = {"values": values, "keep": keep, "pretty": bool(request.parameter("pretty"))}
        if not isinstance(keep, str) or not isinstance(values, dict) or not all(map(_is_text, values.values())):
            raise Refusal(INVALID_PARAMS, f"keep is a text and values an object of texts; got {keep!r} and {values!r}")
        if not isinstance(above, int) or not 0 <= above <= code.count("\n") + 1:
            raise Refusal(INVALID_PARAMS, f"above is a number of the code's own lines; got {above!r}")
        if folder and not (_is_text(folder) and os.path.isdir(folder)):
            raise Refusal(INVALID_PARAMS, f"folder is a folder that exists; got {folder!r}")
        request.room = LONGEST_WHOLE if whole else request.room
        if language == "clojure":
            with self.turns.later(request):
                self.evaluator.guard.prepare()
        try:
            with contextlib.chdir(folder) if folder else contextlib.nullcontext():
                evaluation = self.evaluator.evaluate(language, code, picture, at, whole=whole, above=above, **more)
            self._capture.flush()
            if whole and request.room < 0:
                raise Failure(too_long("what the block prints"))
        except Failure as failure:
            self._capture.flush()
            raise failed(request, failure, defined=self._definitions.told()) from None
        return {
            "value": evaluation.value if is_sent(evaluation.value, whole) else None,
            "text": evaluation.text,
            "output": request.output,
            "images": evaluation.images,
            "table": evaluation.table if is_sent(evaluation.table, whole) else None,
            "defined": self._definitions.told(),
        }


def _language(request: Request) -> str:
    language: str = request.parameter("language", "python")
    if language not in LANGUAGES:
        raise Refusal(INVALID_PARAMS, f"a session speaks python and clojure; got {language!r}")
    return language


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _let_go(files: list[BinaryIO]) -> None:
    """Have a forked process not keep the editor's pipes open, which are to end with the session."""
    with contextlib.suppress(OSError), open(os.devnull, "r+b") as nothing:
        for file in files:
            os.dup2(nothing.fileno(), file.fileno(), inheritable=False)


def serve() -> int:
    """Serve one session on standard input and output until `shutdown` or the end of input."""
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # a block that reads standard input must not eat requests
    os.close(nothing)
    os.environ.setdefault("MPLBACKEND", "agg")  # figures go to the client, also those of `pyplot.show()`
    warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")
    from pybridge.console.host import open_to_consoles

    server = Server(requests)
    server.socket = open_to_consoles(server)
    return server.run()
