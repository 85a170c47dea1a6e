"""What a process writes to its standard descriptors, C++ libraries included, as text in order."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

__all__ = ["Capture"]


class Capture:
    """Takes descriptors 1 and 2 for itself: what is written there goes to `receive` while the process lives.

    Where `receive` says true, it has passed the text on, and what follows at once waits to be one text with more.

    Attributes:
        channel: the standard output as it was, for what must not be mixed with output.
    """

    _MARK = b"\x1epybridge-flushed\x1e"
    _CHUNK = 65536
    _PAUSE = 0.02  # seconds in which a program's many small writes become one text

    def __init__(self, receive: Callable[[str], object]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self.channel: BinaryIO = os.fdopen(os.dup(1), "wb")
        self._receive = receive
        self._flushed = threading.Event()
        read, self._write = os.pipe()
        os.dup2(self._write, 1)
        os.dup2(self._write, 2)
        sys.stdout, sys.stderr = self._streams = [
            open(descriptor, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)  # noqa: SIM115
            for descriptor in (1, 2)
        ]
        threading.Thread(target=self._pump, args=(read,), name="pybridge-output", daemon=True).start()

    def flush(self) -> None:
        """Wait until `receive` has been given everything that was written before."""
        for stream in {sys.stdout, sys.stderr, *self._streams}:
            with contextlib.suppress(Exception):  # a block may have closed it, or put something of its own there
                stream.flush()
        self._flushed.clear()
        os.write(self._write, self._MARK)
        self._flushed.wait(10)

    def _pump(self, read: int) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pending = b""
        while chunk := os.read(read, self._CHUNK):
            pending += chunk
            while self._MARK in pending:
                before, _, pending = pending.partition(self._MARK)
                self._give(decoder.decode(before))
                self._flushed.set()
            kept = next(n for n in range(len(self._MARK) - 1, -1, -1) if n == 0 or pending.endswith(self._MARK[:n]))
            if len(pending) > kept:
                passed_on = self._give(decoder.decode(pending[: len(pending) - kept]))
                pending = pending[len(pending) - kept :]
                if passed_on and len(chunk) < self._CHUNK:  # a flood is many already
                    time.sleep(self._PAUSE)

    def _give(self, text: str) -> object:
        return text and self._receive(text)
