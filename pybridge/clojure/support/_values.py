"""Tensors, arrays and iterators as plain data, whole or element by element."""

from __future__ import annotations

import dataclasses
import enum
import itertools
import sys
from collections import UserString
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, MutableSequence, Sequence, Set, ValuesView
from typing import Any

from pybridge.clojure.support import _numpy as np
from pybridge.clojure.support._numbers import block, decoded, held_exactly, map_nested, numbers
from pybridge.clojure.support._objects import Kept, is_array, is_composite, is_tensor, type_name
from pybridge.clojure.support._strings import plain_str
from pybridge.clojure.support._text import representation
from pybridge.errors import ConversionError

DEEPEST = 500


def scalar(x: np.generic) -> object:
    """A NumPy scalar as an array of rank 0 gives it; bytes stay bytes, and what equals no double stays itself."""
    if isinstance(x, bytes):
        return bytes(x)
    return numbers(np.asarray(x)) if held_exactly(x) else Kept(x)


def data(x: Any) -> object:
    """Plain data of a container of any kind, and of those inside it; what is no data stays itself.

    Mappings and dataclasses are dicts; sequences, dict views and subclasses of the built-in types are what they are
    kinds of. An array or tensor by itself is its numbers.
    """
    return plain(x) if is_array(x) and _has_value(x) else data_inside(x)


def _has_value(x: Any) -> bool:
    return isinstance(x, np.ndarray | np.generic) or is_composite(x) or any(hasattr(x, f) for f in ("numpy", "to_list"))


EXACT: dict[type, Callable] = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    bytes: lambda x: bytes(memoryview(x)),
}
LEAVES = {*EXACT, bool, type(None)}
COPIED: dict[type, Callable] = {list: list, tuple: list, dict: dict, set: set, frozenset: set}


def data_inside(x: Any) -> object:
    """Plain data of what may be part of data: as `data`, but an array or tensor stays itself."""
    root = [x]
    left: list[tuple[Any, Any, Any, int]] = [(root, 0, x, 0)]
    while left:  # a stack of its own: Python's would end before the deepest level
        parent, place, x, depth = left.pop()
        made = parent[place] = _opened(x)
        if made is not x and isinstance(made, list | dict):
            if depth == DEEPEST:
                raise ConversionError(
                    f"data nested more than {DEEPEST} levels deep does not cross the bridge, "
                    "nor does data that holds itself; flatten it"
                )
            places = made.items() if isinstance(made, dict) else enumerate(made)
            left += [(made, place, part, depth + 1) for place, part in places if type(part) not in LEAVES]
    return root[0]


def _opened(x: Any) -> Any:
    """A list or dict of the parts of a container, as they are; or the plain value of one; what is no data is itself."""
    if type(x) is list and LEAVES.issuperset(map(type, x)):
        return x
    if type(x) in COPIED:  # what most data is made of: to ask what kind of container it is would take ten times as long
        return COPIED[type(x)](x)
    match x:
        case bool() | enum.Enum() | type():
            return x
        case int() | float() | str() | bytes() if type(x) not in EXACT and not isinstance(x, np.generic):
            return next(exact(x) for base, exact in EXACT.items() if isinstance(x, base))
        case int() | float() | str() | bytes() | bytearray() | memoryview():
            return x
        case Mapping():
            return {key: x[key] for key in x}
        case Set() if not isinstance(x, KeysView | ItemsView):
            return set(x)
        case Sequence() if _is_text(x):
            return plain_str(x)
        case Sequence() | KeysView() | ItemsView() | ValuesView():
            return list(x)
    if dataclasses.is_dataclass(x):
        return {field.name: getattr(x, field.name) for field in dataclasses.fields(x)}
    return x


def _is_text(x: Sequence) -> bool:
    """Whether a sequence is a string by another name: its elements are characters, each of which is its own element."""
    if isinstance(x, UserString):
        return True
    first = x[0] if len(x) and not isinstance(x, MutableSequence) else None
    return type(first) is type(x) and len(first) == 1 and first[0] == first


def _dense(x: Any) -> Any:
    tf = sys.modules["tensorflow"]
    return tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else tf.convert_to_tensor(x)


def plain(x: Any) -> object:
    """A tensor, variable or array as a number (rank 0) or nested lists; half floats widen, complex numbers are maps."""
    if not is_array(x):
        raise ConversionError(
            f"only tensors and arrays can be dereferenced; got {type_name(x)}: "
            "(pb/->clj x) makes Clojure data of a container"
        )
    if hasattr(x, "to_list"):
        rows = x.to_list()
        return map_nested(rows, _decoded) if is_composite(x) and x.dtype.name == "string" else rows
    if is_composite(x):
        x = _dense(x)
    if not isinstance(x, np.ndarray | np.generic) and not hasattr(x, "numpy"):
        raise ConversionError(
            f"this tensor has no value yet: {representation(x)} stands for one while a graph is traced; "
            "use operations on it, and deref the result of the compiled function"
        )
    return numbers(x)


def plain_or_block(x: Any, float32: bool) -> object:
    """As `plain`; of many numbers the `block`."""
    found = block(x, float32)
    return plain(x) if found is None else found


def data_or_block(x: Any, float32: bool) -> object:
    """As `data`; of many numbers the `block`."""
    found = block(x, float32)
    return data(x) if found is None else found


def _decoded(x: object) -> object:
    return decoded(x) if isinstance(x, bytes) else x


def length(x: Any) -> int:
    """Python's len; of a tensor or array, the size of axis 0."""
    if not is_tensor(x):
        return len(x)
    if x.shape.rank == 0:
        raise TypeError("a rank-0 tensor has no length; deref it for its number")
    if x.shape.rank is None or x.shape[0] is None:
        raise TypeError("the length of this tensor is not known while a graph is traced; use operations on all of it")
    return int(x.shape[0])


def element(x: Any, i: int) -> object:
    """The element at `i` along axis 0; a negative or too large index raises IndexError."""
    n = length(x)
    if not 0 <= i < n:
        raise IndexError(f"index {i} is out of range for {n} elements")
    return _decoded(x[i]) if _has_text(x) else x[i]


SLICED = {list, tuple, range, str, bytes}


def elements(x: Any) -> Iterator | None:
    """An iterator over `x`, a tensor's elements staying tensors; None where `part` gives them, running no code."""
    if is_tensor(x):
        return (x[i] for i in range(length(x)))
    if type(x) in SLICED or (type(x) is np.ndarray and x.ndim):
        return None
    return map(_decoded, x) if _has_text(x) else iter(x)


def part(x: Any, start: int, n: int) -> list:
    """Up to `n` elements of a sequence or array from `start` on."""
    found = x[start : start + n]
    return [*map(_decoded, found)] if _has_text(x) else [*found]


def _has_text(x: object) -> bool:
    """Whether `x` is an array of NumPy's strings of bytes, which `plain` reads as text too."""
    return isinstance(x, np.ndarray) and x.dtype.kind == "S"


def following(iterator: Iterator, n: int) -> list:
    """The next `n` elements of `iterator`, fewer at its end."""
    return list(itertools.islice(iterator, n))
