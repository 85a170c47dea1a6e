"""Numbers, arrays, tensors and nested lists and dicts of them as one kind of thing: something with a slope.

What a value is made of, its numbers, arrays and tensors, are its leaves. TensorFlow is imported only where a tensor is
met.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from numbers import Real
from typing import Any, TypeAlias

import numpy as np

from pybridge._arguments import shown
from pybridge.errors import DtypeError, ShapeError
from pybridge.optimizers._arithmetic import Leaf

Value: TypeAlias = Any  # a leaf, or a list or dict of values

FLOATS = {float}
EXACT = {float, int, np.float64}


def read(value: Any, name: str) -> Value:
    """A value in its own kind, ready to be computed with: integers become floats, variables what they hold.

    Raises:
        DtypeError: something that is not made of real numbers.
    """
    if isinstance(value, (list, tuple, range)):
        if set(map(type, value)) == FLOATS:
            return list(value)
        return [read(item, f"{name}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict):
        return {key: read(item, f"{name}[{key!r}]") for key, item in value.items()}
    if _is_number(value):
        return _number(value, name)
    if isinstance(value, np.ndarray):
        array = _real(value, name)
        return array.astype(np.float32) if array.dtype.kind in "biu" else array
    tensor = _tensor(value, name)
    return tensor if tensor.dtype.is_floating else _tensor(tensor, name, "float32")


def match(value: Any, like: Value, name: str) -> Leaf | list[Leaf]:
    """The leaves of a value, as `leaves` returns them, in the kind and shape of another that has been read.

    Raises:
        ShapeError: it has another shape, length or other keys.
        DtypeError: it is not made of real numbers.

    >>> match([1, (2, 3)], [0.0, [0.0, 0.0]], "the gradient"), match(1, 0.0, "the gradient")
    ([1.0, 2.0, 3.0], 1.0)
    """
    if type(value) is float and isinstance(like, float):
        return value
    if value is None:
        raise DtypeError(f"{name} is None, which is what a parameter gets that the loss does not depend on")
    if isinstance(like, (float, list)) and not (_is_plain(value) or isinstance(value, dict)):
        value = plain(value, name)
    if isinstance(like, list):
        return _match_list(value, like, name)
    if isinstance(like, dict):
        if not isinstance(value, dict) or value.keys() != like.keys():
            raise ShapeError(f"{name} must have the keys {list(like)}, as its parameter has; got {_described(value)}")
        return _joined((match(value[key], like[key], f"{name}[{key!r}]"), like[key]) for key in like)
    if isinstance(like, float):
        if not _is_number(value):
            raise ShapeError(f"{name} must be one number, as its parameter is; got {_described(value)}")
        return _number(value, name)
    return _match_array(value, like, name)


def leaves(value: Value) -> Leaf | list[Leaf]:
    """The leaves of a value that has been read, in their order; a leaf that is not in a list or dict is itself.

    >>> leaves({"w": [[1.0, 2.0], [3.0]], "b": 4.0}), leaves(5.0)
    ([1.0, 2.0, 3.0, 4.0], 5.0)
    """
    if is_leaf(value) or (isinstance(value, list) and all(map(is_leaf, value))):
        return value
    return _joined((leaves(item), item) for item in _items(value))


def each(f: Callable[..., Leaf], column: Leaf | Sequence[Leaf], *others: Leaf | Sequence[Leaf]) -> Leaf | list[Leaf]:
    """Apply a function to leaves, and to those at the same place in the others.

    >>> each(max, [1.0, 2.0], [3.0, 0.0]), each(max, 1.0, 2.0)
    ([3.0, 2.0], 2.0)
    """
    return list(map(f, column, *others)) if isinstance(column, (list, tuple)) else f(column, *others)


def is_leaf(value: Value) -> bool:
    """Whether a value that has been read is neither a list nor a dict."""
    return not isinstance(value, (list, dict))


def builder(like: Value) -> Callable[[Leaf | Iterable[Leaf]], Value]:
    """A function that makes a value of this form from its leaves.

    >>> build = builder({"w": [0.0, 0.0], "b": 0.0})
    >>> build([1.0, 2.0, 3.0])
    {'w': [1.0, 2.0], 'b': 3.0}
    """
    if is_leaf(like):
        return lambda leaf: leaf
    if isinstance(like, list) and all(map(is_leaf, like)):
        return list
    build = _part(like)
    return lambda leaves: build(iter(leaves))


def sizes(value: Value) -> list[int]:
    """How many leaves each parameter has. Numbers in rows of one length are one parameter, as their array would be.

    >>> sizes({"w": [[1.0, 2.0], [3.0, 4.0]], "b": 0.0}), sizes([[1.0, 2.0], 3.0])
    ([4, 1], [2, 1])
    """
    shape = _shape(value)
    if shape is not None:
        return [math.prod(shape)]
    return [size for item in _items(value) for size in sizes(item)] if not is_leaf(value) else [1]


def plain(value: object, name: str) -> Real | list[Any]:
    """An array or tensor as a number or as nested lists.

    Raises:
        DtypeError: it is something else, or does not hold real numbers.
    """
    return _real(value if isinstance(value, np.ndarray) else _tensor(value, name), name).tolist()


def _part(like: Value) -> Callable[[Iterator[Leaf]], Value]:
    if is_leaf(like):
        return next
    if isinstance(like, dict):
        named = {key: _part(item) for key, item in like.items()}
        return lambda coming: {key: part(coming) for key, part in named.items()}
    if all(map(is_leaf, like)):
        return lambda coming: list(islice(coming, len(like)))
    parts = [_part(item) for item in like]
    return lambda coming: [part(coming) for part in parts]


def _joined(parts: Iterable[tuple[Leaf | list[Leaf], Value]]) -> list[Leaf]:
    joined = []
    for part, like in parts:
        if is_leaf(like):
            joined.append(part)
        else:
            joined += part
    return joined


def _items(value: list[Any] | dict[str, Any]) -> list[Any]:
    return value if isinstance(value, list) else list(value.values())


def _shape(value: Value) -> tuple[int, ...] | None:
    if isinstance(value, float):
        return ()
    shapes: set[Any] = {_shape(item) for item in value} if isinstance(value, list) else set()
    return None if len(shapes) != 1 or None in shapes else (len(value), *shapes.pop())


def _match_list(value: object, like: list[Any], name: str) -> list[Leaf]:
    if not isinstance(value, (list, tuple)) or len(value) != len(like):
        raise ShapeError(f"{name} must be a list of {len(like)}, as its parameter is; got {_described(value)}")
    if set(map(type, value)) <= EXACT and set(map(type, like)) == FLOATS:
        with suppress(OverflowError):  # what is too large is named below
            return list(map(float, value))
    pairs = enumerate(zip(value, like, strict=True))
    return _joined((match(item, other, f"{name}[{i}]"), other) for i, (item, other) in pairs)


def _match_array(value: object, like: Leaf, name: str) -> Leaf:
    if type(value) is np.ndarray and isinstance(like, np.ndarray) and value.dtype == like.dtype:
        fits = value.shape == like.shape
    elif isinstance(like, np.ndarray):
        value = _array(value, like.dtype, name)
        fits = value.shape == like.shape
    else:
        value = _tensor(value, name, like.dtype)
        fits = value.shape.is_compatible_with(like.shape)
    if not fits:
        raise ShapeError(
            f"{name} must have the shape of its parameter, {tuple(like.shape)}; got the shape {tuple(value.shape)}"
        )
    return value


def _array(value: object, dtype: np.dtype, name: str) -> np.ndarray:
    if _is_plain(value):
        try:
            value = np.asarray(read(value, name))
        except ValueError:
            raise ShapeError(f"{name} must have rows of one length, as its parameter has") from None
    array = _real(value if isinstance(value, np.ndarray) else _tensor(value, name), name)
    return array.astype(dtype, copy=False)


def _tensor(value: object, name: str, dtype: object = None) -> Leaf:
    """A tensor of real numbers, of this dtype if there is one."""
    from pybridge.tensors._dtypes import as_dtype, as_tensor

    if isinstance(value, np.ndarray):
        value = _real(value, name)
    try:
        tensor = as_dtype(value, dtype) if dtype is not None and _is_plain(value) else as_tensor(value)
    except ShapeError:
        raise
    except (TypeError, ValueError):
        raise (_complex(name) if isinstance(value, complex) else _no_numbers(name, value)) from None
    if tensor.dtype.is_complex:
        raise _complex(name)
    if not (tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool):
        raise _no_numbers(name, value)
    return tensor if dtype is None else as_dtype(tensor, dtype)


def _real(value: object, name: str) -> np.ndarray:
    """An array of real numbers; one of a subclass, whose operators may mean something else, becomes a plain one."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise DtypeError(f"{name} has masked places, which hold no number; fill them first")
    array = np.asarray(value)
    if array.dtype.kind == "c":
        raise _complex(name)
    if not _holds_real(array.dtype):
        raise _no_numbers(name, value)
    return array


def _number(value: Any, name: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise DtypeError(f"{name} is past the largest number in binary64; got {shown(value)}") from None


def _is_plain(value: object) -> bool:
    return isinstance(value, (list, tuple)) or _is_number(value)


def _is_number(value: object) -> bool:
    return _holds_real(value.dtype) if isinstance(value, np.generic) else isinstance(value, Real)


def _holds_real(dtype: np.dtype) -> bool:
    return dtype.kind in "biuf" or dtype.name == "bfloat16"


def _complex(name: str) -> DtypeError:
    return DtypeError(
        f"{name} is complex, and a rule moves real numbers; write the real and the imaginary part as two parameters"
    )


def _no_numbers(name: str, value: object) -> DtypeError:
    return DtypeError(f"{name} must be made of real numbers; got {shown(value)}")


def _described(value: object) -> str:
    if isinstance(value, dict):
        return f"the keys {shown(list(value))}"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return "one number"
