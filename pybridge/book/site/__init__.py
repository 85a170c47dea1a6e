"""The book as a site of plain files, which a browser reads from disk with no network."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from pybridge import glossary
from pybridge._places import notebook_files, place
from pybridge.book.fixtures import read_cases
from pybridge.book.reference import Subject, read_reference
from pybridge.book.site.chapter import Chapter, Section, is_solution, read_chapter
from pybridge.book.site.code import code, prose
from pybridge.book.site.document import read_document
from pybridge.book.site.jupyter import jupyter
from pybridge.book.site.terms import anchor, link_terms, terms_of

__all__ = ["build"]

TITLE = "Deep learning in Python and Clojure"
SUMMARY = (
    "One process, two languages, one set of numbers. Every example of this book stands in Python and in Clojure, each "
    "in its own idiom, with the result that both share."
)
GLOSSARY = "The words of deep learning that the chapters use. A chapter links each where it first appears."
REFERENCE = "Every public function in both languages, with what it takes, gives and raises."


@dataclass(frozen=True)
class Page:
    """A page in the order of the book.

    Attributes:
        page: the name of its file.
        title: its title.
        template: what lays it out.
        summary: a sentence on it.
        sections: what the table of contents lists under it.
        found: what the search finds on it: triples of an id on the page, a title and a text.
        values: what else its template takes.
    """

    page: str
    title: str
    template: str
    summary: str
    sections: list[Section]
    found: list[tuple[str, str, str]]
    values: dict[str, Any]


def build(out: str | Path, notebooks: list[Path] | None = None) -> Path:
    """Write the site, with each notebook as .org and .ipynb beside its page.

    Args:
        out: the folder; made when it does not exist, and a page that is there already is written anew.
        notebooks: the .org files in order; those of the book when None.

    Returns:
        The path of index.html.

    Raises:
        FileNotFoundError: a chapter shows a figure that is not there.
    """
    files = notebook_files() if notebooks is None else notebooks
    out = Path(out)
    (out / "figures").mkdir(parents=True, exist_ok=True)
    templates = _templates()
    cases = {case.id: case for case in read_cases(place("fixtures"))}
    chapters = [read_chapter(file, cases, templates) for file in files]
    used: dict[str, list[Chapter]] = {}
    linked = []
    for chapter in chapters:
        _copy_files(chapter, out)
        body, terms = link_terms(chapter.body, terms_of(chapter.name))
        linked.append(replace(chapter, body=body))
        for term in terms:
            used.setdefault(term, []).append(chapter)
    _write_pages(_pages(linked, used, list(read_reference())), out, templates)
    return out / "index.html"


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pybridge.book", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"code": code, "prose": prose}
    return environment


def _copy_files(chapter: Chapter, out: Path) -> None:
    source = chapter.source
    for picture in chapter.pictures:
        path = source.parent / picture
        if not path.is_file():
            raise FileNotFoundError(f"{source.name} shows {picture}, which is not there; run its block first")
        shutil.copyfile(path, out / "figures" / path.name)
    shutil.copyfile(source, out / source.name)
    (out / f"{source.stem}.ipynb").write_text(jupyter(read_document(source), source.parent), encoding="utf-8")


def _pages(chapters: list[Chapter], used: dict[str, list[Chapter]], subjects: list[Subject]) -> list[Page]:
    terms = [_term(term, used.get(term, [])) for term in glossary.terms()]
    return [
        Page("index.html", TITLE, "index.html", SUMMARY, [], [], {"chapters": chapters}),
        *map(_chapter_page, chapters),
        Page(
            "glossary.html",
            "Glossary",
            "glossary.html",
            GLOSSARY,
            [],
            [(term["id"], ", ".join([term["term"], *term["synonyms"]]), term["definition"]) for term in terms],
            {"terms": terms},
        ),
        Page(
            "reference.html",
            "API reference",
            "reference.html",
            REFERENCE,
            [Section(subject.name, subject.name, 1, subject.purpose) for subject in subjects],
            [
                (f"{subject.name}.{entry.name}", f"{subject.name}.{entry.name}", f"{entry.clojure} {entry.text}")
                for subject in subjects
                for entry in subject.entries
            ],
            {"subjects": subjects},
        ),
    ]


def _chapter_page(chapter: Chapter) -> Page:
    listed = [section for section in chapter.sections if not is_solution(section.title)]
    return Page(
        chapter.page,
        chapter.title,
        "chapter.html",
        chapter.summary,
        [section for section in listed if section.id and section.level <= 2],
        [(section.id, section.title, section.text) for section in listed],
        {"body": chapter.body, "stem": chapter.source.stem},
    )


def _term(term: str, used: list[Chapter]) -> dict[str, Any]:
    entry = glossary.define(term)
    return entry | {
        "id": anchor(term),
        "see_also": [(other, anchor(glossary.define(other)["term"])) for other in entry["see_also"]],
        "used": used,
    }


def _write_pages(pages: list[Page], out: Path, templates: jinja2.Environment) -> None:
    for number, page in enumerate(pages):
        html = templates.get_template(page.template).render(
            page=page.page,
            title=page.title,
            book_title=TITLE,
            summary=page.summary,
            pages=pages,
            sections=page.sections,
            previous=pages[number - 1] if number else None,
            next=pages[number + 1] if number + 1 < len(pages) else None,
            **page.values,
        )
        (out / page.page).write_text(html, encoding="utf-8")
    with resources.as_file(resources.files("pybridge.book.site").joinpath("static")) as static:
        shutil.copytree(static, out / "static", dirs_exist_ok=True)
    index = json.dumps([record for page in pages for record in _records(page)], ensure_ascii=False)
    (out / "static" / "search-index.js").write_text(f"const SEARCH_INDEX = {index};\n", encoding="utf-8")


def _records(page: Page) -> list[dict[str, str]]:
    """What the search finds on a page: `where` to go, the `title` to look for, the `text`, and the page it is `on`."""
    return [
        {"where": f"{page.page}#{id}".rstrip("#"), "title": title, "text": " ".join(text.split()), "on": page.title}
        for id, title, text in page.found
    ]
