"""Read an Org notebook: its code blocks in order, and the results that stand under them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pybridge._regular import read_regular_text

__all__ = ["Block", "read_notebook", "unheeded_arguments"]

_BEGIN = re.compile(r"^\s*#\+begin_src\s+(\S+)(.*)$", re.IGNORECASE)
_END = re.compile(r"^\s*#\+end_src\s*$", re.IGNORECASE)
_NAME = re.compile(r"^\s*#\+name:\s*(.+?)\s*$", re.IGNORECASE)
_CHAPTER = re.compile(r"^\s*#\+chapter:\s*(\S+)\s*$", re.IGNORECASE)
_HEADER = re.compile(r"^\s*#\+headers?:(.*)$", re.IGNORECASE)
_PROPERTY = re.compile(r"^\s*(?:#\+property:\s+|:)header-args(?::(?:python|clojure))?\+?:?\s(.*)$", re.IGNORECASE)
_KEYWORD = re.compile(r"^\s*#\+(?!begin_)", re.IGNORECASE)
_REFERENCE = re.compile(r"<<[^<>\s][^<>]*>>")
_NOT_RUN = re.compile(r"""(?<!\S):eval\s+"?(no|never)"?(?!\S)""")
_UNHEEDED = re.compile(
    r"(?<!\S):(var|prologue|epilogue|return|dir|noweb(?!\s+(?:no|tangle)(?!\S))|cmdline|python|preamble|ns|backend)(?!\S)"
)
_RESULTS = re.compile(r"^\s*#\+results(?:\[\w+\])?:\s*(.*?)\s*$", re.IGNORECASE)
LANGUAGES = {"python": ".py", "clojure": ".clj"}


@dataclass(frozen=True)
class Block:
    """A code block of a notebook.

    Attributes:
        language: "python" or "clojure".
        code: its text.
        line: the line in the file where it begins, from 1.
        name: its name, or "".
        id: the fixture that decides for it, "ch02/gradient-tape" for `gradient-tape.py` in chapter ch02, or "".
        options: what stands behind the language.
        results: the text under its `#+RESULTS:`, None when there is none.
    """

    language: str
    code: str
    line: int
    name: str
    id: str
    options: str
    results: str | None

    @property
    def picture(self) -> str:
        """The path of the picture that stands as its result, or ""."""
        found = re.fullmatch(r"\[\[file:(.+?)\]\]", (self.results or "").strip())
        return found[1] if found else ""


def read_notebook(path: str | Path) -> list[Block]:
    """Read the Python and Clojure blocks of an Org file, top to bottom; those with `:eval no` are left out.

    Args:
        path: the .org file, with a line `#+chapter: ch02` when its blocks have fixtures.

    Returns:
        The blocks.

    Raises:
        ValueError: a block has no end, or a name's ending is another language's.
    """
    lines = read_regular_text(path).splitlines()
    chapter = next((found[1] for line in lines if (found := _CHAPTER.match(line))), "")
    return [block for block in _blocks(lines, chapter, Path(path).name) if not _NOT_RUN.search(block.options)]


def unheeded_arguments(path: str | Path) -> Iterator[tuple[int, str]]:
    """The header arguments that would have Org evaluate something else than the code of the blocks as it stands.

    Args:
        path: the .org file.

    Yields:
        The line of each, and its name; also of one that whole sections have.
    """
    lines = read_regular_text(path).splitlines()
    refers = any(_REFERENCE.search(line) for line in lines)
    inside = False
    for at, line in enumerate(lines):
        names: list[str] = []
        if inside:
            inside = not _END.match(line)
        elif found := _BEGIN.match(line):
            inside = True
            names = _unheeded(found[2]) if _is_run(found) else []
        elif found := _HEADER.match(line):
            below = itertools.dropwhile(_KEYWORD.match, lines[at:])
            block = _BEGIN.match(next(below, ""))
            names = _unheeded(found[1], above=True) if block and _is_run(block) else []
        elif found := _PROPERTY.match(line):
            names = _unheeded(found[1], above=True)
        yield from ((at + 1, name) for name in names if name != "noweb" or refers)


def _is_run(block: re.Match[str]) -> bool:
    return block[1].lower() in LANGUAGES and not _NOT_RUN.search(block[2])


def _unheeded(options: str, above: bool = False) -> list[str]:
    """The arguments that are not heeded; `above` a block, :eval is none that is."""
    names = _UNHEEDED.findall(re.sub(r'"(?:[^"\\]|\\.)+"', '""', options))
    return names + ["eval"] * bool(above and _NOT_RUN.search(options))


def _blocks(lines: list[str], chapter: str, file: str) -> Iterator[Block]:
    name, at = "", 0
    while at < len(lines):
        if found := _NAME.match(lines[at]):
            name = found[1]
        elif (found := _BEGIN.match(lines[at])) and found[1].lower() in LANGUAGES:
            end = next((i for i in range(at + 1, len(lines)) if _END.match(lines[i])), None)
            if end is None:
                raise ValueError(f"{file}:{at + 1}: a block begins and does not end; add #+end_src")
            language = found[1].lower()
            code = "\n".join(_unescaped(line) for line in lines[at + 1 : end])
            yield Block(
                language,
                code,
                at + 1,
                name,
                _fixture(name, language, chapter, f"{file}:{at + 1}"),
                found[2].strip(),
                _results(lines, end + 1, name),
            )
            name, at = "", end
        elif lines[at].strip() and not lines[at].lstrip().startswith("#+"):
            name = ""
        at += 1


def _fixture(name: str, language: str, chapter: str, place: str) -> str:
    stem, dot, ending = name.rpartition(".")
    if dot + ending not in LANGUAGES.values():
        return ""
    if dot + ending != LANGUAGES[language]:
        raise ValueError(f"{place}: {name} names a block of {language}; its ending is {LANGUAGES[language]}")
    return f"{chapter}/{stem}"


def _results(lines: list[str], at: int, name: str) -> str | None:
    """The result below a block: after `: ` on each line, a table, or what an example block holds."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    found = at < len(lines) and _RESULTS.match(lines[at])
    if not found or (found[1] and found[1] != name):
        return None
    below = [line.strip() for line in lines[at + 1 :]]
    if below and below[0].lower().startswith("#+begin_example"):
        end = next((i for i, line in enumerate(below) if line.lower() == "#+end_example"), len(below))
        return "\n".join(_unescaped(line) for line in lines[at + 2 : at + 1 + end])
    kept = itertools.takewhile(lambda line: line.startswith(("|", ": ", "[[file:")) or line == ":", below)
    return "\n".join(line[2:] if line.startswith(":") else line for line in kept)


def _unescaped(line: str) -> str:
    """A line of a block without the comma that keeps Org from reading it as a headline or a keyword."""
    return re.sub(r"^(\s*),(?=,*(\*|#\+))", r"\1", line)
