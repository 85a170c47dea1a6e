"""The one dtype rule: what numbers, lists, arrays, tensors and variables become, alone and when they meet.

A value is read into three things: what it holds, the dtype it has alone, and how strongly it holds on to that dtype.
Numbers and lists yield to arrays, and both yield to tensors, unless their kind does not fit: a float that meets an
integer tensor stays a float.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pybridge._arguments import shown
from pybridge._types import Dtype, Like, Tensor
from pybridge.errors import DtypeError, ShapeError
from pybridge.tensors._nesting import LISTS, leaf_types

NUMBER, ARRAY, TENSOR = range(3)

NO_NUMBERS = {tf.string, tf.resource, tf.variant}
PLAIN = {bool, int, float, complex}

Read = tuple[object, tf.DType, int]


@dataclasses.dataclass(frozen=True)
class FloatRows:
    """What stands for a nested list of many floats in rows of one length: the same numbers in an array of float64."""

    array: np.ndarray


def as_tensor(x: Like, least: tf.DType | None = None) -> Tensor:
    """Read anything tensor-like as a tensor: a tensor is itself, a variable its value, the rest by the dtype rule.

    Args:
        x: the value.
        least: what simpler kinds become: tf.int64 turns booleans into 0 and 1, tf.float32 integers into floats too.

    Raises:
        ShapeError: a list whose rows differ in length.
        DtypeError: something that is not made of numbers, or a number that no dtype holds.

    >>> as_tensor([1, 2.5]).dtype.name
    'float32'
    """
    value, dtype, _ = _read(x)
    return _convert(value, _lifted(dtype, least) if least else dtype)


def as_float(x: Like) -> Tensor:
    """Read anything tensor-like as a tensor of floats: integers and booleans become float32.

    >>> as_float([1, 2]).dtype.name
    'float32'
    """
    return as_tensor(x, least=tf.float32)


def as_dtype(x: Like, dtype: tf.DType) -> Tensor:
    """Read anything tensor-like as a tensor of this very dtype; a float loses its fraction on the way to an integer."""
    return _convert(_read(x)[0], dtype)


def promote(*xs: Like, least: tf.DType | None = None) -> list[Tensor]:
    """Read values that meet in an operation as tensors of the one dtype that the rule gives them.

    Args:
        xs: the values.
        least: what simpler kinds become, as in `as_tensor`.

    >>> [x.dtype.name for x in promote(tf.constant(1.0, "float64"), [1, 2], 3.5)]
    ['float64', 'float64', 'float64']
    """
    dtypes = [x.dtype for x in xs if isinstance(x, tf.Tensor)]
    if dtypes and len(xs) == dtypes.count(dtypes[0]) and (not least or _lifted(dtypes[0], least) is dtypes[0]):
        return list(xs)
    reads = [_read(x) for x in xs]
    dtype, _ = _settle(frozenset((dtype, strength) for _, dtype, strength in reads))
    if least:
        dtype = _lifted(dtype, least)
    return [_convert(value, dtype) for value, _, _ in reads]


def is_tensor_like(items: Sequence[Any]) -> bool:
    """Whether a nested list is one tensor: nothing but numbers, in rows of one length, and not empty."""
    leaves = leaf_types(items)
    if not leaves or not all(issubclass(leaf, (int, float, complex, np.number)) for leaf in leaves):
        return False
    try:
        as_tensor(items)
    except ShapeError:
        return False
    return True


def named_dtype(name: Dtype) -> tf.DType:
    """The dtype of this name.

    Raises:
        DtypeError: there is no such dtype, or it does not hold numbers.
    """
    try:
        if isinstance(
            name, (int, float, complex, np.generic)
        ):  # a number of TensorFlow's own, and more likely a part of a shape
            raise TypeError
        dtype = tf.as_dtype(name)
        _kind(dtype)
    except TypeError:
        raise DtypeError(
            f"there is no dtype {shown(name)} for numbers; try float32, float64, int32, int64 or bool"
        ) from None
    return dtype


def _read(x: object) -> Read:
    if isinstance(x, tf.Tensor):
        if x.dtype in NO_NUMBERS:
            _kind(x.dtype)
        return x, x.dtype, TENSOR
    if isinstance(x, (bool, int, float, complex)) and not isinstance(x, np.generic):
        return x, _alone(x), NUMBER
    if isinstance(x, (np.ndarray, np.generic)):
        return _read_array(np.asarray(x))
    if isinstance(x, LISTS):
        return _read_list(x)
    if isinstance(x, FloatRows):
        return x, tf.float32, NUMBER
    if isinstance(x, tf.Variable | tf.IndexedSlices) or hasattr(x, "__tf_tensor__"):
        tensor = tf.convert_to_tensor(x)
        return tensor, tensor.dtype, TENSOR
    if hasattr(x, "__array__"):
        return _read_array(np.asarray(x))
    raise _no_number(x)


def _alone(number: object) -> tf.DType:
    if isinstance(number, bool):
        return tf.bool
    if isinstance(number, int):
        return tf.int64
    return tf.complex64 if isinstance(number, complex) else tf.float32


def _read_array(array: np.ndarray) -> Read:
    try:
        dtype = tf.as_dtype(array.dtype)
        _kind(dtype)
    except TypeError:
        raise DtypeError(f"a tensor holds numbers; got an array of {array.dtype}") from None
    return array, dtype, ARRAY


def _read_list(items: Sequence[Any]) -> Read:
    leaves = leaf_types(items)
    if leaves <= PLAIN:
        return items, _join(*(_alone(leaf()) for leaf in leaves)) if leaves else tf.float32, NUMBER
    reads = [_read(item) for item in items]
    dtype, strength = _settle(frozenset((dtype, strength) for _, dtype, strength in reads))
    if strength == TENSOR:
        return _stacked(tf.stack, [_convert(value, dtype) for value, _, _ in reads]), dtype, TENSOR
    return _stacked(np.stack, [_fit(value, dtype) for value, _, _ in reads]), dtype, strength


def _stacked(stack: Callable[..., Any], rows: Sequence[Any]) -> Tensor | np.ndarray:
    try:
        return stack(rows)
    except (ValueError, tf.errors.InvalidArgumentError):
        extents = " and ".join(_extents(rows))
        raise ShapeError(f"a ragged list makes no tensor; side by side it holds {extents}") from None


def _extents(rows: Sequence[Any]) -> list[str]:
    """What lies side by side at the depth where a ragged list first differs."""
    extents = list(dict.fromkeys(map(_extent, rows)))
    if len(extents) == 1 and all(isinstance(row, LISTS) for row in rows):
        return _extents([item for row in rows for item in row])
    return extents


def _extent(row: object) -> str:
    if isinstance(row, LISTS):
        return f"a row of {len(row)}"
    return f"an array of shape {tuple(row.shape)}" if hasattr(row, "shape") else "a number"


def _kind(dtype: tf.DType) -> int:
    """Where a dtype stands in the order of kinds: booleans, integers, floats, complex numbers."""
    for kind, holds in enumerate((dtype.is_bool, dtype.is_integer, dtype.is_floating, dtype.is_complex)):
        if holds:
            return kind
    raise DtypeError(f"a tensor of {dtype.name} holds no numbers")


@functools.cache
def _settle(met: frozenset[tuple[tf.DType, int]]) -> tuple[tf.DType, int]:
    """The dtype in which values meet that have these, and how strongly they hold on to it together."""
    strengths = {strength for _, strength in met}
    common = None
    for strength in sorted(strengths, reverse=True):
        dtype = _join(*{dtype for dtype, held in met if held == strength})
        if common is None or _kind(dtype) > _kind(common):
            common = dtype if common is None else _join(dtype, common)
    return common, max(strengths)


def _join(*dtypes: tf.DType) -> tf.DType:
    """The dtype of equals that meet: floating beats integer, wider beats narrower."""
    top = max(map(_kind, dtypes))
    rivals = [dtype for dtype in dtypes if _kind(dtype) == top]
    if tf.complex64 in rivals and (tf.float64 in dtypes or tf.complex128 in dtypes):
        return tf.complex128
    if len(rivals) == 1:
        return rivals[0]
    if rivals[0].is_floating:
        *_, second, first = sorted(rivals, key=lambda dtype: dtype.size)
        return first if first.size > second.size else tf.float32  # float16 and bfloat16
    joined = tf.as_dtype(functools.reduce(np.promote_types, [dtype.as_numpy_dtype for dtype in rivals]))
    return joined  # float64 for uint64 and int64, which no integer holds both


@functools.cache
def _lifted(dtype: tf.DType, least: tf.DType) -> tf.DType:
    return dtype if _kind(dtype) >= _kind(least) else least


def _convert(value: object, dtype: tf.DType) -> Tensor:
    if isinstance(value, FloatRows):
        value = _narrowed(value.array, dtype)
    if isinstance(value, tf.Tensor):
        return value if value.dtype is dtype else tf.cast(value, dtype)
    if type(value) is float and value == 0:
        value = np.array(value)  # TensorFlow keeps one constant for 0 and -0, whichever came first
    if not isinstance(value, np.ndarray) and (dtype.is_floating or dtype is tf.int64):
        try:
            return tf.constant(value, dtype)  # many times faster with plain numbers than by way of an array
        except (TypeError, ValueError):
            pass  # what is ragged or does not fit is told apart below
    return tf.constant(_fit(value, dtype), dtype)


def _narrowed(array: np.ndarray, dtype: tf.DType) -> np.ndarray | list[Any]:
    """The floats as an array of this dtype, or as a list where TensorFlow may round those of one differently."""
    if dtype is tf.float64:
        return array
    if dtype is tf.float32:
        with contextlib.suppress(FloatingPointError), np.errstate(over="raise"):
            return array.astype(np.float32)
    return array.tolist()


def _fit(value: object, dtype: tf.DType) -> np.ndarray:
    """The value as an array of this dtype, unless it is out of its range."""
    array = _array(value) if isinstance(value, LISTS) else np.asarray(value)
    if array.dtype == dtype.as_numpy_dtype:
        return array
    if array.dtype.kind == "c" and not (dtype.is_complex or dtype.is_bool):
        raise DtypeError(f"complex numbers do not fit {dtype.name}; take their real part first")
    if dtype.is_integer and array.size:
        limits = np.iinfo(dtype.as_numpy_dtype)
        flat = array.ravel()
        for number in (*flat.min(keepdims=True).tolist(), *flat.max(keepdims=True).tolist()):
            if not limits.min - 1 < number < limits.max + 1:
                raise DtypeError(f"{shown(number)} does not fit {dtype.name}, which holds {limits.min} to {limits.max}")
    try:
        with np.errstate(over="ignore"):
            return array.astype(dtype.as_numpy_dtype)
    except OverflowError:
        raise DtypeError(f"an integer past the largest float does not fit {dtype.name}") from None


def _array(numbers: Sequence[Any]) -> np.ndarray:
    array = _stacked(np.array, numbers)
    if array.dtype.kind in "uf" and leaf_types(numbers) <= {bool, int} and array.size:
        return np.array(numbers, object)  # integers past int64, which NumPy may have rounded
    return array


def _no_number(x: object) -> DtypeError:
    given = shown(x) if x is None or isinstance(x, (str, bytes)) else f"a value of type {type(x).__name__}"
    return DtypeError(f"a tensor holds numbers; got {given}")
