"""A client of `pybridge session`, as an editor has one: a real process, and messages over its pipes."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

PYBRIDGE = Path(sys.executable).with_name("pybridge")
WITHIN = 120


class RequestError(Exception):
    def __init__(self, error: dict) -> None:
        super().__init__(error["message"])
        self.code, self.data = error["code"], error["data"]


class Session:
    """A client: it sends requests, waits for their answers, and keeps the output that came meanwhile."""

    def __init__(self, command: Sequence[object] = (PYBRIDGE, "session"), cwd: Path | None = None, **environment: str):
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | environment,
        )
        self._messages: queue.Queue[dict | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._count = 0
        self.output: list[dict] = []
        self.lines: list[str] = []  # what is answered to blocks that read
        self._answers: dict[int | None, dict] = {}  # an interrupted block may be answered before the interrupt is

    def _read(self) -> None:
        stream = self.process.stdout
        while line := stream.readline():
            name, _, length = line.partition(b": ")
            assert name == b"Content-Length", line
            assert stream.readline() == b"\r\n"
            self._messages.put(json.loads(stream.read(int(length))))
        self._messages.put(None)

    def write(self, body: bytes) -> None:
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def send(self, method: str, **params: object) -> int:
        self._count += 1
        self.write(json.dumps({"jsonrpc": "2.0", "id": self._count, "method": method, "params": params}).encode())
        return self._count

    def message(self, within: float = WITHIN) -> dict | None:
        return self._messages.get(timeout=within)

    def answer(self, to: int | None, within: float = WITHIN) -> object:
        while to not in self._answers:
            message = self.message(within)
            assert message is not None, "the session has ended"
            assert message["jsonrpc"] == "2.0"
            if message.get("method") == "output":
                self.output.append(message["params"])
            elif message.get("method") == "input":
                self.send("reply", token=message["params"]["token"], text=self.lines.pop(0))
            else:
                self._answers[message["id"]] = message
        message = self._answers.pop(to)
        if "error" in message:
            raise RequestError(message["error"])
        return message["result"]

    def request(self, method: str, **params: object) -> object:
        return self.answer(self.send(method, **params))

    def python(self, code: str) -> dict:
        return self.request("evaluate", language="python", code=code)

    def clojure(self, code: str) -> dict:
        return self.request("evaluate", language="clojure", code=code)

    def interrupted(self, language: str, code: str, when: str) -> RequestError:
        """Evaluate `code`, interrupt it once it has printed `when`, and give how it ended."""
        self.output.clear()
        block = self.send("evaluate", language=language, code=code)
        while when not in "".join(output["text"] for output in self.output):
            message = self.message()
            assert message.get("method") == "output", message
            self.output.append(message["params"])
        self.answer(self.send("interrupt"))
        with pytest.raises(RequestError) as ended:
            self.answer(block)
        return ended.value

    def unresponsive(self, language: str, code: str, when: str) -> dict:
        """Interrupt `code` as `interrupted` does; give the notification that it goes on all the same."""
        self.output.clear()
        block = self.send("evaluate", language=language, code=code, token=7)
        while (message := self.message()).get("method") != "output" or message["params"]["text"] != when:
            pass
        time.sleep(0.3)  # until the block has left Python, which printed that
        self.answer(self.send("interrupt"))
        while (message := self.message()).get("method") == "output":
            pass
        assert message["method"] == "unresponsive"
        assert (message["params"].pop("id"), message["params"].pop("token")) == (block, 7)
        return message["params"]

    def end(self) -> int:
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self._reader.join(60)
            self.process.stdout.close()
            self.process.stderr.close()
        return status


@contextlib.contextmanager
def running(**environment: str) -> Iterator[Session]:
    session = Session(**environment)
    try:
        yield session
    finally:
        session.end()


def failure(evaluate: Callable[[str], dict], code: str) -> RequestError:
    with pytest.raises(RequestError) as raised:
        evaluate(code)
    assert raised.value.code == 1
    return raised.value
