"""Put numbers in order. NaN counts as larger than every number."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pybridge._arguments import flag
from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import OptionError, ShapeError
from pybridge.tensors._checks import check_ordered, checked_axis, extents, shown, whole
from pybridge.tensors._dtypes import as_tensor
from pybridge.tensors._wider import HALF


@boundary
def sort(x: Like, axis: int = -1, *, descending: bool = False) -> Tensor:
    """Put the numbers along an axis in order.

    Args:
        x: the numbers; booleans count as 0 and 1.
        axis: the axis.
        descending: whether the largest comes first.

    Returns:
        The same numbers, the smallest first and NaN last, or the other way round.

    Raises:
        ShapeError: there is no such axis.
        DtypeError: complex numbers, which have no order.

    Source: NumPy, `sort`.

    >>> sort([3, 1, 2]).numpy()
    array([1, 2, 3])
    """
    x, axis = _along(x, axis)
    last = _moved(x, axis, -1)
    return _moved(gathered(last, order(last, descending=flag("descending", descending))), -1, axis)


@boundary
def argsort(x: Like, axis: int = -1, *, descending: bool = False) -> Tensor:
    """Find where the numbers are, from the smallest to the largest.

    Args:
        x: the numbers; booleans count as 0 and 1.
        axis: the axis to look along.
        descending: whether the largest comes first.

    Returns:
        Indices from 0, int64; equal numbers stay in the order in which they come.

    Raises:
        ShapeError: there is no such axis.
        DtypeError: complex numbers, which have no order.

    Source: NumPy, `argsort` with kind="stable".

    >>> argsort([3, 1, 2]).numpy()
    array([1, 2, 0])
    """
    x, axis = _along(x, axis)
    return tf.cast(_moved(order(_moved(x, axis, -1), descending=flag("descending", descending)), -1, axis), tf.int64)


@boundary
def top_k(x: Like, k: int) -> dict[str, Any]:
    """Find the largest numbers along the last axis, and where they are.

    Args:
        x: the numbers, shape (..., n); booleans count as 0 and 1.
        k: how many, from 0 to n.

    Returns:
        "values", the largest first, and "indices" from 0, int64, both of shape (..., k).

    Raises:
        ShapeError: there are fewer than `k` numbers, or no axis.
        OptionError: `k` is not a whole number of at least 0.
        DtypeError: complex numbers, which have no order.

    Source: TensorFlow, `tf.math.top_k`.

    >>> found = top_k([3, 9, 7], 2)
    >>> found["values"].numpy(), found["indices"].numpy()
    (array([9, 7]), array([1, 2]))
    """
    x, _ = _along(x, -1)
    k = whole("k", k)
    if k < 0:
        raise OptionError(f"k is a whole number from 0 on; got {k}")
    if x.shape[-1] is not None and k > x.shape[-1]:
        raise ShapeError(f"there are {x.shape[-1]} numbers along the last axis of {shown(extents(x))}; got k {k}")
    _, places = tf.math.top_k(_keys(x), k)
    return {"values": gathered(x, places), "indices": tf.cast(places, tf.int64)}


@boundary
def unique(x: Like) -> dict[str, Any]:
    """Find which numbers there are, and how often each.

    Its result has a length that the numbers decide, so that XLA cannot compile it.

    Args:
        x: the numbers, any shape.

    Returns:
        "values", each number once, the smallest first, and "counts", int64, one for each. All NaNs count as one.

    Raises:
        DtypeError: complex numbers, which have no order.

    Source: NumPy, `unique`.

    >>> found = unique([3, 1, 3])
    >>> found["values"].numpy(), found["counts"].numpy()
    (array([1, 3]), array([1, 2]))
    """
    x = tf.reshape(as_tensor(x), [-1])
    check_ordered(x)
    numbers = tf.cast(x, tf.int8) if x.dtype.is_bool else x
    ranked = order(numbers)
    keys = tf.gather(_keys(numbers), ranked)
    _, _, counts = tf.unique_with_counts(keys, tf.int64)
    return {"values": tf.gather(x, tf.gather(ranked, tf.cumsum(counts, exclusive=True))), "counts": counts}


def order(x: Tensor, *, descending: bool = False) -> Tensor:
    """The places of the numbers along the last axis in order, int32."""
    keys = _keys(x)
    if not descending:
        keys = tf.bitwise.invert(keys)  # largest first, as top_k has it, and equals stay in order
    return tf.math.top_k(keys, tf.shape(x)[-1]).indices


def gathered(x: Tensor, places: Tensor) -> Tensor:
    """The numbers at these places along the last axis."""
    return tf.gather(x, places, axis=-1, batch_dims=x.shape.rank - 1)


def _keys(x: Tensor) -> Tensor:
    """Integers in the order of the numbers: 0 is equal to -0, and NaN the largest."""
    if x.dtype.is_integer:
        return x
    if x.dtype in HALF:
        x = tf.cast(x, tf.float32)
    whole_type = tf.int32 if x.dtype is tf.float32 else tf.int64
    bits = tf.bitcast(tf.where(x == 0, tf.zeros([], x.dtype), x), whole_type)
    keys = tf.where(bits < 0, tf.bitwise.bitwise_xor(bits, whole_type.max), bits)
    return tf.where(tf.math.is_nan(x), tf.constant(whole_type.max, whole_type), keys)


def _along(x: Like, axis: object) -> tuple[Tensor, int]:
    x = as_tensor(x, least=tf.int64)
    check_ordered(x)
    return x, checked_axis(axis, x)


def _moved(x: Tensor, start: int, end: int) -> Tensor:
    """The tensor with one axis moved to another place."""
    axes = list(range(x.shape.rank))
    axes.insert(end % x.shape.rank, axes.pop(start))
    return x if axes == sorted(axes) else tf.transpose(x, axes)
