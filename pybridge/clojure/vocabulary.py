"""What the names of the Python API are called in Clojure."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pybridge._names import function_name, kebab

__all__ = ["BUILTINS", "CONSTANTS", "OPERATORS", "Vocabulary", "alias", "clojure_name"]

OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "t/matmul", ast.Pow: "t/power"}
BUILTINS = {
    "len": "count",
    "sorted": "sort",
    "list": "vec",
    "next": "first",
    "range": "range",
    "tf.constant": "t/tensor",
    "tf.reduce_mean": "t/mean",
    "tf.reduce_sum": "t/sum",
    "tf.square": "t/square",
    "tf.Variable": "t/variable",
}
CONSTANTS = {
    "math.pi": "Math/PI",
    "np.pi": "Math/PI",
    "math.inf": "##Inf",
    "np.inf": "##Inf",
    "math.nan": "##NaN",
    "np.nan": "##NaN",
}


def clojure_name(name: str, definition: Any) -> str:
    """What a public name of the Python API is called in Clojure."""
    return kebab(function_name(name)) + ("!" if getattr(definition, "__mutates__", False) else "")


def alias(subject: str) -> str:
    """The alias under which docstrings and the book require a subject."""
    return "t" if subject == "tensors" else subject


@dataclass(frozen=True)
class Vocabulary:
    """The names that docstrings mention: functions by their dotted Python name, and the options of all of them."""

    functions: dict[str, Callable[..., Any]]
    options: frozenset[str]

    def find(
        self, name: str, subject: str, imported: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[str, str, Callable[..., Any]] | None:
        """The subject, name and definition of a function of ours that code of a subject calls by this name."""
        of, _, last = imported.get(name, name).removeprefix("pybridge.").rpartition(".")
        of = imported.get(of, of).removeprefix("pybridge.") or subject
        of = "tensors" if of == "t" else of
        definition = self.functions.get(f"{of}.{last}")
        return (of, last, definition) if definition is not None else None

    def function(self, name: str, subject: str) -> str | None:
        """The Clojure name of a function: alone if it is written so, else qualified; None for anything else.

        >>> Vocabulary({"autodiff.gradient": len}, frozenset()).function("autodiff.gradient", "tensors")
        'autodiff/gradient'
        """
        found = self.find(name, subject)
        if found is None:
            return None
        return (f"{alias(found[0])}/" if "." in name else "") + clojure_name(found[1], found[2])
