"""Clojure in a Jupyter notebook or at IPython's prompt: cells of `%%clojure`, and lines, `%clojure (+ 1 2)`.

`%doc NAME`, `%source NAME` and `%apropos TEXT` look names up in both languages, `%trace` shows an error's whole trace,
and after `%alike` cells of Python show values as those of Clojure do.
"""

from __future__ import annotations

import base64
import functools
import html
import re
from collections.abc import Callable
from typing import Any, NoReturn

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher
from IPython.core.error import UsageError
from IPython.core.formatters import PlainTextFormatter
from IPython.core.getipython import get_ipython
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand

from pybridge.clojure import clj
from pybridge.errors import OptionError
from pybridge.session import lookup
from pybridge.session.cell_errors import place_of, tidy_tracebacks
from pybridge.session.completion import NAME, complete, name_before
from pybridge.session.display import images_of, python_text, table_of
from pybridge.session.evaluator import Evaluation, Evaluator, Failure

__all__ = ["ClojureMagics", "load"]

_SILENCED = re.compile(r"^[^;\n]*[^;\s][ \t]*;\s*\Z", re.MULTILINE)  # no comment, which a `;` may end too


def load(shell: Any) -> None:
    """Give a shell the magics, with completion and inspection, `clj`, and pictures of figures that any cell gives."""
    magics = ClojureMagics(shell)
    shell.register_magics(magics)
    kernel = getattr(shell, "kernel", None)  # IPython's own prompt has none
    if kernel is not None and not hasattr(kernel.do_inspect, "__wrapped__"):
        kernel.do_inspect = _inspecting(kernel.do_inspect)
    if kernel is not None:
        from pybridge.console.jupyter import open_kernel

        open_kernel(kernel, _evaluator())
    tidy_tracebacks(shell, magics.remember)
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

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._own_text = shell.display_formatter.formatters["text/plain"]
        self._alike = False

    @no_var_expand
    @line_cell_magic
    def clojure(self, line: str, cell: str | None = None) -> Any:
        """Evaluate Clojure.

        %%clojure
        (def x (range 3))
        (map inc x)

        A cell shows the value of its last form as Clojure writes it, nested vectors also as a table, and figures. One
        with a `;` at its very end shows nothing, as in Python.

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
            evaluation = _evaluator().evaluate("clojure", line if cell is None else cell, place=place_of(cell))
        except Failure as failure:
            self._raise(failure)
        if cell is None:
            return evaluation.value
        if _SILENCED.search(cell) or (self._alike and evaluation.text.startswith("#'")):
            return None
        return _Shown(evaluation) if evaluation.text or evaluation.images else None

    def _raise(self, failure: Failure) -> NoReturn:
        """Raise what the code has raised, which IPython shall show as a session does."""
        self.remember(failure)
        exception: Any = failure.__cause__
        shown = [*failure.brief().splitlines(), "", "%trace shows the whole trace"]
        exception._render_traceback_ = lambda: shown
        raise exception

    _failure: Failure | None = None

    def remember(self, failure: Failure) -> None:
        """Keep what has failed last for `%trace`."""
        self._failure = failure

    @line_magic
    def alike(self, line: str) -> None:
        """Show values alike in both languages.

        %alike
        %alike off

        Cells of Python show tensors and arrays as those of Clojure do, and rows also as a table; a cell of Clojure that
        ends with a definition shows nothing, as one of Python does. `off` goes back.
        """
        if line.strip() not in ("", "off"):
            raise UsageError(f"%alike stands alone, or is %alike off; got {line.strip()!r}")
        shell: Any = self.shell
        formatters = shell.display_formatter.formatters
        self._alike = not line.strip()
        if not self._alike:
            formatters["text/plain"] = self._own_text
            formatters["text/html"].type_printers.pop(list, None)
        else:
            formatters["text/plain"] = _AlikeText(parent=shell)
            formatters["text/html"].for_type(list, _table)

    @line_magic
    def trace(self, _: str) -> None:
        """Show the whole trace of the last error, with the frames of libraries."""
        print(self._failure.trace if self._failure else "no cell has failed yet")

    @no_var_expand
    @line_magic
    def doc(self, name: str) -> None:
        """Show the documentation of a name, of Clojure's or else of Python's: %doc map"""
        _look(lookup.documentation, name)

    @no_var_expand
    @line_magic
    def source(self, name: str) -> None:
        """Show the source of a name, of Clojure's or else of Python's: %source my-function"""
        _look(lookup.source, name)

    @no_var_expand
    @line_magic
    def apropos(self, part: str) -> None:
        """List the names that hold a text, of both languages: %apropos matmul"""
        if not part.strip():
            raise UsageError("give a part of the name, as in %apropos max")
        found = [name for language in ("clojure", "python") for name in lookup.apropos(language, part.strip())]
        print("\n".join(found[:200]) or f"no name that is loaded holds {part.strip()!r}")


def _look(find: Callable[[str, str], str], name: str) -> None:
    """Print what is found of a name, in Clojure or else in Python."""
    if not name.strip():
        raise UsageError("name what to look up, as in %doc map")
    for language in ("clojure", "python"):
        try:
            print(find(language, name.strip()))
            return
        except OptionError:
            continue
    raise UsageError(f"neither language knows {name.strip()!r}")


def _is_clojure(code: str, before: str) -> bool:
    """Whether the cursor, behind `before` of the cell `code`, is in Clojure."""
    line = before.rpartition("\n")[2]
    return code.lstrip().startswith("%%clojure") or re.match(r"\s*([\w.]+\s*=\s*)?%clojure\s", line) is not None


def _inspecting(inspect_python: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel's `do_inspect`, which tells of Clojure's names where the cursor is in Clojure."""

    @functools.wraps(inspect_python)
    def do_inspect(code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()) -> Any:
        before = code[:cursor_pos]
        if not _is_clojure(code, before):
            return inspect_python(code, cursor_pos, detail_level, omit_sections)
        name = name_before("clojure", before) + NAME.match(code[cursor_pos:])[0]  # type: ignore[index]
        reply: dict[str, Any] = {"status": "ok", "found": False, "data": {}, "metadata": {}}
        try:
            find = lookup.source if detail_level else lookup.documentation
            return reply | {"found": True, "data": {"text/plain": find("clojure", name)}}
        except OptionError:
            return reply

    return do_inspect


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

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """What IPython shows of the value in a cell of Python, but for its text."""
        shell: Any = get_ipython()
        bundle, metadata = shell.display_formatter.format(self.value, include, {"text/plain", *(exclude or ())})
        rows = self._evaluation.table
        own = {"text/html": rows and _table(rows), "image/png": self._evaluation.images and self._evaluation.images[0]}
        bundle |= {kind: shown for kind, shown in own.items() if shown}
        return bundle | {"text/plain": self._evaluation.text}, metadata


class _AlikeText(PlainTextFormatter):
    """The text of a value as any other session has it."""

    def __call__(self, obj: Any) -> str:
        return python_text(obj)


def _table(value: list[Any]) -> str | None:
    """Rows as a table; None of any other list."""
    rows = table_of(value)
    return f"<table>{''.join(f'<tr>{_cells(row)}</tr>' for row in rows)}</table>" if rows else None


def _cells(row: list[Any]) -> str:
    return "".join(f"<td>{'' if x is None else html.escape(str(x))}</td>" for x in row)


def _png(figure: Any) -> bytes:
    return base64.b64decode(images_of(figure)[0])


@context_matcher()
def _completions(context: CompletionContext) -> SimpleMatcherResult:
    """The Clojure names that the one before the cursor can become, where the cursor is in Clojure."""
    before = context.text_until_cursor
    if not _is_clojure(context.full_text, before):
        return {"completions": []}
    prefix = name_before("clojure", before)
    names = complete("clojure", before) or [prefix]  # of none at all, IPython would add Python's
    return {
        "completions": [SimpleCompletion(name, type="clojure") for name in names],
        "matched_fragment": prefix,
        "suppress": True,
    }
