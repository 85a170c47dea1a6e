"""Read an Org notebook: its code blocks in order, and the results that stand under them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pybridge._text import read_text
from pybridge.errors import DataError

__all__ = ["Block", "read_notebook", "unheeded_arguments"]

_BEGIN = re.compile(r"^\s*#\+begin_src\s+(\S+)(.*)$", re.IGNORECASE)
_END = re.compile(r"^\s*#\+end_src\s*$", re.IGNORECASE)
_NAME = re.compile(r"^\s*#\+name:(.*)$", re.IGNORECASE)
_CHAPTER = re.compile(r"^\s*#\+chapter:\s*(\S+)\s*$", re.IGNORECASE)
_HEADER = re.compile(r"^\s*#\+headers?:(.*)$", re.IGNORECASE)
_PROPERTY = re.compile(r"^\s*(?:#\+property:\s+|:)header-args(?::(?:python|clojure))?\+?:?\s(.*)$", re.IGNORECASE)
_KEYWORD = re.compile(r"^\s*#\+(?!begin_)", re.IGNORECASE)
_REFERENCE = re.compile(r"<<[^<>\s][^<>]*>>")
_NOT_RUN = re.compile(r"""(?<!\S):eval\s+"?(no|never)"?(?!\S)""")
_UNHEEDED = re.compile(
    r"(?<!\S):(var|prologue|epilogue|return|dir|noweb(?!\s+(?:no|tangle)(?!\S))|cmdline|python|preamble|ns|backend)(?!\S)"
)
_RESULTS = re.compile(r"^\s*#\+results(?:\[\w+\])?:(.*)$", re.IGNORECASE)
_ABOUT = re.compile(r"^\s*#\+(caption|attr_\w+):", re.IGNORECASE)
_EXAMPLE = re.compile(r"^\s*#\+begin_example", re.IGNORECASE)
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
        DataError: the file is no text, a block has no end, or a name's ending is another language's.
    """
    lines = read_text(path).split("\n")
    chapter = next((found[1] for line in lines if (found := _CHAPTER.match(line))), "")
    return [block for block in _blocks(lines, chapter, Path(path).name) if not _NOT_RUN.search(block.options)]


def unheeded_arguments(path: str | Path) -> Iterator[tuple[int, str]]:
    """The header arguments that would have Org evaluate something else than the code of the blocks as it stands.

    Args:
        path: the .org file.

    Yields:
        The line of each, and its name; also of one that whole sections have.

    Raises:
        DataError: the file is no text.
    """
    lines = read_text(path).split("\n")
    refers = any(_REFERENCE.search(line) for line in lines)
    inside = False
    above: list[tuple[int, str]] = []  # header arguments that may stand above a block
    for at, line in enumerate(lines, 1):
        found_at: list[tuple[int, str]] = []
        if inside:
            inside = not _END.match(line)
        elif found := _BEGIN.match(line):
            inside = True
            if _is_run(found):
                found_at = [(place, name) for place, text in above for name in _unheeded(text, above=True)]
                found_at += [(at, name) for name in _unheeded(found[2])]
        elif found := _HEADER.match(line):
            above.append((at, found[1]))
        elif found := _PROPERTY.match(line):
            found_at = [(at, name) for name in _unheeded(found[1], above=True)]
        if not _KEYWORD.match(line):
            above = []
        yield from ((place, name) for place, name in found_at if name != "noweb" or refers)


def _is_run(block: re.Match[str]) -> bool:
    return block[1].lower() in LANGUAGES and not _NOT_RUN.search(block[2])


def _unheeded(options: str, above: bool = False) -> list[str]:
    """The arguments that are not heeded; `above` a block, :eval is none that is."""
    names = _UNHEEDED.findall(re.sub(r'"(?:[^"\\]|\\.)++(?:"|$)', '""', options))
    return names + ["eval"] * bool(above and _NOT_RUN.search(options))


def _blocks(lines: list[str], chapter: str, file: str) -> Iterator[Block]:
    name, at = "", 0
    while at < len(lines):
        if found := _NAME.match(lines[at]):
            name = found[1].strip()
        elif (found := _BEGIN.match(lines[at])) and found[1].lower() in LANGUAGES:
            end = next((i for i in range(at + 1, len(lines)) if _END.match(lines[i])), None)
            if end is None:
                raise DataError(f"{file}:{at + 1}: a block begins and does not end; add #+end_src")
            language = found[1].lower()
            code = "\n".join(_unescaped(line) for line in lines[at + 1 : end])
            results, after = _results(lines, end + 1, name, file)
            id = _fixture(name, language, chapter, f"{file}:{at + 1}")
            yield Block(language, code, at + 1, name, id, found[2].strip(), results)
            name, at = "", after - 1
        elif lines[at].strip() and not lines[at].lstrip().startswith("#+"):
            name = ""
        at += 1


def _fixture(name: str, language: str, chapter: str, place: str) -> str:
    stem, dot, ending = name.rpartition(".")
    if dot + ending not in LANGUAGES.values():
        return ""
    if dot + ending != LANGUAGES[language]:
        raise DataError(f"{place}: {name} names a block of {language}; its ending is {LANGUAGES[language]}")
    return f"{chapter}/{stem}"


def _results(lines: list[str], begin: int, name: str, file: str) -> tuple[str | None, int]:
    """The result below a block: after `: ` on each line, a table, or what an example block holds; and where it ends."""
    at = next((i for i in range(begin, len(lines)) if lines[i].strip() and not _ABOUT.match(lines[i])), begin)
    found = at < len(lines) and _RESULTS.match(lines[at])
    if not found or found[1].strip() not in ("", name):
        return None, begin
    at += 1
    if at < len(lines) and _EXAMPLE.match(lines[at]):
        end = next((i for i in range(at, len(lines)) if lines[i].strip().lower() == "#+end_example"), None)
        if end is None:
            raise DataError(f"{file}:{at + 1}: an example begins and does not end; add #+end_example")
        return "\n".join(_unescaped(line) for line in lines[at + 1 : end]), end + 1
    below = (lines[i].strip() for i in range(at, len(lines)))
    kept = list(itertools.takewhile(lambda line: line.startswith(("|", ": ", "[[file:")) or line == ":", below))
    return "\n".join(line[2:] if line.startswith(":") else line for line in kept), at + len(kept)


def _unescaped(line: str) -> str:
    """A line of a block without the comma that keeps Org from reading it as a headline or a keyword."""
    return re.sub(r"^(\s*),(?=,*(\*|#\+))", r"\1", line)
