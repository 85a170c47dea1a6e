"""Handlers of signals on another thread than Python's main one, by changing which that is."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Callable

_SEARCHED = 8192  # bytes of CPython's runtime state, which begins with what belongs to the process


def handlers_elsewhere() -> Callable[[], None] | None:
    """A function that runs the handlers of the signals that have come, on any thread, or None where there is no such.

    To be called on the main thread.
    """
    main = threading.get_ident()
    start = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    words = (ctypes.c_ulong.from_address(start + at) for at in range(0, _SEARCHED, 8))
    word = next((word for word in words if word.value == main and _names_main_thread(word)), None)
    if word is None:
        return None

    def run_handlers() -> None:
        word.value = threading.get_ident()
        try:
            ctypes.pythonapi.PyErr_CheckSignals()
        finally:
            word.value = main

    return run_handlers


def _names_main_thread(word: ctypes.c_ulong) -> bool:
    """Does CPython no longer take this thread for the main one when `word` is another?"""
    own, word.value = word.value, 0
    try:
        signal.set_wakeup_fd(signal.set_wakeup_fd(-1))
        return False
    except ValueError:
        return True
    finally:
        word.value = own
