"""A notebook as a chapter: its HTML, its sections, and what the search finds in it."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import escape

from pybridge.book.fixtures import Case
from pybridge.book.site.document import Document, attributes, raw, rewrite, text_of, write
from pybridge.book.site.examples import Cell, Example, group
from pybridge.book.site.formulas import mend_formulas
from pybridge.errors import DataError

__all__ = ["Chapter", "Section", "goals_of", "is_solution", "read_chapter"]

NAMES = {"python": "Python", "clojure": "Clojure", "emacs-lisp": "Emacs Lisp", "sh": "Shell"}
_BOXES = {
    "solution": ('<details class="solution"><summary>Solution</summary>', "</details>"),
    "details": ('<details class="solution"><summary>More</summary>', "</details>"),
}


@dataclass(frozen=True)
class Section:
    """A heading and the words below it.

    Attributes:
        id: where the page has it.
        title: the heading.
        level: 1 for a section, 2 for one inside it.
        text: the prose up to the next heading.
    """

    id: str
    title: str
    level: int
    text: str


@dataclass(frozen=True)
class Chapter:
    """A chapter of the book.

    Attributes:
        source: the .org file.
        page: the name of its HTML file.
        title: its title.
        name: "ch02", or "" when it has no fixtures.
        summary: its first paragraph.
        sections: its headings in order; what stands before the first is a Section without id.
        body: its HTML.
        pictures: the paths of its figures, as it names them.
    """

    source: Path
    page: str
    title: str
    name: str
    summary: str
    sections: list[Section]
    body: str
    pictures: list[str]


@dataclass(frozen=True)
class Goals:
    """Where links to a notebook may lead.

    Attributes:
        sections: its headings, as in its chapter.
        ids: those of headings and of marks such as <<mark>>.
    """

    sections: list[Section]
    ids: set[str]


def read_chapter(
    path: Path,
    document: Document,
    goals: dict[str, Goals],
    cases: dict[str, Case],
    templates: jinja2.Environment,
) -> Chapter:
    """Make a chapter of a notebook.

    Args:
        path: the .org file.
        document: what is in it.
        goals: those of each notebook of the book, by the name of its file.
        cases: the fixtures by id.
        templates: with the macros of example.html.

    Returns:
        The chapter.

    Raises:
        DataError: a link goes to a heading, a mark or a notebook that is not there.
    """
    blocks = rewrite(document.blocks, lambda node: _node(node, goals, path.name))
    macros = templates.get_template("example.html").module
    shown = _fold(group(blocks))
    body = [part for block in shown for part in _html(block, document.chapter, cases, macros)]
    return Chapter(
        path,
        f"{path.stem}.html",
        document.title,
        document.chapter,
        next((text_of(block) for block in document.blocks if block["t"] == "Para"), ""),
        goals[path.name].sections,
        mend_formulas(write(body, "html", path.name)),
        _pictures(document),
    )


def goals_of(document: Document) -> Goals:
    """Where links to a notebook may lead."""
    ids = set()

    def note(node: dict[str, Any]) -> dict[str, Any]:
        match node:
            case {"t": "Header", "c": [_, [str(id), *_], _]} | {"t": "Span", "c": [[str(id), *_], _]}:
                ids.add(id)
        return node

    rewrite(document.blocks, note)
    return Goals(_sections(document), ids - {""})


def _sections(document: Document) -> list[Section]:
    sections = [Section("", document.title, 0, "")]
    for block in document.blocks:
        if block["t"] == "Header":
            level, (id, *_), words = block["c"]
            sections.append(Section(id, text_of(words), level, ""))
        else:
            last = sections[-1]
            sections[-1] = Section(last.id, last.title, last.level, f"{last.text} {text_of(block)}".strip())
    return sections


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


def _node(node: dict[str, Any], goals: dict[str, Goals], file: str) -> dict[str, Any]:
    """A node as a page needs it: links to pages instead of files, pictures with words, boxes for what is wide."""
    match node:
        case {"t": "Link", "c": [attr, words, [target, title]]}:
            return {"t": "Link", "c": [attr, words, [_address(target, goals, file), title]]}
        case {"t": "Span", "c": [[_, ["spurious-link"], [["target", target]]], words]}:
            wanted, shown = target.lstrip("*"), text_of(words)
            plain = {"t": "Str", "c": wanted if shown == target else shown}
            return {"t": "Link", "c": [attributes(), [plain], [_address(f"*{wanted}", goals, file), ""]]}
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
            rest = [pair for pair in values if pair[0] != "alt"]
            picture = {"t": "Plain", "c": [{"t": "Image", "c": [own, [said], target]}]}
            return {"t": "Figure", "c": [[id, classes, rest], caption, [picture]]}
        case {"t": "Image", "c": [attr, words, [target, title]]}:
            return {"t": "Image", "c": [attr, words, [f"figures/{Path(target).name}", title]]}
    return node


def _address(target: str, goals: dict[str, Goals], file: str) -> str:
    """Where a link of Org goes on the site: to a notebook's page, and to the id that a heading or a mark has there."""
    link = re.fullmatch(r"(?:(?:file:)?([^:/#*]+\.org)(?:::)?)?(?:([#*])(.*))?", target)
    if link is None:
        return target
    notebook, kind, wanted = link.groups()
    page = f"{notebook.removesuffix('.org')}.html" if notebook else ""
    if (notebook or file) not in goals:
        raise DataError(
            f"{file}: a link goes to {notebook}, which is no notebook of this book; add it, or take the link out"
        )
    if not kind:
        return page
    found = goals[notebook or file]
    if kind == "#":
        ids = [wanted] if wanted in found.ids else []
    else:
        ids = [each.id for each in found.sections if each.id and each.title == wanted]
    if not ids:
        what = f"the heading {wanted!r}" if kind == "*" else f"the mark or :CUSTOM_ID: {wanted!r}"
        raise DataError(f"{file}: a link goes to {what}{f' of {notebook}' if notebook else ''}, and there is none")
    return f"{page}#{ids[0]}"


def _glued(words: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep a formula on one line with what touches it: a full stop after it, a bracket before it."""
    glued: list[dict[str, Any]] = []
    for formula, run in itertools.groupby(words, lambda word: word["t"] in ("Math", "Str")):
        touching = list(run)
        if formula and len(touching) > 1 and any(word["t"] == "Math" for word in touching):
            touching = [{"t": "Span", "c": [attributes("", "nowrap"), touching]}]
        glued += touching
    return glued


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
    block: dict[str, Any] | Example, chapter: str, cases: dict[str, Case], macros: object
) -> list[dict[str, Any]]:
    if isinstance(block, Example):
        return _example_html(block, block.agrees(cases, chapter), macros)
    match block:
        case {"t": "Div", "c": [[_, [kind, *_], _], inner]} if kind.lower() in _BOXES:
            parts = [part for inside in group(inner) for part in _html(inside, chapter, cases, macros)]
            opening, closing = _BOXES[kind.lower()]
            return [raw(opening), *parts, raw(closing)]
        case {"t": "BlockQuote", "c": [{"t": "Para", "c": [{"t": "Strong", "c": words}, *_]}, *_] as inner}:
            kind = "box erratum" if text_of(words).lower().startswith("errat") else "box"
            return [raw(f'<div class="{kind}" role="note">'), *inner, raw("</div>")]
        case {"t": "CodeBlock", "c": [_, text]}:
            return [raw(f"<pre><code>{escape(text)}</code></pre>")]
    return [block]


def _example_html(example: Example, agree: bool, macros: Any) -> list[dict[str, Any]]:
    parts = [raw(str(macros.open_example(example, NAMES)))]
    for cell, when in _results(example, agree):
        label = "Result in both languages" if agree else "Result"
        if len(example.cells) == 2 and not agree:
            label = f"Result in {NAMES[cell.language]}"
        parts += [raw(str(macros.open_result(when, label))), *_result(cell, example.title), raw("</div>")]
    return [*parts, raw("</div>")]


def _results(example: Example, agree: bool) -> list[tuple[Cell, str]]:
    """Which results to show, and under which settings of the switch: an agreed one is shown once."""
    with_result = [cell for cell in example.cells if cell.result]
    if len(example.cells) == 1 or (agree and with_result[0].result == with_result[1].result):
        return [(cell, "python clojure both") for cell in with_result[:1]]
    if agree:
        first, second = with_result
        return [(first, f"{first.language} both"), (second, second.language)]
    return [(cell, f"{cell.language} both") for cell in with_result]


def _result(cell: Cell, title: str) -> list[dict[str, Any]]:
    if cell.printed is not None:
        return [raw(f"<pre><samp>{escape(cell.printed)}</samp></pre>")]

    def describe(node: dict[str, Any]) -> dict[str, Any]:
        match node:
            case {"t": "Image", "c": [attr, [], target]}:
                said = [{"t": "Str", "c": f"Figure: {title}"}]
                return {"t": "Image", "c": [attr, said, target]}
        return node

    return rewrite(cell.result, describe)
