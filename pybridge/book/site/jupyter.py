"""A notebook of the book as a Jupyter notebook: Clojure's blocks are cells of the magic `%%clojure`."""

from __future__ import annotations

import json

from pybridge.book.site.document import Document, attributes, write
from pybridge.book.site.examples import LANGUAGES, Example, group

__all__ = ["jupyter"]


def jupyter(document: Document) -> str:
    """Write a document as .ipynb.

    Args:
        document: as read from Org.

    Returns:
        The JSON text; blocks of Python and Clojure are code cells, with their results where those are text.
    """
    title = {"t": "Header", "c": [1, attributes(), [{"t": "Str", "c": document.title}]]}
    parts = [title]
    for block in group(document.blocks):
        parts += _cells(block) if isinstance(block, Example) else [block]
    notebook = json.loads(write(parts, "ipynb"))
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{number}"
    notebook["metadata"] = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _cells(example: Example) -> list[dict]:
    cells = []
    for cell in example.cells:
        if cell.language not in LANGUAGES:
            cells.append({"t": "CodeBlock", "c": [attributes("", cell.language), cell.code]})
            continue
        code = f"%%clojure\n{cell.code}" if cell.language == "clojure" else cell.code
        content = [{"t": "CodeBlock", "c": [attributes("", "python"), code]}]
        if cell.printed is not None:
            output = {"t": "CodeBlock", "c": [attributes(), cell.printed]}
            content.append({"t": "Div", "c": [attributes("", "output", "execute_result"), [output]]})
        cells.append({"t": "Div", "c": [attributes("", "cell", "code"), content]})
    return cells
