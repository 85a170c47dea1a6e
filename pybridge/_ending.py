"""What happens when Python ends, after all exit functions: a JVM is left, and what is aside may be looked at again."""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import sys
import time
import types
import weakref
from collections.abc import Callable
from typing import Any

from pybridge._hdf5 import close_hdf5
from pybridge._objects import classes, instances

__all__ = ["at_end", "finish_collection", "flush_files", "is_quick", "put_aside", "skip_exit_handlers"]

# Their finalizers give memory back, which the end of the process does as well.
FREEING = ("tensorflow", "keras", "_jpype", "jpype", "pybridge")

# Seconds that threads let each other run at Python's very end.
MOMENT = 0.5

# Seconds that a finalizer may take on another thread before Python ends without it.
PATIENCE = 10.0

_steps: list[Callable[[], bool]] = []
_last_steps: list[Callable[[], bool]] = []
_aside = False


def is_quick() -> bool:
    """Whether the end may be quick: that is, whether what TensorFlow is made of may be put aside."""
    with_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    return with_gil and hasattr(gc, "freeze") and os.environ.get("PYBRIDGE_QUICK_END") != "0"


def put_aside() -> None:
    """Have the garbage collector leave alone what there is now, until the end."""
    global _aside
    _aside = True
    gc.freeze()


def at_end(step: Callable[[], bool], last: bool = False) -> None:
    """Have `step` called once all exit functions have run, whenever registered, before anything of Python goes.

    Args:
        step: tells whether Python's end is to go on; it does not where something else ends the process.
        last: whether it comes after those that are not, whenever registered.
    """
    if not (_steps or _last_steps):
        atexit.register(_nothing, _Ending())
    (_last_steps if last else _steps).append(step)


def _nothing(ending: _Ending) -> None:
    """An exit function that is there for its argument, which Python drops after the last of them."""


class _Ending:
    """Its end is that of the exit functions."""

    def __init__(self) -> None:
        self._process = os.getpid()

    def __del__(self) -> None:
        is_collecting = gc.isenabled()
        with contextlib.suppress(BaseException):
            if os.getpid() == self._process:  # a forked one has no other threads
                finish_collection()
        with contextlib.suppress(BaseException):
            goes_on = all([step() for steps in (_steps, _last_steps) for step in steps])
            if not close_hdf5(named=False):
                skip_exit_handlers()
            if goes_on and _aside:
                if any(map(_would_be_missed, classes())):
                    gc.unfreeze()
                else:
                    flush_files()
        if _was_interrupted():
            with contextlib.suppress(KeyboardInterrupt):
                exec("raise KeyboardInterrupt")  # text, which Python keeps it for
        is_alone = len(sys._current_frames()) == 1
        streams = [] if is_alone else _streams_for_the_end()
        python: Any = sys
        sys.setswitchinterval(MOMENT)
        if is_collecting:
            gc.enable()
        if is_alone:
            return
        # No other thread runs from here to Python's end: stores call nothing, at which Python would switch.
        python.stdout, python.__stdout__, python.stderr, python.__stderr__ = streams


def finish_collection() -> None:
    """Wait until no other thread collects garbage, and have none begin to by itself.

    A thread that Python's end stops within a collection, in a finalizer say, takes with it what it has found, and
    nobody else finalizes that. Files are written out first: a collection may close one before its text is.
    """
    gc.disable()
    with contextlib.suppress(Exception):
        flush_files()
    until = time.monotonic() + PATIENCE
    while not _collects_for_us() and time.monotonic() < until:
        time.sleep(0.001)


def skip_exit_handlers() -> None:
    """Have the process end before C++ destructors and C's exit handlers, with its status and C's files written out."""
    import ctypes

    libc = ctypes.CDLL(None)
    with contextlib.suppress(AttributeError):  # not every C library can
        libc.on_exit(libc._exit, None)  # with the status that the process ends with
        libc.on_exit(libc.fcloseall, None)  # comes first


class _Cycle:
    """Garbage, once nobody else has it."""

    def __init__(self) -> None:
        self.itself = self


def _collects_for_us() -> bool:
    """Whether Python collects garbage when it is asked to, which it does not while another thread collects."""
    seen = weakref.ref(_Cycle())
    gc.collect(0)
    return seen() is None


def _was_interrupted() -> bool:
    """Whether a KeyboardInterrupt that nobody caught has ended the program.

    Python then ends by SIGINT, unless any thread has run code from text since, as every dataclass does: with 1.
    """
    error = getattr(sys, "last_value", None)
    if type(error) is not KeyboardInterrupt or not error.__traceback__ or hasattr(sys, "ps1"):
        return False
    outermost = error.__traceback__.tb_frame
    is_program = outermost.f_code.co_name in ("<module>", "_run_module_as_main")
    return is_program and outermost.f_back is None


def _streams_for_the_end() -> list[Any]:
    """What sys.stdout, sys.__stdout__, sys.stderr and sys.__stderr__ are to be, with nobody at them but Python itself.

    A daemon thread that prints, or waits for input, keeps the lock of its stream for ever once Python ends. Python
    would wait for the lock as it flushes and closes the stream, and abort; so it gets another stream to the same file,
    and the one of the threads is never closed. One that cannot be flushed stays, for Python to say so.
    """
    streams: list[Any] = []
    if _has_lock(sys.__stdin__, io.BufferedReader):
        _keep_for_ever(sys.__stdin__)
    for current, first in ((sys.stdout, sys.__stdout__), (sys.stderr, sys.__stderr__)):
        new = first
        if first and _has_lock(first, io.BufferedWriter):
            with contextlib.suppress(Exception):
                first.flush()
                new = _twin(first)
                _keep_for_ever(first)
        streams += [new if current is first else current, new]
    return streams


def _keep_for_ever(stream: object) -> None:
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(stream))


def _has_lock(stream: Any, kind: type) -> bool:
    return isinstance(stream, io.TextIOWrapper) and type(stream.buffer) is kind


def _twin(stream: Any) -> io.TextIOWrapper:
    """Another stream to the same file."""
    raw = io.FileIO(stream.fileno(), "w", closefd=False)
    raw.name = stream.name
    return io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, stream.errors, None, stream.line_buffering)


def _would_be_missed(cls: type) -> bool:
    """Whether an object of a class does something at its end, which does not come where only TensorFlow's hold it."""
    if issubclass(cls, io.IOBase):
        return _is_foreign(cls)
    owner = next((base for base in cls.__mro__ if "__del__" in base.__dict__), None)
    if owner is None or not isinstance(owner.__dict__["__del__"], types.FunctionType):
        return False
    return str(owner.__module__).partition(".")[0] not in FREEING


def _is_foreign(cls: type) -> bool:
    """Whether a class of files is of a library; pybridge's own are what threads print to, until the very end."""
    return cls.__module__.partition(".")[0] not in ("_io", "pybridge")


def flush_files(finish_layer: Callable[[io.IOBase], None] | None = None) -> None:
    """Write out what open files have not yet: text first, then what is between it and the file, then the files."""
    files = instances(cls for cls in classes() if issubclass(cls, io.IOBase))
    texts = [file for file in files if isinstance(file, io.TextIOBase)]
    layers = [file for file in files if not isinstance(file, io.TextIOBase) and _is_foreign(type(file))]
    others = [file for file in files if not isinstance(file, io.TextIOBase) and not _is_foreign(type(file))]
    for finish, group in ((_flush, texts), (finish_layer or _flush, layers), (_flush, others)):
        for file in group:
            with contextlib.suppress(Exception):
                finish(file)


def _flush(file: io.IOBase) -> None:
    file.flush()
