"""Read an Org file as a notebook, going over its lines once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pybridge._text import read_text
from pybridge.book.lines import Lines
from pybridge.book.notebook import (
    LANGUAGES,
    PRINTED,
    Block,
    Heading,
    Notebook,
    Part,
    Prose,
    Shown,
    Verbatim,
    plain,
    unescaped,
)
from pybridge.errors import DataError

__all__ = ["read_notebook"]

_TITLE = re.compile(r"^#\+title:[ \t]*(.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_CHAPTER = re.compile(r"^[ \t]*#\+chapter:[ \t]*(\S+)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_HEADING = re.compile(r"(\*+)[ \t]+(.*?)(?:[ \t]+:[\w@#%:]+:)?[ \t]*")
_STARS = re.compile(r"\*+ ")
_PLANNING = re.compile(r"\s*(SCHEDULED|DEADLINE|CLOSED):")
_PROPERTY = re.compile(r"\s*:\S+:")
_CODE = re.compile(r"(\s*)#\+begin_src\s+(\S+)(.*)", re.IGNORECASE)
_VERBATIM = re.compile(r"\s*#\+begin_(src|example|export|comment)\b.*", re.IGNORECASE)
_RESULTS = re.compile(r"(\s*)#\+results(?:\[\w+\])?:(.*)", re.IGNORECASE)
_ABOVE_RESULTS = re.compile(r"\s*(?:#\+(?:caption|attr_\w+):.*)?", re.IGNORECASE)
_ABOVE = re.compile(r"\s*#\+(name|caption|attr_\w+|headers?):(.*)", re.IGNORECASE)
_KINDS = (PRINTED, re.compile(r"\s*\|"), re.compile(r"\s*\[\["))  # printed lines, a table, a link


def read_notebook(path: str | Path) -> Notebook:
    """Read an Org file.

    Args:
        path: the .org file, with a line `#+chapter: ch02` when its blocks have fixtures.

    Returns:
        The notebook.

    Raises:
        DataError: the file is no text, a block has no end, or a name's ending is another language's.
    """
    path = Path(path)
    org = read_text(path)
    chapter = found[1] if (found := _CHAPTER.search(org)) else ""
    title = found[1] if (found := _TITLE.search(org)) else path.stem
    return Notebook(path, title, chapter, list(_parts(Lines(org.split("\n"), path.name), chapter)))


def _parts(lines: Lines, chapter: str) -> Iterator[Part]:
    prose: list[str] = []
    ids: dict[str, int] = {}

    def gathered(above: int = 0) -> Iterator[Prose]:
        """The prose so far, without as many lines as belong to the block below."""
        if prose[: len(prose) - above]:
            yield Prose(lines.number - len(prose), prose[: len(prose) - above])
        prose.clear()

    while lines.left:
        line = lines.peek()
        if found := _HEADING.fullmatch(line):
            yield from gathered()
            yield _heading(lines, found, ids)
        elif found := _CODE.fullmatch(line):
            count = sum(1 for _ in itertools.takewhile(_ABOVE.fullmatch, reversed(prose)))
            above = prose[len(prose) - count :]
            yield from gathered(count)
            yield _block(lines, found, above, chapter)
        elif (found := _VERBATIM.fullmatch(line)) and (count := _length(lines, found[1])):
            yield from gathered()
            yield Verbatim(lines.number, _taken(lines, count))
        elif found := _RESULTS.fullmatch(line):
            yield from gathered()
            yield _shown(lines, found, [])
        else:
            prose.append(lines.take())
    yield from gathered()


def _heading(lines: Lines, found: re.Match[str], ids: dict[str, int]) -> Heading:
    number, (stars, title) = lines.number, found.groups()
    written = [lines.take()]
    if lines.left and _PLANNING.match(lines.peek()):
        written.append(lines.take())
    if lines.left and lines.peek().strip().upper() == ":PROPERTIES:":
        count = lines.until(":end:") or 0
        if all(_PROPERTY.match(lines.peek(ahead)) for ahead in range(count)):
            written += lines.take_some(count)
    heading = Heading(number, len(stars), title, "", written)
    return replace(heading, id=heading.properties.get("CUSTOM_ID") or _id(title, ids))


def _id(title: str, ids: dict[str, int]) -> str:
    """An id as Pandoc makes it of a heading: its words, joined by hyphens, with a number when another has them too."""
    words = re.sub(r"[^\w\s.-]", "", plain(title)).lower()
    id = re.sub(r"^[\W\d_]+", "", re.sub(r"\s+", "-", words.strip())) or "section"
    count = ids[id] = ids.get(id, -1) + 1
    return f"{id}-{count}" if count else id


def _block(lines: Lines, found: re.Match[str], above: list[str], chapter: str) -> Block:
    number, indent, language, options = lines.number, found[1], found[2].lower(), found[3].strip()
    code = [unescaped(line) for line in _taken(lines, _length(lines, "src"))[1:-1]]
    name, headers = "", []
    for at, line in enumerate(above, number - len(above)):
        keyword, text = _ABOVE.findall(line)[0]
        if keyword.lower() == "name":
            name = text.strip()
        elif keyword.lower().startswith("header"):
            headers.append((at, text))
    return Block(
        language,
        "\n".join(_outdented(code)),
        number,
        name,
        _fixture(name, language, chapter, f"{lines.file}:{number}"),
        options,
        headers,
        indent,
        _result(lines, name),
    )


def _fixture(name: str, language: str, chapter: str, place: str) -> str:
    stem, dot, ending = name.rpartition(".")
    if language not in LANGUAGES or dot + ending not in LANGUAGES.values():
        return ""
    if dot + ending != LANGUAGES[language]:
        raise DataError(f"{place}: {name} names a block of {language}; its ending is {LANGUAGES[language]}")
    return f"{chapter}/{stem}"


def _result(lines: Lines, name: str) -> Shown | None:
    """The result below a block: under its keyword, with at most empty lines and its caption between."""
    ahead = 0
    while ahead < lines.left and _ABOVE_RESULTS.fullmatch(lines.peek(ahead)):
        ahead += 1
    found = _RESULTS.fullmatch(lines.peek(ahead)) if ahead < lines.left else None
    if not found or found[2].strip() not in ("", name):
        return None
    return _shown(lines, found, [line for line in lines.take_some(ahead) if line.strip()])


def _shown(lines: Lines, found: re.Match[str], about: list[str]) -> Shown:
    """Take a result: a drawer, an example block, or lines of one kind."""
    number, keyword = lines.number, lines.take().strip()
    first = lines.peek().strip().lower() if lines.left else ""
    if end := {":results:": ":end:", "#+begin_example": "#+end_example"}.get(first):
        if (count := lines.until(end)) is None:
            raise DataError(f"{lines.file}:{number}: {keyword} has a result that does not end; add {end}")
        taken = _taken(lines, count)
        return Shown(number, taken[1:-1] if end == ":end:" else taken, about, found[1])
    kind = next((kind for kind in _KINDS if lines.left and kind.match(lines.peek())), None)
    taken = []
    while kind and lines.left and kind.match(lines.peek()):
        taken.append(lines.take())
    return Shown(number, taken, about, found[1])


def _length(lines: Lines, kind: str) -> int:
    """How many lines a block has, 0 for a comment or an export without an end, which is none then."""
    end = f"#+end_{kind.lower()}"
    count = lines.until(end)
    if count is None and kind.lower() in ("src", "example"):
        raise DataError(f"{lines.file}:{lines.number}: a block begins and does not end; add {end}")
    return count or 0


def _taken(lines: Lines, count: int) -> list[str]:
    """Take the lines of a block, in which nothing may look like a heading: for Org the block would be over there."""
    number, taken = lines.number, lines.take_some(count)
    for at, line in enumerate(taken, number):
        if _STARS.match(line):
            raise DataError(f"{lines.file}:{at}: a line of a block begins as a heading does; write ,* in place of *")
    return taken


def _outdented(code: list[str]) -> list[str]:
    """The lines of a block without the space that all of them begin with, as Org runs it."""
    space = min((len(line) - len(line.lstrip(" ")) for line in code if line.strip()), default=0)
    return [line[space:] for line in code]
