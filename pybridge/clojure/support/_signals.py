"""Handlers of signals, which Python runs on its main thread alone: while that is inside Clojure, another does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

from pybridge.clojure._unsafe import unsafe_part

_check_signals: Callable[[], None] | None
_raised: list[BaseException] = []  # for the main thread


def share_signals(look: Callable[[], None]) -> bool:
    """Prepare for `run_handlers`, which `look` calls while the main thread is inside Clojure. Is it to look often?"""
    global _check_signals
    if threading.current_thread() is not threading.main_thread():
        return False
    prepare = unsafe_part("handlers_elsewhere")
    _check_signals = prepare and prepare()
    if _check_signals is None:
        _listen(look)
    return _check_signals is not None


def run_handlers() -> bool:
    """Run the handlers of the signals that have come, in place of the main thread. Is its Clojure to be interrupted?

    It is to `raise_handled` then. Of exceptions of one type it raises the first: signals that come faster than they
    are heard are one.
    """
    if _check_signals is None:
        return True
    try:
        _check_signals()
    except BaseException as raised:
        raised.with_traceback(raised.__traceback__.tb_next.tb_next)
        if not _raised:
            _raised.append(raised)
        elif type(raised) is not type(_raised[0]):
            raised.__context__ = _raised.pop()
            _raised.append(raised)
        return True
    return False


def raise_handled() -> None:
    """Raise, on the main thread, what a handler has raised in its place; Python itself raises what it still has to."""
    if _raised:
        raise _raised.pop()


def _listen(look: Callable[[], None]) -> None:
    """Call `look` for Ctrl-C alone, heard by Python's own means, which are one listener's."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    previous = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    if previous != -1:
        signal.set_wakeup_fd(previous)
        return

    def listen() -> None:
        while numbers := os.read(read, 4096):
            if signal.SIGINT in numbers and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                look()

    threading.Thread(target=listen, name="pybridge, for signals", daemon=True).start()
    os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))  # the pipe is still the parent's
