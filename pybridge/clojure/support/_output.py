"""Standard output of either language, where the other expects it."""

from __future__ import annotations

import codecs
import io
import os
import sys
import threading
import traceback
from collections.abc import Callable
from typing import TextIO

Write = Callable[..., bool]
"""Writes text to the calling thread's `*out*` or `*err*`, flushed at the end of a line and for "", or says False where
that cannot hold it. Without text it says whether that is the process's own."""


class ClojureBytes(io.RawIOBase):
    """`sys.stdout.buffer` of a Python inside a JVM: bytes become text of the calling thread's `*out*` or `*err*`."""

    mode = "wb"

    def __init__(self, write: Write, name: str, descriptor: int) -> None:
        self.name = name
        self._write = write
        self._descriptor = descriptor
        self._threads = threading.local()  # each may have written a part of a character
        self.decode_as("utf-8")
        os.register_at_fork(after_in_child=self._forget_clojure)

    def decode_as(self, encoding: str) -> None:
        self._encoding = encoding

    def _forget_clojure(self) -> None:
        self._write = lambda *text: not text

    def _decoder(self) -> codecs.IncrementalDecoder:
        encoding, decoder = getattr(self._threads, "decoder", (None, None))
        if encoding != self._encoding:
            decoder = codecs.getincrementaldecoder(self._encoding)("surrogateescape")
            self._threads.decoder = self._encoding, decoder
        return decoder

    def write(self, data: bytes) -> int:
        if self.closed:
            raise ValueError("write to closed file")
        copy = io.BytesIO()
        count = copy.write(data)
        text = self._decoder().decode(copy.getvalue())
        if text and not self._write(text):
            with open(self._descriptor, "wb", closefd=False) as own:
                own.write(text.encode(self._encoding, "surrogateescape"))
        return count

    def flush(self) -> None:
        super().flush()
        self._write("")

    def readinto(self, _: object) -> int:
        raise io.UnsupportedOperation("read")

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return self._write() and os.isatty(self._descriptor)


class ClojureOutput(io.TextIOWrapper):
    """sys.stdout or sys.stderr of a Python inside a JVM."""

    mode = "w"

    def __init__(self, write: Write, before: TextIO | None, name: str, descriptor: int) -> None:
        encoding, errors = (before.encoding, before.errors) if before else ("utf-8", "backslashreplace")
        super().__init__(ClojureBytes(write, name, descriptor), encoding, errors, newline="\n", write_through=True)
        self.buffer.decode_as(self.encoding)

    def reconfigure(self, *, write_through: bool = True, **changes: object) -> None:
        """Change the encoding and the like; nothing is held back, as Clojure may print next."""
        super().reconfigure(**changes)
        self.buffer.decode_as(self.encoding)


def redirect_output(write_out: Write, write_err: Write) -> None:
    """Send what Python prints to Clojure's own streams; a forked process, which has no Clojure, prints itself."""
    for name, write, descriptor in ("stdout", write_out, 1), ("stderr", write_err, 2):
        before = getattr(sys, name)
        stream = ClojureOutput(write, before if isinstance(before, io.TextIOWrapper) else None, f"<{name}>", descriptor)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _write(stream: TextIO, text: str, flush: bool) -> None:
    """Write to a stream. What was not flushed comes late, amid other work, which an error of the stream is none of."""
    try:
        stream.write(text)
        if flush:
            stream.flush()
    except Exception:
        if flush:
            raise
        traceback.print_exc(file=sys.__stderr__)


def read_input_line() -> str:
    """The next line of what Python's `input()` reads, wherever that asks; empty at its end."""
    try:
        return input() + "\n"
    except EOFError:
        return ""


def write_output(text: str, flush: bool) -> None:
    """Write what Clojure printed to where Python's caller expects it."""
    _write(sys.stdout, text, flush)


def write_error(text: str, flush: bool) -> None:
    _write(sys.stderr, text, flush)
