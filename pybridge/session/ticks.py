"""Signals to the main thread while it works, at which C code that holds the GIL lets other threads in."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

__all__ = ["ticks"]

EVERY = 100_000_000  # nanoseconds of the main thread's work
TO_A_THREAD = 4  # SIGEV_THREAD_ID of <signal.h>


def ticks() -> Callable[[], AbstractContextManager[None]]:
    """Make a timer for the main thread, and return a context manager that runs it. Call this on the main thread.

    C code such as that of `re` and `repr` holds the GIL, but looks for signals. What handles one is Python code, at
    which Python lets other threads in: that which hears of an interrupt, and that which sends what was printed. The
    signals go to the main thread alone, and come where it works, not where it waits. Where the system is not Linux,
    there are none.
    """
    if sys.platform != "linux":
        return nullcontext
    import ctypes

    from pybridge._signal_stack import give_signals_a_stack

    class Event(ctypes.Structure):
        _fields_ = (
            *(("value", ctypes.c_void_p), ("number", ctypes.c_int), ("way", ctypes.c_int), ("thread", ctypes.c_int)),
            ("rest", ctypes.c_int * 11),
        )

    library = ctypes.CDLL(None)
    if not hasattr(library, "timer_create"):  # glibc before 2.34
        library = ctypes.CDLL("librt.so.1")
    give_signals_a_stack()
    number = signal.SIGRTMAX - 1
    signal.signal(number, _nothing)
    signal.siginterrupt(number, False)
    timer = ctypes.c_void_p()
    event = Event(number=number, way=TO_A_THREAD, thread=threading.get_native_id())
    if library.timer_create(time.CLOCK_THREAD_CPUTIME_ID, ctypes.byref(event), ctypes.byref(timer)):
        return nullcontext

    def set_to(nanoseconds: int) -> None:
        library.timer_settime(timer, 0, (ctypes.c_long * 4)(0, nanoseconds, 0, nanoseconds), None)

    @contextmanager
    def running() -> Iterator[None]:
        try:
            set_to(EVERY)
            yield
        finally:
            set_to(0)

    return running


def _nothing(*_: object) -> None:
    """Handle a signal."""
