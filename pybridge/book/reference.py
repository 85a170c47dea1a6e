"""The API reference as data: every public name in both languages, each as its own docstring and examples say it."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pybridge._names import snake
from pybridge._places import place
from pybridge.book.clojure_source import Definition, read_definitions, read_docstring
from pybridge.clojure.codegen import SUBJECTS, clojure_name
from pybridge.clojure.docstrings import entries, sections

__all__ = ["Entry", "Half", "Subject", "bridge_examples", "read_reference"]

_EXAMPLES = Path(__file__).with_name("bridge_examples.txt")
_LANGUAGES = ("Python", "Clojure")
_ALIASES = {"tensors": "t", "core": "pb"}
_IMPORTS = {
    "keras": "import keras",
    "np": "import numpy as np",
    "t": "from pybridge import tensors as t",
    "tf": "import tensorflow as tf",
}
_OPERATORS = {"+": "x + y", "-": "x - y", "*": "x * y", "/": "x / y", "mod": "x % y", "pow": "x ** y", "abs": "abs(x)"}
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


@dataclass(frozen=True)
class Half:
    """What one language says of a name.

    Attributes:
        name: as it is written in that language, "losses/mean-squared-error".
        forms: how it is called, one form for each way.
        text: what it is for.
        arguments: pairs of a name and what it takes.
        result: what it returns.
        errors: what it raises, a sentence each.
        example: code with its results, or "".
    """

    name: str
    forms: list[str]
    text: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    result: str = ""
    errors: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True)
class Entry:
    """A public function, macro, class, method or variable.

    Attributes:
        id: where the page has it, "losses.mean_squared_error".
        names: what a reader may call it, in either language and under the usual aliases.
        python: what Python says of it, None where only Clojure has it.
        clojure: what Clojure says of it, None where only Python has it.
        source: where it comes from, or "".
    """

    id: str
    names: list[str]
    python: Half | None
    clojure: Half | None
    source: str = ""

    @property
    def halves(self) -> dict[str, Half]:
        """What there is, by language."""
        both = {"python": self.python, "clojure": self.clojure}
        return {language: half for language, half in both.items() if half}

    @property
    def told(self) -> list[tuple[Half, str]]:
        """What to tell of it, and under which settings of the switch; once where both languages say the same."""
        said = {language: half for language, half in self.halves.items() if half.text}
        if len(said) == 2:
            python, clojure = said.values()
            if _saying(python) != _saying(clojure):
                return [(python, "python both"), (clojure, "clojure")]
        return [(half, "python clojure both") for half in list(said.values())[:1]]

    @property
    def titles(self) -> list[str]:
        """Its name in each language, once where they are alike but for the sign between."""
        names = [half.name for half in self.halves.values() if half.name not in _LANGUAGES]
        return [name for at, name in enumerate(names) if at == 0 or name.replace("/", ".") != names[0]] or [self.id]

    @property
    def shown(self) -> str:
        """The name alone, as Python spells it where Python has it."""
        return self.id.partition(".")[2]

    @property
    def longest(self) -> int:
        """How many characters the longest line of its examples has."""
        lines = [line for half in self.halves.values() for line in half.example.splitlines()]
        return max(map(len, lines), default=0)


@dataclass(frozen=True)
class Subject:
    """A module of the stable API.

    Attributes:
        name: "tensors".
        purpose: what it is for.
        entries: its names in the API's order.
        setting: what comes before the examples, by language.
    """

    name: str
    purpose: str
    entries: list[Entry]
    setting: dict[str, str]


def _saying(half: Half) -> tuple[object, ...]:
    words = [" ".join(text.split()) for text in (half.text, half.result[:1].lower() + half.result[1:])]
    return *words, half.arguments, half.errors


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
        Entry(f"{subject}.{name}", _names(subject, name), None, _clojure_half(subject, definition))
        for name, definition in definitions.items()
        if name not in told
    ]
    purpose = inspect.cleandoc(module.__doc__ or "").split("\n\n")[0]
    return Subject(subject, purpose, listed, _setting(subject))


def _setting(subject: str) -> dict[str, str]:
    alias = _ALIASES.get(subject, subject)
    renamed = f" as {alias}" if alias != subject else ""
    return {
        "python": f"from pybridge import {subject}{renamed}",
        "clojure": f"(require '[pybridge.{subject} :as {alias}])",
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
    spelled = [
        f"{prefix}{name}" for name in names for prefix in (f"{subject}.", f"{_ALIASES.get(subject, subject)}.", "")
    ]
    return list(dict.fromkeys(spelled))


def _entry(subject: str, name: str, definition: Any, clojure: Definition | None) -> Entry:
    doc = inspect.getdoc(definition) or ""
    names = [name, *([clojure.name] if clojure else []), name.rpartition(".")[2]]
    return Entry(
        f"{subject}.{name}",
        _names(subject, *dict.fromkeys(names)),
        _python_half(f"{subject}.{name}", definition, doc),
        _clojure_half(subject, clojure) if clojure else None,
        sections(doc).get("Source", ""),
    )


def _python_half(name: str, definition: Any, doc: str, example: str = "") -> Half:
    parts = sections(doc)
    subject, _, own_name = name.partition(".")
    pairs = (entry.partition(": ") for entry in entries(parts.get("Args", "")))
    own = "".join(_typed(each.source) + each.want for each in _qualified(doc, subject)).rstrip()
    return Half(
        name,
        [_python_form(subject, own_name, definition)],
        parts.get("", ""),
        tuple((argument, text) for argument, _, text in pairs),
        parts.get("Returns", ""),
        tuple(entries(parts.get("Raises", ""))),
        example or own,
    )


def _python_form(subject: str, name: str, definition: Any) -> str:
    """A call as it is typed; of a method, on an object that is named after its class."""
    cls, _, method = name.rpartition(".")
    owner = snake(cls) if cls else _ALIASES.get(subject, subject)
    return f"{owner}.{method}{_parameters(definition)}"


def _parameters(definition: Any) -> str:
    if isinstance(definition, property) or not callable(definition):
        return ""
    parameters = [
        parameter.replace(annotation=parameter.empty)
        for parameter in inspect.signature(definition).parameters.values()
        if parameter.name != "self"
    ]
    return str(inspect.Signature(parameters))


def _typed(source: str) -> str:
    """Python as it is typed at a prompt."""
    return "".join(f"{'... ' if at else '>>> '}{line}".rstrip() + "\n" for at, line in enumerate(source.splitlines()))


def _qualified(doc: str, subject: str) -> list[doctest.Example]:
    """The doctests of a docstring as somebody would write them who has imported the module and not its names."""
    module = importlib.import_module(f"pybridge.{subject}")
    examples = doctest.DocTestParser().get_examples(doc)
    taken = {name for each in examples for name in _bound(each.source)}
    names = {name for name in module.__all__ if name not in taken}
    alias = _ALIASES.get(subject, subject)
    used = {node.id for each in examples for node in ast.walk(ast.parse(each.source)) if isinstance(node, ast.Name)}
    imported = [
        doctest.Example(_IMPORTS[name], "") for name in sorted((used - taken) & _IMPORTS.keys()) if name != alias
    ]
    return imported + [
        doctest.Example(_prefixed(each.source, names, alias), each.want, each.exc_msg) for each in examples
    ]


def _bound(source: str) -> set[str]:
    """The names that code gives a meaning of its own."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.alias(name=name, asname=asname):
                found.add(asname or name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                found.add(name)
    return found


def _prefixed(source: str, names: set[str], alias: str) -> str:
    uses = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and node.id in names]
    lines = source.splitlines()
    for node in sorted(uses, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        line = lines[node.lineno - 1].encode()
        before, after = line[: node.col_offset].decode(), line[node.col_offset :].decode()
        lines[node.lineno - 1] = f"{before}{alias}.{after}"
    return "\n".join(lines) + "\n"


def _clojure_half(subject: str, definition: Definition, example: str = "") -> Half:
    told = read_docstring(definition)
    alias = _ALIASES.get(subject, subject)
    options = {option for arglist in definition.arglists for option in _options(arglist)}
    return Half(
        f"{subject}/{definition.name}",
        [_called(f"{alias}/{definition.name}", arglist) for arglist in definition.arglists],
        told.text,
        tuple((f":{name}" if name in options else name, text) for name, text in told.arguments),
        told.result,
        tuple(told.errors),
        example or "\n\n".join(_named(each, definition.name, alias) for each in told.examples),
    )


def _named(example: str, name: str, alias: str) -> str:
    """An example in which a function is called by the alias of its namespace."""
    return f"({alias}/{example[1:]}" if example.startswith(f"({name} ") else example


def _options(arglist: str) -> list[str]:
    keys = re.search(r"& \{:keys \[(.*?)\]\}", arglist)
    return keys[1].split() if keys else re.findall(r":([\w-]+)", arglist.partition("{")[0])


def _called(name: str, arglist: str) -> str:
    """A call as it is typed: `x & {:keys [axis keepdims]}` is x :axis … :keepdims …"""
    typed = re.sub(
        r"& \{:keys \[(.*?)\]\}", lambda found: " ".join(f":{option} …" for option in found[1].split()), arglist
    )
    return f"({name} {typed}".rstrip() + ")"


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
                _clojure_half(subject, definition, example.get("clojure", "")),
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
        half = _python_half(f"clojure.{name}", definition, doc, example.get("python", ""))
        other = Half("Clojure", [], example=example.get("clojure", "")) if example.get("clojure") else None
        listed.append(Entry(f"clojure.{name}", _names("clojure", name), half, other))
    purpose = inspect.cleandoc(module.__doc__ or "").split("\n\n")[0]
    return Subject("clojure", purpose, listed, {"python": "from pybridge import clojure"})


_DOCUMENTED = {"clj": "The session's own variables: `clj.x` is what `(def x …)` defined in the namespace `user`."}
