"""The same function in fewer nodes."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from pybridge._boundary import boundary
from pybridge.graphs._graph import Node, read
from pybridge.graphs._symbols import Builder, Ref, Symbol

ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": lambda x, y: x**y if abs(y) < 64 else math.nan,
    "maximum": max,
    "minimum": min,
    "negative": operator.neg,
    "absolute": abs,
    "square": lambda x: x * x,
}


@boundary
def simplify(graph: dict[str, Any]) -> dict[str, Any]:
    """Make a graph smaller: compute what is known, drop what changes nothing, keep one of what is computed twice.

    It takes inputs to be floating and finite, numbers to be exact and zero to have no sign; NaN stays NaN. It takes the
    output of a differentiated graph to be a single number, which it then no longer checks.

    Args:
        graph: the graph.

    Returns:
        A graph with the same inputs and the same outputs.

    Raises:
        GraphError: a malformed graph.

    >>> from pybridge.graphs import derivative, from_form, to_form
    >>> to_form(simplify(derivative(from_form(["+", ["*", 2, "x"], 3]), ["x"])))
    2.0
    """
    graph = read(graph)
    builder = _Simplifier(graph.inputs)
    symbols = {name: builder.input(name) for name in graph.inputs}
    for node in graph.needed():
        symbols[node.id] = builder.add(node.op, tuple(symbols[arg].ref for arg in node.args), node.attrs, node.id)
    return builder.graph(symbols[name] for name in graph.outputs)


class _Simplifier(Builder):
    """A builder that looks for something simpler before it adds a node."""

    def add(self, op: str, args: tuple[Ref, ...], attrs: dict[str, Any], id: str | None = None) -> Symbol:
        symbols = [Symbol(self, arg) for arg in args]
        numbers = [_number(symbol) for symbol in symbols]
        if op in ARITHMETIC and None not in numbers:
            value = _computed(ARITHMETIC[op], numbers)
            if value is not None:
                return self.constant(value)
        simpler = RULES[op](*symbols, **attrs) if op in RULES else None
        return super().add(op, args, attrs, id) if simpler is None else simpler


def _number(symbol: Symbol) -> int | float | Any:
    return symbol.node.number if symbol.node else None


def _computed(function: Callable[..., Any], numbers: list[int | float]) -> int | float | None:
    try:
        value = function(*numbers) if all(map(math.isfinite, numbers)) else math.nan
    except ArithmeticError:
        return None
    return value if isinstance(value, (int, float)) and abs(value) < 2**63 else None


def _is(symbol: Symbol, op: str) -> Node | None:
    return symbol.node if symbol.node and symbol.node.op == op else None


def _arg(symbol: Symbol, place: int = 0) -> Symbol:
    return Symbol(symbol.builder, symbol.node.args[place])  # type: ignore[union-attr]  # `_is` has seen its node


def _add(x: Symbol, y: Symbol) -> Symbol | None:
    if _number(x) == 0:
        return y
    if _number(y) == 0:
        return x
    if _is(y, "negative"):
        return x - _arg(y)
    return _collected(x, y, operator.add)


def _subtract(x: Symbol, y: Symbol) -> Symbol | None:
    if _number(y) == 0:
        return x
    if _number(x) == 0:
        return -y
    if _is(y, "negative"):
        return x + _arg(y)
    return _collected(x, y, operator.sub)


def _collected(x: Symbol, y: Symbol, combine: Callable[..., Any]) -> Symbol | None:
    """2 z + z, which is 3 z."""
    (many, part), (more, other) = _term(x), _term(y)
    return combine(many, more) * part if part.ref == other.ref and combine(many, more) != 0 else None


def _term(x: Symbol) -> tuple[int | float, Symbol]:
    if _is(x, "multiply") and _number(_arg(x)) is not None:
        return _number(_arg(x)), _arg(x, 1)
    return 1, x


def _multiply(x: Symbol, y: Symbol) -> Symbol | None:
    if x.ref == y.ref and _number(x) is None:
        return x.apply("square", x)
    if _number(y) is not None and _number(x) is None:
        return y * x
    if _number(x) == 1:
        return y
    if _number(x) == -1:
        return -y
    if _is(x, "negative"):
        return -(_arg(x) * y)
    if _is(y, "negative"):
        return -(x * _arg(y))
    if _number(x) is not None and _is(y, "multiply") and _number(_arg(y)) is not None:
        return (x * _arg(y)) * _arg(y, 1)
    if _is(x, "multiply") and _number(_arg(x)) is not None:
        return _arg(x) * (_arg(x, 1) * y)
    if _is(y, "multiply") and _number(_arg(y)) is not None:
        return _arg(y) * (x * _arg(y, 1))
    return None


def _divide(x: Symbol, y: Symbol) -> Symbol | None:
    return x if _number(y) == 1 else None


def _power(x: Symbol, y: Symbol) -> Symbol | None:
    if _number(y) == 1:
        return x
    if _number(y) == 2:
        return x.apply("square", x)
    return None


def _negative(x: Symbol) -> Symbol | None:
    if _is(x, "negative"):
        return _arg(x)
    if _is(x, "multiply") and _number(_arg(x)) is not None:
        return -_number(_arg(x)) * _arg(x, 1)
    return None


def _transpose(x: Symbol, axes: list[int] | None = None) -> Symbol | None:
    inner = _is(x, "transpose")
    return _arg(x) if axes is None and inner and not inner.attrs else None


def _reshape(x: Symbol, shape: list[int]) -> Symbol | None:
    return x.apply("reshape", _arg(x), shape=shape) if _is(x, "reshape") else None


def _unbroadcast(g: Symbol, x: Symbol) -> Symbol | None:
    inner = _is(g, "unbroadcast")
    return g if g.ref == x.ref or (inner and inner.args[1] == x.ref) else None


def _seed(y: Symbol) -> Symbol:
    return y.builder.constant(1.0)


RULES: dict[str, Callable[..., Any]] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "power": _power,
    "negative": _negative,
    "transpose": _transpose,
    "reshape": _reshape,
    "unbroadcast": _unbroadcast,
    "seed": _seed,
}
