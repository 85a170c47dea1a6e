"""A KeyboardInterrupt at a given line, as Ctrl-C may come at any."""

from __future__ import annotations

import gc
import itertools
import sys


def interrupted(function, line, within=""):
    """Run a function with a KeyboardInterrupt at its n-th line, however deep: did it come out? None past the end.

    Lines count in files whose path has `within` in it, but for those of finalizers, where Python drops what is raised.

    No garbage is collected meanwhile: Python drops what is raised in a finalizer or in one of `gc.callbacks`
    (Hypothesis has one), wherever a collection happens to fall.
    """
    lines = itertools.count(1)
    raised = False

    def trace(frame, event, argument):
        nonlocal raised
        if _counts(frame, event, within) and next(lines) == line:
            raised = True
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    gc.disable()
    sys.settrace(trace)
    try:
        function()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
        gc.enable()
    return False if raised else None


def lines_of(function, within):
    """How many lines of files whose path has `within` in it a function runs."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += _counts(frame, event, within)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


def _counts(frame, event, within):
    return event == "line" and within in frame.f_code.co_filename and not _in_finalizer(frame)


def _in_finalizer(frame):
    while frame is not None:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False
