"""Arrange numbers along axes: reverse, shift, repeat, surround and split them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pybridge._arguments import shown as given
from pybridge._boundary import boundary
from pybridge._sizes import check_size
from pybridge._types import Axes, Like, Num, Tensor
from pybridge.errors import OptionError, ShapeError
from pybridge.tensors._checks import checked_axes, checked_axis, checked_shape, extents, shown, whole
from pybridge.tensors._dtypes import as_dtype, as_tensor


@boundary
def flip(x: Like, axis: Axes = None) -> Tensor:
    """Reverse the order along an axis.

    Args:
        x: the tensor.
        axis: the axis, or a list of them; every one when left out.

    Returns:
        The same numbers from back to front.

    Raises:
        ShapeError: there is no such axis.

    Source: NumPy, `flip`.

    >>> flip([[1, 2], [3, 4]], axis=1).numpy()
    array([[2, 1],
           [4, 3]])
    """
    x = as_tensor(x)
    axes = checked_axes(axis, x)
    return tf.reverse(x, list(range(x.shape.rank)) if axes is None else axes)


@boundary
def roll(x: Like, shift: int, axis: Axes = None) -> Tensor:
    """Shift the numbers along an axis; those that are pushed out at one end come back in at the other.

    Args:
        x: the tensor.
        shift: by how many places, to the left if negative; with a list of axes one number for each, or one for all.
        axis: the axis, or a list of them; when left out, the tensor is read row by row as one vector.

    Returns:
        The same numbers, in the same shape.

    Raises:
        ShapeError: there is no such axis, or not one shift for each.
        OptionError: a shift that is not a whole number.

    Source: NumPy, `roll`.

    >>> roll([1, 2, 3, 4], 1).numpy()
    array([4, 1, 2, 3])
    """
    x = as_tensor(x)
    shifts = [whole("shift", each) for each in (shift if isinstance(shift, (list, tuple)) else [shift])]
    if axis is None:
        by = _shift(whole("the sum of shifts", sum(shifts)), tf.size(x, tf.int64))
        return tf.reshape(tf.roll(tf.reshape(x, [-1]), by, 0), tf.shape(x))
    axes = [checked_axis(each, x) for each in (axis if isinstance(axis, (list, tuple)) else [axis])]
    if len(shifts) not in (1, len(axes)):
        raise ShapeError(f"there is one shift for each axis; got {len(shifts)} for {len(axes)}")
    for by, along in zip(shifts * (len(axes) // len(shifts)), axes, strict=True):
        x = tf.roll(x, _shift(by, tf.shape(x, tf.int64)[along]), along)
    return x


@boundary
def repeat(x: Like, repeats: int | Sequence[int], axis: int | None = None) -> Tensor:
    """Repeat each number, or each slice along an axis, one right after the other.

    Args:
        x: the tensor.
        repeats: how often; a list gives each place its own number.
        axis: the axis; when left out, the tensor is read row by row as one vector.

    Returns:
        The repeated numbers; a vector when `axis` is left out.

    Raises:
        ShapeError: there is no such axis, not one number of repeats for each place, or more than fits into memory.
        OptionError: a number of repeats that is not a whole number of at least 0.

    Source: NumPy, `repeat`.

    >>> repeat([1, 2], 3).numpy()
    array([1, 1, 1, 2, 2, 2])
    >>> repeat([[1, 2], [3, 4]], [1, 2], axis=0).numpy()
    array([[1, 2],
           [3, 4],
           [3, 4]])
    """
    x = as_tensor(x)
    if axis is None:
        x, axis = tf.reshape(x, [-1]), 0
    axis = checked_axis(axis, x) % x.shape.rank
    counts = _whole_numbers("a number of repeats", repeats)
    length = x.shape[axis]
    if any(count < 0 for count in counts):
        raise OptionError(f"repeats are whole numbers from 0 on; got {given(counts)}")
    if len(counts) != 1 and length is not None and len(counts) != length:
        raise ShapeError(f"{length} places are along axis {axis} of {shown(extents(x))}; got {len(counts)} repeats")
    several = len(counts) != 1
    made = sum(counts) if several else length and length * counts[0]
    check_size([*x.shape[:axis], made, *x.shape[axis + 1 :]], x.dtype.size)
    if several:
        places = tf.constant(np.repeat(np.arange(len(counts)), counts))
    else:
        places = tf.range(tf.shape(x, tf.int64)[axis] * counts[0]) // max(counts[0], 1)
    return tf.gather(x, places, axis=axis)


@boundary
def tile(x: Like, repeats: int | Sequence[int]) -> Tensor:
    """Lay copies side by side.

    Args:
        x: the tensor.
        repeats: how many copies along each axis; a single number means the last axis. Where there are more numbers than
            axes, axes are added in front.

    Returns:
        The copies as one tensor.

    Raises:
        ShapeError: a negative number of copies, or more than fit into memory.
        OptionError: a number of copies that is not whole.

    >>> tile([1, 2], 2).numpy()
    array([1, 2, 1, 2])
    >>> tile([1, 2], [2, 1]).numpy()
    array([[1, 2],
           [1, 2]])
    """
    x = as_tensor(x)
    repeats = checked_shape(repeats)
    missing = 0 if x.shape.rank is None else len(repeats) - x.shape.rank
    if missing > 0:
        x = tf.reshape(x, [*[1] * missing, *_known_or_dynamic(x)])
    copies = [*[1] * -missing, *repeats]
    check_size(_lengths(x, copies, operator.mul), x.dtype.size)
    return tf.tile(x, copies)


@boundary
def pad(x: Like, widths: int | Sequence[Any], value: Num = 0) -> Tensor:
    """Surround a tensor with a number.

    Args:
        x: the tensor.
        widths: how many places to add: one number for both ends of every axis, [before, after] for every axis, or a
            list of such pairs, one for each axis.
        value: the number to put there, in the dtype of the tensor.

    Returns:
        The larger tensor.

    Raises:
        ShapeError: there is not one pair of widths for each axis, a width is negative, or the result does not fit into
            memory.
        OptionError: a width that is not a whole number.
        DtypeError: the dtype does not hold the value.

    Source: NumPy, `pad` with mode="constant".

    >>> pad([[1, 2]], 1).numpy()
    array([[0, 0, 0, 0],
           [0, 1, 2, 0],
           [0, 0, 0, 0]])
    >>> pad([1, 2], [0, 2], -1).numpy()
    array([ 1,  2, -1, -1])
    """
    x = as_tensor(x)
    value = as_dtype(value, x.dtype)
    if value.shape.rank != 0:
        raise ShapeError(f"the value is a single number; got the shape {shown(extents(value))}")
    pairs = _pairs(widths, x)
    check_size(_lengths(x, map(sum, pairs), operator.add), x.dtype.size)
    inside = tf.pad(tf.ones_like(x, tf.bool), pairs)
    return tf.where(inside, tf.pad(x, pairs), value)  # tf.vectorized_map forgets a constant that is not 0


@boundary
def split(x: Like, parts: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Split a tensor into parts along an axis.

    Args:
        x: the tensor.
        parts: how many parts of one length; or a list of the places at which to cut.
        axis: the axis.

    Returns:
        A list of the parts in their order.

    Raises:
        ShapeError: there is no such axis, or its length cannot be divided into parts of one length.
        OptionError: a number of parts below 1, or a place that is not a whole number.

    Source: NumPy, `split`.

    >>> [part.numpy().tolist() for part in split([1, 2, 3, 4], 2)]
    [[1, 2], [3, 4]]
    >>> [part.numpy().tolist() for part in split([1, 2, 3, 4], [1, 3])]
    [[1], [2, 3], [4]]
    """
    x = as_tensor(x)
    axis = checked_axis(axis, x) % x.shape.rank
    length = x.shape[axis]
    if length is None:
        raise ShapeError(f"the length of axis {axis} must be known; got {shown(extents(x))}")
    if isinstance(parts, (list, tuple, range)) or getattr(parts, "shape", ()) != ():
        places = _whole_numbers("a place to cut", parts)
    else:
        count = whole("parts", parts)
        if count < 1:
            raise OptionError(f"parts is a whole number from 1 on; got {count}")
        if length % count:
            raise ShapeError(f"{length} places along axis {axis} of {shown(extents(x))} make no {count} equal parts")
        places = [length // count * place for place in range(1, count)]
    ends = list(zip([0, *places], [*places, length], strict=True))
    if all(0 <= start <= stop <= length for start, stop in ends):
        return tf.split(x, [stop - start for start, stop in ends], axis)
    before = [slice(None)] * axis
    return [x[(*before, slice(start, stop))] for start, stop in ends]


def _shift(by: int, length: Tensor) -> Tensor:
    """A shift of any size as one that is shorter than the axis."""
    return tf.math.floormod(tf.constant(by, tf.int64), tf.maximum(length, 1))


def _whole_numbers(what: str, values: Any) -> list[int]:
    if hasattr(values, "shape") and tuple(values.shape):
        values = list(values)
    return [whole(what, each) for each in (values if isinstance(values, (list, tuple, range)) else [values])]


def _pairs(widths: object, x: Tensor) -> list[list[int]]:
    """How many places to add before and after, for each axis."""
    if hasattr(widths, "shape") and tuple(widths.shape):
        widths = as_tensor(widths).numpy().tolist()
    if isinstance(widths, (list, tuple)) and any(isinstance(each, (list, tuple)) for each in widths):
        pairs = [_pair(each) for each in widths]
    else:
        pairs = [_pair(widths)] * x.shape.rank
    if len(pairs) == 1:
        pairs *= x.shape.rank
    if len(pairs) != x.shape.rank:
        raise ShapeError(f"there is one pair of widths for each axis of {shown(extents(x))}; got {len(pairs)}")
    return pairs


def _pair(widths: object) -> list[int]:
    pair = _whole_numbers("a width", widths)
    if len(pair) not in (1, 2) or min(pair) < 0:
        raise ShapeError(f"widths are a whole number from 0 on, or two of them; got {given(widths)}")
    return pair * 2 if len(pair) == 1 else pair


def _lengths(x: Tensor, numbers: Iterable[Any], change: Callable[[int, int], int]) -> list[Any]:
    """The length of each axis, changed by a number; None where either is not known."""
    known = [None] if x.shape.rank is None else x.shape
    pairs = zip(known, numbers, strict=False)
    return [change(*pair) if all(isinstance(each, int) for each in pair) else None for pair in pairs]


def _known_or_dynamic(x: Tensor) -> list[Any]:
    dynamic: Any = None if x.shape.is_fully_defined() else tf.shape(x)
    return [dynamic[axis] if length is None else length for axis, length in enumerate(x.shape.as_list())]
