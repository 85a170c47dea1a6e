"""`pybridge session`: JSON-RPC 2.0 over standard input and output with Content-Length framing, for editors.

The main thread evaluates, so that an interrupt reaches it; another reads requests, and answers `interrupt` at once.

    initialize  {}                                    {name, version, languages, pid}
    evaluate    {language, code, picture?, token?,    {value, text, output, images, table}
                 keep?, values?, folder?}
    complete    {language, code}                      names that the end of `code` can become
    describe    {language, name}                      {name, signature, doc}
    interrupt   {token?}                              null; the request of that token, or else the one under way,
                                                      ends with an error
    shutdown    {}                                    null; the process ends

`keep` is a key under which the block's value is kept until a block of either language takes it: `values` {name: key}
gives its variables the objects themselves. `folder` is Python's working directory while the block runs. `language` is
"python" or "clojure"; `picture`, what a figure is sent as, is "png", "svg" or "pdf". `value` is JSON where the value
has that form, `images` are files in base64, `table` is rows of cells. A block that raises is an error of code 1 with
`data` {type, message, trace, output}. While a request is answered, the client is sent notifications with its `id` and
`token`: `output` {text} is what it prints, `unresponsive` {message} says that it does not respond to an interrupt, and
that only a restart of the process will end it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO, TextIO

from pybridge.errors import PybridgeError
from pybridge.session.capture import Capture
from pybridge.session.completion import complete
from pybridge.session.evaluator import LANGUAGES, Evaluator, Failure
from pybridge.session.interrupts import PATIENCE, Interrupts, after
from pybridge.session.lookup import describe
from pybridge.session.protocol import (
    BLOCK_FAILED,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    Channel,
    Refusal,
    Request,
)

__all__ = ["serve"]

LONGEST_VALUE = 100_000  # bytes of JSON


class _Server:
    def __init__(self, requests: BinaryIO) -> None:
        self._waiting: queue.Queue[Request | None] = queue.Queue()
        self._named: dict[Any, Request] = {}  # those that wait or run, by token
        self._running: Request | None = None
        self._between = Request("")  # what threads print while none is answered
        self._capture = Capture(self._print)
        self._channel = Channel(requests, self._capture.channel)
        self._evaluator = Evaluator(report=None)  # `_interrupts` tells the client
        self._interrupts = Interrupts(
            self._evaluator.guard,
            lambda request, message: self._channel.notify("unresponsive", **request.about, message=message),
        )
        self._methods: dict[str, Callable[[Request], Any]] = {
            "initialize": self._initialize,
            "evaluate": self._evaluate,
            "complete": lambda request: complete(_language(request), request.text("code")),
            "describe": lambda request: describe(_language(request), request.text("name")),
        }

    def run(self) -> int:
        threading.Thread(target=self._receive, name="pybridge-requests", daemon=True).start()
        while (request := self._waiting.get()) is not None:
            try:
                self._channel.answer(request, self._result(request))
            except Refusal as refusal:
                self._channel.refuse(request, refusal)
            self._named.pop(request.about["token"], None)
        return 0

    def _receive(self) -> None:
        """Take requests as they come; interrupts and the end are not for the main thread, which may be busy."""
        while (request := self._channel.receive()) is not None:
            if request.method == "interrupt":
                self._interrupt(request.about["token"])
                self._channel.answer(request, None)
            elif request.method in ("shutdown", "exit"):
                self._channel.answer(request, None)
                break
            else:
                if (token := request.about["token"]) is not None:
                    self._named[token] = request
                self._waiting.put(request)
        self._waiting.put(None)
        self._interrupts.interrupt(self._running)
        after(3 * PATIENCE, os._exit, 1)  # with what would not end

    def _interrupt(self, token: Any) -> None:
        """End the request of `token`, which may still wait, or the one under way where there is no token."""
        request = self._running if token is None else self._named.get(token)
        if request is not None and self._interrupts.withdraw(request):
            ended = Failure(KeyboardInterrupt())
            data = {"type": ended.type, "message": "", "trace": ended.trace, "output": ""}
            self._channel.refuse(request, Refusal(BLOCK_FAILED, str(ended), data))
        else:
            self._interrupts.interrupt(request)

    def _result(self, request: Request) -> Any:
        method = self._methods.get(request.method)
        if method is None:
            raise Refusal(METHOD_NOT_FOUND, f"a session has no method {request.method!r}")
        if not isinstance(request.params, dict):
            raise Refusal(INVALID_PARAMS, f"params is an object of named parameters; got {request.params!r}")
        self._running = request
        try:
            with self._interrupts.during(request):
                return method(request)
        except Refusal:
            raise
        except PybridgeError as error:
            raise Refusal(INVALID_PARAMS, str(error)) from error
        except KeyboardInterrupt as interrupt:  # after the block, or with none
            raise self._failed(request, Failure(interrupt)) from None
        except Exception as error:
            raise Refusal(INTERNAL_ERROR, f"{type(error).__name__}: {error}") from error
        finally:
            self._capture.flush()
            self._running, self._between = None, Request("")

    def _print(self, text: str) -> bool:
        """Send what was printed, of a flood its beginning; whether any of it was."""
        request = self._running or self._between
        shown = request.take_output(text)
        if shown:
            self._channel.notify("output", **request.about, text=shown)
        return bool(shown)

    # ---- methods -----------------------------------------------------------------------------------------------------

    def _initialize(self, request: Request) -> dict[str, Any]:
        import pybridge

        return {"name": "pybridge", "version": pybridge.__version__, "languages": list(LANGUAGES), "pid": os.getpid()}

    def _evaluate(self, request: Request) -> dict[str, Any]:
        language, code, picture = _language(request), request.text("code"), request.params.get("picture", "png")
        keep, values = request.params.get("keep", ""), request.params.get("values") or {}
        folder = request.params.get("folder")
        if not isinstance(keep, str) or not isinstance(values, dict):
            raise Refusal(INVALID_PARAMS, f"keep is a text and values an object; got {keep!r} and {values!r}")
        if sys.stdin.closed:  # `exit()` does that
            sys.stdin = _no_input()
        if language == "clojure":
            with self._interrupts.later(request):
                self._evaluator.guard.prepare()
        try:
            with contextlib.chdir(folder) if folder else contextlib.nullcontext():
                evaluation = self._evaluator.evaluate(language, code, picture, values=values, keep=keep)
        except Failure as failure:
            raise self._failed(request, failure) from None
        return {
            "value": evaluation.value if _is_small_json(evaluation.value) else None,
            "text": evaluation.text,
            "output": self._output(request),
            "images": evaluation.images,
            "table": evaluation.table if _is_small_json(evaluation.table) else None,
        }

    def _failed(self, request: Request, failure: Failure) -> Refusal:
        data = {"type": failure.type, "message": failure.message, "trace": failure.trace}
        return Refusal(BLOCK_FAILED, str(failure), data | {"output": self._output(request)})

    def _output(self, request: Request) -> str:
        self._capture.flush()
        return request.output


def _language(request: Request) -> str:
    language: str = request.params.get("language", "python")
    if language not in LANGUAGES:
        raise Refusal(INVALID_PARAMS, f"a session speaks python and clojure; got {language!r}")
    return language


def _is_small_json(value: Any) -> bool:
    if isinstance(value, list | dict | str) and len(value) > LONGEST_VALUE:
        return False
    try:
        return len(json.dumps(value, allow_nan=False)) <= LONGEST_VALUE
    except (TypeError, ValueError, RecursionError):
        return False


def _no_input() -> TextIO:
    return open(0, encoding="utf-8", closefd=False)


def serve() -> int:
    """Serve one session on standard input and output until `shutdown` or the end of input."""
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # a block that reads standard input must not eat requests
    os.close(nothing)
    sys.stdin = _no_input()
    os.environ.setdefault("MPLBACKEND", "agg")  # figures go to the client, also those of `pyplot.show()`
    warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")
    return _Server(requests).run()
