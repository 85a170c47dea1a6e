"""A notebook of the book as a Jupyter notebook: Clojure's blocks are cells of the magic `%%clojure`."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

from pybridge.book.site.chapter import is_solution
from pybridge.book.site.document import Document, attributes, rewrite, text_of, write
from pybridge.book.site.examples import LANGUAGES, Cell, Example, group

__all__ = ["jupyter"]


LOAD = "%load_ext pybridge.session"


def jupyter(document: Document, folder: Path) -> str:
    """Write a document as .ipynb, which runs top to bottom.

    Args:
        document: as read from Org.
        folder: where its pictures lie.

    Returns:
        The JSON text. Blocks of Python and Clojure are code cells with their results, after one that loads the magics;
        those that are for the reader to fill in are commented out, and the cells of a solution are folded.
    """
    title = {"t": "Header", "c": [1, attributes(), [{"t": "Str", "c": document.title}]]}
    parts = [title, _code_cell(LOAD)]
    for block in group(rewrite(document.blocks, _node)):
        parts += _cells(block) if isinstance(block, Example) else _folded(block)
    notebook = json.loads(write(parts, "ipynb", folder))
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{number}"
        for output in cell.get("outputs", []):
            _as_drawing(output.get("data", {}))
    notebook["metadata"] = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _as_drawing(data: dict[str, Any]) -> None:
    """Jupyter wants the text of an SVG, and Pandoc writes every picture in base64."""
    if "image/svg+xml" in data:
        data["image/svg+xml"] = base64.b64decode("".join(data["image/svg+xml"])).decode("utf-8")


def _node(node: dict[str, Any]) -> dict[str, Any]:
    """A node as Markdown can say it: headings below the title, links to other notebooks, and none inside this one."""
    match node:
        case {"t": "Header", "c": [level, attr, words]}:
            return {"t": "Header", "c": [level + 1, attr, words]}
        case {"t": "Link", "c": [attr, words, [target, title]]}:
            return {
                "t": "Link",
                "c": [attr, words, [re.sub(r"^(?:file:)?([^:/]+)\.org\b.*", r"\1.ipynb", target), title]],
            }
        case {"t": "Span", "c": [[_, ["spurious-link"], _], words]}:
            return {"t": "Str", "c": text_of(words).lstrip("*")}
    return node


def _folded(block: dict[str, Any]) -> list[dict[str, Any]]:
    """A heading over a solution as a cell of its own, under which Jupyter shows nothing until it is opened."""
    if block["t"] == "Header" and is_solution(text_of(block["c"][2])):
        folded = {"jp-MarkdownHeadingCollapsed": "true"}
        return [{"t": "Div", "c": [attributes("", "cell", "markdown", **folded), [block]]}]
    return [block]


def _cells(example: Example) -> list[dict[str, Any]]:
    return [part for cell in example.cells for part in _cell(cell)]


def _cell(cell: Cell) -> list[dict[str, Any]]:
    if cell.language not in LANGUAGES:
        return [{"t": "CodeBlock", "c": [attributes("", cell.language), cell.code]}]
    comment = {"python": "# ", "clojure": "; "}[cell.language]
    code = cell.code if cell.runs else "\n".join(comment + line for line in cell.code.splitlines())
    return [_code_cell(f"%%clojure\n{code}" if cell.language == "clojure" else code, *_output(cell))]


def _code_cell(code: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    content = [{"t": "CodeBlock", "c": [attributes("", "python"), code]}, *outputs]
    return {"t": "Div", "c": [attributes("", "cell", "code"), content]}


def _output(cell: Cell) -> list[dict[str, Any]]:
    if not cell.result:
        return []
    if cell.result[0]["t"] == "Para":
        return [{"t": "Div", "c": [attributes("", "output", "display_data"), cell.result]}]
    text = cell.printed if cell.printed is not None else write(cell.result, "plain", Path())
    kind = ("stream", "stdout") if "output" in cell.options.get("results", "").split() else ("execute_result",)
    return [{"t": "Div", "c": [attributes("", "output", *kind), [{"t": "CodeBlock", "c": [attributes(), text]}]]}]
