"""An example on a page: its code in both languages, and the result, once where both have the same."""

from __future__ import annotations

from typing import Any

from markupsafe import escape

from pybridge.book.site.document import raw, rewrite
from pybridge.book.site.examples import Cell, Example

__all__ = ["NAMES", "example_html"]

NAMES = {"python": "Python", "clojure": "Clojure", "emacs-lisp": "Emacs Lisp", "sh": "Shell", "r": "R"}


def example_html(example: Example, agree: bool, macros: Any) -> list[dict[str, Any]]:
    parts = [raw(str(macros.open_example(example, NAMES)))]
    for cell, when in _results(example, agree):
        label = "Result in both languages" if agree else "Result"
        if len(example.cells) == 2 and not agree:
            label = f"Result in {NAMES[cell.block.language]}"
        parts += [raw(str(macros.open_result(when, label))), *_result(cell, example.title), raw("</div>")]
    return [*parts, raw("</div>")]


def _results(example: Example, agree: bool) -> list[tuple[Cell, str]]:
    """Which results to show, and under which settings of the switch: an agreed one is shown once."""
    with_result = [cell for cell in example.cells if cell.result]
    if len(example.cells) == 1 or (agree and example.shares_result):
        return [(cell, "python clojure both") for cell in with_result[:1]]
    if agree:
        first, second = with_result
        return [(first, f"{first.block.language} both"), (second, second.block.language)]
    return [(cell, f"{cell.block.language} both") for cell in with_result]


def _result(cell: Cell, title: str) -> list[dict[str, Any]]:
    if cell.printed is not None:
        return [raw(f"<pre><samp>{escape(cell.printed)}</samp></pre>")]

    def describe(node: dict[str, Any]) -> dict[str, Any]:
        match node:
            case {"t": "Image", "c": [attr, [], target]}:
                said = [{"t": "Str", "c": f"Figure: {title}"}]
                return {"t": "Image", "c": [attr, said, target]}
        return node

    return rewrite(cell.result, describe)
