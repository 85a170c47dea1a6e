"""Standard output of either language, where the other expects it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable


class ClojureOutput(io.TextIOBase):
    """sys.stdout or sys.stderr of a Python inside a JVM: writes to the calling thread's `*out*` or `*err*`."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, write: Callable[[str], None], descriptor: int) -> None:
        self._write = write
        self._descriptor = descriptor

    def write(self, text: str) -> int:
        self._write(text)
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)


def redirect_output(write_out: Callable[[str], None], write_err: Callable[[str], None]) -> None:
    """Send what Python prints to Clojure's own streams; a forked process, which has no Clojure, prints itself."""
    before = sys.stdout, sys.stderr

    def restore() -> None:
        sys.stdout, sys.stderr = before

    os.register_at_fork(after_in_child=restore)
    sys.stdout = ClojureOutput(write_out, 1)
    sys.stderr = ClojureOutput(write_err, 2)


def write_output(text: str) -> None:
    """Write what Clojure printed to where Python's caller expects it."""
    sys.stdout.write(text)
    sys.stdout.flush()


def write_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
