"""Numbers, arrays, tensors and nested lists and dicts of them as one kind of thing: something with a slope.

TensorFlow is imported only where a tensor is met.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import TypeAlias

import numpy as np

from pybridge.errors import DtypeError, ShapeError

Leaf: TypeAlias = "float | np.ndarray | tf.Tensor"  # noqa: F821 (TensorFlow stays unloaded)
Value: TypeAlias = "Leaf | list[Value] | dict[str, Value]"


def read(value: object, name: str) -> Value:
    """A value in its own kind, ready to be computed with: integers become floats, variables what they hold.

    Raises:
        DtypeError: something that is not made of numbers.
    """
    if isinstance(value, (list, tuple)):
        return [read(item, f"{name}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict):
        return {key: read(item, f"{name}[{key!r}]") for key, item in value.items()}
    if _is_number(value):
        return float(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return value if value.dtype.kind == "f" else value.astype(np.float32)
    from pybridge.tensors._dtypes import as_float

    try:
        return as_float(value)
    except DtypeError:
        raise DtypeError(f"{name} must be made of numbers; got {value!r}") from None


def match(value: object, like: Value, name: str) -> Value:
    """A value in the kind and shape of another, which has been read.

    Raises:
        ShapeError: it has another shape, length or other keys.
        DtypeError: it is not made of numbers.
    """
    if value is None:
        raise DtypeError(f"{name} is None, which is what a parameter gets that the loss does not depend on")
    if isinstance(like, (float, list)) and not isinstance(value, (Real, list, tuple, dict)):
        value = plain(value, name)
    if isinstance(like, dict):
        if not isinstance(value, dict) or value.keys() != like.keys():
            raise ShapeError(f"{name} must have the keys {list(like)}, as its parameter has; got {_shown(value)}")
        return {key: match(value[key], like[key], f"{name}[{key!r}]") for key in like}
    if isinstance(like, list):
        if not isinstance(value, (list, tuple)) or len(value) != len(like):
            raise ShapeError(f"{name} must be a list of {len(like)}, as its parameter is; got {_shown(value)}")
        return [match(item, other, f"{name}[{i}]") for i, (item, other) in enumerate(zip(value, like, strict=True))]
    if isinstance(like, float):
        if not _is_number(value):
            raise ShapeError(f"{name} must be one number, as its parameter is; got {_shown(value)}")
        return float(value)
    return _match_array(value, like, name)


def each(f: Callable[..., Leaf], value: Value, *others: Value) -> Value:
    """Apply a function to every number, array or tensor of a value, and to those at the same place in the others.

    >>> each(lambda x, y: x + y, {"w": [1.0, 2.0]}, {"w": [10.0, 20.0]})
    {'w': [11.0, 22.0]}
    """
    if isinstance(value, list):
        return [each(f, *items) for items in zip(value, *others, strict=True)]
    if isinstance(value, dict):
        return {key: each(f, *(item[key] for item in (value, *others))) for key in value}
    return f(value, *others)


def full(value: Value, fill: float) -> Value:
    """A value of the same kind and shape that holds one number everywhere."""
    return each(lambda leaf: _full(leaf, fill), value)


def plain(value: object, name: str) -> float | list:
    """An array or tensor as a number or as nested lists."""
    value = read(value, name)
    if isinstance(value, float):
        return value
    return (value if isinstance(value, np.ndarray) else value.numpy()).tolist()


def sqrt(x: Leaf) -> Leaf:
    """The square root."""
    return math.sqrt(x) if isinstance(x, float) else x**0.5


def divide(x: Leaf, y: Leaf) -> Leaf:
    """The quotient; of plain numbers too, 0 / 0 is nan and 1 / 0 infinite, as it is of tensors."""
    if isinstance(y, float) and y == 0:
        return math.copysign(math.inf, x) if x else math.nan
    return x / y


def _is_number(value: object) -> bool:
    return isinstance(value, Real) or (isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "biuf")


def _match_array(value: object, like: Leaf, name: str) -> Leaf:
    if isinstance(like, np.ndarray):
        value = np.asarray(value, like.dtype)
        fits = value.shape == like.shape
    else:
        from pybridge.tensors._dtypes import as_dtype

        value = as_dtype(value, like.dtype)
        fits = value.shape.is_compatible_with(like.shape)
    if not fits:
        raise ShapeError(
            f"{name} must have the shape of its parameter, {tuple(like.shape)}; got the shape {tuple(value.shape)}"
        )
    return value


def _full(leaf: Leaf, fill: float) -> Leaf:
    if isinstance(leaf, float):
        return fill
    if isinstance(leaf, np.ndarray):
        return np.full_like(leaf, fill)
    import tensorflow as tf

    return tf.fill(tf.shape(leaf), tf.cast(fill, leaf.dtype))


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return f"the keys {list(value)}"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return "one number" if _is_number(value) else repr(value)
