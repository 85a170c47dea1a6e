"""What an operation is: how it computes, what it takes, and how a gradient passes back through it."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from pybridge._arguments import shown
from pybridge.errors import GraphError

REQUIRED = inspect.Parameter.empty
OPERATIONS: dict[str, Operation] = {}
WRITTEN: dict[
    str, Callable[..., Any]
] = {}  # functions that are written down as other operations, or as one for each result
MISSING = {
    "top_k": "it returns a map; sort and argsort return tensors",
    "unique": "how long its result is depends on the numbers",
    "boolean_mask": "how long its result is depends on the numbers; where keeps the shape",
}


@dataclass(frozen=True)
class Operation:
    """An operation of graphs.

    Attributes:
        name: its name in a graph, which is the name of its function in tensors.
        function: that function.
        call: computes it, from arguments by position and attributes by name.
        signature: how a reader calls it.
        arguments: the names of its tensors; a last one with a star takes any number of them.
        attributes: the names of its plain data, each with its default.
        gradients: its derivative rule, on symbols: (g, out, *arguments, **attributes) -> a gradient per argument, or a
            `Part` of one, None where there is none. `g` is the gradient of the graph's output with respect to `out`.
        adjoint: of a linear operation: the gradient with respect to one argument, on tensors:
            (g, at, *arguments, **attributes).
        elementwise: whether it works element by element and so broadcasts its arguments.
        wrt: of a linear operation: the only argument in which it is linear; None for each of them.
    """

    name: str
    function: Callable[..., Any]
    call: Callable[..., Any]
    signature: inspect.Signature
    arguments: tuple[str, ...]
    attributes: Mapping[str, object]
    gradients: Callable[..., Any] | None
    adjoint: Callable[..., Any] | Any = None
    elementwise: bool = False
    wrt: int | None = None

    @property
    def any_number(self) -> bool:
        return bool(self.arguments) and self.arguments[-1].startswith("*")

    def takes(self, count: int) -> bool:
        """Whether it takes this many arguments."""
        return count >= len(self.arguments) if self.any_number else count == len(self.arguments)

    def linear_in(self, at: int) -> bool:
        """Whether a linear operation is linear in this argument."""
        return self.wrt in (None, at)

    @property
    def usage(self) -> str:
        """How it is called, for a message."""
        return f"{self.name}({', '.join(self.signature.parameters)})"

    def bind(self, args: Iterable[Any], options: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Sort what its function is called with into arguments and attributes.

        Raises:
            GraphError: they do not fit its signature.
        """
        rest, values = list(args), dict(options)
        for name, parameter in self.signature.parameters.items():
            if parameter.kind is parameter.VAR_POSITIONAL and name not in values:
                values[name], rest = rest, []
            elif rest and name not in values:
                values[name] = rest.pop(0)
        if rest:
            raise GraphError(f"{self.usage}: {len(rest)} more given than it takes")
        arguments = []
        for name, parameter in self.signature.parameters.items():
            if name not in values and parameter.default is REQUIRED:
                raise GraphError(f"{self.usage}: {name} is missing")
            if name in self.attributes:
                continue
            if f"*{name}" not in self.arguments:
                arguments.append(values[name])
            elif isinstance(values[name], (list, tuple)):
                arguments.extend(values[name])
            else:
                raise GraphError(f"{self.usage} takes a list of tensors; got {shown(values[name])}")
        return arguments, self.checked({name: values[name] for name in self.attributes if name in values})

    def checked(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """These attributes as plain data, without those that say what the default says.

        Raises:
            GraphError: one of them is unknown, missing or no plain data.
        """
        for name in attributes:
            if name not in self.attributes:
                known = ", ".join(self.attributes) or "none"
                raise GraphError(f"{self.name} has no attribute {name!r}; it has {known}")
        checked = {}
        for name, default in self.attributes.items():
            value = plain(attributes.get(name, default))
            if value is REQUIRED:
                raise GraphError(f"{self.name} needs the attribute {name!r}")
            if default is REQUIRED or value != default:
                checked[name] = value
        return checked


@dataclass(frozen=True)
class Part:
    """A part of a gradient, which is put together with the others when all are there.

    Attributes:
        gradient: the part.
        whole: what `placed` is told of the whole: a tensor of its shape and dtype, and where each part ends.
        at: which part it is.
        axis: the axis along which the parts lie.
    """

    gradient: Any
    whole: tuple[Any, ...]
    at: int
    axis: int


def operation(
    function: Callable[..., Any], *, call: Callable[..., Any] | None = None, elementwise: bool = False
) -> Callable[..., Any]:
    """Add an operation by its derivative rule, whose signature names its arguments and, after a star, its attributes.

    Args:
        function: computes it; gives its name and the way it is called.
        call: computes it from arguments by position and attributes by name, where `function` does not.
        elementwise: whether it works element by element.
    """

    def add(rule: Callable[..., Any]) -> Callable[..., Any]:
        _add(function, rule, call=call, gradients=rule, elementwise=elementwise)
        return rule

    return add


def linear(
    function: Callable[..., Any],
    *,
    call: Callable[..., Any] | None = None,
    wrt: int | None = None,
    added: str | None = None,
) -> Callable[..., Any]:
    """Add a linear operation by its adjoint, which the operation `adjoint` then computes in derivatives.

    Args:
        function: computes it; gives its name and the way it is called.
        call: computes it from arguments by position and attributes by name, where `function` does not.
        wrt: the only argument in which it is linear; without, it is linear in each of them.
        added: an attribute that only adds a constant, and does not matter to the derivative.
    """

    def add(adjoint: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__

        def gradients(g: Any, out: Any, *args: Any, **attrs: Any) -> list[Any]:
            attrs.pop(added or "", None)
            return [
                g.apply("adjoint", g, *args, of=name, at=at, attrs=attrs) if wrt in (None, at) else None
                for at in range(len(args))
            ]

        _add(function, adjoint, call=call, gradients=gradients, adjoint=adjoint, wrt=wrt)
        return adjoint

    return add


def without_derivative(
    function: Callable[..., Any], *arguments: str, elementwise: bool = False, **attributes: object
) -> None:
    """Add an operation that no gradient passes."""
    name, signature = function.__name__, inspect.signature(function)
    OPERATIONS[name] = Operation(
        name, function, function, signature, arguments, attributes, None, elementwise=elementwise
    )


def written(name: str) -> Callable[..., Any]:
    """Add what a function of tensors does when it meets symbols: (builder, *args, **options) -> a symbol or several."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        WRITTEN[name] = function
        return function

    return add


def named(name: object) -> Operation:
    """The operation of this name.

    Raises:
        GraphError: there is none.
    """
    if isinstance(name, str) and name in MISSING:
        raise GraphError(f"graphs have no {name}: {MISSING[name]}")
    if not isinstance(name, str) or name not in OPERATIONS:
        near = difflib.get_close_matches(str(name), OPERATIONS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "; operations are the functions of pybridge.tensors"
        raise GraphError(f"unknown operation {name!r}{hint}")
    return OPERATIONS[name]


def plain(value: object) -> Any:
    """An attribute as plain data, the same in JSON and in EDN.

    Raises:
        GraphError: it cannot be written as such.
    """
    if value is None or value is REQUIRED or type(value) in (bool, int, float, str):
        return value
    if value is Ellipsis:
        return "..."
    if isinstance(value, slice):
        return [plain(part) for part in (value.start, value.stop, value.step)]
    if isinstance(value, (list, tuple, range, tf.TensorShape)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, tf.DType):
        return value.name
    if isinstance(value, (np.ndarray, np.generic, tf.Tensor)):
        return np.asarray(value).tolist()
    raise GraphError(f"an attribute is a number, a string or a list of them; got {shown(value)}")


def _add(
    function: Callable[..., Any], rule: Callable[..., Any], *, call: Callable[..., Any] | None, **properties: Any
) -> None:
    _, _, *parameters = inspect.signature(rule).parameters.values()
    stars: dict[object, str] = {inspect.Parameter.VAR_POSITIONAL: "*"}
    OPERATIONS[function.__name__] = Operation(
        name=function.__name__,
        function=function,
        call=call or function,
        signature=inspect.signature(function),
        arguments=tuple(stars.get(p.kind, "") + p.name for p in parameters if p.kind is not p.KEYWORD_ONLY),
        attributes={p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY},
        **properties,
    )
