"""The values and the functions that the cases of tests/fixtures write down, built and called in Python."""

from __future__ import annotations

import importlib
import inspect
import operator
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import numpy as np

__all__ = ["build", "call", "inputs_of", "select"]

_ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def select(value: Any, path: list[Any]) -> object:
    """Follow keys and positions into a result.

    Args:
        value: dicts, sequences and iterators, nested.
        path: a key (a string) or a position (an integer) for each level.

    Returns:
        What is found there.

    >>> select({"loss": [0.5, 0.25]}, ["loss", -1])
    0.25
    """
    for step in path:
        value = (list(value) if isinstance(value, Iterator) else value)[step]
    return value


def inputs_of(pairs: list[tuple[str, dict[str, Any]]]) -> dict[str, object]:
    """What the names of a case stand for, each of which may use those before it."""
    inputs: dict[str, object] = {}
    for name, given in pairs:
        inputs[name] = _input(given, inputs)
    return inputs


def _input(given: dict[str, Any], inputs: dict[str, object]) -> object:
    if "call" in given:
        value = call(given["call"], given.get("args", []), given.get("options", {}), inputs)
        return select(value, given.get("select", []))
    value, dtype = build(given["value"], inputs), given.get("dtype")
    match given.get("as", "tensor" if dtype else "plain"):
        case "tensor":
            return _public("tensors/tensor")(value, dtype)
        case "variable":
            return _public("tensors/variable")(value, dtype)
        case "array":
            return np.array(value, dtype)
        case "plain":
            return value
        case other:
            raise ValueError(f"an input is a tensor, a variable, an array or plain; not {other!r}")


def call(name: Any, args: list[Any], options: dict[str, Any], inputs: dict[str, object]) -> Any:
    """Call a public function by its name, such as "losses/mean_squared_error"."""
    return _public(name)(*build(args, inputs), **_options(options, inputs))


def _public(name: str) -> Any:
    module, _, path = name.partition("/")
    value = operator.attrgetter(path)(importlib.import_module(f"pybridge.{module}"))
    return value.fget if isinstance(value, property) else value


def _options(options: dict[str, Any], inputs: dict[str, object]) -> dict[str, object]:
    return {name: build(value, inputs) for name, value in options.items()}


def build(value: Any, inputs: dict[str, object]) -> Any:
    """A value of a case, in which inputs are referred to, functions are forms, and a float may be a text."""
    match value:
        case {"float": text}:
            return float(text)
        case {"ref": name, **rest}:
            path: Any = rest.get("select", [])
            return select(inputs[name], path)
        case {"form": ["fn", parameters, body]}:
            return _function(parameters, body, inputs)
        case {"quote": form}:
            return form
        case dict():
            return {key: build(item, inputs) for key, item in value.items()}
        case list():
            return [build(item, inputs) for item in value]
        case _:
            return value


def _function(parameters: list[str], body: object, names: dict[str, object]) -> Callable[..., Any]:
    def function(*values: object) -> object:
        return _evaluate(body, names | dict(zip(parameters, values, strict=True)))

    kind = inspect.Parameter.POSITIONAL_ONLY
    vars(function)["__signature__"] = inspect.Signature([inspect.Parameter(name, kind) for name in parameters])
    return function


def _evaluate(form: Any, names: dict[str, object]) -> Any:
    match form:
        case str():
            return names[form]
        case ["fn", parameters, body]:
            return _function(parameters, body, names)
        case ["list", *items]:
            return [_evaluate(item, names) for item in items]
        case ["map", *entries]:
            return {key: _evaluate(item, names) for key, item in zip(entries[::2], entries[1::2], strict=True)}
        case ["get", collection, key]:
            return select(_evaluate(collection, names), [key])
        case ["-", operand]:
            return -_evaluate(operand, names)
        case [str() as name, *operands] if name in _ARITHMETIC:
            return reduce(_ARITHMETIC[name], [_evaluate(operand, names) for operand in operands])
        case [str() as name, *operands]:
            options = operands.pop() if operands and isinstance(operands[-1], dict) else {}
            function = _public(name if "/" in name else f"tensors/{name}")
            return function(*[_evaluate(operand, names) for operand in operands], **_options(options, names))
        case bool() | int() | float() | None:
            return form
        case _:
            raise ValueError(f"not a form: {form!r}")
