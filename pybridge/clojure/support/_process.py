"""Signals, forks and the end of a process that a JVM hosts."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import faulthandler
import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from functools import wraps

from pybridge._ending import finish_collection, flush_files, skip_exit_handlers
from pybridge._hdf5 import close_hdf5
from pybridge.clojure import _registered

_forked = False
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
        global _forked
        _forked = True
        mark.value = 1
        _take_signals_back()

    os.register_at_fork(after_in_child=mark_child)


def _take_signals_back() -> None:
    """Have signals end a forked process as they end Python: the JVM's handlers wait for threads that it lacks."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is None:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def register_jvm(functions: Callable[[], dict]) -> None:
    """Let `pybridge.clojure` use the JVM that is in this process already."""
    _registered.functions = functions


def end_by_hand(exiting: list[int]) -> None:
    """Do what Python does at its own end, but for taking its modules apart, for a JVM that ends.

    The threads `exiting`, by their numbers, have asked for it, and wait.
    """
    for finish_executors in reversed(threading._threading_atexits):
        finish_executors()
    while threads := _to_wait_for(exiting):
        threads[0].join()
    if not _runs_exit_functions():
        atexit._run_exitfuncs()
    if not _forked:
        finish_collection()
    gc.collect()
    if not close_hdf5(named=True):
        skip_exit_handlers()
    flush_files(lambda layer: layer.close())
    if "tensorflow" in sys.modules:
        from pybridge.clojure.support._tensorflow import end_tensorflow

        end_tensorflow()


def _runs_exit_functions() -> bool:
    """Whether Python runs its exit functions already, one of which may have asked for the end.

    Its main thread has then left the program, and the wait for other threads, which comes after that.
    """
    main = threading.main_thread()
    frame = sys._current_frames().get(main.ident)
    while frame and frame.f_back:
        frame = frame.f_back
    return not main.is_alive() and (frame is None or frame.f_code is not threading._shutdown.__code__)


def end_forked(failure: BaseException | None) -> None:
    """End a forked process that is about to go back to Clojure, with `failure` or without, as Python ends a program."""
    if not _forked:
        return
    status = 1
    with contextlib.suppress(BaseException):
        status = _status(failure)
        end_by_hand([])
    os._exit(status)


def _status(failure: BaseException | None) -> int:
    """What Python ends with, where `failure` is caught by nobody; it says so before."""
    if failure is None:
        sys.stderr.write(
            "pybridge: a forked process has come to the end of the Python code that Clojure had called, and has no "
            "Clojure to go back to; end it there, with sys.exit or os._exit\n"
        )
    elif not isinstance(failure, SystemExit):
        sys.excepthook(type(failure), failure, failure.__traceback__)
    elif failure.code is None:
        return 0
    elif isinstance(failure.code, int):
        return failure.code & 0xFF
    else:
        sys.stderr.write(f"{failure.code}\n")
    return 1


def _to_wait_for(exiting: list[int]) -> list[threading.Thread]:
    mine = {threading.get_ident(), threading.main_thread().ident, *exiting}
    return [thread for thread in threading.enumerate() if not thread.daemon and thread.ident not in mine]
