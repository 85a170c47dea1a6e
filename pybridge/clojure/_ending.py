"""The end of a Python that hosts a JVM: Python's own, and the JVM's with it, after the last exit function."""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Callable
from typing import Any

from pybridge.clojure._unsafe import unsafe_part


class _Ending:
    """An argument of an exit function, which Python drops once all such functions have run, whenever registered."""

    def __init__(self, leave: Callable[[], int | None], references: Any) -> None:
        from pybridge.clojure.support._process import flush_files

        self.flush_files = flush_files
        self.leave = leave
        self.references = references
        self.process = os.getpid()

    def __del__(self) -> None:
        if os.getpid() != self.process:  # a forked process's end is none of the JVM's business
            return
        with contextlib.suppress(BaseException):
            self.references.stop()
            if stop := self.leave():
                if stop_returning_threads := unsafe_part("stop_returning_threads"):
                    stop_returning_threads(stop)
                # Module variables that a stopped thread has in sight outlive Python, which closes no file of theirs.
                self.flush_files()


def end_with_python(leave: Callable[[], int | None], references: Any) -> None:
    """Have `leave` called when Python ends: after all exit functions, before anything of Python goes."""
    atexit.register(_nothing, _Ending(leave, references))


def _nothing(ending: _Ending) -> None:
    """An exit function that is there for its argument."""
