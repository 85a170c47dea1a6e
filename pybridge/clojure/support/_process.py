"""Signals, forks and the end of a process that a JVM hosts."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import faulthandler
import os
import signal
import sys
import warnings
from collections.abc import Callable
from functools import wraps

from pybridge.clojure import _jvm

_enable, _disable = faulthandler.enable, faulthandler.disable


def keep_faults(hosted: bool) -> None:
    """Leave SIGSEGV and its like to the JVM, which lives by them: Python's fault handler stays as it is from now on.

    A handler that was there before the JVM started hears from it of real faults. In a Python that a JVM hosts, the
    development mode has set one after, which goes.
    """
    if hosted:
        _disable()

    def enable(file: object = None, all_threads: bool = True) -> None:
        if faulthandler.is_enabled():
            _enable(file, all_threads)
        else:
            warnings.warn(
                "faulthandler.enable() does nothing beside a JVM, which lives by the signals of faults; "
                "a Python that hosts the JVM can enable it before (python -X faulthandler)",
                RuntimeWarning,
                stacklevel=2,
            )

    def disable() -> bool:
        enabled = faulthandler.is_enabled()
        if enabled and sys.__stderr__:
            _enable(sys.__stderr__)
        return enabled

    faulthandler.enable, faulthandler.disable = wraps(_enable)(enable), wraps(_disable)(disable)


def handle_sigint() -> int:
    """Let a JVM that hosts Python, and keeps SIGINT, interrupt Python's main thread, this one, also where it waits.

    Returns:
        The number of the signal by which it does.
    """
    signal.signal(signal.SIGUSR1, signal.default_int_handler)
    return int(signal.SIGUSR1)


def nothing() -> None:
    """Give an interrupt that waits for a line of Python a line to hit."""


def add_working_directory() -> None:
    """Have a Python that a JVM hosts find modules in the working directory, as `python -c` does, unless told not to."""
    if not sys.flags.safe_path and "" not in sys.path:
        sys.path.insert(0, "")


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
