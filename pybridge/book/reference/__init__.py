"""The API reference as data: every public name in both languages, each as its own docstring and examples say it."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pybridge._places import place
from pybridge.book.clojure_source import Definition, read_definitions
from pybridge.book.reference.in_clojure import clojure_half
from pybridge.book.reference.in_python import python_half
from pybridge.book.reference.model import Entry, Half, Subject, alias
from pybridge.clojure.codegen import SUBJECTS, clojure_name
from pybridge.clojure.docstrings import sections

__all__ = ["Entry", "Half", "Subject", "bridge_examples", "read_reference"]

_EXAMPLES = Path(__file__).with_name("bridge_examples.txt")
_OPERATORS = {"+": "x + y", "-": "x - y", "*": "x * y", "/": "x / y", "mod": "x % y", "pow": "x ** y", "abs": "abs(x)"}
_DOCUMENTED = {"clj": "The session's own variables: `clj.x` is what `(def x …)` defined in the namespace `user`."}
_OF_TENSORS = {
    "max": "maximum(x, y)",
    "min": "minimum(x, y)",
    "asin": "arcsin(x)",
    "acos": "arccos(x)",
    "atan": "arctan(x)",
    "atan2": "arctan2(y, x)",
    "rint": "round(x)",
    "signum": "sign(x)",
}


def read_reference() -> Iterator[Subject]:
    """Read the stable API: the subjects, then what reaches Python from Clojure, arithmetic, and Clojure from Python."""
    for subject in SUBJECTS:
        yield _subject(subject)
    yield _of_clojure(
        "core", "Start Python, and reach anything in it: modules, attributes, calls, items, context managers."
    )
    yield _of_clojure("ops", "Arithmetic over numbers, tensors and the symbols of a graph alike.")
    yield _of_python()


def bridge_examples() -> dict[str, dict[str, str]]:
    """The examples of names that only one language has: "core/call" -> the code of each language."""
    text = _EXAMPLES.read_text(encoding="utf-8")
    parts = re.split(r"^;;; (\S+/\S+)\n", text, flags=re.MULTILINE)[1:]
    found = {}
    for name, example in zip(parts[::2], parts[1::2], strict=True):
        clojure, _, python = example.partition(";;; python\n")
        found[name] = {"clojure": clojure.strip(), "python": python.strip()}
    return found


def _subject(subject: str) -> Subject:
    module = importlib.import_module(f"pybridge.{subject}")
    definitions = {each.name: each for each in _definitions(subject)}
    listed, told = [], set()
    for name, definition in _public(module):
        own = clojure_name(name.rpartition(".")[2], definition)
        told.add(own)
        listed.append(_entry(subject, name, definition, definitions.get(own)))
    listed += [
        Entry(f"{subject}.{name}", _names(subject, name), None, clojure_half(subject, definition))
        for name, definition in definitions.items()
        if name not in told
    ]
    purpose = inspect.cleandoc(module.__doc__ or "").split("\n\n")[0]
    return Subject(subject, purpose, listed, _setting(subject))


def _setting(subject: str) -> dict[str, str]:
    short = alias(subject)
    renamed = f" as {short}" if short != subject else ""
    return {
        "python": f"from pybridge import {subject}{renamed}",
        "clojure": f"(require '[pybridge.{subject} :as {short}])",
    }


def _public(module: Any) -> Iterator[tuple[str, Any]]:
    """The public names of a module with what they are, and the methods of its classes as `Class.method`."""
    classes = []
    for name in module.__all__:
        definition = getattr(module, name)
        yield name, definition
        if inspect.isclass(definition):
            classes.append((name, definition))
    for name, cls in classes:
        inherited = {each for base in cls.__mro__[1:] for each in vars(base)}
        for method, definition in vars(cls).items():
            function = definition.fget if isinstance(definition, property) else definition
            if not method.startswith("_") and method not in inherited and inspect.isfunction(function):
                yield f"{name}.{method}", definition


def _definitions(subject: str) -> list[Definition]:
    return read_definitions(place("clj") / "pybridge" / f"{subject}.clj")


def _names(subject: str, *names: str) -> list[str]:
    """A name alone, and behind the subject or its alias."""
    spelled = [f"{prefix}{name}" for name in names for prefix in (f"{subject}.", f"{alias(subject)}.", "")]
    return list(dict.fromkeys(spelled))


def _entry(subject: str, name: str, definition: Any, clojure: Definition | None) -> Entry:
    doc = inspect.getdoc(definition) or ""
    names = [name, *([clojure.name] if clojure else []), name.rpartition(".")[2]]
    return Entry(
        f"{subject}.{name}",
        _names(subject, *dict.fromkeys(names)),
        python_half(f"{subject}.{name}", definition, doc),
        clojure_half(subject, clojure) if clojure else None,
        sections(doc).get("Source", ""),
    )


def _of_clojure(subject: str, purpose: str) -> Subject:
    """A namespace that only Clojure calls, with what Python writes instead where there is something."""
    examples = bridge_examples()
    listed = []
    for definition in _definitions(subject):
        example = examples.get(f"{subject}/{definition.name}", {})
        python = example.get("python", "")
        forms = [_in_python(definition.name)] if subject == "ops" else []
        half = Half("Python", forms, example=python) if python or forms else None
        listed.append(
            Entry(
                f"{subject}.{definition.name}",
                _names(subject, definition.name),
                half,
                clojure_half(subject, definition, example.get("clojure", "")),
            )
        )
    setting = {"clojure": _setting(subject)["clojure"]}
    if subject == "ops":
        names = " ".join(definition.name for definition in _definitions(subject)[:4])
        setting = {
            "python": "from pybridge import tensors as t",
            "clojure": f"(:refer-clojure :exclude [{names}])\n(:require [pybridge.ops :refer [{names}]])",
        }
    return Subject(subject, purpose, listed, setting)


def _in_python(name: str) -> str:
    return _OPERATORS.get(name) or f"t.{_OF_TENSORS.get(name) or f'{name}(x)'}"


def _of_python() -> Subject:
    """The module that only Python calls."""
    module = importlib.import_module("pybridge.clojure")
    examples = bridge_examples()
    listed = []
    for name in sorted(module.__all__, key=str.lower):
        definition, example = getattr(module, name), examples.get(f"clojure/{name}", {})
        doc = (inspect.getdoc(definition) or "") if callable(definition) else _DOCUMENTED[name]
        half = python_half(f"clojure.{name}", definition, doc, example.get("python", ""))
        other = Half("Clojure", [], example=example.get("clojure", "")) if example.get("clojure") else None
        listed.append(Entry(f"clojure.{name}", _names("clojure", name), half, other))
    purpose = inspect.cleandoc(module.__doc__ or "").split("\n\n")[0]
    return Subject("clojure", purpose, listed, {"python": "from pybridge import clojure"})
