"""Clojure forms as data, and as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

__all__ = [
    "Form",
    "Tree",
    "Untranslated",
    "call",
    "deref",
    "flat",
    "is_dereferenced",
    "number",
    "plain",
    "render",
    "vector",
]

WIDTH = 116


class Untranslated(ValueError):
    """A piece of Python that has no form here; the message says which."""


class Form(NamedTuple):
    """A list, vector or map, perhaps behind a reader's mark such as `@`."""

    brackets: str
    items: tuple[Tree, ...]
    mark: str = ""


Tree = str | Form


def call(*items: Tree) -> Form:
    return Form("()", items)


def vector(items: Sequence[Tree]) -> Form:
    return Form("[]", tuple(items))


def deref(tree: Tree) -> Tree:
    return tree._replace(mark="@" + tree.mark) if isinstance(tree, Form) else "@" + tree


def is_dereferenced(tree: Tree) -> bool:
    return (tree.mark if isinstance(tree, Form) else tree).startswith("@")


def plain(tree: Tree) -> Tree:
    """What a dereferenced form reads."""
    return tree._replace(mark=tree.mark[1:]) if isinstance(tree, Form) else tree[1:]


def flat(tree: Tree) -> str:
    if isinstance(tree, str):
        return tree
    items = [flat(item) for item in tree.items]
    if tree.brackets == "{}":
        items = [" ".join(items[i : i + 2]) for i in range(0, len(items), 2)]
    return tree.mark + tree.brackets[0] + (", " if tree.brackets == "{}" else " ").join(items) + tree.brackets[1]


def render(tree: Tree, column: int = 0) -> str:
    """A form as text, broken into lines where it is too wide, or binds names.

    >>> print(render(call("let", vector(["x", "1"]), call("inc", "x"))))
    (let [x 1]
      (inc x))
    """
    text = flat(tree)
    if isinstance(tree, str) or (column + len(text) <= WIDTH and "(let " not in text):
        return text
    start = column + len(tree.mark) + 1
    head = tree.mark + tree.brackets[0]
    if tree.brackets == "()" and tree.items[0] in ("let", "fn", "for"):
        bindings = _bindings(tree.items[1], start + len(tree.items[0]) + 1)
        lines = [f"{tree.items[0]} {bindings}", *(render(item, start + 1) for item in tree.items[2:])]
        return head + ("\n" + " " * (start + 1)).join(lines) + ")"
    if tree.brackets == "()" and len(tree.items) > 1:
        name = flat(tree.items[0])
        start += len(name) + 1
        return f"{head}{name} " + ("\n" + " " * start).join(_lines(tree.items[1:], start)) + ")"
    separator = (",\n" if tree.brackets == "{}" else "\n") + " " * start
    return head + separator.join(_lines(tree.items, start)) + tree.brackets[1]


def _bindings(bindings: Any, column: int) -> str:
    names, values = bindings.items[::2], bindings.items[1::2]
    pairs = [
        f"{flat(name)} {render(value, column + len(flat(name)) + 2)}" for name, value in zip(names, values, strict=True)
    ]
    return "[" + ("\n" + " " * (column + 1)).join(pairs) + "]"


def _lines(items: Sequence[Tree], column: int) -> list[str]:
    """The items as lines, as many on each as fit; a keyword on the line of its value."""
    lines: list[str] = []
    for unit in _units(items):
        texts = (
            [flat(unit[0]), render(unit[1], column + len(flat(unit[0])) + 1)] if unit[1:] else [render(unit[0], column)]
        )
        text = " ".join(texts)
        if lines and "\n" not in lines[-1] + text and column + len(lines[-1]) + len(text) < WIDTH:
            lines[-1] += " " + text
        else:
            lines.append(text)
    return lines


def _units(items: Sequence[Tree]) -> list[list[Tree]]:
    units: list[list[Tree]] = []
    for item in items:
        if units and len(units[-1]) == 1 and isinstance(units[-1][0], str) and units[-1][0].startswith(":"):
            units[-1].append(item)
        else:
            units.append([item])
    return units


def number(value: complex) -> str:
    """A number as Clojure prints it.

    >>> number(1e-07), number(25000000.0), number(float("nan")), number(1j)
    ('1.0E-7', '2.5E7', '##NaN', '{:re 0.0, :im 1.0}')
    """
    if isinstance(value, complex):
        return f"{{:re {number(value.real)}, :im {number(value.imag)}}}"
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return "##NaN" if math.isnan(value) else "##Inf" if value > 0 else "##-Inf"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    digits, exponent = f"{Decimal(repr(value)).normalize():E}".split("E")
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"
