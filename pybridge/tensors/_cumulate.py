"""Add up and multiply as you go."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.tensors._checks import checked_axis
from pybridge.tensors._dtypes import as_tensor
from pybridge.tensors._recurrence import products
from pybridge.tensors._wider import in_float32


@boundary
def cumsum(x: Like, axis: int = 0) -> Tensor:
    """Add up along an axis, and keep every sum on the way.

    Args:
        x: the numbers; booleans count as 0 and 1, and integers add up in 64 bits.
        axis: the axis to add up along.

    Returns:
        The same shape: at each place the sum of all numbers up to and including it.

    Raises:
        ShapeError: there is no such axis.

    Source: NumPy, `cumsum`, which reads all axes as one unless it is told an axis.

    >>> cumsum([1, 2, 3]).numpy()
    array([1, 3, 6])
    """
    return _cumulated(tf.cumsum, x, axis)


@boundary
def cumprod(x: Like, axis: int = 0) -> Tensor:
    """Multiply along an axis, and keep every product on the way.

    Args:
        x: the numbers; booleans count as 0 and 1, and integers multiply in 64 bits.
        axis: the axis to multiply along.

    Returns:
        The same shape: at each place the product of all numbers up to and including it.

    Raises:
        ShapeError: there is no such axis.

    Source: NumPy, `cumprod`, which reads all axes as one unless it is told an axis.

    >>> cumprod([1, 2, 3]).numpy()
    array([1, 2, 6])
    """
    return _cumulated(products, x, axis)


def _cumulated(cumulate: Callable[[Tensor, int], Tensor], x: Like, axis: object) -> Tensor:
    x = as_tensor(x, least=tf.int64)
    if x.dtype.is_integer:
        x = tf.cast(x, tf.uint64 if x.dtype.is_unsigned else tf.int64)
    axis = checked_axis(axis, x)
    return in_float32(lambda x: cumulate(x, axis), x)
