"""Exceptions as the other language sees them."""

from __future__ import annotations

import builtins
import os
import traceback
from collections.abc import Callable

from pybridge.errors import ClojureError, ConversionError, StartError

# Called by name like the helpers.
StartError = StartError
RuntimeError = builtins.RuntimeError

MOST_CAUSES = 10
HEADING = "Clojure's trace:\n"
HOME = os.path.join(os.path.dirname(os.path.dirname(__file__)), "")


def describe_exception(exception: BaseException, depth: int = 0) -> dict:
    """What Clojure shows of `exception` and of its causes; for one that began in Clojure, the Throwable itself."""
    if getattr(exception, "throwable", None) is not None:
        return {"throwable": exception.throwable, "frames": _frames(exception)}
    cause = exception.__cause__
    return {
        "exception": exception,
        "type": type(exception).__name__,
        "message": _message(exception),
        "traceback": traceback_text(exception),
        "frames": _frames(exception),
        "cause": describe_exception(cause, depth + 1) if cause is not None and depth < MOST_CAUSES else None,
    }


def _internal(filename: str) -> bool:
    return filename.startswith(HOME)


def traceback_text(exception: BaseException, hidden: Callable[[str], object] = _internal) -> str:
    """The traceback of an exception and of its causes, without frames in `hidden` files, which are the bridge's own."""
    told = traceback.TracebackException.from_exception(exception)
    left = [told]
    while left:
        shown = left.pop()
        frames = [frame for frame in shown.stack if not hidden(frame.filename)]
        shown.stack = traceback.StackSummary.from_list(frames) if frames else None
        left += filter(None, [shown.__cause__, shown.__context__, *(shown.exceptions or ())])
    return "".join(told.format())


def _frames(exception: BaseException) -> list[list]:
    """Module, function, file and line of where an exception has been, the innermost first, without the bridge's own."""
    frames = [frame for frame in traceback.extract_tb(exception.__traceback__) if not _internal(frame.filename)]
    return [[_module(f.filename), f.name, os.path.basename(f.filename), f.lineno or 0] for f in reversed(frames)]


def _message(exception: BaseException) -> str:
    """The exception's message; a KeyError's is a repr, which says less than the key."""
    try:
        return str(exception)
    except Exception as failure:
        return f"(its message cannot be shown: {type(failure).__name__})"


def _module(filename: str) -> str:
    return os.path.splitext(os.path.basename(filename))[0]


def clojure_error(
    message: str, throwable: object, data: dict, trace: str, cause: BaseException | None, interrupted: bool
) -> BaseException:
    """The Python exception of a Clojure one; an interrupted thread's is KeyboardInterrupt, as Ctrl-C means it."""
    if interrupted:
        return KeyboardInterrupt(message)
    if data.get("reason") == "conversion":
        error = ConversionError(message)
        error.throwable = throwable
    else:
        error = ClojureError(message, throwable=throwable, data=data, trace=trace)
    error.__cause__ = cause
    add_trace(error, trace)
    return error


def add_trace(exception: BaseException, trace: str) -> None:
    """Show Clojure's trace under `exception`'s own, once: the first holds all of a thread's frames."""
    if trace and not any(note.startswith(HEADING) for note in getattr(exception, "__notes__", ())):
        exception.add_note(HEADING + trace.rstrip())
