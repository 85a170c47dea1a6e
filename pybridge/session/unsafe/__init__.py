"""Prepares to stop Clojure code that ignores an interrupt; README.md beside says why that is fenced off.

JNI and JVMTI name threads and exceptions by references that last only until Java code runs next. So they are made here,
in C calls with no Java between them, and Clojure gets lasting ones.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Iterator
from ctypes import POINTER, addressof, byref, c_int, c_void_p
from enum import IntEnum
from typing import Any

from pybridge import clojure
from pybridge.errors import ClojureError

__all__ = ["attach"]


class JavaVM(IntEnum):
    """Where the JNI specification puts functions in the invocation interface's table."""

    GetEnv = 6
    AttachCurrentThreadAsDaemon = 7


class JNIEnv(IntEnum):
    """Where the JNI specification puts functions in a thread's table."""

    FindClass = 6
    ExceptionClear = 17
    PushLocalFrame = 19
    PopLocalFrame = 20
    NewGlobalRef = 21
    AllocObject = 27


class JVMTI(IntEnum):
    """Where the JVMTI specification puts functions in an environment's table: one less than their numbers there."""

    GetAllThreads = 3
    SuspendThread = 4
    ResumeThread = 5
    StopThread = 6
    GetThreadInfo = 8
    Deallocate = 46
    AddCapabilities = 141


_JVMTI_VERSION_1_2 = 0x30010200
_CAN_SIGNAL_THREAD_AND_SUSPEND = (ctypes.c_uint8 * 16)(0, 1 << 2, 1 << 4)  # bits 10 and 20 of jvmtiCapabilities

# Code that catches every Exception survives the first; the second is an Error.
_EXCEPTIONS = (b"java/lang/InterruptedException", b"java/lang/ThreadDeath")
_REHEARSAL = "pybridge, to rehearse a stop"


@functools.cache
def attach(thread: str) -> Callable[[int, Any], bool]:
    """Prepare to stop Clojure code on a thread.

    Args:
        thread: the name of the Java thread.

    Returns:
        `pybridge.unsafe.stop/stop-thread!`: it takes an attempt, 0 or 1, and a function of Clojure's that tells whether
        a stop is still wanted, and returns whether an exception was thrown.

    Raises:
        OSError: this JVM does not let a thread be stopped.
        ImportError: the Clojure namespace cannot be loaded.
    """
    try:
        stop = clojure.require("pybridge.unsafe.stop")
    except ClojureError as error:
        raise ImportError(f"pybridge.unsafe.stop cannot be loaded: {error}") from error
    stop.start_rehearsal_thread(_REHEARSAL)
    try:
        jvmti, references = _references(thread)
        functions = [_address(jvmti, name) for name in (JVMTI.SuspendThread, JVMTI.ResumeThread, JVMTI.StopThread)]
        stop.attach(jvmti.value, functions, thread, _REHEARSAL, references)
    finally:
        stop.end_rehearsal_thread()
    return stop.stop_thread


def _references(thread: str) -> tuple[c_void_p, list[int]]:
    """A JVMTI environment, and global references to the thread, the rehearsal thread and the exceptions."""
    library = clojure.eval('(str (System/getProperty "java.home") "/lib/server/" (System/mapLibraryName "jvm"))')
    vm, count, env, jvmti = c_void_p(), c_int(), c_void_p(), c_void_p()
    ctypes.CDLL(library).JNI_GetCreatedJavaVMs(byref(vm), 1, byref(count))
    _call(vm, JavaVM.AttachCurrentThreadAsDaemon, addressof(env), None)
    _call(vm, JavaVM.GetEnv, addressof(jvmti), _JVMTI_VERSION_1_2)
    _call(jvmti, JVMTI.AddCapabilities, addressof(_CAN_SIGNAL_THREAD_AND_SUSPEND))
    _call(env, JNIEnv.PushLocalFrame, 256)
    try:
        threads = dict(_threads(jvmti))
        local = [threads.get(thread), threads.get(_REHEARSAL)]
        local += [_object(env, JNIEnv.AllocObject, _object(env, JNIEnv.FindClass, name)) for name in _EXCEPTIONS]
        return jvmti, [_object(env, JNIEnv.NewGlobalRef, reference) for reference in local]
    finally:
        _function(env, JNIEnv.ExceptionClear, None)(env)
        _function(env, JNIEnv.PopLocalFrame, c_void_p, c_void_p)(env, None)


class _ThreadInfo(ctypes.Structure):
    _fields_ = [("name", c_void_p), ("priority", c_int), ("daemon", ctypes.c_bool), ("rest", c_void_p * 2)]


def _threads(jvmti: c_void_p) -> Iterator[tuple[str, int]]:
    count, threads = c_int(), POINTER(c_void_p)()
    _call(jvmti, JVMTI.GetAllThreads, addressof(count), addressof(threads))
    for thread in threads[: count.value]:
        info = _ThreadInfo()
        _call(jvmti, JVMTI.GetThreadInfo, thread, addressof(info))
        yield ctypes.string_at(info.name).decode("utf-8", "replace"), thread
        _call(jvmti, JVMTI.Deallocate, info.name)
    _call(jvmti, JVMTI.Deallocate, threads)


def _call(table: c_void_p, name: IntEnum, *arguments: Any) -> None:
    """Call a function that returns a status, 0 when all is well."""
    status = _function(table, name, c_int, *[c_void_p] * len(arguments))(table, *arguments)
    if status:
        raise OSError(f"{type(name).__name__} function {name.name} failed with status {status}")


def _object(env: c_void_p, name: JNIEnv, argument: int | bytes | None) -> int:
    """Call a function that returns a reference; it must not be null."""
    reference = _function(env, name, c_void_p, c_void_p)(env, argument)
    if not reference:
        raise OSError(f"JNIEnv function {name.name} found nothing for {argument!r}")
    return reference


def _function(table: c_void_p, name: IntEnum, result: Any, *arguments: Any) -> Callable[..., Any]:
    return ctypes.CFUNCTYPE(result, c_void_p, *arguments)(_address(table, name))


def _address(table: c_void_p, name: IntEnum) -> int:
    """The address of a function; an interface begins with a pointer to the table of its functions."""
    return ctypes.cast(table, POINTER(POINTER(c_void_p))).contents[name]
