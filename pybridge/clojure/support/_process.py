"""Signals, forks and the end of a process that a JVM hosts."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable

from pybridge.clojure import _jvm

_signalled: int | None = None


def handle_sigint() -> None:
    """Let a JVM that hosts Python, and keeps SIGINT, interrupt Python's main thread, this one, also where it waits.

    A JVM lives by SIGSEGV, which Python's development mode takes away from it.
    """
    global _signalled
    faulthandler.disable()
    signal.signal(signal.SIGUSR1, signal.default_int_handler)
    _signalled = threading.get_ident()


def interrupt(thread: int) -> None:
    """Raise KeyboardInterrupt in a thread, at its next line of Python unless signals interrupt it."""
    if thread == _signalled:
        signal.pthread_kill(thread, signal.SIGUSR1)
    else:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt))


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
