"""An Org file as Pandoc's document tree, and the tree as HTML or as a Jupyter notebook."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypandoc

from pybridge._text import read_text
from pybridge.book.site.safe import checked
from pybridge.errors import DataError

__all__ = ["Document", "attributes", "raw", "read_document", "rewrite", "text_of", "write"]

_RESULTS = re.compile(r"^\s*#\+results(\[\w+\])?:", re.IGNORECASE)
_DRAWER = re.compile(r"^\s*:results:\s*$", re.IGNORECASE)
_EXAMPLE = re.compile(r"^\s*#\+(begin|end)_example\s*$", re.IGNORECASE)
_BLOCK = re.compile(r"^\s*#\+begin_(src|example)\b", re.IGNORECASE)
_READS_A_FILE = re.compile(r"^\s*#\+(include|setupfile)\b", re.IGNORECASE)
_JOINER = "\u2060"
_ENVIRONMENT = re.compile(r"\s*\\begin\{")


@dataclass(frozen=True)
class Document:
    """A notebook as Pandoc reads it.

    Attributes:
        title: what stands behind `#+title:`.
        chapter: what stands behind `#+chapter:`, "" when it has none.
        blocks: Pandoc's blocks; each result of a code block is a Div of the class "result".
    """

    title: str
    chapter: str
    blocks: list[dict[str, Any]]


def read_document(path: Path) -> Document:
    """Read an Org file.

    Args:
        path: the .org file.

    Returns:
        The document; its formulas are all of Pandoc's kind Math, those in a LaTeX environment too.

    Raises:
        DataError: it cannot be read, or has something in it that may not be on a page.
    """
    org = read_text(path)
    _refuse_files(org, path.name)
    tree = _read(_wrap_results(org, path.name), path.name)
    chapter = re.search(r"^#\+chapter:[ \t]*(\S+)", org, re.IGNORECASE | re.MULTILINE)
    words, blocks = rewrite(
        [tree["meta"].get("title", {}).get("c", []), tree["blocks"]], lambda node: checked(_as_math(node), path.name)
    )
    return Document(text_of(words) or path.stem, chapter[1] if chapter else "", blocks)


def _refuse_files(org: str, file: str) -> None:
    """Refuse the keywords by which Org reads another file; within a block they are the block's text."""
    within, began = "", 0
    for number, line in enumerate(org.splitlines(), 1):
        if within:
            within = "" if re.match(rf"\s*#\+end_{within}\b", line, re.IGNORECASE) else within
        elif found := _BLOCK.match(line):
            within, began = found[1], number
        elif found := _READS_A_FILE.match(line):
            raise DataError(
                f"{file}:{number}: #+{found[1].lower()} reads another file, which the book does not; put its text into "
                "the notebook"
            )
    if within:
        raise DataError(f"{file}:{began}: a block begins and does not end; add #+end_{within.lower()}")


def _read(org: str, file: str) -> dict[str, Any]:
    """Pandoc's tree of Org text, in which `[1]` is a list of one number, as for Org, and no footnote."""
    joined = re.sub(r"\[(?=\d+\])", "[" + _JOINER, org)
    return json.loads(_pandoc(joined, "org", "json", file).replace(_JOINER, ""))


def _pandoc(text: str, form: str, to: str, file: str, *options: str) -> str:
    """Convert a text by Pandoc, which reads no file for it."""
    options = ["--sandbox", "--mathml", "--wrap=none", *options]
    try:
        return pypandoc.convert_text(text, to, format=form, extra_args=options)
    except RuntimeError as error:
        said = " ".join(str(error).partition("during conversion: ")[2].split()) or str(error)
        raise DataError(f"{file}: Pandoc does not understand it: {said}") from error


def _wrap_results(org: str, file: str) -> str:
    """Put each result into a special block, because Pandoc drops some and cannot tell others from the prose."""
    lines, kept = org.splitlines(), []
    while lines:
        line = lines.pop(0)
        if not _RESULTS.match(line):
            kept.append(line)
            continue
        try:
            result = _take_result(lines)
        except StopIteration:
            raise DataError(f"{file}: {line.strip()} has a result without an end; add :end: or #+end_example") from None
        kept += ["#+begin_result", *result, "#+end_result"] if result else []
    return "\n".join(kept) + "\n"


def _take_result(lines: list[str]) -> list[str]:
    """Take a result's lines off the front: a drawer, an example block, or lines that begin as results do."""
    if lines and _DRAWER.match(lines[0]):
        end = next(i for i, line in enumerate(lines) if line.strip().lower() == ":end:")
        taken, lines[: end + 1] = lines[1:end], []
    elif lines and _EXAMPLE.match(lines[0]):
        end = next(i for i, line in enumerate(lines) if i and _EXAMPLE.match(line))
        taken, lines[: end + 1] = lines[: end + 1], []
    else:
        end = next((i for i, line in enumerate(lines) if not re.match(r"\s*(:( |$)|\||\[\[)", line)), len(lines))
        taken, lines[:end] = lines[:end], []
    return taken


def _as_math(node: dict[str, Any]) -> dict[str, Any]:
    match node:
        case {"t": "RawInline", "c": ["latex", tex]} if _ENVIRONMENT.match(tex):
            return {"t": "Math", "c": [{"t": "DisplayMath"}, tex]}
        case {"t": "RawBlock", "c": ["latex", tex]} if _ENVIRONMENT.match(tex):
            return {"t": "Para", "c": [{"t": "Math", "c": [{"t": "DisplayMath"}, tex]}]}
    return node


def rewrite(tree: object, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Change every node of a tree, the inner ones first.

    Args:
        tree: a node, or lists of nodes.
        change: node -> node.

    Returns:
        The tree with each node changed.
    """
    if isinstance(tree, list):
        return [rewrite(branch, change) for branch in tree]
    if not isinstance(tree, dict):
        return tree
    node = {key: rewrite(value, change) for key, value in tree.items()}
    return change(node) if "t" in node else node


def text_of(tree: object) -> str:
    """The words of a tree, without formulas and blocks of code.

    >>> text_of([{"t": "Str", "c": "a"}, {"t": "Space"}, {"t": "Code", "c": [["", [], []], "b"]}])
    'a b'
    """
    return " ".join("".join(_words(tree)).split())


def _words(tree: object) -> list[str]:
    match tree:
        case {"t": "Str", "c": word} | {"t": "Code", "c": [_, word]}:
            return [word]
        case {"t": "Space" | "SoftBreak" | "LineBreak"}:
            return [" "]
        case {"t": "Math" | "CodeBlock" | "RawBlock" | "RawInline"}:
            return [" "]
        case {"t": "Link", "c": [_, words, _]}:
            return _words(words)
        case {"t": kind, "c": content}:
            inline = ("Emph", "Strong", "Span", "Underline", "Quoted", "Superscript", "Subscript", "Strikeout")
            return _words(content) + ([] if kind in inline else [" "])
        case list():
            return [word for branch in tree for word in _words(branch)]
    return []


def attributes(id: str = "", *classes: str, **values: str) -> list[Any]:
    """Pandoc's attributes: an id, classes, and pairs."""
    return [id, list(classes), [list(pair) for pair in values.items()]]


def raw(html: str) -> dict[str, Any]:
    """A block of HTML as it is."""
    return {"t": "RawBlock", "c": ["html", html]}


def write(blocks: list[dict[str, Any]], to: str, file: str) -> str:
    """Write blocks in another format.

    Args:
        blocks: Pandoc's blocks.
        to: "html" (formulas as MathML), "ipynb" or "plain".
        file: the notebook's name.

    Returns:
        The text.

    Raises:
        DataError: a formula has a command that MathML does not have.
    """
    tree = {"pandoc-api-version": [1, 23, 1], "meta": {}, "blocks": blocks}
    return _pandoc(json.dumps(tree), "json", to, file, "--fail-if-warnings")
