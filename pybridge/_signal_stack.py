"""A stack for the handlers of signals, apart from what TensorFlow computes with."""

from __future__ import annotations

import os
import sys

__all__ = ["give_signals_a_stack"]

SIZE = 1 << 18  # bytes, of which those that are used cost memory
DISABLED = 2  # SS_DISABLE of <signal.h>

_to_be_called: list[object] = []


def give_signals_a_stack() -> None:
    """Have the main thread, to which signals from outside go, handle them on memory that is set aside for that.

    oneDNN, which multiplies TensorFlow's matrices on x86, lets the stack register point into the heap meanwhile
    (github.com/uxlfoundation/oneDNN/issues/4845). A signal that came then, such as Ctrl-C's, would be handled on top of
    what lies there, and the process would compute with that or abort.
    """
    if not (sys.platform == "linux" and os.uname().machine == "x86_64"):
        return
    import ctypes
    import threading

    class Stack(ctypes.Structure):
        _fields_ = (("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))

    set_stack = ctypes.CDLL(None).sigaltstack
    allocate = ctypes.pythonapi.PyMem_RawMalloc
    allocate.argtypes, allocate.restype = [ctypes.c_size_t], ctypes.c_void_p

    def give(_: object) -> int:
        present = Stack()
        set_stack(None, ctypes.byref(present))
        if present.flags & DISABLED:
            set_stack(ctypes.byref(Stack(allocate(SIZE), 0, SIZE)), None)
        return 0

    if threading.current_thread() is threading.main_thread():
        give(None)
    else:
        _to_be_called.append(ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(give))
        ctypes.pythonapi.Py_AddPendingCall(_to_be_called[-1], None)
