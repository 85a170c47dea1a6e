"""A page of the site, before it is laid out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Page", "Section"]


@dataclass(frozen=True)
class Section:
    """A heading.

    Attributes:
        id: where the page has it.
        title: its words.
        level: 1 for a section, 2 for one inside it.
    """

    id: str
    title: str
    level: int


@dataclass(frozen=True)
class Page:
    """A page in the order of the book.

    Attributes:
        page: the name of its file.
        title: its title.
        template: what lays it out.
        summary: a sentence on it.
        values: what else its template takes.
        sections: what the table of contents lists under it.
        within: the name of the first page of its chapter, or its own.
    """

    page: str
    title: str
    template: str
    summary: str
    values: dict[str, Any]
    sections: list[Section] = field(default_factory=list)
    within: str = ""
