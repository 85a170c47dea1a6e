"""Exceptions from Clojure: what a Throwable is in Python, and what Clojure raises and asks about."""

from __future__ import annotations

import builtins
import contextlib
import weakref
from typing import Any

from pybridge.clojure.support._described import TRACE_HEADING
from pybridge.clojure.support._opaque import clojure_object
from pybridge.clojure.support._tracebacks import depth, notes
from pybridge.errors import ClojureError, ConversionError, PybridgeError, StartError

# Called by name like the helpers.
StartError = StartError
RuntimeError = builtins.RuntimeError

_living: weakref.WeakValueDictionary[int, PybridgeError] = weakref.WeakValueDictionary()


def living_error(capsule: object) -> PybridgeError | None:
    """The exception of the Throwable in `capsule`, while Python holds it. What it passes from now on is new."""
    error = _living.get(id(capsule))
    if error is not None:
        error._known = depth(error)
    return error


def clojure_error(
    message: str, capsule: object, data: dict, trace: str, note: str, cause: BaseException | None
) -> PybridgeError:
    """The Python exception of the Throwable in `capsule`, which it keeps, and with it the capsule's id."""
    if data.get("reason") == "conversion":
        error: PybridgeError = ConversionError(message)
        error.throwable = clojure_object(capsule)
    else:
        error = ClojureError(message, throwable=clojure_object(capsule), data=data, trace=trace)
    error._capsule = capsule
    error._own_cause = error.__cause__ = cause
    error.__suppress_context__ = False  # a Throwable says nothing of what Python handles as it comes
    add_trace(error, note)
    return _living.setdefault(id(capsule), error)


def add_trace(exception: BaseException, trace: str) -> int:
    """Show Clojure's trace under `exception`'s own, once: the first holds all of a thread's frames.

    Returns:
        How many frames of Python's the exception has passed.
    """
    if trace and not any(note.startswith(TRACE_HEADING) for note in notes(exception)):
        with contextlib.suppress(Exception):  # one that takes no attributes crosses without
            exception.add_note(TRACE_HEADING + trace.rstrip())
    return depth(exception)


def made_exception(exception: Any, arguments: list, options: dict, causes: list) -> BaseException:
    """The exception that `raise` would raise, of a class or an instance; `causes` holds what it is raised from."""
    if isinstance(exception, type) and issubclass(exception, BaseException):
        made = exception(*arguments, **options)
        if not isinstance(made, BaseException):
            raise TypeError(f"calling {exception!r} gave {made!r}, which is no exception")
    elif isinstance(exception, BaseException):
        if arguments or options:
            raise TypeError(f"{exception!r} is made already, so it takes no arguments; give its class to make another")
        made = exception
    else:
        raise TypeError(
            f"pb/raise takes an exception class of Python's, or one of its exceptions; {exception!r} is neither"
        )
    for cause in causes:
        if isinstance(cause, type) and issubclass(cause, BaseException):
            cause = cause()
        if cause is not None and not isinstance(cause, BaseException):
            raise TypeError(f"an exception is raised from another one, or from nil; {cause!r} is neither")
        object.__setattr__(made, "__cause__", cause)
    return made


def is_instance(exception: object, classes: list) -> bool:
    """Whether `exception` is of one of `classes`, each with its subclasses."""
    for cls in classes:
        if not isinstance(cls, type):
            raise TypeError(f"pb/error? takes a class, or a vector of classes; {cls!r} is none")
    return isinstance(exception, builtins.tuple(classes))
