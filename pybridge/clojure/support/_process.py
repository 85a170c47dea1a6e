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


def handle_sigint() -> int:
    """Let a JVM that hosts Python, and keeps SIGINT, interrupt Python's main thread, this one, also where it waits.

    A JVM lives by SIGSEGV, which Python's development mode takes away from it.

    Returns:
        The number of the signal by which it does.
    """
    faulthandler.disable()
    signal.signal(signal.SIGUSR1, signal.default_int_handler)
    return int(signal.SIGUSR1)


def nothing() -> None:
    """Give an interrupt that waits for a line of Python a line to hit."""


def mark_forks(address: int) -> None:
    """Write 1 into the word at `address` in every process that is forked off this one."""
    mark = ctypes.c_int64.from_address(address)

    def mark_child() -> None:
        mark.value = 1

    os.register_at_fork(after_in_child=mark_child)


def register_jvm(functions: Callable[[], dict]) -> None:
    """Let `pybridge.clojure` use the JVM that is in this process already."""
    _jvm.registered = functions


def run_exit_functions() -> None:
    """What Python would run at its own exit, for a JVM that hosts it."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
