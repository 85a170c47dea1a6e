"""The last results and the last error of a prompt in both languages: Python's `_`, Clojure's `*1 *2 *3 *e`."""

from __future__ import annotations

import builtins
import re
import sys
from typing import Any

from pybridge import clojure

__all__ = ["Results"]


class Results:
    """Has each language find what the other's last evaluations gave, made into its own form once a block names it."""

    def __init__(self) -> None:
        self._missed: list[Any] = []  # Python's results before Clojure has started, the last three
        self._missing = ""  # why `_` names nothing
        self._in_clojure = False  # whether the last result is Clojure's, and Python has not got it

    def before(self, language: str, code: str) -> None:
        """Have the results at hand that `code` names."""
        if language == "clojure":
            for value in self._missed:
                clojure.remember(value)
            self._missed.clear()
        elif self._in_clojure and re.search(r"\b_\b", code):
            self._in_clojure = False
            try:
                vars(builtins)["_"] = clojure.result()
            except Exception as error:  # `_` names nothing then, which an assignment to it does not mind
                vars(builtins).pop("_", None)
                self._missing = f"  the last result has no form in Python: {error}"

    def add(self, language: str, value: Any) -> None:
        """Take a result."""
        if language == "clojure":
            self._in_clojure = True
        elif value is not None:
            self._in_clojure = False
            vars(builtins)["_"] = value
            if clojure.started():
                clojure.remember(value)
            else:
                self._missed = [*self._missed, value][-3:]

    def why_missing(self, error: BaseException) -> str:
        """Why `_` names nothing, for an error that comes from that; else empty."""
        return self._missing if isinstance(error, NameError) and error.name == "_" else ""

    def fail(self, language: str, error: BaseException) -> None:
        """Take an error, which is `sys.last_value` in Python."""
        sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
        if language == "python" and clojure.started():
            clojure.remember_error(error)
