"""Which frames of a traceback are the bridge's own, and tell a reader nothing."""

from __future__ import annotations

import os
from types import TracebackType

__all__ = ["is_ours", "leave_out_ours", "without_ours"]

_HOME = os.path.join(os.path.dirname(__file__), "")
_OURS = (
    *(os.path.join(_HOME + room, "") for room in ("book", "cli", "clojure", "console", "repl", "session")),
    *(_HOME + file for file in ("_boundary.py", os.path.join("tensors", "_symbols.py"))),
)


def is_ours(file: str) -> bool:
    """Whether the code in a file only brings a call to where the reader's own code, or the library's, begins."""
    return file.startswith(_OURS)


def without_ours(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the bridge's own frames."""
    kept = []
    while trace is not None:
        if not is_ours(trace.tb_frame.f_code.co_filename):
            kept.append(trace)
        trace = trace.tb_next
    found = None
    for entry in reversed(kept):
        found = TracebackType(found, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return found


def leave_out_ours(error: BaseException | None) -> None:
    """Take the bridge's own frames out of the tracebacks of an error, of its parts and of those that it comes from."""
    waiting, seen = [error], set()
    while waiting:
        error = waiting.pop()
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            error.with_traceback(without_ours(error.__traceback__))
            waiting += [error.__cause__, error.__context__]
            waiting += error.exceptions if isinstance(error, BaseExceptionGroup) else ()
