"""Errors in the cells of IPython: where a cell's code is, and the traceback of Python's without the bridge's frames."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from IPython.core.getipython import get_ipython

from pybridge._frames import leave_out_ours, without_ours
from pybridge.session.errors import Failure
from pybridge.session.hints import hints
from pybridge.session.places import call_files

__all__ = ["place_of", "tidy_tracebacks"]


def place_of(cell: str | None) -> tuple[str, int] | None:
    """What IPython calls the cell that runs, and the line of it on which Clojure's code begins; None where none runs.

    Args:
        cell: the code below `%%clojure`; None for that of a `%clojure` line.
    """
    shell: Any = get_ipython()
    frame = sys._getframe(1)
    while not (name := shell.compile.format_code_name(frame.f_code.co_filename)):
        if frame.f_back is None:
            return None
        frame = frame.f_back
    if cell is None:
        return " ".join(name), frame.f_lineno
    kernel = getattr(shell, "kernel", None)  # which knows what the cell says
    asked = kernel.get_parent("shell")["content"].get("code", "") if kernel else f"%%clojure\n{cell}"
    return " ".join(name), 1 + asked.count("\n", 0, max(0, asked.find(cell.rstrip("\n"))))


def tidy_tracebacks(shell: Any, remember: Callable[[Failure], object]) -> None:
    """Have a shell leave out the bridge's frames, and say below an error what may have been meant.

    Args:
        shell: IPython's.
        remember: is given what each error says, all frames of it.
    """
    call_files(lambda path: " ".join(shell.compile.format_code_name(path) or ()))
    formatted: Callable[..., list[str]] = shell.InteractiveTB.structured_traceback
    if hasattr(formatted, "__wrapped__"):
        return

    @functools.wraps(formatted)
    def structured_traceback(kind: Any = None, error: Any = None, trace: Any = None, *more: Any, **how: Any) -> Any:
        if isinstance(error, BaseException):
            remember(Failure(error))
        leave_out_ours(error)
        trace = without_ours(trace) if isinstance(trace, TracebackType) else trace
        shown = formatted(kind, error, trace, *more, **how)
        return shown if any("Did you mean" in part for part in shown) else [*shown, *hints(error)]

    shell.InteractiveTB.structured_traceback = structured_traceback
