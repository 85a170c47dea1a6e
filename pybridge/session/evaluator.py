"""Evaluate blocks of Python and Clojure in one process; what a session shows of their values and errors."""

from __future__ import annotations

import linecache
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from typing import Any

from pybridge import clojure
from pybridge._ending import flush_files
from pybridge.clojure import support
from pybridge.errors import OptionError
from pybridge.session.awaiting import settle
from pybridge.session.completion import clojure_function
from pybridge.session.display import PICTURES, all_of, cut, images_of, pretty_text, python_text, table_of, whole_text
from pybridge.session.errors import Failure, without_own
from pybridge.session.guard import Guard, print_error
from pybridge.session.handover import Handover
from pybridge.session.places import last_form
from pybridge.session.sources import keep_source

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
        self._features: set[int] = set()  # what blocks have imported from `__future__`
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
        pretty: bool = False,
        whole: bool = False,
        above: int = 0,
    ) -> Evaluation:
        """Evaluate `code` and give the value of its last expression.

        Args:
            language: "python" or "clojure".
            code: any number of lines.
            picture: what a figure is sent as: "png", "svg" or "pdf".
            place: where the code begins, for traces: the file, or what people call it, and the line; or in words,
                "line 12 of notes.org".
            values: variables that get what earlier blocks were to keep: names, with the key of each.
            keep: a key under which the value is kept for such a block, once; "" for none.
            pretty: whether the text of a long value is to have a line for each part of it.
            whole: whether all of a long value is wanted, not what can be shown.
            above: how many lines of the code are none of the block's own, and stand above its line 1.

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
        code, file = self._placed(code, place, above)
        try:
            if language == "clojure":
                self.guard.prepare()
            self.enter()
            self.guard.begin()
            try:
                if values:
                    self._handover.give(language, values, self._names)
                evaluate = self._python if language == "python" else self._clojure
                value, text = evaluate(code, file, pretty, whole, above)
                if keep:
                    self._handover.keep(keep, language, value)
                text, table = (all_of(text), table_of(value, None)) if whole else (cut(text), table_of(value))
                return Evaluation(value, text, images_of(value, picture), table)
            finally:
                self.guard.end()
                _flush_clojure()
        except BaseException as exception:
            source = file if isinstance(place, tuple) else ""
            failure = Failure(exception, source, partial(last_form, language, code, file, above, exception))
            if failure.type == "ThreadDeath":  # what stops Clojure code
                exception = KeyboardInterrupt()
                failure = Failure(exception)
            raise failure from exception

    def enter(self) -> None:
        """Have Clojure go on with the namespace, the *1 and the *e that this evaluator's blocks have."""
        if clojure.started():
            clojure.clj.__dict__["_name"] = clojure_function("pybridge.native.sessions/enter!", self._whose)

    def _python(self, code: str, file: str, pretty: bool, whole: bool, above: int) -> tuple[Any, str]:
        from pybridge.clojure import clj

        self._names.setdefault("clj", clj)
        process = os.getpid()
        try:
            value = support.run(code, self._names, file, settle, above, self._features)
        except BaseException as error:
            _end_forked(process, error)
            raise
        _end_forked(process, None)
        write = pretty_text if pretty else whole_text if whole else python_text
        return value, "" if value is None else write(value)

    def _clojure(self, code: str, file: str, pretty: bool, whole: bool, above: int) -> tuple[Any, str]:
        text, value = clojure.show(code, file, pretty=pretty, whole=whole, above=above)
        self.enter()  # where a block may have led elsewhere
        return value, text.rstrip("\n") if pretty else text

    def _placed(self, code: str, place: tuple[str, int] | str | None, above: int) -> tuple[str, str]:
        """Code with its lines where they are in its file, and that file's name; a block's own where it is from none."""
        if isinstance(place, tuple):
            filename = place[0]
            code = "\n" * (place[1] - 1) + code
            if os.path.exists(filename):
                return code, filename
        else:
            self._blocks += 1
            known = re.sub(r"[:()<>\s]+", " ", place or "")  # what a trace's line can hold
            parts = self._whose, f"block {self._blocks}", known and f"from {known}"
            filename = f"<{', '.join(filter(None, parts))}>"
        own = [f"{line}\n" for line in code.split("\n")[above:]]
        lines = zip_longest(own, linecache.getlines(filename), fillvalue="\n")
        lines = [line if line.strip() else earlier for line, earlier in lines]  # which other code of the cell has left
        if isinstance(place, tuple):
            linecache.cache[filename] = (len(code), None, lines, filename)
        else:
            keep_source(filename, lines)
        return code, filename


def _end_forked(process: int, error: BaseException | None) -> None:
    """End a process that the block has forked off `process`, as Python ends a program: the session goes on in one."""
    if os.getpid() == process:
        return
    status = 0
    with suppress(BaseException):
        if isinstance(error, SystemExit):
            status = error.code if isinstance(error.code, int) else int(error.code is not None)
            if error.code is not None and not isinstance(error.code, int):
                print(error.code, file=sys.stderr)
        elif error is not None:
            status = 1
            error.with_traceback(without_own(error.__traceback__))
            sys.stderr.write(support.traceback_text(error))
    flush_files()
    os._exit(status & 0xFF)


def _flush_clojure() -> None:
    if clojure.started():
        clojure_function("#(do (flush) (.flush ^java.io.Writer *err*))")
