"""What a process writes to its standard descriptors, C++ libraries included, as text in order."""

from __future__ import annotations

import codecs
import contextlib
import itertools
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from pybridge._ending import at_end

__all__ = ["Capture"]


class Capture:
    """Takes descriptors 1 and 2 for itself: what is written there goes to `receive` once it has begun.

    Where `receive` says true, it has passed the text on, and what follows at once waits to be one text with more. Where
    it says false, of a flood, lines are no longer written one by one, until the next flush.

    A process that is forked off writes there too, and flushes for nobody.

    Attributes:
        channel: the standard output as it was, for what must not be mixed with output.
    """

    _SIGN = b"\x1epybridge-flushed"
    _MARK = re.compile(_SIGN + rb"([0-9a-f]{16})")
    _BEGUN = re.compile(rb"\x1e[a-z0-9-]{0,31}\Z")
    _CHUNK = 65536
    _PAUSE = 0.02  # seconds in which a program's many small writes become one text

    def __init__(
        self, receive: Callable[[str], object], flush_lines: Callable[[bool], object] = lambda _: None
    ) -> None:
        """Take them; `flush_lines` has what else writes lines write each at once, or else not."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.channel: BinaryIO = os.fdopen(os.dup(1), "wb")
        self._receive, self._flush_lines = receive, flush_lines
        self._numbers = itertools.count(1)  # of flushes: one that is interrupted leaves its mark behind
        self._flushed = 0
        self._has_flushed = threading.Condition()
        self._floods = False
        self._buffering = threading.Lock()
        self._owner = os.getpid()
        self._read, self._write = os.pipe()
        os.dup2(self._write, 1)
        os.dup2(self._write, 2)
        sys.stdout, sys.stderr = self._streams = [
            open(descriptor, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)  # noqa: SIM115
            for descriptor in (1, 2)
        ]

    def begin(self) -> None:
        """Give `receive` what is written, and what has been since, while the process lives."""
        threading.Thread(target=self._pump, name="pybridge-output", daemon=True).start()
        at_end(self._end, last=True)

    def flush(self) -> None:
        """Wait until `receive` has been given everything that was written before."""
        for stream in {sys.stdout, sys.stderr, *self._streams}:
            with contextlib.suppress(Exception):  # a block may have closed it, or put something of its own there
                stream.flush()
        if os.getpid() != self._owner:
            return
        number = next(self._numbers)
        os.write(self._write, self._SIGN + b"%016x" % number)
        with self._has_flushed:
            self._has_flushed.wait_for(lambda: self._flushed >= number, 10)
        if self._floods:
            self._write_lines(True)
            self._floods = False

    def _end(self) -> bool:
        """Take no more: Python stops the thread that reads, and what finalizers still print would wait for it."""
        if os.getpid() == self._owner:
            self.flush()
            with open(os.devnull, "wb") as nothing:
                for descriptor in (1, 2):
                    os.dup2(nothing.fileno(), descriptor)
        return True

    def _write_lines(self, at_once: bool) -> None:
        """Have each line written at once, or else many; this may wait for the pipe."""
        with self._buffering:
            if not at_once and not self._floods:  # it is over
                return
            self._flush_lines(at_once)
            for stream in self._streams:
                with contextlib.suppress(Exception):  # a block may have closed it
                    stream.reconfigure(line_buffering=at_once)

    def _pump(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pending = b""
        while chunk := os.read(self._read, self._CHUNK):
            pending += chunk
            while found := self._MARK.search(pending):
                self._give(decoder.decode(pending[: found.start()]))
                pending = pending[found.end() :]
                with self._has_flushed:
                    self._flushed = int(found[1], 16)
                    self._has_flushed.notify_all()
            kept = self._beginning_of_mark(pending)
            if len(pending) > kept:
                passed_on = self._give(decoder.decode(pending[: len(pending) - kept]))
                pending = pending[len(pending) - kept :]
                if passed_on and len(chunk) < self._CHUNK:  # a flood is many already
                    time.sleep(self._PAUSE)
                elif not passed_on and not self._floods:
                    self._floods = True
                    threading.Thread(
                        target=self._write_lines, args=(False,), name="pybridge-flood", daemon=True
                    ).start()

    def _beginning_of_mark(self, pending: bytes) -> int:
        """How many of the last bytes may be the beginning of a mark."""
        found = self._BEGUN.search(pending)
        return len(found[0]) if found and self._SIGN.startswith(found[0][: len(self._SIGN)]) else 0

    def _give(self, text: str) -> object:
        return text and self._receive(text)
