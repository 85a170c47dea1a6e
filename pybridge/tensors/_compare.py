"""Compare numbers and choose between them; shapes broadcast where tensors meet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Num, Tensor
from pybridge.tensors._checks import check_broadcast, check_known, check_ordered, finite, meet
from pybridge.tensors._dtypes import as_dtype, as_tensor, promote


@boundary
def equal(x: Like, y: Like) -> Tensor:
    """Ask, element by element, whether two numbers are the same.

    Args:
        x: the one.
        y: the other; their shapes broadcast.

    Returns:
        Booleans.

    Raises:
        ShapeError: the shapes do not broadcast.

    >>> equal([1, 2, 3], [1, 0, 3]).numpy()
    array([ True, False,  True])
    """
    return _compared(tf.equal, x, y, meet)


@boundary
def greater(x: Like, y: Like) -> Tensor:
    """Ask, element by element, whether the first number is larger.

    Args:
        x: the first; booleans count as 0 and 1.
        y: the second; their shapes broadcast.

    Returns:
        Booleans.

    Raises:
        ShapeError: the shapes do not broadcast.
        DtypeError: complex numbers, which have no order.

    >>> greater([1, 2, 3], 2).numpy()
    array([False, False,  True])
    """
    return _compared(tf.greater, x, y, _meet_ordered)


@boundary
def less(x: Like, y: Like) -> Tensor:
    """Ask, element by element, whether the first number is smaller.

    Args:
        x: the first; booleans count as 0 and 1.
        y: the second; their shapes broadcast.

    Returns:
        Booleans.

    Raises:
        ShapeError: the shapes do not broadcast.
        DtypeError: complex numbers, which have no order.

    >>> less([1, 2, 3], 2).numpy()
    array([ True, False, False])
    """
    return _compared(tf.less, x, y, _meet_ordered)


@boundary
def not_equal(x: Like, y: Like) -> Tensor:
    """Ask, element by element, whether two numbers differ.

    Args:
        x: the one.
        y: the other; their shapes broadcast.

    Returns:
        Booleans; NaN differs from everything.

    Raises:
        ShapeError: the shapes do not broadcast.

    Source: NumPy, `not_equal`.

    >>> not_equal([1, 2, 3], [1, 0, 3]).numpy()
    array([False,  True, False])
    """
    return _compared(tf.not_equal, x, y, meet)


@boundary
def less_equal(x: Like, y: Like) -> Tensor:
    """Ask, element by element, whether the first number is smaller or the same.

    Args:
        x: the first; booleans count as 0 and 1.
        y: the second; their shapes broadcast.

    Returns:
        Booleans.

    Raises:
        ShapeError: the shapes do not broadcast.
        DtypeError: complex numbers, which have no order.

    Source: NumPy, `less_equal`.

    >>> less_equal([1, 2, 3], 2).numpy()
    array([ True,  True, False])
    """
    return _compared(tf.less_equal, x, y, _meet_ordered)


@boundary
def greater_equal(x: Like, y: Like) -> Tensor:
    """Ask, element by element, whether the first number is larger or the same.

    Args:
        x: the first; booleans count as 0 and 1.
        y: the second; their shapes broadcast.

    Returns:
        Booleans.

    Raises:
        ShapeError: the shapes do not broadcast.
        DtypeError: complex numbers, which have no order.

    Source: NumPy, `greater_equal`.

    >>> greater_equal([1, 2, 3], 2).numpy()
    array([False,  True,  True])
    """
    return _compared(tf.greater_equal, x, y, _meet_ordered)


@boundary
def maximum(x: Like, y: Like) -> Tensor:
    """Take the larger of two numbers, element by element.

    Args:
        x: the one; booleans count as 0 and 1.
        y: the other; their shapes broadcast.

    Returns:
        The larger numbers, NaN where one of the two is.

    Raises:
        ShapeError: the shapes do not broadcast.
        DtypeError: complex numbers, which have no order.

    >>> maximum([1, 5], [4, 2]).numpy()
    array([4, 5])
    """
    return tf.maximum(*_meet_ordered(x, y))


@boundary
def minimum(x: Like, y: Like) -> Tensor:
    """Take the smaller of two numbers, element by element.

    Args:
        x: the one; booleans count as 0 and 1.
        y: the other; their shapes broadcast.

    Returns:
        The smaller numbers, NaN where one of the two is.

    Raises:
        ShapeError: the shapes do not broadcast.
        DtypeError: complex numbers, which have no order.

    >>> minimum([1, 5], [4, 2]).numpy()
    array([1, 2])
    """
    return tf.minimum(*_meet_ordered(x, y))


@boundary
def allclose(x: Like, y: Like, rtol: Num = 1e-5, atol: Num = 1e-6) -> bool:
    """Ask whether all numbers are nearly the same: |x - y| at most `atol` + `rtol` · |y|.

    Args:
        x: the numbers.
        y: what they should be; the shapes broadcast.
        rtol: how far off a number may be, as a part of what it should be.
        atol: how far off it may be besides.

    Returns:
        Whether they are; NaN is close to nothing.

    Raises:
        ShapeError: the shapes do not broadcast.
        ConversionError: inside a traced function, where there are no numbers yet.

    >>> allclose([0.1, 0.2], [0.1, 0.2000001])
    True
    """
    x, y = meet(x, y)
    check_known(x)
    check_known(y)
    rtol, atol = float(finite("rtol", rtol)), float(finite("atol", atol))
    return bool(np.allclose(x.numpy(), y.numpy(), rtol=rtol, atol=atol))


@boundary
def where(condition: Like, x: Like, y: Like) -> Tensor:
    """Choose, element by element, between two tensors.

    Args:
        condition: booleans; a number counts as true unless it is 0.
        x: what to take where the condition holds.
        y: what to take elsewhere; all three shapes broadcast.

    Returns:
        The chosen numbers.

    Raises:
        ShapeError: the shapes do not broadcast.

    >>> where([True, False], [1, 2], 0).numpy()
    array([1, 0])
    """
    condition = as_dtype(condition, tf.bool)
    x, y = promote(x, y)
    check_broadcast(condition, x, y)
    return tf.where(condition, x, y)


def _compared(compare: Callable[..., Tensor], x: Like, y: Like, meet: Callable[..., list[Tensor]]) -> Tensor:
    """Compare numbers exactly, also uint64 with signed integers, which meet as float64."""
    met = meet(x, y)
    if met[0].dtype == tf.float64 and any(tf.uint64 == getattr(each, "dtype", None) for each in (x, y)):
        x, y = as_tensor(x), as_tensor(y)
        if x.dtype.is_integer and y.dtype.is_integer:
            signed = y if x.dtype == tf.uint64 else x
            below = compare(-1, 0) if signed is x else compare(0, -1)
            return tf.where(signed < 0, below, compare(tf.cast(x, tf.uint64), tf.cast(y, tf.uint64)))
    return compare(*met)


def _meet_ordered(x: Like, y: Like) -> list[Tensor]:
    x, y = meet(x, y)
    check_ordered(x)
    return [x, y]
