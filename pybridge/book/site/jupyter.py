"""A notebook of the book as a Jupyter notebook: Clojure's blocks are cells of the magic `%%clojure`."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

from pybridge.book.site.document import Document, attributes, rewrite, text_of, write
from pybridge.book.site.examples import LANGUAGES, Cell, Example, group

__all__ = ["jupyter"]


def jupyter(document: Document, folder: Path) -> str:
    """Write a document as .ipynb.

    Args:
        document: as read from Org.
        folder: where its pictures lie.

    Returns:
        The JSON text; blocks of Python and Clojure are code cells, with their results.
    """
    parts = [{"t": "Header", "c": [1, attributes(), [{"t": "Str", "c": document.title}]]}]
    for block in group(rewrite(document.blocks, _node)):
        parts += _cells(block) if isinstance(block, Example) else [block]
    notebook = json.loads(write(parts, "ipynb", folder))
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{number}"
        for output in cell.get("outputs", []):
            _as_drawing(output["data"])
    notebook["metadata"] = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _as_drawing(data: dict) -> None:
    """Jupyter wants the text of an SVG, and Pandoc writes every picture in base64."""
    if "image/svg+xml" in data:
        data["image/svg+xml"] = base64.b64decode("".join(data["image/svg+xml"])).decode("utf-8")


def _node(node: dict) -> dict:
    """A node as Markdown can say it: links to the other notebooks, and none inside this one."""
    match node:
        case {"t": "Link", "c": [attr, words, [target, title]]}:
            return {
                "t": "Link",
                "c": [attr, words, [re.sub(r"^(?:file:)?([^:/]+)\.org\b.*", r"\1.ipynb", target), title]],
            }
        case {"t": "Span", "c": [[_, ["spurious-link"], _], words]}:
            return {"t": "Str", "c": text_of(words).lstrip("*")}
    return node


def _cells(example: Example) -> list[dict]:
    cells = []
    for cell in example.cells:
        if cell.language not in LANGUAGES:
            cells.append({"t": "CodeBlock", "c": [attributes("", cell.language), cell.code]})
            continue
        code = f"%%clojure\n{cell.code}" if cell.language == "clojure" else cell.code
        content = [{"t": "CodeBlock", "c": [attributes("", "python"), code]}, *_output(cell)]
        cells.append({"t": "Div", "c": [attributes("", "cell", "code"), content]})
    return cells


def _output(cell: Cell) -> list[dict]:
    if not cell.result:
        return []
    if cell.result[0]["t"] == "Para":
        return [{"t": "Div", "c": [attributes("", "output", "display_data"), cell.result]}]
    text = cell.printed if cell.printed is not None else write(cell.result, "plain", Path())
    return [
        {"t": "Div", "c": [attributes("", "output", "execute_result"), [{"t": "CodeBlock", "c": [attributes(), text]}]]}
    ]
