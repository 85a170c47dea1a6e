"""The book as a site of plain files, which a browser reads from disk with no network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import jinja2

from pybridge import glossary
from pybridge._files import unwritten, write_all
from pybridge._places import notebook_files, place
from pybridge.book.files import inside, read_picture
from pybridge.book.fixtures import read_cases
from pybridge.book.org import read_notebook
from pybridge.book.site.chapter import Chapter, ChapterPage, is_solution, read_chapter
from pybridge.book.site.code import code, prose
from pybridge.book.site.document import read_document
from pybridge.book.site.jupyter import jupyter
from pybridge.book.site.nodes import Book
from pybridge.book.site.page import Page
from pybridge.book.site.reference import reference_pages
from pybridge.book.site.safe import clean, twofold_ids
from pybridge.book.site.search import search_index
from pybridge.book.site.terms import anchor, link_terms, terms_of
from pybridge.errors import DataError

__all__ = ["build"]

T = TypeVar("T")

TITLE = "Deep learning in Python and Clojure"
SUMMARY = (
    "One process, two languages, one set of numbers. Every example comes in Python and in Clojure, each written as its "
    "own people write it, with one result under both."
)
GLOSSARY = "The words of deep learning that the chapters use. A chapter links each where it first appears."
POLICY = (  # what a browser may load and do on a page: the site's own files, and nothing that stands in the page
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'"
)
WIDEST = 250  # characters; a block with longer lines is as wide as the page
OWN_PAGES = ("index", "glossary", "reference")


def build(out: str | Path, notebooks: list[Path] | None = None) -> Path:
    """Write the site, with each notebook as .org and .ipynb beside its page.

    Args:
        out: the folder; made when it does not exist, and a page that is there already is written anew.
        notebooks: the .org files in order; those of the book when None.

    Returns:
        The path of index.html.

    Raises:
        DataError: a notebook cannot be read, shows a picture or links a heading or notebook that is not there, or has
            something in it that may not be on a page, such as raw HTML.
    """
    files = notebook_files() if notebooks is None else notebooks
    _refuse_files(files)
    templates = _templates()
    cases = {case.id: case for case in read_cases(place("fixtures"))}
    book = Book({file.name: _deep(file, read_document, read_notebook(file)) for file in files})
    chapters = [
        _deep(document.notebook.path, read_chapter, document, book, cases, templates)
        for document in book.documents.values()
    ]
    _refuse_namesakes(chapters)
    used: dict[str, list[ChapterPage]] = {}
    made = _static()
    for chapter in chapters:
        made |= _files(chapter)
        for number, page in enumerate(chapter.pages):
            body, terms = link_terms(page.body, terms_of(chapter.notebook.chapter))
            chapter.pages[number] = replace(page, body=clean(body))
            for term in terms:
                used.setdefault(term, []).append(page)
    pages = _pages(chapters, used)
    _refuse_twofold(pages)
    made |= _rendered(pages, templates)
    try:
        write_all(Path(out), made)
    except OSError as error:
        raise unwritten(out, error) from error
    return Path(out) / "index.html"


def _deep(file: Path, read: Callable[..., T], *arguments: Any) -> T:
    """Read something of a notebook, or refuse one that Python cannot go through."""
    try:
        return read(*arguments)
    except RecursionError:
        raise DataError(f"{file} has lists or blocks in each other that are too deep for a page") from None


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pybridge.book", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"code": code, "prose": prose, "width": lambda longest: f"longest-{min(longest, WIDEST)}"}
    return environment


def _refuse_files(files: list[Path]) -> None:
    """Refuse notebooks whose names mean something else in an address, or are those of others in other folders."""
    names = Counter(file.name for file in files)
    for file in files:
        if not re.fullmatch(r"\w[\w .,+()-]*", file.stem):
            raise DataError(f"the notebook {file.name} cannot be a page; name it with letters, digits, - and _")
        if names[file.name] > 1 or file.stem in OWN_PAGES:
            raise DataError(f"two pages would be called {file.stem}.html; give the notebook {file} another name")


def _refuse_twofold(pages: list[Page]) -> None:
    """Refuse pages that would be in each other's place."""
    for name, count in Counter(page.page for page in pages).items():
        if count > 1:
            raise DataError(f"two pages would be called {name}; give the notebook or the :PAGE: of one another name")


def _refuse_namesakes(chapters: list[Chapter]) -> None:
    """Refuse two pictures of one name, because the site has all of them in one folder."""
    pictures = {
        inside(chapter.notebook.path, picture).resolve() for chapter in chapters for picture in chapter.pictures
    }
    names = Counter(picture.name for picture in pictures)
    for name, count in names.items():
        if count > 1:
            raise DataError(f"{count} different pictures of the notebooks are called {name}; rename all but one")


def _files(chapter: Chapter) -> dict[str, bytes]:
    """What is beside a chapter's page: the notebook in both formats, and its pictures."""
    source = chapter.notebook.path
    return {
        source.name: source.read_bytes(),
        f"{source.stem}.ipynb": jupyter(chapter.document).encode(),
        **{f"figures/{Path(picture).name}": read_picture(source, picture) for picture in chapter.pictures},
    }


def _pages(chapters: list[Chapter], used: dict[str, list[ChapterPage]]) -> list[Page]:
    terms = [_term(term, used.get(term, [])) for term in glossary.terms()]
    return [
        Page("index.html", TITLE, "index.html", SUMMARY, {"chapters": chapters}),
        *(_chapter_page(page, chapter) for chapter in chapters for page in chapter.pages),
        Page("glossary.html", "Glossary", "glossary.html", GLOSSARY, {"terms": terms}),
        *reference_pages(),
    ]


def _chapter_page(page: ChapterPage, chapter: Chapter) -> Page:
    first = chapter.pages[0]
    return Page(
        page.page,
        page.title,
        "chapter.html",
        page.summary,
        {
            "body": page.body,
            "id": page.id,
            "stem": chapter.notebook.path.stem,
            "chapter": first,
            "parts": chapter.pages[1:] if page is first else [],
        },
        [section for section in page.sections if section.level <= 2 and not is_solution(section.title)],
        within=first.page,
    )


def _term(term: str, used: list[ChapterPage]) -> dict[str, Any]:
    entry = glossary.define(term)
    return entry | {
        "id": anchor(term),
        "see_also": [(other, anchor(glossary.define(other)["term"])) for other in entry["see_also"]],
        "used": used,
    }


def _rendered(pages: list[Page], templates: jinja2.Environment) -> dict[str, bytes]:
    """The pages, and what the search finds on them."""
    made = {}
    for number, page in enumerate(pages):
        html = templates.get_template(page.template).render(
            page=page.page,
            title=page.title,
            book_title=TITLE,
            summary=page.summary,
            pages=pages,
            sections=page.sections,
            within=page.within,
            previous=pages[number - 1] if number else None,
            next=pages[number + 1] if number + 1 < len(pages) else None,
            policy=POLICY,
            **page.values,
        )
        if twice := twofold_ids(html):
            raise DataError(
                f"{page.page} would have the id {twice[0]} twice; give one of the headings a :CUSTOM_ID: of its own"
            )
        made[page.page] = html.encode()
    index = search_index({name: html.decode() for name, html in made.items()})
    return made | {"static/search-index.js": index.encode()}


def _static() -> dict[str, bytes]:
    """The style sheets and scripts; how long the longest line of a block is, is a class, as no page has styles."""
    widths = "".join(f".longest-{width} {{ --longest: {width}; }}\n" for width in range(WIDEST + 1))
    with resources.as_file(resources.files("pybridge.book.site").joinpath("static")) as static:
        files = {f"static/{file.name}": file.read_bytes() for file in static.iterdir() if file.is_file()}
    return files | {"static/widths.css": widths.encode()}
