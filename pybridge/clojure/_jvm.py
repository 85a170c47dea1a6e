"""The JVM inside the Python process: how it starts."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pybridge.clojure import _registered, quickstart
from pybridge.clojure._ending import end_with_python
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import NEEDED, find_java, unreadable
from pybridge.clojure.options import COMMON, STACK, embedded
from pybridge.errors import StartError

FAILED_BEFORE = "Clojure has failed to start in this process before; start the program again"


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Put Ctrl-C off until what it comes amid is done: a process has one JVM, and cannot do with half of one."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield  # no interrupt comes here
        return
    came: list[tuple[Any, ...]] = []
    signal.signal(signal.SIGINT, lambda *signalled: came.append(signalled))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            handler(*came[0])


def start() -> None:
    """Start the JVM and Clojure, and have it attach itself to this Python and register what it offers."""
    import jpype
    import jpype.config

    jpype.config.onexit = False  # JPype would wait for futures that run; `_ending` does not
    if jpype.isJVMStarted():
        with _interrupts_later():
            _join_jvm()
            _start_clojure()
        return
    java, entries = find_java(), classpath()
    if fault := unreadable([java.home, *entries]):
        raise StartError(fault)
    options = [*COMMON, *STACK, *embedded(), *quickstart.java_options(java, entries, embedded=True)]
    with _interrupts_later():
        jpype.startJVM(str(java.libjvm), *options, classpath=entries, convertStrings=True, interrupt=True)
        _part_collectors()
        _start_clojure()


def _join_jvm() -> None:
    import jpype

    if (version := jpype.getJVMVersion()[0]) < NEEDED:
        raise StartError(
            f"a JVM of Java {version} runs in this process already and pybridge needs {NEEDED} or newer; "
            "start pybridge first (pybridge.clojure.start()), or start that JVM from a newer Java"
        )
    _show_classes(jpype.JClass("java.lang.Thread").currentThread(), jpype.JClass("java.lang.ClassLoader"))


def _start_clojure() -> None:
    import jpype

    try:
        runtime = jpype.JClass("clojure.lang.RT")
        runtime.init()
        runtime.load("pybridge/native/guest")
    except (TypeError, jpype.JException) as failure:
        raise StartError(
            "Clojure did not start: its jars or pybridge's sources are not on the class path of the JVM "
            f"in this process ({failure}); start pybridge first, or add `pybridge classpath` to that JVM's class path"
        ) from failure
    try:
        runtime.load("pybridge/native/attach")
    except jpype.JClass("java.lang.NoClassDefFoundError") as failure:  # of a class that could not be initialized
        raise StartError(FAILED_BEFORE) from failure
    except jpype.JException as failure:
        raise StartError(_reason(failure)) from failure
    if _registered.functions is None:
        raise StartError(FAILED_BEFORE)
    end_with_python(_registered.functions()["leave"], jpype.JClass("org.jpype.ref.JPypeReferenceQueue").getInstance())
    os.register_at_fork(after_in_child=_part_collectors)  # a collection there may not wait for the JVM, as JPype has it


def _show_classes(thread: Any, loaders: Any) -> None:
    """Have a thread find the JVM's classes, which one that has not started the JVM does not, nor does Clojure there."""
    if thread.getContextClassLoader() is None:
        thread.setContextClassLoader(loaders.getSystemClassLoader())


def _reason(failure: Any) -> str:
    """What a Throwable says that Clojure has put into others, which say where."""
    while cause := failure.getCause():
        failure = cause
    return str(failure.getMessage())


def _part_collectors() -> None:
    """Keep JPype from a whole collection of the JVM's garbage, forty milliseconds, after one of Python's.

    What it has Python hold of the JVM is a few functions; the bridge counts by itself what the JVM holds of Python.
    """
    gc.callbacks[:] = [callback for callback in gc.callbacks if getattr(callback, "__module__", "") != "_jpype"]
