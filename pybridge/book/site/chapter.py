"""A notebook as a chapter: its pages, their HTML, and their sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import jinja2
from markupsafe import escape

from pybridge.book.fixtures import Case
from pybridge.book.notebook import LANGUAGES, Notebook
from pybridge.book.site.document import Document, raw, rewrite, text_of, write
from pybridge.book.site.examples import Example, group
from pybridge.book.site.formulas import mend_formulas
from pybridge.book.site.nodes import Book, for_page, page_at
from pybridge.book.site.page import Section
from pybridge.book.site.shown import example_html

__all__ = ["Chapter", "ChapterPage", "is_solution", "read_chapter"]

_BOXES = {  # Org's special blocks, such as #+begin_details
    "solution": ('<details class="solution"><summary>Solution</summary>', "</details>"),
    "details": ('<details class="solution"><summary>More</summary>', "</details>"),
    # Prose about one language, which goes when the reader has chosen the other.
    **{language: (f'<div data-when="{language} both">', "</div>") for language in LANGUAGES},
}


@dataclass(frozen=True)
class ChapterPage:
    """A page of a chapter.

    Attributes:
        page: the name of its HTML file.
        id: of the heading that it begins at, "" for the first page.
        title: that heading, or the chapter's title.
        summary: its first paragraph.
        sections: its headings in order.
        body: its HTML.
    """

    page: str
    id: str
    title: str
    summary: str
    sections: list[Section]
    body: str


@dataclass(frozen=True)
class Chapter:
    """A chapter of the book.

    Attributes:
        document: the notebook as Pandoc reads it.
        pages: its pages in order.
        pictures: the paths of its figures, as it names them.
    """

    document: Document
    pages: list[ChapterPage]
    pictures: list[str]

    @property
    def notebook(self) -> Notebook:
        """The notebook."""
        return self.document.notebook


def read_chapter(document: Document, book: Book, cases: dict[str, Case], templates: jinja2.Environment) -> Chapter:
    """Make a chapter of a notebook.

    Args:
        document: what is in it.
        book: all notebooks, which it may link.
        cases: the fixtures by id.
        templates: with the macros of example.html.

    Returns:
        The chapter.

    Raises:
        DataError: a link goes to a heading, a mark or a notebook that is not there.
    """
    macros = templates.get_template("example.html").module
    pages = []
    for page, id, title, blocks in _pages(document):
        shown = rewrite(blocks, partial(for_page, document=document, book=book, page=page))
        grouped = _fold(group(shown, document.notebook))
        body = [part for block in grouped for part in _html(block, document.notebook, cases, macros)]
        summary = next((text_of(block) for block in blocks if block["t"] == "Para"), "")
        html = mend_formulas(write(body, "html", document.notebook.path.name))
        pages.append(ChapterPage(page, id, title, summary, _sections(blocks), html))
    return Chapter(document, pages, _pictures(document))


def _pages(document: Document) -> Iterator[tuple[str, str, str, list[dict[str, Any]]]]:
    """The pages of a document: the name, the id and the words of the heading that it begins at, and what is below."""
    notebook = document.notebook
    begun = {heading.id: page for heading in notebook.headings if (page := page_at(heading, notebook))}
    page, id, title = f"{notebook.path.stem}.html", "", document.title
    blocks: list[dict[str, Any]] = []
    for block in document.blocks:
        match block:
            case {"t": "Header", "c": [1, [begins, *_], words]} if begins in begun:
                yield page, id, title, blocks
                page, id, title, blocks = begun[begins], begins, text_of(words), []
            case _:
                blocks.append(block)
    yield page, id, title, blocks


def _sections(blocks: list[dict[str, Any]]) -> list[Section]:
    headings = [block["c"] for block in blocks if block["t"] == "Header"]
    return [Section(id, text_of(words), level) for level, (id, *_), words in headings]


def is_solution(title: str) -> bool:
    """Whether a section of this title is folded away until the reader opens it."""
    return re.match(r"(?i)solutions?\b", title) is not None


def _pictures(document: Document) -> list[str]:
    found: list[str] = []

    def note(node: dict[str, Any]) -> dict[str, Any]:
        if node["t"] == "Image":
            found.append(node["c"][2][0].removeprefix("file:"))
        return node

    rewrite(document.blocks, note)
    return list(dict.fromkeys(found))


def _fold(blocks: list[Any]) -> list[dict[str, Any] | Example]:
    """Put the sections called Solution behind a summary that opens them."""
    folded: list[dict[str, Any] | Example] = []
    within: list[int] = []
    for block in blocks:
        level = block["c"][0] if isinstance(block, dict) and block["t"] == "Header" else None
        if level is not None:
            while within and level <= within[-1]:
                within.pop()
                folded.append(raw("</details>"))
            title = text_of(block["c"][2])
            if is_solution(title):
                within.append(level)
                id = escape(block["c"][1][0])
                folded.append(raw(f'<details class="solution" id="{id}"><summary>{escape(title)}</summary>'))
                continue
        folded.append(block)
    return folded + [raw("</details>")] * len(within)


def _html(
    block: dict[str, Any] | Example, notebook: Notebook, cases: dict[str, Case], macros: object
) -> list[dict[str, Any]]:
    if isinstance(block, Example):
        return example_html(block, block.agrees(cases), macros)
    match block:
        case {"t": "Div", "c": [[_, [kind, *_], _], inner]} if kind.lower() in _BOXES:
            opening, closing = _BOXES[kind.lower()]
            return [raw(opening), *_inner_html(inner, notebook, cases, macros), raw(closing)]
        case {"t": "Div", "c": [[_, ["live", *_], [["parameters", name]]], inner]}:
            opening = f'<div class="live" data-live="{escape(name)}">'
            return [raw(opening), *_inner_html(inner, notebook, cases, macros), raw("</div>")]
        case {"t": "BlockQuote", "c": [{"t": "Para", "c": [{"t": "Strong", "c": words}, *_]}, *_] as inner}:
            kind = "box erratum" if text_of(words).lower().startswith("errat") else "box"
            return [raw(f'<div class="{kind}" role="note">'), *inner, raw("</div>")]
        case {"t": "CodeBlock", "c": [_, text]}:
            return [raw(f"<pre><code>{escape(text)}</code></pre>")]
    return [block]


def _inner_html(
    blocks: list[dict[str, Any]], notebook: Notebook, cases: dict[str, Case], macros: object
) -> list[dict[str, Any]]:
    return [part for block in group(blocks, notebook) for part in _html(block, notebook, cases, macros)]
