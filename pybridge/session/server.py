"""`pybridge session`: JSON-RPC 2.0 over standard input and output with Content-Length framing, for editors.

The main thread evaluates, so that an interrupt reaches it; another reads requests, and answers `interrupt` at once.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from typing import Any, BinaryIO

from pybridge.errors import PybridgeError
from pybridge.session.capture import Capture
from pybridge.session.evaluator import LANGUAGES, Evaluator, Failure
from pybridge.session.look import complete, describe

__all__ = ["serve"]

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
BLOCK_FAILED = 1


class _Refusal(Exception):
    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.data = code, data


class _Server:
    def __init__(self, requests: BinaryIO) -> None:
        self._requests = requests
        self._work: queue.Queue[dict | None] = queue.Queue()
        self._capture = Capture(self._output)
        self._lock = threading.Lock()
        self._evaluator = Evaluator()
        self._running: Any = None  # the id of the request whose block runs
        self._output_of_block: list[str] = []
        self._methods = {
            "initialize": self._initialize,
            "evaluate": self._evaluate,
            "complete": lambda code, language="python", **_: complete(language, code),
            "describe": lambda name, language="python", **_: describe(language, name),
        }

    def run(self) -> int:
        threading.Thread(target=self._read, name="pybridge-requests", daemon=True).start()
        while (request := self._next()) is not None:
            try:
                self._answer(request)
            except KeyboardInterrupt:  # between two blocks there is nothing to interrupt
                continue
        return 0

    def _next(self) -> dict | None:
        while True:
            try:
                return self._work.get()
            except KeyboardInterrupt:
                continue

    # ---- messages ----------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        while (body := _message(self._requests)) is not None:
            try:
                request = json.loads(body)
            except ValueError as error:
                self._refuse(None, PARSE_ERROR, f"the message is not JSON: {error}")
                continue
            if not isinstance(request, dict) or not isinstance(request.get("method"), str):
                known = request.get("id") if isinstance(request, dict) else None
                self._refuse(known, INVALID_REQUEST, "a request is an object with a method")
            elif request["method"] == "interrupt":
                self._interrupt()
                self._send({"id": request.get("id"), "result": None})
            elif request["method"] in ("shutdown", "exit"):
                self._send({"id": request.get("id"), "result": None})
                break
            else:
                self._work.put(request)
        if self._running is not None:
            self._interrupt()
        self._work.put(None)

    def _interrupt(self) -> None:
        if self._running is not None:
            os.kill(os.getpid(), signal.SIGINT)

    def _answer(self, request: dict) -> None:
        known = request.get("id")
        parameters = request.get("params") or {}
        try:
            method = self._methods.get(request["method"])
            if method is None:
                raise _Refusal(METHOD_NOT_FOUND, f"a session has no method {request['method']!r}")
            if not isinstance(parameters, dict):
                raise _Refusal(INVALID_PARAMS, "params is an object of named parameters")
            self._running = known if known is not None else True
            try:
                result = method(**parameters)
            finally:
                self._running = None
        except _Refusal as refusal:
            self._refuse(known, refusal.code, str(refusal), refusal.data)
        except TypeError as error:
            self._refuse(known, INVALID_PARAMS, f"{request['method']}: {error}")
        except PybridgeError as error:
            self._refuse(known, INVALID_PARAMS, str(error))
        except Exception as error:
            self._refuse(known, INTERNAL_ERROR, f"{type(error).__name__}: {error}")
        else:
            if known is not None:
                self._send({"id": known, "result": result})

    def _refuse(self, known: Any, code: int, message: str, data: Any = None) -> None:
        self._send({"id": known, "error": {"code": code, "message": message, "data": data}})

    def _send(self, message: dict) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode("utf-8")
        with self._lock:
            self._capture.channel.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def _output(self, text: str) -> None:
        self._output_of_block.append(text)
        self._send({"method": "output", "params": {"id": self._running, "text": text}})

    # ---- methods -----------------------------------------------------------------------------------------------------

    def _initialize(self, **_: Any) -> dict:
        import pybridge

        return {"name": "pybridge", "version": pybridge.__version__, "languages": list(LANGUAGES), "pid": os.getpid()}

    def _evaluate(self, code: str, language: str = "python", **_: Any) -> dict:
        self._output_of_block.clear()
        try:
            evaluation = self._evaluator.evaluate(language, code)
        except Failure as failure:
            self._capture.flush()
            data = {
                "type": failure.type,
                "message": failure.message,
                "trace": failure.trace,
                "output": "".join(self._output_of_block),
            }
            raise _Refusal(BLOCK_FAILED, str(failure), data) from None
        self._capture.flush()
        return {
            "value": evaluation.value if _is_json(evaluation.value) else None,
            "text": evaluation.text,
            "output": "".join(self._output_of_block),
            "images": evaluation.images,
            "table": evaluation.table,
        }


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _message(stream: BinaryIO) -> bytes | None:
    """The body of the next message, or None at the end; headers other than the length do not matter."""
    length = None
    while line := stream.readline():
        name, _, content = line.decode("ascii", "replace").partition(":")
        if name.strip().lower() == "content-length" and content.strip().isdigit():
            length = int(content)
        elif not line.strip() and length is not None:
            body = stream.read(length)
            return body if len(body) == length else None
    return None


def serve() -> int:
    """Serve one session on standard input and output until `shutdown` or the end of input."""
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # a block that reads standard input must not eat requests
    os.close(nothing)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    return _Server(requests).run()
