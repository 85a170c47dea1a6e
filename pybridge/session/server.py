"""`pybridge session`: JSON-RPC 2.0 over standard input and output with Content-Length framing, for editors.

The main thread evaluates, so that an interrupt reaches it; another reads requests, and answers `interrupt` at once.

    initialize  {}                                    {name, version, languages, pid}
    evaluate    {language, code, picture?, token?}    {value, text, output, images, table}
    complete    {language, code}                      names that the end of `code` can become
    describe    {language, name}                      {name, signature, doc}
    interrupt   {}                                    null; the request under way ends with an error
    shutdown    {}                                    null; the process ends

`language` is "python" or "clojure"; `picture`, what a figure is sent as, is "png", "svg" or "pdf". `value` is JSON
where the value has that form, `images` are files in base64, `table` is rows of cells. A block that raises is an error
of code 1 with `data` {type, message, trace, output}. While a request is answered, the client is sent notifications
with its `id` and `token`: `output` {text} is what it prints, `unresponsive` {message} says that it does not respond to
an interrupt, and that only a restart of the process will end it.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO, TextIO

from pybridge.errors import PybridgeError
from pybridge.session.capture import Capture
from pybridge.session.evaluator import LANGUAGES, Evaluator, Failure
from pybridge.session.look import complete, describe

__all__ = ["serve"]

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
BLOCK_FAILED = 1

WAKE = signal.SIGURG  # ends a wait in C, so that Python looks for signals; by itself it does nothing
PATIENCE = 1.5  # seconds that a block has to respond to an interrupt, before its Clojure code is stopped
ATTEMPTS = 2
LONGEST_VALUE = 100_000  # bytes of JSON
LONGEST_OUTPUT = 1_000_000  # characters of one block


class _Refusal(Exception):
    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.data = code, data


class _Server:
    def __init__(self, requests: BinaryIO) -> None:
        self._requests = requests
        self._work: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._capture = Capture(self._print)
        self._lock = threading.Lock()
        self._evaluator = Evaluator(report=None)  # `_stop` tells the client
        self._running: dict[str, Any] | None = None  # the request that is being answered
        self._interrupted: dict[str, Any] | None = None  # the last one that was to end early
        self._printed: list[str] = []
        self._room = LONGEST_OUTPUT
        self._methods = {
            "initialize": self._initialize,
            "evaluate": self._evaluate,
            "complete": lambda params: complete(_language(params), _text(params, "code")),
            "describe": lambda params: describe(_language(params), _text(params, "name")),
        }

    def run(self) -> int:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # between two blocks there is nothing to interrupt
        signal.signal(WAKE, lambda number, frame: None)
        threading.Thread(target=self._read, name="pybridge-requests", daemon=True).start()
        while (request := self._work.get()) is not None:
            self._answer(request)
        return 0

    # ---- messages ----------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        while (body := self._message()) is not None:
            try:
                request = json.loads(body)
            except (ValueError, RecursionError) as error:
                self._refuse(None, PARSE_ERROR, f"the message is not JSON: {error}")
                continue
            known = request.get("id") if isinstance(request, dict) else None
            if not isinstance(known, str | int | float | None):
                self._refuse(None, INVALID_REQUEST, "the id of a request is a text or a number")
            elif not isinstance(request, dict) or not isinstance(request.get("method"), str):
                self._refuse(known, INVALID_REQUEST, "a request is an object with a method")
            elif request["method"] == "interrupt":
                self._interrupt(self._running)
                self._send({"id": known, "result": None})
            elif request["method"] in ("shutdown", "exit"):
                self._send({"id": known, "result": None})
                break
            else:
                self._work.put(request)
        self._work.put(None)
        self._leave()

    def _message(self) -> bytes | None:
        """The body of the next message, or None at the end of input."""
        length: Any = None
        while line := self._requests.readline():
            name, _, content = line.decode("ascii", "replace").partition(":")
            if name.strip().lower() == "content-length" and content.strip().isdigit():
                length = int(content)
            elif not line.strip() and length is None:
                self._refuse(None, PARSE_ERROR, "a message begins with Content-Length: and the number of its bytes")
            elif not line.strip():
                body = self._requests.read(length)
                return body if len(body) == length else None
        return None

    def _interrupt(self, request: dict[str, Any] | None) -> None:
        if request is None:
            return
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        if self._interrupted is not request:
            self._interrupted = request
            _later(PATIENCE, self._stop, request, 0)

    def _stop(self, request: dict[str, Any], attempt: int) -> None:
        """End what of `request` did not heed an interrupt; say so when it cannot be done."""
        block = self._evaluator.guard.block
        if self._running is not request:
            return
        signal.pthread_kill(threading.main_thread().ident, WAKE)  # a wait in C that began just after the interrupt came
        if attempt == ATTEMPTS:
            self._interrupted = None
            self._notify("unresponsive", request, message=self._evaluator.guard.unresponsive())
        else:
            self._evaluator.guard.stop(block, attempt)
            _later(PATIENCE, self._stop, request, attempt + 1)

    def _leave(self) -> None:
        """Interrupt what runs; after a while, end the process with what would not end."""
        self._interrupt(self._running)
        _later(3 * PATIENCE, os._exit, 1)

    def _answer(self, request: dict[str, Any]) -> None:
        known = request.get("id")
        try:
            answer = {"id": known, "result": self._call(request)}
        except _Refusal as refusal:
            answer = {"id": known, "error": {"code": refusal.code, "message": str(refusal), "data": refusal.data}}
        if "id" in request:
            self._send(answer)

    def _call(self, request: dict[str, Any]) -> Any:
        method = self._methods.get(request["method"])
        params = request.get("params", {})
        if method is None:
            raise _Refusal(METHOD_NOT_FOUND, f"a session has no method {request['method']!r}")
        if not isinstance(params, dict):
            raise _Refusal(INVALID_PARAMS, f"params is an object of named parameters; got {params!r}")
        try:
            try:
                self._running = request
                signal.signal(signal.SIGINT, signal.default_int_handler)
                return method(params)
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                self._capture.flush()
                self._running = None
        except _Refusal:
            raise
        except PybridgeError as error:
            raise _Refusal(INVALID_PARAMS, str(error)) from error
        except KeyboardInterrupt as interrupt:  # after the block, or with none
            raise self._failed(Failure(interrupt)) from None
        except Exception as error:
            raise _Refusal(INTERNAL_ERROR, f"{type(error).__name__}: {error}") from error

    def _refuse(self, known: Any, code: int, message: str) -> None:
        self._send({"id": known, "error": {"code": code, "message": message, "data": None}})

    def _send(self, message: dict[str, Any]) -> None:
        # Half of a surrogate pair, which Python's text may hold, is no JSON that every client reads.
        body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode("utf-8", "replace")
        with self._lock:
            self._capture.channel.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self._capture.channel.flush()

    def _print(self, text: str) -> bool:
        """Send what was printed, of a flood its beginning; whether any of it was."""
        shown = text[: max(self._room, 0)]
        self._room -= len(text)
        if shown:
            self._printed.append(shown)
            self._notify("output", self._running or {}, text=shown)
        return bool(shown)

    def _notify(self, method: str, request: dict[str, Any], **params: str) -> None:
        """Tell the client about a request that is being answered."""
        token = request.get("params", {}).get("token")
        self._send({"method": method, "params": {"id": request.get("id"), "token": token, **params}})

    # ---- methods -----------------------------------------------------------------------------------------------------

    def _initialize(self, params: dict[str, Any]) -> dict[str, Any]:
        import pybridge

        return {"name": "pybridge", "version": pybridge.__version__, "languages": list(LANGUAGES), "pid": os.getpid()}

    def _evaluate(self, params: dict[str, Any]) -> dict[str, Any]:
        language, code, picture = _language(params), _text(params, "code"), params.get("picture", "png")
        self._printed.clear()
        self._room = LONGEST_OUTPUT
        if sys.stdin.closed:  # `exit()` does that
            sys.stdin = _no_input()
        if language == "clojure":
            self._start_clojure()
        try:
            evaluation = self._evaluator.evaluate(language, code, picture)
        except Failure as failure:
            raise self._failed(failure) from None
        return {
            "value": evaluation.value if _is_small_json(evaluation.value) else None,
            "text": evaluation.text,
            "output": self._output(),
            "images": evaluation.images,
            "table": evaluation.table if _is_small_json(evaluation.table) else None,
        }

    def _failed(self, failure: Failure) -> _Refusal:
        data = {"type": failure.type, "message": failure.message, "trace": failure.trace, "output": self._output()}
        return _Refusal(BLOCK_FAILED, str(failure), data)

    def _start_clojure(self) -> None:
        """Start it without interrupts: a namespace that is half loaded stays so."""
        request, self._running = self._running, None
        try:
            self._evaluator.guard.prepare()
        finally:
            self._running = request

    def _output(self) -> str:
        self._capture.flush()
        more = f"\n… and {-self._room:,} more characters\n" if self._room < 0 else ""
        return "".join(self._printed) + more


def _later(seconds: float, function: Callable[..., object], *arguments: object) -> None:
    timer = threading.Timer(seconds, function, arguments)
    timer.daemon = True
    timer.start()


def _text(params: dict[str, Any], name: str) -> str:
    value = params.get(name)
    if not isinstance(value, str):
        raise _Refusal(INVALID_PARAMS, f"{name} is a text; got {value!r}")
    return value


def _language(params: dict[str, Any]) -> str:
    language = params.get("language", "python")
    if language not in LANGUAGES:
        raise _Refusal(INVALID_PARAMS, f"a session speaks python and clojure; got {language!r}")
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
