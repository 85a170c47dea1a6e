"""The public functions and macros of a Clojure file, as their source says them: names, arguments and docstrings."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Definition", "Docstring", "read_definitions", "read_docstring"]

_DEFINITION = re.compile(r'^\((defn|defmacro) (\S+)\s+"((?:[^"\\]|\\.)*)"', re.MULTILINE)
_ALIAS = re.compile(r"^\(def \^\{:doc \(:doc \(meta #'([\w-]+)/(\S+?)\)\)", re.MULTILINE)
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|;[^\n]*|.', re.DOTALL)
_INLINE_VALUE = re.compile(r"[ ]+; => ")


@dataclass(frozen=True)
class Definition:
    """A public function or macro.

    Attributes:
        name: its name.
        arglists: the arguments of each arity, as `x & {:keys [axis]}`.
        doc: its docstring.
        python: what it calls, "pybridge.tensors/sum", or "".
    """

    name: str
    arglists: list[str]
    doc: str
    python: str


@dataclass(frozen=True)
class Docstring:
    """A docstring's parts.

    Attributes:
        text: its prose.
        arguments: pairs of a name and what it takes.
        result: what it returns.
        errors: what it throws, a sentence each.
        examples: forms, each with its value in a comment below it where it has one.
    """

    text: str
    arguments: list[tuple[str, str]]
    result: str
    errors: list[str]
    examples: list[str]


def read_definitions(file: Path) -> list[Definition]:
    """The public definitions of a file that have docstrings, in order; those that it takes over from another as well.

    Args:
        file: the source of a namespace.
    """
    source = file.read_text(encoding="utf-8")
    found = []
    for match in re.finditer(f"{_DEFINITION.pattern}|{_ALIAS.pattern}", source, re.MULTILINE):
        if match[2]:
            found.append(_definition(match[2], match[3], source[match.end() :]))
        else:
            other = file.with_name(f"{match[4].replace('-', '_')}.clj")
            found += [each for each in read_definitions(other) if each.name == match[5]]
    return found


def _definition(name: str, doc: str, rest: str) -> Definition:
    doc = inspect.cleandoc(doc.replace('\\"', '"').replace("\\\\", "\\"))
    metadata = ""
    rest = rest.lstrip()
    if rest.startswith("{"):
        metadata = _form(rest)
        rest = rest[len(metadata) :].lstrip()
    python = re.search(r':python "([^"]+)"', metadata)
    listed = re.search(r":arglists '", metadata)
    if listed:
        arglists = _vectors(_form(metadata[listed.end() :])[1:-1])
    else:
        arglists = []
        while rest and rest[0] in "^[(":
            if rest[0] == "^":
                rest = re.sub(r"^\^\S+\s*", "", rest)
                continue
            form = _form(rest)
            if form[0] == "[":
                arglists.append(form)
                break
            arglists += _vectors(form[1:])[:1]
            rest = rest[len(form) :].lstrip()
    return Definition(name, [_plain(each) for each in arglists], doc, python[1] if python else "")


def _form(text: str) -> str:
    """The bracketed form that a text begins with."""
    depth, length = 0, 0
    for token in _TOKEN.findall(text):
        length += len(token)
        depth += (token in _PAIRS) - (token in _PAIRS.values())
        if not depth:
            break
    return text[:length]


def _vectors(text: str) -> list[str]:
    """The vectors that follow each other in a text."""
    found = []
    text = re.sub(r"^\^\S+\s*", "", text.lstrip())
    while text.startswith("["):
        found.append(_form(text))
        text = text[len(found[-1]) :].lstrip()
    return found


def _plain(arglist: str) -> str:
    return re.sub(r"\^\S+\s+", "", " ".join(arglist[1:-1].split()))


def read_docstring(definition: Definition) -> Docstring:
    """The parts of a definition's docstring: prose, arguments, result, errors and examples."""
    names = set(re.findall(r"[^\s\[\]{}&:]+", " ".join(definition.arglists)))
    text: list[str] = []
    arguments: list[tuple[str, str]] = []
    result, errors, examples = "", [], []
    for paragraph in re.split(r"\n\s*\n", definition.doc):
        if re.match(r"[(@\[{#]", paragraph) and not paragraph.startswith("[value"):
            examples.append(_INLINE_VALUE.sub("\n;; => ", paragraph, count=1))
            continue
        lines = _joined(paragraph)
        if not all(_is_detail(line, names) for line in lines):
            text.append(paragraph)
            continue
        for line in lines:
            if line.startswith("Returns "):
                result = line.removeprefix("Returns ")
            elif line.startswith("Throws "):
                errors.append(line.removeprefix("Throws "))
            elif not line.startswith("Source:"):
                name, _, said = line.partition(": ")
                arguments.append((name, said))
    return Docstring("\n\n".join(text), arguments, result, errors, examples)


def _joined(paragraph: str) -> list[str]:
    return [" ".join(line.split()) for line in re.sub(r"\n +", " ", paragraph).split("\n")]


def _is_detail(line: str, names: set[str]) -> bool:
    name, colon, _ = line.partition(": ")
    return line.startswith(("Returns ", "Throws ", "Source:")) or bool(colon and name in names)
