"""End Clojure code that heeds no interrupt; `clj/src/pybridge/session/stop.clj` does it, where nothing can break.

The JVM's tool interface names threads by references that only C may make; here they are made. Its functions are entries
of a table, called by position.
"""

from __future__ import annotations

import ctypes
import functools
import sys
import threading
from collections.abc import Iterator
from ctypes import POINTER, addressof, byref, c_int, c_void_p
from typing import Any

__all__ = ["Guard", "clojure_runs", "prepare"]

_JNI_VERSION, _JVMTI_VERSION = 0x000A0000, 0x30010200
_ATTACH_AS_DAEMON, _GET_ENV = 7, 6  # of the virtual machine
_FIND_CLASS, _PUSH_LOCAL_FRAME, _POP_LOCAL_FRAME, _NEW_GLOBAL_REF, _ALLOC_OBJECT = 6, 19, 20, 21, 27  # of a thread
_GET_ALL_THREADS, _GET_THREAD_INFO, _DEALLOCATE, _ADD_CAPABILITIES = 3, 8, 46, 141  # of the tools
_CAN_SIGNAL_AND_SUSPEND = (ctypes.c_uint8 * 16)(0, 1 << 2, 1 << 4)

# A first attempt's may be caught by `(catch Exception _)`, a second's is an Error.
_EXCEPTIONS = (b"java/lang/InterruptedException", b"java/lang/ThreadDeath")
_MAIN, _VICTIM = "main", "pybridge, to be stopped"

_preparing = threading.Lock()


def clojure_runs() -> bool:
    """Whether Clojure has been started in this process, by whomever."""
    clojure = sys.modules.get("pybridge.clojure")
    return clojure is not None and bool(clojure._entry)


class Guard:
    """Knows the block that the main thread evaluates, and can end its Clojure code."""

    def __init__(self) -> None:
        self._block = ctypes.c_int64(0)

    @property
    def block(self) -> int:
        """The number of the block."""
        return self._block.value

    def begin(self) -> None:
        """A block begins, on the main thread; an interrupt that its Clojure code does not notice will end it."""
        self._block.value += 1
        if clojure_runs():
            prepare().forget_interrupt()

    def stop(self, block: int, attempt: int) -> bool:
        """Throw an exception into the Clojure code of `block`, from another thread.

        Args:
            block: its number; another one is left alone.
            attempt: 0 throws what code that catches every Exception also catches, 1 an Error.

        Returns:
            Whether it was thrown: not while the code is in a place where that could break something.
        """
        return clojure_runs() and prepare().stop(attempt, block, addressof(self._block))


def prepare() -> Any:
    """Be ready to stop; start Clojure for it. The Clojure namespace that does it."""
    with _preparing:
        return _prepared()


@functools.cache
def _prepared() -> Any:
    from pybridge import clojure

    namespace = clojure.require("pybridge.session.stop")
    namespace.start_victim(_VICTIM)
    tools, references = _references()
    namespace.attach(tools, _MAIN, _VICTIM, references)
    namespace.watch()
    return namespace


def _references() -> tuple[int, list[int]]:
    """The tool interface, and lasting references to the main thread, the victim and the exceptions."""
    from pybridge import clojure

    library = clojure.eval('(str (System/getProperty "java.home") "/lib/server/" (System/mapLibraryName "jvm"))')
    machine, count, environment, tools = c_void_p(), c_int(), c_void_p(), c_void_p()
    ctypes.CDLL(library).JNI_GetCreatedJavaVMs(byref(machine), 1, byref(count))
    _call(machine, _ATTACH_AS_DAEMON, addressof(environment), None)
    _call(machine, _GET_ENV, addressof(tools), _JVMTI_VERSION)
    _call(tools, _ADD_CAPABILITIES, addressof(_CAN_SIGNAL_AND_SUSPEND))
    _call(environment, _PUSH_LOCAL_FRAME, 256)
    try:
        threads = dict(_threads(tools))
        local = [threads.get(_MAIN), threads.get(_VICTIM)]
        local += [_call(environment, _ALLOC_OBJECT, _call(environment, _FIND_CLASS, name)) for name in _EXCEPTIONS]
        return tools.value, [_call(environment, _NEW_GLOBAL_REF, reference) for reference in local]
    finally:
        _call(environment, _POP_LOCAL_FRAME, None)


class _ThreadInfo(ctypes.Structure):
    _fields_ = [("name", c_void_p), ("priority", c_int), ("daemon", ctypes.c_bool), ("rest", c_void_p * 2)]


def _threads(tools: c_void_p) -> Iterator[tuple[str, int]]:
    count, threads = c_int(), POINTER(c_void_p)()
    _call(tools, _GET_ALL_THREADS, addressof(count), addressof(threads))
    for thread in threads[: count.value]:
        info = _ThreadInfo()
        _call(tools, _GET_THREAD_INFO, thread, addressof(info))
        yield ctypes.string_at(info.name).decode("utf-8", "replace"), thread
        _call(tools, _DEALLOCATE, info.name)
    _call(tools, _DEALLOCATE, threads)


def _call(table: c_void_p, position: int, *arguments: Any) -> int:
    """Call the function at `position` of the table that an interface of the JVM begins with."""
    entries = ctypes.cast(table, POINTER(POINTER(c_void_p))).contents
    function = ctypes.CFUNCTYPE(c_void_p, *[c_void_p] * (len(arguments) + 1))(entries[position])
    return function(table, *arguments) or 0
