"""A notebook as data: headings, prose, code blocks with their results, links.

`org.py` reads one. What runs notebooks, checks them, makes pages and Jupyter notebooks of them, or tests them goes by
what is here. What prose means, its emphasis and tables and formulas, Pandoc says, where a page is made of it
(`site/document.py`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

__all__ = [
    "LANGUAGES",
    "PRINTED",
    "Block",
    "Heading",
    "Link",
    "Notebook",
    "Part",
    "Prose",
    "Shown",
    "Verbatim",
    "is_off",
    "plain",
    "unescaped",
]

LANGUAGES = {"python": ".py", "clojure": ".clj"}
PRINTED = re.compile(r"\s*:(?: |$)")  # a line of what a block has printed

_PROPERTY = re.compile(r"\s*:(\S+?)\+?:(?:\s+(.*?))?\s*")
_EXAMPLE = re.compile(r"\s*#\+begin_example\b", re.IGNORECASE)
_NOT_RUN = re.compile(r"""(?<!\S):eval\s+"?(no|never)"?(?!\S)""")
_PRINTS = re.compile(r":results( \w+)* output\b")
_PICTURE = re.compile(r"\[\[file:(.+?)\]\]")
_LINK = re.compile(r"\[\[([^\[\]\n]+)\](?:\[[^\[\]]*\])?\]")
_MARK = re.compile(r"(?<!<)<<([^<>\s](?:[^<>\n]*[^<>\s])?)>>(?!>)")
_AS_CODE = re.compile(r"(?<![\w=~])([=~])\S(?:.*?\S)?\1(?![\w=~])")
_MARKUP = re.compile(r"(?<!\w)([*/_=~+])(\S|\S.*?\S)\1(?!\w)")


@dataclass(frozen=True)
class Heading:
    """A heading with its properties.

    Attributes:
        line: where it is in the file, from 1, as for all parts.
        level: how many stars it has.
        title: its words, as Org writes them, without tags.
        id: its :CUSTOM_ID:, or one made of its words.
        lines: all of it as it is in the file, with the drawer of its properties.
    """

    line: int
    level: int
    title: str
    id: str
    lines: list[str]

    @cached_property
    def properties(self) -> dict[str, str]:
        """What its drawer holds, by upper-case names."""
        found = (_PROPERTY.fullmatch(line) for line in self.lines[1:])
        return {held[1].upper(): held[2] or "" for held in found if held}


@dataclass(frozen=True)
class Prose:
    """Lines of Org that are neither heading nor block nor result."""

    line: int
    lines: list[str]


@dataclass(frozen=True)
class Verbatim:
    """A block whose lines mean nothing to Org, such as an example."""

    line: int
    lines: list[str]


@dataclass(frozen=True)
class Shown:
    """A result as Org shows it.

    Attributes:
        lines: its lines, without the keyword and without a drawer around them.
        about: the keywords above it, a caption and attributes.
        indent: the space before its keyword.
    """

    line: int
    lines: list[str]
    about: list[str] = field(default_factory=list)
    indent: str = ""

    @property
    def is_example(self) -> bool:
        """Whether it is an example block, in which nothing means anything to Org."""
        return bool(self.lines) and _EXAMPLE.match(self.lines[0]) is not None

    @property
    def text(self) -> str:
        """What it says: after `: ` on each line, a table, or what an example block holds."""
        if self.is_example:
            return "\n".join(unescaped(line) for line in self.lines[1:-1])
        stripped = (line.strip() for line in self.lines)
        return "\n".join(line[2:] if line.startswith(":") else line for line in stripped)


@dataclass(frozen=True)
class Block:
    """A code block of a notebook.

    Attributes:
        language: "python", "clojure" or another's name.
        code: its text.
        line: the line in the file where it begins, from 1.
        name: its name, or "".
        id: the fixture that decides for it, "ch02/gradient-tape" for `gradient-tape.py` in chapter ch02, or "".
        options: what is behind the language.
        headers: what `#+header:` above it says, with the line of each.
        indent: the space before it.
        shown: the result under it, None when there is none.
    """

    language: str
    code: str
    line: int
    name: str
    id: str
    options: str
    headers: list[tuple[int, str]]
    indent: str
    shown: Shown | None

    @property
    def results(self) -> str | None:
        """The text under its `#+RESULTS:`, None when there is none."""
        return None if self.shown is None else self.shown.text

    @property
    def runs(self) -> bool:
        """Whether it is Python or Clojure to run; others are there to be read, or for the reader to fill in."""
        return self.language in LANGUAGES and not is_off(self.options)

    @property
    def prints(self) -> bool:
        """Whether its result is what it prints."""
        return _PRINTS.search(self.options) is not None

    @property
    def stem(self) -> str:
        """Its name without the ending, which both languages share."""
        return self.name.removesuffix(LANGUAGES.get(self.language, ""))

    @property
    def picture(self) -> str:
        """The path of the picture that is its result, or ""."""
        found = _PICTURE.fullmatch((self.results or "").strip())
        return found[1] if found else ""


@dataclass(frozen=True)
class Link:
    """A link in prose, in a heading or in a caption, by its target."""

    line: int
    target: str


Part: TypeAlias = Heading | Prose | Verbatim | Block | Shown


@dataclass(frozen=True)
class Notebook:
    """A notebook.

    Attributes:
        path: the .org file.
        title: what is behind `#+title:`, or the file's name.
        chapter: what is behind `#+chapter:`, "" when its blocks have no fixtures.
        parts: all that is in it, in order.
    """

    path: Path
    title: str
    chapter: str
    parts: list[Part]

    @cached_property
    def blocks(self) -> list[Block]:
        """The Python and Clojure blocks that run, top to bottom."""
        return [part for part in self.parts if isinstance(part, Block) and part.runs]

    @cached_property
    def headings(self) -> list[Heading]:
        """Its headings, top to bottom."""
        return [part for part in self.parts if isinstance(part, Heading)]

    @cached_property
    def marks(self) -> list[tuple[int, str]]:
        """The targets such as <<mark>>, with their lines."""
        return [(line, found) for line, text in self._prose() for found in _MARK.findall(text)]

    @cached_property
    def links(self) -> list[Link]:
        """The links, top to bottom."""
        return [Link(line, found) for line, text in self._prose() for found in _LINK.findall(text)]

    def below(self, heading: Heading) -> list[Part]:
        """The parts of the section under a heading, down to the next heading of its level or above."""
        after = self.parts[self.parts.index(heading) + 1 :]
        return list(
            itertools.takewhile(lambda part: not isinstance(part, Heading) or part.level > heading.level, after)
        )

    def _prose(self) -> Iterator[tuple[int, str]]:
        """The lines in which links and marks may be, without what is set as code."""
        for part in self.parts:
            shown = part.shown if isinstance(part, Block) else part
            if isinstance(part, Heading):
                lines = [part.title]
            elif isinstance(part, Prose):
                lines = part.lines
            elif isinstance(shown, Shown):
                printed = [] if shown.is_example else [line for line in shown.lines if not PRINTED.match(line)]
                lines = [*shown.about, *printed]
            else:
                continue
            for number, line in enumerate(lines, part.line):
                yield number, _AS_CODE.sub("", line)


def is_off(options: str) -> bool:
    """Whether header arguments say that a block is not run.

    >>> is_off(":results value :eval no"), is_off(":eval no-export")
    (True, False)
    """
    return _NOT_RUN.search(options) is not None


def plain(title: str) -> str:
    """The words of a heading without markup.

    >>> plain("What =fit= does, and [[file:a.org][why]]")
    'What fit does, and why'
    """
    described = re.sub(r"\[\[(?:[^\[\]]+\]\[)?([^\[\]]+)\]\]", r"\1", title)
    return _MARKUP.sub(r"\2", described)


def unescaped(line: str) -> str:
    """A line of a block without the comma that keeps Org from reading it as a headline or a keyword."""
    return re.sub(r"^(\s*),(?=,*(\*|#\+))", r"\1", line)
