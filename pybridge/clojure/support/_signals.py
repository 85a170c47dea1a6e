"""Handlers of signals, which Python runs on its main thread alone: while that is inside Clojure, another does."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Callable

_main: int
_word: ctypes.c_ulong | None = None  # where CPython keeps the number of its main thread
_raised: list[BaseException] = []
_forget_interrupt: Callable[[], None]

_SEARCHED = 8192  # bytes of CPython's runtime state, which begins with what belongs to the process


def share_signals(forget_interrupt: Callable[[], None]) -> bool:
    """Prepare for `run_handlers`; false on any thread but the main one, whose interrupts `forget_interrupt` undoes."""
    global _main, _word, _forget_interrupt
    if threading.current_thread() is not threading.main_thread():
        return False
    _main, _forget_interrupt = threading.get_ident(), forget_interrupt
    start = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    words = (ctypes.c_ulong.from_address(start + at) for at in range(0, _SEARCHED, 8))
    _word = next((word for word in words if word.value == _main and _names_main_thread(word)), None)
    return _word is not None


def _names_main_thread(word: ctypes.c_ulong) -> bool:
    """Does CPython no longer take this thread for the main one when `word` is another?"""
    word.value = 0
    try:
        signal.set_wakeup_fd(signal.set_wakeup_fd(-1))
        return False
    except ValueError:
        return True
    finally:
        word.value = _main


def run_handlers() -> bool:
    """Run the handlers of the signals that have come, in place of the main thread. Has one raised something?

    It raises that on the main thread then, whose Clojure is to be interrupted.
    """
    own = threading.get_ident()
    try:
        _word.value = own
        try:
            ctypes.pythonapi.PyErr_CheckSignals()
        finally:
            _word.value = _main
    except BaseException as raised:
        _raised.append(raised.with_traceback(raised.__traceback__.tb_next))
        ctypes.pythonapi.Py_AddPendingCall(ctypes.pythonapi.PyObject_IsTrue, ctypes.py_object(_PENDING))
        return True
    return False


class _Pending:
    """What has been raised, for the main thread: it asks for the truth of this as soon as it is in Python again."""

    def __bool__(self) -> bool:
        if _raised:
            _forget_interrupt()
            raise _raised.pop(0)
        return True


_PENDING = _Pending()


def interruption(message: str) -> BaseException:
    """The exception of Clojure's InterruptedException: on the main thread what a handler has raised."""
    if _raised and threading.get_ident() == _main:
        return _raised.pop(0)
    return KeyboardInterrupt(message)
