"""The index of the search: a script with the places of all pages, read when a reader first searches.

It is made of the pages as they are, so that what a reader sees is what the search finds: prose, formulas, code, and the
names that a function has in both languages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pybridge import glossary
from pybridge.book.site.page_text import Place, places

__all__ = ["Record", "records", "search_index"]


@dataclass(frozen=True)
class Record:
    """A place that the search can lead to.

    Attributes:
        where: the page, with # and an id unless it is the page's top.
        on: the page's title.
        place: what is read there.
    """

    where: str
    on: str
    place: Place


def records(page: str, html: str) -> list[Record]:
    """The places of one page.

    Args:
        page: the name of its file.
        html: all of it.
    """
    found = places(html)
    title = next((place.title for place in found if not place.id and place.title), page)
    return [Record(f"{page}#{place.id}".rstrip("#"), title, place) for place in found]


def search_index(pages: dict[str, str]) -> str:
    """The script that the search reads.

    Args:
        pages: the HTML of each page by the name of its file.

    Returns:
        JavaScript that defines SEARCH_INDEX: `records`, and `synonyms`, groups of terms that mean the same.
    """
    listed = [_listed(record) for page, html in pages.items() for record in records(page, html)]
    synonyms = [[term, *also] for term in glossary.terms() if (also := glossary.define(term)["synonyms"])]
    index = {"records": listed, "synonyms": synonyms}
    return f"const SEARCH_INDEX = {json.dumps(index, ensure_ascii=False, separators=(',', ':'))};\n"


def _listed(record: Record) -> dict[str, Any]:
    place = record.place
    listed = {"where": record.where, "on": record.on, "title": place.title or record.on, "text": place.text}
    return listed | ({"names": place.names} if place.names else {}) | ({"code": place.code} if place.code else {})
