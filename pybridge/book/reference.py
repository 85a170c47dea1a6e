"""The API reference as data: every public function with its Python form, its Clojure form and its docstring."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pybridge._places import place
from pybridge.clojure.codegen import SUBJECTS, clojure_name
from pybridge.clojure.docstrings import entries, sections

__all__ = ["Entry", "Subject", "read_reference"]


@dataclass(frozen=True)
class Entry:
    """What the page says of one function or class.

    Attributes:
        name: its Python name.
        python: the Python form, a call with the parameters' names and defaults.
        clojure: the Clojure form.
        text: the first paragraphs of its docstring.
        arguments: pairs of a name and what it takes.
        result: what it returns.
        errors: what it raises, a sentence each.
        source: where it comes from, or "".
        example: the doctest as it would be typed.
    """

    name: str
    python: str
    clojure: str
    text: str
    arguments: list[tuple[str, str]]
    result: str
    errors: list[str]
    source: str
    example: str


@dataclass(frozen=True)
class Subject:
    """A module of the stable API.

    Attributes:
        name: "tensors".
        purpose: what it is for.
        entries: its functions and classes in the API's order.
    """

    name: str
    purpose: str
    entries: list[Entry]


def read_reference() -> Iterator[Subject]:
    """Read the stable API, subject by subject."""
    for subject in SUBJECTS:
        module = importlib.import_module(f"pybridge.{subject}")
        arglists = _arglists(subject)
        purpose = inspect.cleandoc(module.__doc__ or "").split("\n\n")[0]
        yield Subject(
            subject, purpose, [_entry(subject, name, getattr(module, name), arglists) for name in module.__all__]
        )


def _arglists(subject: str) -> dict[str, str]:
    """Name of a Clojure function -> its arguments, as the generated namespace has them."""
    source = (place("clj") / "pybridge" / f"{subject}.clj").read_text(encoding="utf-8")
    found = {}
    for definition in re.split(r"^\(defn ", source, flags=re.MULTILINE)[1:]:
        shown = re.search(r":arglists '\(\[(.*?)\]\)\}", definition, re.DOTALL) or re.search(
            r"^  \[(.*?)\]$", definition, re.MULTILINE
        )
        found[definition.split()[0]] = " ".join(shown[1].split()) if shown else ""
    return found


def _entry(subject: str, name: str, definition: Callable[..., Any], arglists: dict[str, str]) -> Entry:
    doc = inspect.getdoc(definition) or ""
    parts = sections(doc)
    clojure = clojure_name(name, definition)
    pairs = (entry.partition(": ") for entry in entries(parts.get("Args", "")))
    return Entry(
        name,
        f"{subject}.{name}{_python_parameters(definition)}",
        f"({subject}/{clojure} {_clojure_arguments(arglists[clojure])}".rstrip() + ")",
        parts[""],
        [(argument, text) for argument, _, text in pairs],
        parts.get("Returns", ""),
        entries(parts.get("Raises", "")),
        parts.get("Source", ""),
        "".join(f">>> {example.source}".rstrip() + "\n" + example.want for example in _examples(doc)),
    )


def _python_parameters(definition: Callable[..., Any]) -> str:
    parameters = inspect.signature(definition).parameters.values()
    return str(inspect.Signature([parameter.replace(annotation=parameter.empty) for parameter in parameters]))


def _clojure_arguments(arglist: str) -> str:
    """Options as they are typed: `x & {:keys [axis keepdims]}` is x :axis … :keepdims …"""
    return re.sub(
        r"& \{:keys \[(.*?)\]\}", lambda found: " ".join(f":{option} …" for option in found[1].split()), arglist
    )


def _examples(doc: str) -> list[doctest.Example]:
    return doctest.DocTestParser().get_examples(doc)
