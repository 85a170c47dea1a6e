"""Graphs as forms, the way a program is written: nested lists that begin with an operation."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from typing import Any

from pybridge import tensors as t
from pybridge._arguments import shown
from pybridge._boundary import boundary
from pybridge.errors import ConversionError, DtypeError, GraphError, ShapeError
from pybridge.graphs._graph import Node, read
from pybridge.graphs._operations import OPERATIONS, Operation, named
from pybridge.graphs._symbols import Builder, Symbol

FOLDED = {
    **{"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "max": "maximum", "min": "minimum"},
    **{"and": "logical_and", "or": "logical_or"},
}
ALONE = {"-": "negative", "max": "max", "min": "min"}
SHORT = {
    **{"**": "power", "pow": "power", "@": "matmul", "abs": "absolute", "%": "mod", "//": "floor_divide"},
    **{"=": "equal", "==": "equal", "not=": "not_equal", "!=": "not_equal", "not": "logical_not"},
    **{"<": "less", ">": "greater", "<=": "less_equal", ">=": "greater_equal"},
    **{"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "signum": "sign", "rint": "round"},
}
WRITTEN = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "negative": "-"}
LARGEST = 1_000_000


@boundary
def from_form(form: object) -> dict[str, Any]:
    """Make a graph of a program written as data: Clojure's quoted code, or nested lists.

    A sequence that begins with the name of an operation is a call; a string is an input; a number, or a list of
    numbers, is a constant. What an operation takes besides tensors stands where its function has it, or by name in
    a map at the end: `["sum", "x", 0]` is `["sum", "x", {"axis": 0}]`.

    `+ - * / and or` take any number of arguments, as in Clojure, and so do `max` and `min`, which with one argument are
    the reductions. `** @ % // = == not= != < <= > >= not abs` are short names too, and so are Math's `pow`, `asin`,
    `acos`, `atan`, `atan2`, `signum` and `rint`.

    Args:
        form: the program; `{"constant": x}`, with a `dtype` if wanted, is a constant that may be anything tensor-like.

    Returns:
        The graph; its inputs stand in the order in which the form names them.

    Raises:
        GraphError: an unknown operation, or arguments that do not fit it.

    >>> line = from_form(["+", ["*", 2, "x"], 3])
    >>> line["inputs"], [node["op"] for node in line["nodes"]]
    (['x'], ['constant', 'multiply', 'constant', 'add'])
    """
    builder = Builder()
    done: dict[int, Symbol] = {}  # a list that occurs twice is one value
    begun: set[int] = set()
    calls = [_Call(None, "", iter([form]), {})]
    while True:
        call = calls[-1]
        for part in call.parts:
            if id(part) in done:
                call.symbols.append(done[id(part)])
            elif id(part) in begun and _is_call(part):
                raise GraphError(f"a form holds itself: {_shown(part)}")
            elif _is_call(part):
                begun.add(id(part))
                calls.append(_opened(part))
                break
            else:
                call.symbols.append(_leaf(builder, part))
        else:
            calls.pop()
            if not calls:
                return builder.graph(call.symbols)
            symbol = call.close(builder)
            done[id(call.form)] = symbol
            calls[-1].symbols.append(symbol)


@boundary
def to_form(graph: dict[str, Any]) -> list[Any] | str | int | float | bool | dict[str, Any]:
    """Write a graph as a form, which `from_form` reads again.

    Args:
        graph: a graph with one output.

    Returns:
        Nested lists; a value that is used twice is written twice.

    Raises:
        GraphError: a malformed graph, several outputs, or so many shared values that the form would be endless.

    >>> to_form(from_form(["+", ["*", 2, "x"], 3]))
    ['+', ['*', 2, 'x'], 3]
    """
    graph = read(graph)
    output = graph.only_output("a form")
    nodes = graph.needed()
    _check_size(graph.inputs, nodes)
    forms: dict[str, Any] = {name: name for name in graph.inputs}
    for node in nodes:
        forms[node.id] = _written(node, forms)
    return forms[output]


def _check_size(inputs: list[str], nodes: list[Node]) -> None:
    """See that a form stays a form where what is shared is written out each time.

    Raises:
        GraphError: it would not.
    """
    sizes = dict.fromkeys(inputs, 1)
    for node in nodes:
        sizes[node.id] = 1 + sum(sizes[arg] for arg in node.args)
        if sizes[node.id] > LARGEST:
            raise GraphError(
                f"written as a form this graph would repeat what it shares, in more than {LARGEST} parts; keep it"
            )


class _Call:
    """A call that is being read: its operation, the arguments still to come, and those read."""

    def __init__(self, form: object, op: str, parts: Iterator[Any], attrs: dict[str, Any]) -> None:
        self.form, self.op, self.parts, self.attrs = form, op, parts, attrs
        self.symbols: list[Symbol] = []

    def close(self, builder: Builder) -> Symbol:
        name, symbols = self.op, self.symbols
        if name in FOLDED and len(symbols) > 1 and not self.attrs:
            return functools.reduce(lambda x, y: builder.apply(FOLDED[name], [x, y], {}), symbols)
        if name in ("+", "*", "and", "or") and len(symbols) == 1:
            return symbols[0]
        if name == "/" and len(symbols) == 1:
            name, symbols = "divide", [builder.constant(1), *symbols]
        operation = named(ALONE.get(name) or FOLDED.get(name, name))
        if not operation.takes(len(symbols)):
            raise GraphError(f"{operation.usage}: got {len(symbols)} arguments in {_shown(self.form)}")
        return builder.apply(operation.name, symbols, self.attrs)


def _is_call(form: object) -> bool:
    return isinstance(form, (list, tuple)) and len(form) > 0 and isinstance(form[0], str)


def _opened(form: list[Any] | tuple[Any, ...]) -> _Call:
    """The call that a list is: arguments to be read, and attributes."""
    name, *parts = form
    name = name.rpartition("/")[2] or name  # quoted Clojure may say t/matmul
    name = SHORT.get(name, name)
    options = {}
    if parts and isinstance(parts[-1], dict) and "constant" not in parts[-1]:
        options = parts.pop()
    _check_options(name, parts)
    if name == "clip":
        return _opened(_clipped(form, parts, options))
    if name not in FOLDED:
        parts, options = _sorted(named(name), parts, options, form)
    return _Call(form, name, iter(parts), options)


def _clipped(form: object, parts: list[Any], options: dict[str, Any]) -> list[Any]:
    """What clip is written as."""
    x, low, high = [*parts, None, None, None][:3]
    low, high = options.get("low", low), options.get("high", high)
    if len(parts) > 3 or x is None or low is high is None or not options.keys() <= {"low", "high"}:
        raise GraphError(f"clip(x, low, high) takes x and at least one limit; got {_shown(form)}")
    raised = x if low is None else ["maximum", x, low]
    return raised if high is None else ["minimum", raised, high]


def _check_options(name: str, parts: list[Any]) -> None:
    """See that no option is given as `:axis 0`, which reads like an input followed by a constant.

    Raises:
        GraphError: one is, or an input has the name of an option.
    """
    signature = OPERATIONS[name].signature if name in OPERATIONS else inspect.signature(getattr(t, name, read))
    for option in (each.name for each in signature.parameters.values() if each.default is not each.empty):
        if option in [part for part in parts if isinstance(part, str)]:
            raise GraphError(
                f"{name}: options go into a map at the end, as in [{name}, …, {{{option}: …}}]; got {option} beside "
                "the arguments. An input of that name needs another one"
            )


def _sorted(
    operation: Operation, parts: list[Any], options: dict[str, Any], form: object
) -> tuple[list[Any], dict[str, Any]]:
    """Arguments apart from attributes, wherever these stand."""
    for name in options.keys() - operation.attributes.keys():
        raise GraphError(f"{operation.name} has no attribute {shown(name)} in {_shown(form)}")
    listed = operation.any_number and inspect.Parameter.VAR_POSITIONAL not in {
        parameter.kind for parameter in operation.signature.parameters.values()
    }
    if listed and (not parts or _is_known_call(parts[0]) or not isinstance(parts[0], (list, tuple))):
        return parts, operation.checked(options)  # (concatenate x y), beside (concatenate [x y])
    try:
        return operation.bind(parts, options)
    except GraphError as error:
        raise GraphError(f"{error} in {_shown(form)}") from None


def _is_known_call(form: Any) -> bool:
    return _is_call(form) and (form[0] in OPERATIONS or form[0] in SHORT or form[0] in FOLDED)


def _leaf(builder: Builder, part: object) -> Symbol:
    if isinstance(part, str):
        return builder.input(part)
    if isinstance(part, dict):
        if not {"constant"} <= part.keys() <= {"constant", "dtype", "weak"}:
            raise GraphError(f'a constant is {{"constant": …}}; got {_shown(part)}')
        if "dtype" in part:
            attrs = {"value": part["constant"], **{name: part[name] for name in ("dtype", "weak") if name in part}}
            return builder.apply("constant", [], attrs)
        part = part["constant"]
    try:
        return builder.constant(part)
    except (ConversionError, DtypeError, ShapeError) as error:
        raise GraphError(f"neither a call nor an input nor a constant: {_shown(part)}: {error}") from None


def _written(node: Node, forms: dict[str, object]) -> object:
    if node.op != "constant":
        attrs = [node.attrs] if node.attrs else []
        return [WRITTEN.get(node.op, node.op), *(forms[arg] for arg in node.args), *attrs]
    if node.attrs.keys() == {"value"}:
        return node.attrs["value"]
    return {"constant": node.attrs["value"], **{name: node.attrs[name] for name in node.attrs if name != "value"}}


def _shown(form: object) -> str:
    """The beginning of a form, for a message."""
    if isinstance(form, (list, tuple)):
        parts = ["[…]" if isinstance(part, (list, tuple)) else _brief(part, 20) for part in form[:6]]
        return f"[{', '.join([*parts, '…'] if len(form) > 6 else parts)}]"
    return _brief(form, 60)


def _brief(part: object, longest: int) -> str:
    return (part if isinstance(part, str) else shown(part))[:longest]
