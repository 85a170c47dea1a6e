"""Clojure in a Jupyter notebook or at IPython's prompt: cells of `%%clojure`, and lines, `%clojure (+ 1 2)`."""

from __future__ import annotations

import base64
import functools
import html
import re
from typing import Any, NoReturn

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from pybridge.clojure import clj
from pybridge.session.completion import complete, name_before
from pybridge.session.display import images_of
from pybridge.session.evaluator import Evaluation, Evaluator, Failure

__all__ = ["ClojureMagics", "load"]


def load(shell: Any) -> None:
    """Give a shell the magics, completion in them, `clj`, and pictures of figures that any cell gives."""
    shell.register_magics(ClojureMagics)
    shell.push({"clj": clj}, interactive=False)
    if _completions not in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.append(_completions)
    shell.display_formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", _png)


@functools.cache
def _evaluator() -> Evaluator:
    return Evaluator()


@magics_class
class ClojureMagics(Magics):
    """`%%clojure` and `%clojure`."""

    @no_var_expand
    @line_cell_magic
    def clojure(self, line: str, cell: str | None = None) -> Any:
        """Evaluate Clojure.

        %%clojure
        (def x (range 3))
        (map inc x)

        A cell shows the value of its last form as Clojure writes it, nested vectors also as a table, and figures.

        %clojure (reduce + x)
        n = %clojure (reduce + x)

        A line gives its value as Python has it.

        Both languages share one process: in Python `clj.x` is Clojure's x, in Clojure `(pybridge.core/from-python :y)`
        is Python's y. Python can catch what a line throws. An interrupt of the kernel ends the evaluation.
        """
        if cell is not None and line.strip():
            raise UsageError(
                f"%%clojure stands alone on its line, and the code below it; got {line.strip()!r} beside it"
            )
        try:
            evaluation = _evaluator().evaluate("clojure", line if cell is None else cell)
        except Failure as failure:
            _raise(failure)
        if cell is None:
            return evaluation.value
        return _Shown(evaluation) if evaluation.text or evaluation.images else None


def _raise(failure: Failure) -> NoReturn:
    """Raise what the code has raised, which IPython shall show as a session does."""
    exception: Any = failure.__cause__
    exception._render_traceback_ = lambda: failure.trace.splitlines()
    raise exception


class _Shown:
    """A value as a cell shows it.

    Attributes:
        value: what Python has of it.
    """

    def __init__(self, evaluation: Evaluation) -> None:
        self.value = evaluation.value
        self._evaluation = evaluation

    def __repr__(self) -> str:
        return self._evaluation.text

    def _repr_png_(self) -> bytes | None:
        return base64.b64decode(self._evaluation.images[0]) if self._evaluation.images else None

    def _repr_html_(self) -> str | None:
        rows = self._evaluation.table
        if rows is None:
            return None
        return f"<table>{''.join(f'<tr>{_cells(row)}</tr>' for row in rows)}</table>"


def _cells(row: list[Any]) -> str:
    return "".join(f"<td>{'' if x is None else html.escape(str(x))}</td>" for x in row)


def _png(figure: Any) -> bytes:
    return base64.b64decode(images_of(figure)[0])


@context_matcher()
def _completions(context: CompletionContext) -> SimpleMatcherResult:
    """The Clojure names that the one before the cursor can become, where the cursor is in Clojure."""
    before = context.text_until_cursor
    if not (context.full_text.lstrip().startswith("%%clojure") or re.match(r"\s*([\w.]+\s*=\s*)?%clojure\s", before)):
        return {"completions": []}
    names = complete("clojure", before)
    return {
        "completions": [SimpleCompletion(name, type="clojure") for name in names],
        "matched_fragment": name_before("clojure", before),
        "suppress": True,
    }
