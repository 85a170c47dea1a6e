"""A notebook of the book as a Jupyter notebook: Clojure's blocks are cells of the magic `%%clojure`."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from pybridge.book.files import read_picture
from pybridge.book.notebook import LANGUAGES
from pybridge.book.site.chapter import is_solution
from pybridge.book.site.document import Document, attributes, rewrite, text_of, write
from pybridge.book.site.examples import Cell, Example, group

__all__ = ["jupyter"]


LOAD = "%load_ext pybridge.session"
_KINDS = {"svg": "svg+xml", "jpg": "jpeg"}
_INSIDE = re.compile(r"\(data:(image/[\w+]+);base64,([\w+/=]+)\)")


def jupyter(document: Document) -> str:
    """Write a document as .ipynb, which runs top to bottom.

    Args:
        document: as read from Org.

    Returns:
        The JSON text. Blocks of Python and Clojure are code cells with their results, after one that loads the magics;
        those that are for the reader to fill in are commented out, and the cells of a solution are folded.

    Raises:
        DataError: a picture is not there, or not fit for a page.
    """
    title = {"t": "Header", "c": [1, attributes(), [{"t": "Str", "c": document.title}]]}
    parts = [title, _code_cell(LOAD)]
    source = document.notebook.path
    for block in group(rewrite(document.blocks, lambda node: _node(node, source)), document.notebook):
        parts += _cells(block, source.name) if isinstance(block, Example) else _folded(block)
    notebook = json.loads(write(parts, "ipynb", source.name))
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{number}"
        if cell["cell_type"] == "markdown":
            _attach(cell)
        for output in cell.get("outputs", []):
            _as_drawing(output.get("data", {}))
    notebook["metadata"] = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _attach(cell: dict[str, Any]) -> None:
    """Put the pictures of a text beside it, as Jupyter does."""
    pictures: dict[str, dict[str, str]] = {}

    def name(found: re.Match[str]) -> str:
        picture = f"figure-{len(pictures) + 1}"
        pictures[picture] = {found[1]: found[2]}
        return f"(attachment:{picture})"

    cell["source"] = [_INSIDE.sub(name, line) for line in cell["source"]]
    if pictures:
        cell["attachments"] = pictures


def _as_drawing(data: dict[str, Any]) -> None:
    """Jupyter wants the text of an SVG, and Pandoc writes every picture in base64."""
    if "image/svg+xml" in data:
        data["image/svg+xml"] = base64.b64decode("".join(data["image/svg+xml"])).decode("utf-8")


def _node(node: dict[str, Any], source: Path) -> dict[str, Any]:
    """A node as Markdown can say it: headings below the title, links to other notebooks, and none inside this one.

    Pandoc reads no files here, so each picture is put into the tree.
    """
    match node:
        case {"t": "Image", "c": [attr, words, [target, title]]}:
            named = target.removeprefix("file:")
            kind = _KINDS.get(Path(named).suffix[1:].lower(), Path(named).suffix[1:].lower())
            content = base64.b64encode(read_picture(source, named)).decode("ascii")
            said = dict(attr[2]).get("alt")
            words = [{"t": "Str", "c": said}] if said else words
            return {"t": "Image", "c": [attributes(), words, [f"data:image/{kind};base64,{content}", title]]}
        case {"t": "Figure", "c": [_, caption, shown]}:
            return {"t": "Figure", "c": [attributes(), caption, shown]}
        case {"t": "Math", "c": [kind, tex]}:
            # A space keeps Markdown from reading a tag, a link or an address in a formula, which does not show it.
            return {"t": "Math", "c": [kind, re.sub(r"<(?=[A-Za-z/!?])|\](?=[(:\[])", r"\g<0> ", tex)]}
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


def _cells(example: Example, file: str) -> list[dict[str, Any]]:
    """The cells of an example; a picture that both languages draw is under the first."""
    first, *others = example.cells
    if first.block.picture and example.shares_result:
        others = [replace(cell, result=[]) for cell in others]
    return [part for cell in (first, *others) for part in _cell(cell, file)]


def _cell(cell: Cell, file: str) -> list[dict[str, Any]]:
    block = cell.block
    if block.language not in LANGUAGES:
        return [{"t": "CodeBlock", "c": [attributes("", block.language), block.code]}]
    comment = {"python": "# ", "clojure": ";; "}[block.language]
    code = block.code if block.runs else "\n".join(comment + line for line in block.code.splitlines())
    return [_code_cell(f"%%clojure\n{code}" if block.language == "clojure" else code, *_output(cell, file))]


def _code_cell(code: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    content = [{"t": "CodeBlock", "c": [attributes("", "python"), code]}, *outputs]
    return {"t": "Div", "c": [attributes("", "cell", "code"), content]}


def _output(cell: Cell, file: str) -> list[dict[str, Any]]:
    if not cell.result:
        return []
    match cell.result:
        case [{"t": "Figure", "c": [_, caption, [{"t": "Plain", "c": [{"t": "Image", "c": [attr, _, target]}]}]]}]:
            words = [{"t": "Str", "c": text_of(caption)}]
            picture = {"t": "Para", "c": [{"t": "Image", "c": [attr, words, target]}]}
            return [{"t": "Div", "c": [attributes("", "output", "display_data"), [picture]]}]
        case [{"t": "Para"}, *_]:
            return [{"t": "Div", "c": [attributes("", "output", "display_data"), cell.result]}]
    text = cell.printed if cell.printed is not None else write(cell.result, "plain", file)
    kind = ("stream", "stdout") if cell.block.prints else ("execute_result",)
    return [{"t": "Div", "c": [attributes("", "output", *kind), [{"t": "CodeBlock", "c": [attributes(), text]}]]}]
