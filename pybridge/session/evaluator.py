"""Evaluate blocks of Python and Clojure in one process; what a session shows of their values and errors."""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pybridge import clojure
from pybridge.clojure import support
from pybridge.errors import OptionError
from pybridge.session.completion import clojure_function
from pybridge.session.display import PICTURES, cut, images_of, python_text, table_of
from pybridge.session.errors import Failure
from pybridge.session.handover import Handover
from pybridge.session.interrupts import Guard, print_error

__all__ = ["LANGUAGES", "Evaluation", "Evaluator", "Failure"]

LANGUAGES = ("python", "clojure")


@dataclass(frozen=True)
class Evaluation:
    """What a block gave.

    Attributes:
        value: the Python object; None when a Clojure value has no form in Python.
        text: the value as its language writes it; tensors and arrays alike in both.
        images: the files of figures, base64.
        table: rows of cells where the value is a matrix of plain data, else None.
    """

    value: Any
    text: str
    images: list[str] = field(default_factory=list)
    table: list[list[Any]] | None = None


class Evaluator:
    """Evaluates blocks, top to bottom, in one process: Python in `__main__`, Clojure in `user` or where `ns` leads.

    `clj` in Python has the names of the namespace that Clojure's last block was left in.

    Attributes:
        guard: ends Clojure code that ignores an interrupt, where that can be done.

    >>> session = Evaluator()
    >>> session.evaluate("python", "6 * 7").text
    '42'
    """

    def __init__(
        self, report: Callable[[str], object] | None = print_error, *, whose: str = "", guard: Guard | None = None
    ) -> None:
        """Make an evaluator.

        Args:
            report: is told when Clojure code goes on after an interrupt; None for a caller who finds that out.
            whose: whose blocks it evaluates, beside those of "".
            guard: the guard of another evaluator, whose main thread it shares.
        """
        self._names = vars(sys.modules["__main__"])
        self._blocks = 0
        self._whose = whose
        self._handover = Handover()
        self.guard = guard or Guard(report)

    def evaluate(
        self,
        language: str,
        code: str,
        picture: str = "png",
        place: tuple[str, int] | str | None = None,
        *,
        values: Mapping[str, str] | None = None,
        keep: str = "",
    ) -> Evaluation:
        """Evaluate `code` and give the value of its last expression.

        Args:
            language: "python" or "clojure".
            code: any number of lines.
            picture: what a figure is sent as: "png", "svg" or "pdf".
            place: where the code begins, for traces: the file and the line, or in words, "line 12 of notes.org".
            values: variables that get what earlier blocks were to keep: names, with the key of each.
            keep: a key under which the value is kept for such a block, once; "" for none.

        Returns:
            The value and how it is shown.

        Raises:
            Failure: what the code raised, be it an interrupt or a wish to exit.
            OptionError: another language, or another kind of picture.
        """
        if language not in LANGUAGES:
            raise OptionError(f"a session speaks python and clojure; got {language!r}")
        if picture not in PICTURES:
            raise OptionError(f"a session sends a figure as png, svg or pdf; got {picture!r}")
        try:
            if language == "clojure":
                self.guard.prepare()
            self.enter()
            self.guard.begin()
            try:
                if values:
                    self._handover.give(language, values, self._names)
                value, text = (self._python if language == "python" else self._clojure)(code, place)
                if keep:
                    self._handover.keep(keep, language, value)
                return Evaluation(value, cut(text), images_of(value, picture), table_of(value))
            finally:
                self.guard.end()
                _flush_clojure()
        except BaseException as exception:
            failure = Failure(exception, source := place[0] if isinstance(place, tuple) else "")
            if failure.type == "ThreadDeath":  # what stops Clojure code
                exception = KeyboardInterrupt()
                failure = Failure(exception, source)
            raise failure from exception

    def enter(self) -> None:
        """Have Clojure go on with the namespace, the *1 and the *e that this evaluator's blocks have."""
        if clojure.started():
            clojure.clj.__dict__["_name"] = clojure_function("pybridge.native.evaluation/enter!", self._whose)

    def _python(self, code: str, place: tuple[str, int] | str | None) -> tuple[Any, str]:
        from pybridge.clojure import clj

        self._names.setdefault("clj", clj)
        code, filename = self._placed(code, place)
        value = support.run(code, self._names, filename)
        return value, "" if value is None else python_text(value)

    def _clojure(self, code: str, place: tuple[str, int] | str | None) -> tuple[Any, str]:
        text, value = clojure.show(*self._placed(code, place))
        self.enter()  # where a block may have led elsewhere
        return value, text

    def _placed(self, code: str, place: tuple[str, int] | str | None) -> tuple[str, str]:
        """Code with its lines where they are in its file, and that file's name; a block's own where it is from none."""
        if isinstance(place, tuple):
            return "\n" * (place[1] - 1) + code, place[0]
        self._blocks += 1
        known = re.sub(r"[:()<>\s]+", " ", place or "")  # what a trace's line can hold
        parts = self._whose, f"block {self._blocks}", known and f"from {known}"
        filename = f"<{', '.join(filter(None, parts))}>"
        linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
        return code, filename


def _flush_clojure() -> None:
    if clojure.started():
        clojure.eval("(do (flush) (.flush *err*))")
