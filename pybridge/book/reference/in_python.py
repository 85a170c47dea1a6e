"""What Python's docstrings say of a name, and their examples as somebody would write them."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
from typing import Any

from pybridge._names import snake
from pybridge.book.reference.model import Half, alias
from pybridge.clojure.docstrings import entries, sections

_IMPORTS = {
    "keras": "import keras",
    "np": "import numpy as np",
    "t": "from pybridge import tensors as t",
    "tf": "import tensorflow as tf",
}


def python_half(name: str, definition: Any, doc: str, example: str = "") -> Half:
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
    owner = snake(cls) if cls else alias(subject)
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
    short = alias(subject)
    used = {node.id for each in examples for node in ast.walk(ast.parse(each.source)) if isinstance(node, ast.Name)}
    imported = [
        doctest.Example(_IMPORTS[name], "") for name in sorted((used - taken) & _IMPORTS.keys()) if name != short
    ]
    return imported + [
        doctest.Example(_prefixed(each.source, names, short), each.want, each.exc_msg) for each in examples
    ]


def _bound(source: str) -> set[str]:
    """The names that code binds."""
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
