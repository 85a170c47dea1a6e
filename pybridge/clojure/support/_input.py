"""Standard input of a Python inside a JVM: that of the calling thread's Clojure, which may be an editor's."""

from __future__ import annotations

import getpass
import io
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

ReadLine = Callable[..., str | bool | None]
"""With True, the next line of the calling thread's `*in*`, "" at its end; without, whether that is the process's."""


class ClojureLines(io.RawIOBase):
    """`sys.stdin.buffer.raw` where the calling thread's `*in*` is not the process's own."""

    def __init__(self, read_line: ReadLine) -> None:
        self._read_line = read_line
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        text = self._rest or str(self._read_line(True)).encode("utf-8", "surrogateescape")
        count = min(len(text), len(buffer))
        buffer[:count], self._rest = text[:count], text[count:]
        return count


class ClojureInput(io.TextIOBase):
    """`sys.stdin`: the one from before, unless the calling thread's `*in*` is not the process's own, as under nREPL."""

    def __init__(self, read_line: ReadLine, before: TextIO | None) -> None:
        self._read_line = read_line
        self._before = before
        self._threads = threading.local()

    def is_own(self) -> bool:
        """Whether this reads what the process itself reads."""
        return bool(self._read_line())

    def _stream(self) -> TextIO:
        if self.is_own():
            if self._before is None:
                raise RuntimeError("this process has no standard input")
            return self._before
        stream = getattr(self._threads, "stream", None)
        if stream is None:
            raw = io.BufferedReader(ClojureLines(self._read_line))
            self._threads.stream = stream = io.TextIOWrapper(raw, "utf-8", "surrogateescape", newline="\n")
        return stream

    def read(self, size: int | None = -1) -> str:
        return self._stream().read(-1 if size is None else size)

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        return self._stream().readline(size)

    def readable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.is_own() and self._stream().isatty()

    def fileno(self) -> int:
        if self.is_own():
            return self._stream().fileno()
        raise io.UnsupportedOperation("sys.stdin reads Clojure's *in* here, which has no file descriptor")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream(), name)

    @property
    def buffer(self) -> Any:
        return self._stream().buffer

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream().encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stream().errors


def redirect_input(read_line: ReadLine) -> None:
    """Have Python ask where the calling thread's Clojure asks; a forked process, which has no Clojure, reads itself."""
    before = sys.stdin
    sys.stdin = stream = ClojureInput(read_line, before)
    ask_terminal = getpass.getpass

    def ask(prompt: str = "Password: ", *arguments: Any, **options: Any) -> str:
        if sys.stdin is not stream or stream.is_own():
            return ask_terminal(prompt, *arguments, **options)
        print(prompt, end="", flush=True)
        line = stream.readline()
        if not line:
            raise EOFError("getpass read no line: *in* of Clojure is at its end")
        return line.removesuffix("\n")

    ask.__doc__, ask.__name__ = ask_terminal.__doc__, ask_terminal.__name__
    getpass.getpass = ask

    def forget_clojure() -> None:
        if sys.stdin is stream:
            sys.stdin = before  # type: ignore[assignment]
        getpass.getpass = ask_terminal

    os.register_at_fork(after_in_child=forget_clojure)
