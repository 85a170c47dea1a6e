"""SIGTERM while TensorFlow connects workers: it ends the process, or does what else it did before."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import tensorflow as tf
from tensorflow.python import _pywrap_tfe
from tensorflow.python.eager import context

__all__ = ["heeding_sigterm"]

CONNECTED = signal.SIGURG  # by which a thread tells the main thread so; it does nothing to whoever does not wait for it
LARGEST = 1024  # bytes, more than a `struct sigaction` takes


@contextmanager
def heeding_sigterm() -> Iterator[None]:
    """Have the one call by which TensorFlow waits for other workers heed SIGTERM.

    TensorFlow makes that call holding Python's lock, with a handler of SIGTERM that ends nothing, and keeps the
    handler. Here another thread makes it, without the lock, and the main thread waits for the signal meanwhile.
    """
    functions: Any = context.pywrap_tfe
    original = functions.TFE_EnableCollectiveOps
    functions.TFE_EnableCollectiveOps = _enable
    try:
        yield
    finally:
        functions.TFE_EnableCollectiveOps = original


def _enable(handle: object, server: bytes) -> None:
    """Connect, as TensorFlow's function of this name does."""
    connect = partial(_keeping_sigterm, partial(_call, handle, server))
    if threading.current_thread() is threading.main_thread():
        _waiting_for_sigterm(connect)
    else:
        connect()


def _waiting_for_sigterm(connect: Callable[[], None]) -> None:
    """Connect on another thread. A signal that the main thread waits for comes to nobody's handler.

    One of Python's, which could raise something, is called once all is connected.
    """
    main, came = threading.get_ident(), False
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [CONNECTED])
    try:
        with ThreadPoolExecutor(1) as pool:
            connecting = pool.submit(connect)
            connecting.add_done_callback(lambda _: signal.pthread_kill(main, CONNECTED))
            while not connecting.done():
                if signal.sigwait([signal.SIGTERM, CONNECTED]) == signal.SIGTERM:
                    came = True
                    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
                        signal.signal(signal.SIGTERM, signal.SIG_DFL)
                        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    connecting.result()
    if came:
        signal.raise_signal(signal.SIGTERM)


def _keeping_sigterm(connect: Callable[[], None]) -> None:
    """Connect, and have SIGTERM do what it did before, whoever has handled it."""
    sigaction, before = ctypes.CDLL(None).sigaction, ctypes.create_string_buffer(LARGEST)
    sigaction(signal.SIGTERM, None, before)
    try:
        connect()
    finally:
        sigaction(signal.SIGTERM, before, None)


def _call(handle: object, server: bytes) -> None:
    """Call TensorFlow's C function by ctypes, which lets go of Python's lock.

    Raises:
        OpError: what the function says.
    """
    library, python = ctypes.CDLL(_pywrap_tfe.__file__), ctypes.pythonapi
    python.PyCapsule_GetName.restype = ctypes.c_char_p
    python.PyCapsule_GetPointer.restype = ctypes.c_void_p
    library.TF_NewStatus.restype = ctypes.c_void_p
    library.TF_Message.restype = ctypes.c_char_p
    capsule = ctypes.py_object(handle)
    pointer = python.PyCapsule_GetPointer(capsule, ctypes.c_char_p(python.PyCapsule_GetName(capsule)))
    status = ctypes.c_void_p(library.TF_NewStatus())
    try:
        library.TFE_EnableCollectiveOps(ctypes.c_void_p(pointer), server, ctypes.c_size_t(len(server)), status)
        if code := library.TF_GetCode(status):
            kind = tf.compat.v1.errors.exception_type_from_error_code(code)
            raise kind(None, None, library.TF_Message(status).decode(errors="replace"))
    finally:
        library.TF_DeleteStatus(status)
