"""The nodes of a notebook's tree as a page needs them: links to pages, figures with words and a size, wide boxes."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pybridge.book.files import read_picture, size_of
from pybridge.book.links import goal_of
from pybridge.book.notebook import Heading, Notebook
from pybridge.book.site.document import Document, attributes, text_of
from pybridge.errors import DataError

__all__ = ["Book", "for_page", "page_at"]


@dataclass(frozen=True)
class Book:
    """The notebooks of a site, which link one another.

    Attributes:
        documents: each as Pandoc reads it, by the name of its file.
    """

    documents: dict[str, Document]

    @cached_property
    def notebooks(self) -> dict[str, Notebook]:
        """The notebooks, by the names of their files."""
        return {name: document.notebook for name, document in self.documents.items()}

    @cached_property
    def places(self) -> dict[str, dict[str, str]]:
        """On which page each id is, "" for the notebook itself, by the names of their files."""
        return {name: _places(document) for name, document in self.documents.items()}


def page_at(heading: Heading, notebook: Notebook) -> str:
    """The name of the page that begins at a heading, "" when none does: one of the first level with a :PAGE:.

    Raises:
        DataError: the property is no name for a page.
    """
    named = heading.properties.get("PAGE")
    if named is None or heading.level > 1:
        return ""
    if not re.fullmatch(r"[\w-]+", named):
        raise DataError(
            f"{notebook.path.name}:{heading.line}: :PAGE: {named} is no name of a page; write letters, digits, - and _"
        )
    return f"{notebook.path.stem}-{named}.html"


def _places(document: Document) -> dict[str, str]:
    notebook = document.notebook
    page = f"{notebook.path.stem}.html"
    places = {"": page}
    begun = [(heading.line, heading.id, page_at(heading, notebook)) for heading in notebook.headings]
    for _, id, begins in sorted([*begun, *((line, mark, "") for line, mark in notebook.marks)]):
        page = begins or page
        places[id] = page
    return {id: page for id, page in places.items() if not id or id in document.ids}


def for_page(node: dict[str, Any], document: Document, book: Book, page: str) -> dict[str, Any]:
    """A node as a page needs it.

    Args:
        node: Pandoc's node.
        document: the notebook that it is from.
        book: all notebooks.
        page: the name of the page.

    Raises:
        DataError: a link leads nowhere.
    """
    match node:
        case {"t": "Link", "c": [attr, words, [target, title]]}:
            return {"t": "Link", "c": [attr, words, [_address(target, document, book, page), title]]}
        case {"t": "Span", "c": [[_, ["spurious-link"], [["target", target]]], words]}:
            wanted, shown = target.lstrip("*"), text_of(words)
            plain = {"t": "Str", "c": wanted if shown == target else shown}
            return {"t": "Link", "c": [attributes(), [plain], [_address(f"*{wanted}", document, book, page), ""]]}
        case {"t": "Header", "c": [level, attr, words]}:
            return {"t": "Header", "c": [level + 1, [attr[0], [], []], words]}
        case {"t": "Para", "c": [{"t": "Math", "c": [{"t": "DisplayMath"}, _]}]}:
            return {"t": "Div", "c": [attributes("", "formula", "wide"), [node]]}
        case {"t": "Para" | "Plain" as kind, "c": words}:
            return {"t": kind, "c": _glued(words)}
        case {"t": "Table"}:
            return {"t": "Div", "c": [attributes("", "wide"), [node]]}
        case {"t": "Figure", "c": [attr, caption, [{"t": "Plain", "c": [{"t": "Image", "c": [own, _, target]}]}]]}:
            id, classes, values = attr
            said = {"t": "Str", "c": dict(values).get("alt") or text_of(caption)}
            sizes = [pair for pair in values if pair[0] in ("width", "height")]
            rest = [pair for pair in values if pair[0] not in ("alt", "width", "height")]
            own = [own[0], own[1], sizes or own[2]]
            picture = {"t": "Plain", "c": [{"t": "Image", "c": [own, [said], target]}]}
            return {"t": "Figure", "c": [[id, classes, rest], caption, [picture]]}
        case {"t": "Image", "c": [[id, classes, values], words, [target, title]]}:
            named = target.removeprefix("file:")
            size = {} if {"width", "height"} & dict(values).keys() else _size(document.notebook.path, named)
            values = [*values, *([name, str(length)] for name, length in size.items())]
            return {"t": "Image", "c": [[id, classes, values], words, [f"figures/{Path(named).name}", title]]}
    return node


def _size(notebook: Path, named: str) -> dict[str, int]:
    """The width and the height of a picture in pixels, so that a page keeps the room for it."""
    size = size_of(read_picture(notebook, named))
    return dict(zip(("width", "height"), size, strict=True)) if size else {}


def _address(target: str, document: Document, book: Book, page: str) -> str:
    """Where a link of Org goes on the site: to a notebook's page, and to the id that a heading or a mark has there."""
    goal = goal_of(target, document.notebook, book.notebooks)
    if goal is None:
        return target
    found = book.places[goal.notebook.path.name].get(goal.id)
    if found is None:
        raise DataError(
            f"{document.notebook.path.name}: a link goes to {goal.id!r}, which is on no page; a heading has at most "
            "three stars"
        )
    if not goal.id:
        return found
    return f"{'' if found == page else found}#{goal.id}"


def _glued(words: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep a formula on one line with what touches it: a full stop after it, a bracket before it."""
    glued: list[dict[str, Any]] = []
    for formula, run in itertools.groupby(words, lambda word: word["t"] in ("Math", "Str")):
        touching = list(run)
        if formula and len(touching) > 1 and any(word["t"] == "Math" for word in touching):
            touching = [{"t": "Span", "c": [attributes("", "nowrap"), touching]}]
        glued += touching
    return glued
