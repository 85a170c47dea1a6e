"""What stands for a tensor while a graph is being built: every operation on it becomes a node."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar, cast

import numpy as np
import tensorflow as tf

from pybridge import tensors as t
from pybridge.errors import GraphError
from pybridge.graphs._graph import Graph, Node
from pybridge.graphs._operations import MISSING, OPERATIONS, WRITTEN, named, plain
from pybridge.graphs._operators import Operators
from pybridge.tensors._dtypes import FloatRows, as_tensor
from pybridge.tensors._nesting import leaf_types
from pybridge.tensors._symbols import Symbolic

NUMPYS = {
    **{"remainder": "mod", "rint": "round", "invert": "logical_not"},
    **{"bitwise_and": "logical_and", "bitwise_or": "logical_or", "bitwise_xor": "logical_xor"},
}

F = TypeVar("F", bound=Callable[..., Any])
Ref = str | int  # an input's name, or the place of a node


def _ending(method: F) -> F:
    """The method, which refuses what holds itself."""

    @functools.wraps(method)
    def call(*args: object, **options: object) -> object:
        try:
            return method(*args, **options)
        except RecursionError:
            raise GraphError("a list is nested too deeply, or holds itself") from None

    return cast(F, call)


class Builder:
    """A graph that grows node by node; what is computed twice becomes one node."""

    def __init__(self, inputs: Iterable[str] = ()) -> None:
        self.inputs = dict.fromkeys(inputs)
        self.nodes: list[Node] = []
        self._places: dict[tuple[Any, ...], int] = {}

    def input(self, name: str) -> Symbol:
        self.inputs[name] = None
        return Symbol(self, name)

    def constant(self, value: object) -> Symbol:
        """A constant: numbers and lists yield to the dtype they meet, arrays and tensors have one of their own."""
        if isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
            return self.add("constant", (), {"value": plain(value)})
        tensor = as_tensor(value)
        if tf.is_symbolic_tensor(tensor):
            raise GraphError(f"a constant needs numbers; got a tensor of a traced function, {tensor.name}")
        if not (tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool):
            raise GraphError(f"a graph's constants are real numbers; got {tensor.dtype.name}")
        if isinstance(value, FloatRows):
            return self.add("constant", (), {"value": value.array.tolist()})
        if isinstance(value, (list, tuple, range)):
            return self.add("constant", (), {"value": plain(value)})
        attrs = {"value": tensor.numpy().tolist(), "dtype": tensor.dtype.name}
        if isinstance(value, (np.ndarray, np.generic)):
            attrs["weak"] = True
        return self.add("constant", (), attrs)

    def add(self, op: str, args: tuple[Ref, ...], attrs: dict[str, Any], id: str | None = None) -> Symbol:
        """Add a node, or find the one that computes the same.

        Args:
            op: an operation.
            args: inputs and nodes.
            attrs: plain data, without defaults.
            id: the name that the node keeps; otherwise it gets one in the end.
        """
        key = (op, args, json.dumps(attrs, sort_keys=True) if attrs else None)
        place = self._places.setdefault(key, len(self.nodes))
        if place == len(self.nodes):
            self.nodes.append(Node(id, op, args, attrs))
        return Symbol(self, place)

    def name(self, symbol: Symbol, id: str) -> None:
        """Name a node that has no name yet."""
        if symbol.node is not None and isinstance(symbol.ref, int) and symbol.node.id is None:
            self.nodes[symbol.ref] = dataclasses.replace(symbol.node, id=id)

    @_ending
    def apply(self, op: str, args: Iterable[Any], attrs: dict[str, Any]) -> Symbol:
        """Add an operation on symbols and on what becomes a constant."""
        return self.add(op, tuple(self.symbol(arg).ref for arg in args), OPERATIONS[op].checked(attrs))

    def symbol(self, value: Any) -> Symbol:
        """The symbol itself, or a constant; a list with symbols in it is stacked."""
        if isinstance(value, Symbol):
            if value.builder is not self:
                raise GraphError(f"{value!r} belongs to another graph")
            return value
        return self.apply("stack", value, {}) if _holds_symbol(value) else self.constant(value)

    def load(self, graph: Graph) -> dict[str, Symbol]:
        """Add the nodes of a graph, which keep their names; its inputs are taken from those of the same name."""
        symbols = {name: self.input(name) for name in graph.inputs}
        for node in graph.nodes.values():
            symbols[node.id] = self.add(node.op, tuple(symbols[arg].ref for arg in node.args), node.attrs, node.id)
        return symbols

    def graph(self, outputs: Iterable[Symbol]) -> dict[str, Any]:
        """The graph as data: what these outputs need."""
        outputs = [symbol.ref for symbol in outputs]
        wanted = set(outputs)
        for place in range(len(self.nodes) - 1, -1, -1):
            if place in wanted:
                wanted.update(self.nodes[place].args)
        kept = {place: node for place, node in enumerate(self.nodes) if place in wanted}
        taken = {*self.inputs, *(node.id for node in kept.values())}
        fresh = (name for name in map("n{}".format, itertools.count()) if name not in taken)
        names: dict[Ref, str] = {name: name for name in self.inputs}
        nodes = []
        for place, node in kept.items():
            names[place] = node.id or next(fresh)
            data = {"id": names[place], "op": node.op, "args": [names[arg] for arg in node.args]}
            nodes.append({**data, "attrs": node.attrs} if node.attrs else data)
        return {"inputs": list(self.inputs), "nodes": nodes, "outputs": [names[ref] for ref in outputs]}


class Symbol(Operators, Symbolic):
    """An input or a node of a graph that is being built.

    Python's operators and the functions of `pybridge.tensors` on it give new symbols.
    """

    __hash__ = object.__hash__

    def __init__(self, builder: Builder, ref: Ref) -> None:
        self.builder = builder
        self.ref = ref

    @property
    def node(self) -> Node | None:
        """The node; None for an input."""
        return None if isinstance(self.ref, str) else self.builder.nodes[self.ref]

    def apply(self, op: str, *args: object, **attrs: object) -> Symbol:
        """An operation on symbols of the same graph and on what becomes a constant."""
        return self.builder.apply(op, args, attrs)

    def filled(self, number: float) -> Symbol:
        """This number, in the shape and dtype of the symbol."""
        return self.apply("adjoint", number, self, of="sum", at=0)

    @_ending
    def record(self, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> object:
        """What a call of a public function gives that met this symbol."""
        name = function.__name__
        if getattr(t, name, None) is None or inspect.unwrap(getattr(t, name)) is not function:
            raise GraphError(
                f"{name} needs numbers, and {self!r} has none while a function is traced; "
                "a graph is made of Python's operators and the functions of pybridge.tensors"
            )
        if name == "tensor":
            bound = inspect.signature(function).bind(*args, **options).arguments
            value = self.builder.symbol(bound["value"])
            return value if bound.get("dtype") is None else value.apply("cast", value, dtype=bound["dtype"])
        if name in WRITTEN:
            return WRITTEN[name](self.builder, *args, **options)
        if name not in OPERATIONS and name not in MISSING:
            raise GraphError(f"{name} needs numbers, and {self!r} has none while a function is traced")
        arguments, attrs = named(name).bind(args, options)
        return self.builder.apply(name, arguments, attrs)

    def __array_ufunc__(self, function: np.ufunc, method: str, *args: object, **options: object) -> Symbol:
        """What NumPy's operators and functions of numbers give that met this symbol."""
        name = NUMPYS.get(function.__name__, function.__name__)
        if method != "__call__" or options or name not in OPERATIONS:
            raise GraphError(
                f"NumPy's {function.__name__} needs numbers, and {self!r} has none while a function is traced; "
                "use the functions of pybridge.tensors"
            )
        return self.builder.apply(name, args, {})

    def __repr__(self) -> str:
        if self.node is None:
            return f"<symbol {self.ref}>"
        if self.node.op == "constant":
            return f"<symbol {self.node.attrs['value']}>"
        names = (Symbol(self.builder, arg) for arg in self.node.args)
        return f"<symbol {self.node.op}({', '.join(name._brief() for name in names)})>"

    def _brief(self) -> str:
        if self.node is None:
            return str(self.ref)
        return str(self.node.number) if self.node.number is not None else "…"

    def __getitem__(self, key: object) -> Symbol:
        axes = key if isinstance(key, tuple) else (key,)
        if any(axis is None for axis in axes):
            raise GraphError("a new axis comes from tensors.expand_dims, not from x[None]")
        return self.apply("index", self, axes=axes)

    def __iter__(self) -> NoReturn:
        raise GraphError(f"{self!r} has no length while a function is traced; take its parts with tensors.index")

    def __array__(self, *_: object, **__: object) -> NoReturn:
        raise GraphError(
            f"NumPy takes numbers, and {self!r} has none while a function is traced; use pybridge.tensors' functions"
        )

    def _no_value(self, *_: object) -> NoReturn:
        raise GraphError(
            f"{self!r} has no value while a function is traced, for `if`, `while`, `float` or `len` to see; "
            "choose with tensors.where"
        )

    __bool__ = __float__ = __int__ = __index__ = __len__ = _no_value


def _holds_symbol(value: object) -> bool:
    return isinstance(value, (list, tuple)) and any(issubclass(kind, Symbol) for kind in leaf_types(value))
