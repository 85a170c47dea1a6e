"""End Clojure code that listens to nobody: an exception thrown into its thread from outside.

`Thread.interrupt` only wakes what waits, and `Thread.stop` is gone from Java, so `(loop [] (recur))` would run on.
The JVM's tool interface can still do it; its functions are entries of a table, called by position.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, addressof, byref, c_char_p, c_int, c_void_p
from typing import Any

__all__ = ["stop_clojure"]

_JVMTI_VERSION = 0x30010200
_ATTACH_AS_DAEMON, _DETACH, _GET_ENV = 7, 5, 6  # of the virtual machine
_FIND_CLASS, _ALLOC_OBJECT, _PUSH_LOCAL_FRAME, _POP_LOCAL_FRAME = 6, 27, 19, 20  # of a thread's environment
_GET_ALL_THREADS, _STOP_THREAD, _GET_THREAD_INFO, _DEALLOCATE, _ADD_CAPABILITIES = 3, 6, 8, 46, 141  # of the tools'
_CAN_SIGNAL_THREAD = (ctypes.c_uint8 * 16)(0, 1 << 2)


class _ThreadInfo(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("priority", c_int), ("daemon", ctypes.c_bool), ("rest", c_void_p * 2)]


def stop_clojure(libjvm: str) -> bool:
    """Throw InterruptedException in the thread that started the JVM, wherever in Java or Clojure it is.

    It is the last resort: what the thread did is left half done.

    Args:
        libjvm: the file of the JVM that runs in this process.

    Returns:
        Whether the JVM took the order.
    """
    machines, count = c_void_p(), c_int()
    ctypes.CDLL(libjvm).JNI_GetCreatedJavaVMs(byref(machines), 1, byref(count))
    if not count.value:
        return False
    machine, environment, tools = machines, c_void_p(), c_void_p()
    _call(machine, _ATTACH_AS_DAEMON, addressof(environment), None)
    try:
        _call(machine, _GET_ENV, addressof(tools), _JVMTI_VERSION)
        _call(tools, _ADD_CAPABILITIES, addressof(_CAN_SIGNAL_THREAD))
        _call(environment, _PUSH_LOCAL_FRAME, 64)
        thread = _main_thread(tools)
        interrupted = _call(environment, _FIND_CLASS, b"java/lang/InterruptedException")
        refused = _call(tools, _STOP_THREAD, thread, _call(environment, _ALLOC_OBJECT, interrupted)) & 0xFFFFFFFF
        _call(environment, _POP_LOCAL_FRAME, None)
        return not refused
    finally:
        _call(machine, _DETACH)


def _call(table: c_void_p, position: int, *arguments: Any) -> int:
    """Call the function at `position` of the table that an interface of the JVM begins with."""
    entries = ctypes.cast(table, POINTER(POINTER(c_void_p))).contents
    function = ctypes.CFUNCTYPE(c_void_p, *[c_void_p] * (len(arguments) + 1))(entries[position])
    return function(table, *arguments) or 0


def _main_thread(tools: c_void_p) -> int | None:
    count, threads = c_int(), POINTER(c_void_p)()
    _call(tools, _GET_ALL_THREADS, addressof(count), addressof(threads))
    try:
        for thread in threads[: count.value]:
            info = _ThreadInfo()
            _call(tools, _GET_THREAD_INFO, thread, addressof(info))
            if info.name == b"main":
                return thread
        return None
    finally:
        _call(tools, _DEALLOCATE, threads)
