"""What `benchmarks.growth` measures with: values of a size, and a session."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

COMMAND = (sys.executable, "-c", "from pybridge.cli import main; main()", "session")


class Session:
    """`pybridge session`, asked as an editor asks it."""

    def __init__(self, command: Sequence[str | Path] = COMMAND, **options: Any) -> None:
        pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=quiet, **options)
        self.numbers = itertools.count(1)
        self.request("initialize")

    def request(self, method: str, **params: object) -> dict:
        number = next(self.numbers)
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()
        while line := self.process.stdout.readline():
            self.process.stdout.readline()
            message = json.loads(self.process.stdout.read(int(line.split(b":")[1])))
            if message.get("id") == number:
                return message
        raise EOFError("the session has ended")

    def block(self, code: str, language: str) -> Callable[[], object]:
        def evaluate() -> None:
            assert "error" not in (answer := self.request("evaluate", language=language, code=code)), answer

        return evaluate

    def end(self) -> None:
        self.request("shutdown")
        self.process.stdin.close()
        self.process.wait(30)


def nested(depth: int, value: object = 1) -> object:
    for _ in range(depth):
        value = [value]
    return value


def numbers(n: int) -> list:
    return list(range(n))


def strings(n: int) -> list:
    return [str(i) for i in range(n)]


def pairs(n: int) -> list:
    return [{"a": i, "b": i} for i in range(n)]


def keyed(n: int) -> dict:
    return {f"key {i}": i for i in range(n)}


def integers(n: int) -> set:
    return set(range(n))


def at_50(n: int) -> object:
    return nested(48, [[1] for _ in range(n)])


def power(n: int) -> int:
    return 10**n


def text(n: int) -> str:
    return "x" * n


def singles(n: int) -> np.ndarray:
    return np.linspace(0, 1, n, dtype="float32")


def truths(n: int) -> np.ndarray:
    return np.ones(n, bool)


def piped(n: int) -> object:
    """A program that prints so much into a pipe."""
    return subprocess.run([sys.executable, "-Ssc", f"print('a' * {n})"], capture_output=True)
