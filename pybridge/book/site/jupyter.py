"""A notebook of the book as a Jupyter notebook: Clojure's blocks are cells of the magic `%%clojure`."""

from __future__ import annotations

import ast
import base64
import html
import itertools
import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pybridge.book.files import read_picture
from pybridge.book.notebook import LANGUAGES, Block
from pybridge.book.site.chapter import is_solution
from pybridge.book.site.document import Document, attributes, raw, rewrite, text_of, write
from pybridge.book.site.examples import Cell, Example, group

__all__ = ["jupyter"]


LOAD = "%load_ext pybridge.session\n%alike"
_WORDS = {"": None, "true": True, "false": False}
# What is no string without its quotes: what begins with a bracket or a tag, a call, a number, a constant.
_VALUE = re.compile(r"""[\[({<#'"].*|[\w.]+\(.*\)|[-+]?\.?\d[\w.+-]*|True|False|None|-?(nan|inf)|b['"].*""", re.DOTALL)
_SILENT = re.compile(r":results( \w+)* (silent|none|discard)\b")
_KINDS = {"svg": "svg+xml", "jpg": "jpeg"}
_INSIDE = re.compile(r"\(data:(image/[\w+]+);base64,([\w+/=]+)\)")


def jupyter(document: Document) -> str:
    """Write a document as .ipynb, which runs top to bottom.

    Args:
        document: as read from Org.

    Returns:
        The JSON text. Blocks of Python and Clojure are code cells with what Jupyter shows when they run, after one that
        loads the magics; those that are for the reader to fill in are commented out, and the cells of a solution are
        folded. A figure that both languages draw is under the first, in its outline as the page has it.

    Raises:
        DataError: a picture is not there, or not fit for a page.
    """
    title = {"t": "Header", "c": [1, attributes(), [{"t": "Str", "c": document.title}]]}
    parts = [title, _code_cell(LOAD)]
    source = document.notebook.path
    for block in group(rewrite(document.blocks, lambda node: _node(node, source)), document.notebook):
        parts += _cells(block, source.name) if isinstance(block, Example) else _folded(block)
    notebook = json.loads(write(parts, "ipynb", source.name))
    runs = itertools.count(1)
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{number}"
        if cell["cell_type"] == "markdown":
            _attach(cell)
        else:
            _as_run(cell, next(runs))
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


def _as_run(cell: dict[str, Any], number: int) -> None:
    """A cell as Jupyter keeps it that has run as the notebook's `number`-th; Pandoc writes every picture in base64."""
    cell["execution_count"] = number
    for output in cell["outputs"]:
        if output["output_type"] == "execute_result":
            output["execution_count"] = number
        data = output.get("data", {})
        if "image/svg+xml" in data:
            data["image/svg+xml"] = base64.b64decode("".join(data["image/svg+xml"])).decode("utf-8")
            if said := "".join(data.get("text/plain", [])):
                output["metadata"]["image/svg+xml"] = {"alt": said}


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
        case {"t": "Figure", "c": [[_, _, values], caption, shown]}:
            if said := dict(values).get("alt"):
                shown = rewrite(shown, lambda inner: _said(inner, said))
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


def _said(node: dict[str, Any], said: str) -> dict[str, Any]:
    """A picture with the text that says what is seen."""
    if node["t"] != "Image":
        return node
    attr, _, target = node["c"]
    return {"t": "Image", "c": [attr, [{"t": "Str", "c": said}], target]}


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
    # Org shows a string as it is, in Clojure as in Python, where it can be told from a value.
    words = any(cell.block.language == "python" and _is_string(cell) for cell in example.cells)
    return [part for cell in (first, *others) for part in _cell(cell, file, words)]


def _cell(cell: Cell, file: str, words: bool) -> list[dict[str, Any]]:
    block = cell.block
    if block.language not in LANGUAGES:
        return [{"t": "CodeBlock", "c": [attributes("", block.language), block.code]}]
    comment = {"python": "# ", "clojure": ";; "}[block.language]
    if not block.runs:
        code = "\n".join(comment + line for line in block.code.splitlines())
    else:
        code = _without_value(block) if _SILENT.search(block.options) else block.code
    code = f"%%clojure\n{code}" if block.language == "clojure" else code
    return [_code_cell(code, *_output(cell, file, words)), *_caption(cell)]


def _without_value(block: Block) -> str:
    """The code of a block with the semicolon that keeps Jupyter from showing its value, if it has any to show."""
    if block.language == "clojure":
        *_, last = re.findall(r"^\(\S+", block.code, re.MULTILINE) or ["(ns"]
        return block.code if last == "(ns" or last.startswith("(def") else f"{block.code};"
    with suppress(SyntaxError):
        for last in ast.parse(block.code).body[-1:]:
            if isinstance(last, ast.Expr) and last.end_lineno:
                lines = block.code.encode().splitlines()
                line, end = lines[last.end_lineno - 1], last.end_col_offset or 0
                lines[last.end_lineno - 1] = line[:end] + b";" + line[end:]
                return b"\n".join(lines).decode()
    return block.code


def _is_string(cell: Cell) -> bool:
    """Whether what Org shows of a value of Python's is a string without its quotes."""
    return cell.printed is not None and not cell.block.prints and not _VALUE.fullmatch(cell.printed)


def _code_cell(code: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    content = [{"t": "CodeBlock", "c": [attributes("", "python"), code]}, *outputs]
    return {"t": "Div", "c": [attributes("", "cell", "code"), content]}


def _caption(cell: Cell) -> list[dict[str, Any]]:
    """The caption of a figure, below it."""
    match cell.result:
        case [{"t": "Figure", "c": [_, [_, [{"t": "Plain" | "Para", "c": words}]], _]}]:
            return [{"t": "Para", "c": [{"t": "Emph", "c": words}]}]
    return []


def _output(cell: Cell, file: str, words: bool) -> list[dict[str, Any]]:
    """What Jupyter keeps of a cell's result."""
    if not cell.result:
        return []
    result = ("execute_result",)
    match cell.result:
        case [{"t": "Figure", "c": [_, caption, [{"t": "Plain", "c": [{"t": "Image", "c": [attr, said, target]}]}]]}]:
            picture = {"t": "Para", "c": [{"t": "Image", "c": [attr, said, target]}]}
            return [_shown(result, text_of(said) or text_of(caption), picture)]
        case [{"t": "Para"}, *_]:
            return [{"t": "Div", "c": [attributes("", "output", "display_data"), cell.result]}]
        case [{"t": "Table"}]:
            rows = [
                [_value(word.strip()) for word in line.strip().strip("|").split("|")]
                for line in (cell.block.results or "").strip().splitlines()
            ]
            text = repr(rows) if cell.block.language == "python" else _in_clojure(rows)
            return [_shown(result, text, raw(_as_html(rows)))]
    text = cell.printed if cell.printed is not None else write(cell.result, "plain", file)
    if cell.block.prints:
        return [_shown(("stream", "stdout"), text + "\n")]
    if words:
        text = repr(text) if cell.block.language == "python" else _in_clojure(text)
    return [_shown(result, text)]


def _shown(kind: tuple[str, ...], text: str, *more: dict[str, Any]) -> dict[str, Any]:
    """An output of a cell: its text, and other forms of it."""
    return {
        "t": "Div",
        "c": [attributes("", "output", *kind), [{"t": "CodeBlock", "c": [attributes(), text]}, *more]],
    }


def _value(word: str) -> Any:
    """A cell of one of Org's tables as the value that it is of.

    >>> [_value(word) for word in ("1", "0.50", "true", "", "one")]
    [1, 0.5, True, None, 'one']
    """
    if word in _WORDS:
        return _WORDS[word]
    for number in (int, float):
        with suppress(ValueError):
            return number(word)
    return word


def _in_clojure(value: Any) -> str:
    """A plain value as Clojure writes it.

    >>> _in_clojure([["one", 1.5], [None, True]])
    '[["one" 1.5] [nil true]]'
    """
    if isinstance(value, list):
        return "[" + " ".join(map(_in_clojure, value)) + "]"
    return "nil" if value is None else json.dumps(value, ensure_ascii=False)


def _as_html(rows: list[list[Any]]) -> str:
    """Rows as the magics show them."""
    cells = ("".join(f"<td>{'' if x is None else html.escape(str(x))}</td>" for x in row) for row in rows)
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"
