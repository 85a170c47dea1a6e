"""Where the links of a notebook lead: to a heading or a mark in it, to another notebook, or to a place in that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pybridge.book.notebook import Notebook, plain
from pybridge.book.org import read_notebook
from pybridge.errors import DataError

__all__ = ["Goal", "broken_links", "goal_of"]

_TO_NOTEBOOK = re.compile(r"(?:file:)?([^:/#*]+\.org)(?:(?:::)?([#*]?)(.*))?")
_WITHIN = re.compile(r"([#*])(.*)")


@dataclass(frozen=True)
class Goal:
    """Where a link leads.

    Attributes:
        notebook: the notebook.
        id: of a heading or a mark in it, "" for the notebook itself.
    """

    notebook: Notebook
    id: str


def goal_of(target: str, notebook: Notebook, others: Mapping[str, Notebook]) -> Goal | None:
    """Follow a link as Org does.

    Args:
        target: as Org writes it: `file:other.org::*A heading`, `other.org::#id`, `other.org::mark`, `#id`.
        notebook: where the link is.
        others: the notebooks that may be linked, by the names of their files.

    Returns:
        The goal, None for a link to something else than a notebook.

    Raises:
        DataError: the notebook, the heading or the mark is not there.
    """
    file = None
    if found := _TO_NOTEBOOK.fullmatch(target):
        file, kind, wanted = found.groups()
    elif found := _WITHIN.fullmatch(target):
        kind, wanted = found.groups()
    else:
        return None
    within = others.get(file) if file else notebook
    if within is None:
        raise DataError(
            f"{notebook.path.name}: a link goes to {file}, which is no notebook of this book; add it, or take the link "
            "out"
        )
    if not kind and not wanted:
        return Goal(within, "")
    if kind == "*":
        ids = [heading.id for heading in within.headings if wanted in (heading.title, plain(heading.title))]
    else:
        headings = [heading.id for heading in within.headings] if kind == "#" else []
        ids = [id for id in (*headings, *(mark for _, mark in within.marks)) if id == wanted]
    if not ids:
        what = {"*": "the heading", "#": "the mark or :CUSTOM_ID:", "": "the mark"}[kind]
        of = f" of {file}" if file else ""
        raise DataError(f"{notebook.path.name}: a link goes to {what} {wanted!r}{of}, and there is none")
    return Goal(within, ids[0])


def broken_links(notebook: Notebook) -> Iterator[tuple[int, str]]:
    """Follow all links of a notebook to itself and to those beside it.

    Args:
        notebook: the notebook.

    Yields:
        The line of each that leads nowhere, and a sentence.

    Raises:
        DataError: a notebook that is linked cannot be read.
    """
    folder = notebook.path.parent
    named = {found[1] for link in notebook.links if (found := _TO_NOTEBOOK.fullmatch(link.target))}
    others = {name: read_notebook(folder / name) for name in sorted(named) if (folder / name).is_file()}
    for link in notebook.links:
        try:
            goal_of(link.target, notebook, others)
        except DataError as error:
            yield link.line, str(error)
