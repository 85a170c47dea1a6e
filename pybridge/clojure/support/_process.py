"""Signals, forks and the end of a process that a JVM hosts."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import faulthandler
import os
import signal
import sys
from collections.abc import Callable

from pybridge.clojure import _jvm


def hear_interrupts() -> None:
    """Let a JVM that hosts Python, and keeps SIGINT for itself, raise KeyboardInterrupt here by `interrupt`.

    A JVM lives by SIGSEGV, which Python's development mode takes away from it.
    """
    faulthandler.disable()
    signal.signal(signal.SIGUSR1, signal.default_int_handler)


def interrupt(thread: int) -> None:
    """Raise KeyboardInterrupt in the thread that `hear_interrupts` was called on, also where it waits."""
    signal.pthread_kill(thread, signal.SIGUSR1)


def mark_forks(address: int) -> None:
    """Write 1 into the word at `address` in every process that is forked off this one."""
    mark = ctypes.c_int64.from_address(address)

    def mark_child() -> None:
        mark.value = 1

    os.register_at_fork(after_in_child=mark_child)


def offer_clojure(functions: Callable[[], dict]) -> None:
    """Let `pybridge.clojure` use the JVM that is in this process already."""
    _jvm.hosting = functions


def run_exit_functions() -> None:
    """What Python would run at its own exit, for a JVM that hosts it."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
