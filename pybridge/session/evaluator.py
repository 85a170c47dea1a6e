"""Evaluate blocks of Python and Clojure in one process; what a session shows of their values and errors."""

from __future__ import annotations

import base64
import io
import linecache
import re
import sys
import traceback
from dataclasses import dataclass, field
from typing import Any

from pybridge._quiet import quiet_import
from pybridge.clojure import support
from pybridge.errors import ClojureError, OptionError

__all__ = ["LANGUAGES", "Evaluation", "Evaluator", "Failure"]

LANGUAGES = ("python", "clojure")

# What TensorFlow itself, Keras and the session put between a reader's line and the error says nothing to the reader.
_INTERNAL = re.compile(r"pybridge/(session|clojure|tensors/_symbols)|site-packages/(keras|tensorflow)/|<frozen ")


@dataclass(frozen=True)
class Evaluation:
    """What a block gave.

    Attributes:
        value: the Python object; None when a Clojure value has no form in Python.
        text: the value as its language writes it; tensors and arrays alike in both.
        images: PNG files, base64, of a figure.
        table: rows of cells where the value is a matrix of plain data, else None.
    """

    value: Any
    text: str
    images: list[str] = field(default_factory=list)
    table: list[list[Any]] | None = None


class Failure(Exception):
    """A block that raised.

    Attributes:
        type: the exception's name.
        message: what it says.
        trace: both languages' traces as text, the session's own frames left out.
    """

    def __init__(self, exception: BaseException) -> None:
        self.type = type(exception).__name__
        self.message = str(exception)
        self.trace = _trace(exception)
        super().__init__(f"{self.type}: {self.message}" if self.message else self.type)


class Evaluator:
    """Evaluates blocks, top to bottom, in one process: Python in `__main__`, Clojure in `user`.

    >>> session = Evaluator()
    >>> session.evaluate("python", "6 * 7").text
    '42'
    """

    def __init__(self) -> None:
        self._names = vars(sys.modules["__main__"])
        self._blocks = 0

    def evaluate(self, language: str, code: str) -> Evaluation:
        """Evaluate `code` and give the value of its last expression.

        Args:
            language: "python" or "clojure".
            code: any number of lines.

        Returns:
            The value and how it is shown.

        Raises:
            Failure: what the code raised.
            OptionError: another language.
        """
        if language not in LANGUAGES:
            raise OptionError(f"a session speaks python and clojure; got {language!r}")
        try:
            return self._python(code) if language == "python" else self._clojure(code)
        except Exception as exception:
            raise Failure(exception) from exception
        except KeyboardInterrupt as interrupt:
            raise Failure(interrupt) from interrupt

    def _python(self, code: str) -> Evaluation:
        from pybridge.clojure import clj

        self._names.setdefault("clj", clj)
        self._blocks += 1
        filename = f"<block {self._blocks}>"
        linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
        if re.search(r"\b(import|from)\b", code):
            with quiet_import():
                value = support.run(code, self._names, filename)
        else:
            value = support.run(code, self._names, filename)
        return _shown(value, "" if value is None else _python_text(value))

    def _clojure(self, code: str) -> Evaluation:
        from pybridge import clojure

        text, value = clojure.show(code)
        return _shown(value, text)


def _python_text(value: Any) -> str:
    """The repr, but tensors and arrays, also inside lists and dicts, as Clojure shows them too."""
    if support.is_array(value):
        return support.text(value)
    if type(value) is list:
        return "[" + ", ".join(map(_python_text, value)) + "]"
    if type(value) is tuple:
        return "(" + ", ".join(map(_python_text, value)) + ("," if len(value) == 1 else "") + ")"
    if type(value) is dict:
        return "{" + ", ".join(f"{key!r}: {_python_text(x)}" for key, x in value.items()) + "}"
    return repr(value)


def _shown(value: Any, text: str) -> Evaluation:
    return Evaluation(value, text, _images(value), _table(value))


def _images(value: Any) -> list[str]:
    figure = sys.modules.get("matplotlib.figure")
    if figure is None or not isinstance(value, figure.Figure):
        return []
    buffer = io.BytesIO()
    value.savefig(buffer, format="png", dpi=144)
    return [base64.b64encode(buffer.getvalue()).decode("ascii")]


def _table(value: Any) -> list[list[Any]] | None:
    """The rows of a list of lists of plain cells, all of one length."""
    cell = (int, float, str, bool, type(None))
    if not (isinstance(value, list) and value and all(isinstance(row, list) and row for row in value)):
        return None
    if len({len(row) for row in value}) > 1 or not all(isinstance(x, cell) for row in value for x in row):
        return None
    return value


def _trace(exception: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(exception.__traceback__) if not _INTERNAL.search(frame.filename)]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)] if frames else []
    lines += traceback.format_exception_only(exception)
    cause = exception.__cause__
    if isinstance(exception, ClojureError) and cause is not None:
        lines += ["caused by\n", _trace(cause)]
    return "".join(lines).rstrip("\n") + "\n"
