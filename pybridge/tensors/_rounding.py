"""Round, limit, and take remainders."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from pybridge._arguments import whole_number
from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import DtypeError
from pybridge.tensors._checks import check_broadcast, check_ordered, meet
from pybridge.tensors._dtypes import as_float, as_tensor, promote


@boundary
def sign(x: Like) -> Tensor:
    """Keep only the sign.

    Args:
        x: the numbers; booleans count as 0 and 1.

    Returns:
        -1, 0 or 1, NaN for NaN; a complex number divided by its absolute value.

    Source: NumPy, `sign`.

    >>> sign([3, 0, -2]).numpy()
    array([ 1,  0, -1])
    """
    x = as_tensor(x, least=tf.int64)
    return tf.cast(x > 0, x.dtype) if x.dtype.is_unsigned else tf.sign(x)


@boundary
def floor(x: Like) -> Tensor:
    """Round down.

    Args:
        x: the numbers; integers stay as they are, and booleans count as 0 and 1.

    Returns:
        The largest whole numbers that are not above x, in its dtype.

    Raises:
        DtypeError: complex numbers, which have no order.

    Source: NumPy, `floor`.

    >>> floor([1.5, -1.5]).numpy()
    array([ 1., -2.], dtype=float32)
    """
    return _rounded(tf.math.floor, x)


@boundary
def ceil(x: Like) -> Tensor:
    """Round up.

    Args:
        x: the numbers; integers stay as they are, and booleans count as 0 and 1.

    Returns:
        The smallest whole numbers that are not below x, in its dtype.

    Raises:
        DtypeError: complex numbers, which have no order.

    Source: NumPy, `ceil`.

    >>> ceil([1.5, -1.5]).numpy()
    array([ 2., -1.], dtype=float32)
    """
    return _rounded(tf.math.ceil, x)


@boundary
def round(x: Like, decimals: int = 0) -> Tensor:
    """Round to a number of decimals; halves go to the even digit.

    Args:
        x: the numbers; integers stay as they are, and booleans count as 0 and 1.
        decimals: how many digits to keep after the point.

    Returns:
        The rounded numbers, in the dtype of x; whole ones when `decimals` is 0.

    Raises:
        DtypeError: complex numbers, which have no order.
        OptionError: `decimals` is not a whole number of at least 0.

    Source: NumPy, `round`; a number too large to have such a digit stays as it is.

    >>> round([0.5, 1.5, -1.7]).numpy()
    array([ 0.,  2., -2.], dtype=float32)
    >>> round([0.12345, 2.0], 3).numpy()
    array([0.123, 2.   ], dtype=float32)
    """
    decimals = whole_number("decimals", decimals)
    if decimals == 0:
        return _rounded(tf.math.round, x)

    def digits(x: Tensor) -> Tensor:
        scale = tf.constant(float(f"1e{decimals}"), x.dtype)
        scaled = x * scale
        return tf.where(tf.math.is_finite(scaled), tf.math.round(scaled) / scale, x)

    return _rounded(digits, x)


@boundary
def clip(x: Like, low: Like | None = None, high: Like | None = None) -> Tensor:
    """Bring what is too small or too large to a limit.

    Args:
        x: the numbers; booleans count as 0 and 1.
        low: the least that may come out; None sets no limit. The shapes broadcast.
        high: the most that may come out, also where it is below `low`; None sets no limit.

    Returns:
        The numbers between the limits; NaN stays NaN.

    Raises:
        ShapeError: the shapes do not broadcast.
        DtypeError: complex numbers, which have no order.

    Source: NumPy, `clip`.

    >>> clip([-1, 2, 7], 0, 5).numpy()
    array([0, 2, 5])
    """
    limits = [limit for limit in (low, high) if limit is not None]
    x, *limits = promote(x, *limits, least=tf.int64)
    check_ordered(x)
    check_broadcast(x, *limits)
    if low is not None:
        x = tf.maximum(x, limits[0])
    return x if high is None else tf.minimum(x, limits[-1])


@boundary
def mod(x: Like, y: Like) -> Tensor:
    """Take what is left after dividing and rounding down; it has the sign of the divisor.

    Args:
        x: the dividend; booleans count as 0 and 1.
        y: the divisor; the shapes broadcast. A floating 0 gives NaN.

    Returns:
        x - y · floor(x / y).

    Raises:
        ShapeError: the shapes do not broadcast.
        DtypeError: an integer modulo 0, or complex numbers, which have no order.

    Source: NumPy, `mod`.

    >>> mod([7, -7], 3).numpy()
    array([1, 2])
    """
    x, y = meet(x, y)
    check_ordered(x)
    if x.dtype.is_floating:
        return _signed(tf.math.floormod(x, y), y)
    if not tf.is_symbolic_tensor(y) and tf.reduce_any(y == 0):
        raise DtypeError("an integer modulo 0 has no value; write the numbers as floats, and it is NaN")
    return tf.math.floormod(x, y)


@boundary
def reciprocal(x: Like) -> Tensor:
    """Divide 1 by each number.

    Args:
        x: the divisors; integers become float32. 0 gives infinity.

    Returns:
        1 / x.

    Source: NumPy, `reciprocal`, which keeps integers.

    >>> reciprocal([2, 4]).numpy()
    array([0.5 , 0.25], dtype=float32)
    """
    return tf.math.reciprocal(as_float(x))


def _rounded(function: Callable[[Tensor], Tensor], x: Like) -> Tensor:
    x = as_tensor(x, least=tf.int64)
    check_ordered(x)
    return x if x.dtype.is_integer else function(x)


def _signed(left: Tensor, y: Tensor) -> Tensor:
    """A remainder whose zeros have the sign of the divisor."""
    zeros = tf.zeros_like(left)
    signed = tf.where(y < 0, -zeros, zeros)
    return tf.where(left == 0, signed - (tf.stop_gradient(left) - left), left)  # with the slope of the remainder
