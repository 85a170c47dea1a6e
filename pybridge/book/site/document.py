"""A notebook as Pandoc's document tree, and the tree as HTML or as a Jupyter notebook."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pypandoc

from pybridge.book.notebook import Block, Heading, Notebook, Part, Prose, Shown
from pybridge.book.site.safe import checked
from pybridge.errors import DataError

__all__ = ["Document", "attributes", "raw", "read_document", "rewrite", "text_of", "write"]

_READS_A_FILE = re.compile(r"^\s*#\+(include|setupfile)\b", re.IGNORECASE)
_EXPORTS = re.compile(r"(?<!\S):exports\s+\w+(?!\S)")
_JOINER = "\u2060"
_ENVIRONMENT = re.compile(r"\s*\\begin\{")
_BLOCK = "pybridge-block"
_SHOWN = "pybridge-result"


@dataclass(frozen=True)
class Document:
    """A notebook as Pandoc reads it.

    Attributes:
        notebook: the notebook.
        title: the words behind `#+title:`.
        blocks: Pandoc's blocks. A code block has the attribute "block", its place among the parts of the notebook, and
            its result is a Div of the class "result".
    """

    notebook: Notebook
    title: str
    blocks: list[dict[str, Any]]

    @cached_property
    def ids(self) -> set[str]:
        """The ids of its headings and marks."""
        ids: set[str] = set()

        def note(node: dict[str, Any]) -> dict[str, Any]:
            match node:
                case {"t": "Header", "c": [_, [str(id), *_], _]} | {"t": "Span", "c": [[str(id), *_], _]}:
                    ids.add(id)
            return node

        rewrite(self.blocks, note)
        return ids - {""}


def read_document(notebook: Notebook) -> Document:
    """Have Pandoc read what is prose in a notebook.

    Args:
        notebook: the notebook.

    Returns:
        The document; its formulas are all of Pandoc's kind Math, those in a LaTeX environment too.

    Raises:
        DataError: it has something in it that may not be on a page.
    """
    file = notebook.path.name
    _refuse_files(notebook)
    org = "\n".join(line for place, part in enumerate(notebook.parts) for line in _laid_out(part, place)) + "\n"
    tree = _read(org, file)
    words, blocks = rewrite(
        [tree["meta"].get("title", {}).get("c", []), tree["blocks"]],
        lambda node: checked(_as_math(_restored(node, notebook)), file),
    )
    return Document(notebook, text_of(words) or notebook.path.stem, blocks)


def _refuse_files(notebook: Notebook) -> None:
    """Refuse the keywords by which Org reads another file; within a block they are the block's text."""
    for part in notebook.parts:
        if isinstance(part, Prose):
            for number, line in enumerate(part.lines, part.line):
                if found := _READS_A_FILE.match(line):
                    raise DataError(
                        f"{notebook.path.name}:{number}: #+{found[1].lower()} reads another file, which the book does "
                        "not; put its text into the notebook"
                    )


def _laid_out(part: Part, place: int) -> Iterator[str]:
    """The lines of a part for Pandoc.

    In place of code and results there are marks, because Pandoc drops some results and cannot tell others from the
    prose. A heading has its id, so that Pandoc makes none.
    """
    if isinstance(part, Heading):
        yield from (part.lines[0], ":PROPERTIES:", f":CUSTOM_ID: {part.id}", ":END:")
    elif isinstance(part, Block):
        exports = _EXPORTS.search(part.options)
        begin = f"#+begin_src {_BLOCK} {exports[0] if exports else ''}"
        yield from (part.indent + line for line in (begin, str(place), "#+end_src"))
        if part.shown is not None:
            yield ""
            yield from _laid_out(part.shown, place)
    elif isinstance(part, Shown):
        if part.lines:
            yield from (f"{part.indent}#+begin_{_SHOWN}", *part.about, *part.lines, f"{part.indent}#+end_{_SHOWN}")
    else:
        yield from part.lines


def _restored(node: dict[str, Any], notebook: Notebook) -> dict[str, Any]:
    """A node with what a mark is for."""
    match node:
        case {"t": "CodeBlock", "c": [[_, [kind, *_], _], place]} if kind == _BLOCK:
            block = notebook.parts[int(place)]
            assert isinstance(block, Block)
            return {"t": "CodeBlock", "c": [attributes(block.name, block.language, block=place.strip()), block.code]}
        case {"t": "Div", "c": [[_, [kind, *_], _], inner]} if kind == _SHOWN:
            return {"t": "Div", "c": [attributes("", "result"), inner]}
    return node


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
