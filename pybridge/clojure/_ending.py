"""The end of a Python that hosts a JVM: Python's own, and the JVM's with it, after the last exit function."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from pybridge._ending import at_end, flush_files
from pybridge.clojure._unsafe import unsafe_part

START_SECONDS = 60  # in which a JVM has started, however loaded the machine is


def finish_start(lock: threading.Lock) -> None:
    """Have Python's end wait for a JVM that another thread starts, holding `lock`: that thread would crash there."""
    process = os.getpid()

    def wait() -> bool:
        if os.getpid() == process and lock.acquire(timeout=START_SECONDS):
            lock.release()
        return True

    at_end(wait)


def end_with_python(leave: Callable[[], int | None], references: Any) -> None:
    """Have `leave` called when Python ends: after all exit functions, before anything of Python goes."""
    process = os.getpid()

    def leave_jvm() -> bool:
        if os.getpid() != process:  # a forked process's end is none of the JVM's business
            return True
        references.stop()
        stop = leave()
        if stop:
            if stop_returning_threads := unsafe_part("stop_returning_threads"):
                stop_returning_threads(stop)
            # Module variables that a stopped thread has in sight outlive Python, which closes no file of theirs.
            flush_files()
        return stop is not None

    at_end(leave_jvm)
