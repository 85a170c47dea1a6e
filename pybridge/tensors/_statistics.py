"""Sum up many numbers by one: how they spread, where their middle is, and their product."""

from __future__ import annotations

import tensorflow as tf

from pybridge._arguments import flag
from pybridge._boundary import boundary
from pybridge._sizes import check_size
from pybridge._types import Axes, Like, Tensor
from pybridge.errors import OptionError, ShapeError
from pybridge.tensors._checks import check_ordered, checked_axes, extents, over, shown, total
from pybridge.tensors._dtypes import as_dtype, as_float, as_tensor
from pybridge.tensors._order import gathered, order
from pybridge.tensors._recurrence import product
from pybridge.tensors._wider import in_float32


@boundary
def prod(x: Like, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Multiply all.

    Args:
        x: the numbers; booleans count as 0 and 1, and integers multiply in 64 bits.
        axis: the axis to multiply along, or a list of them; all when left out.
        keepdims: whether that axis stays, with length 1.

    Returns:
        The products; of no numbers at all 1.

    Raises:
        ShapeError: there is no such axis.

    Source: NumPy, `prod`.

    >>> prod([[1, 2], [3, 4]], axis=0).numpy()
    array([3, 8])
    """
    x = as_tensor(x, least=tf.int64)
    if x.dtype.is_integer:
        x = tf.cast(x, tf.uint64 if x.dtype.is_unsigned else tf.int64)
    return in_float32(lambda x: _product(x, axis, flag("keepdims", keepdims)), x)


@boundary
def var(x: Like, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Measure the variance: the mean squared distance from the mean.

    Args:
        x: the numbers; integers become float32.
        axis: the axis to look along, or a list of them; all when left out.
        keepdims: whether that axis stays, with length 1.

    Returns:
        The variances, real floats; the sum of squares is divided by the number of elements. Of no numbers at all NaN.

    Raises:
        ShapeError: there is no such axis.

    Source: NumPy, `var`.

    >>> var([1, 2, 3, 4]).numpy()
    np.float32(1.25)
    """
    return in_float32(lambda x: _variance(x, axis, flag("keepdims", keepdims)), as_float(x))


@boundary
def std(x: Like, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Measure the standard deviation: the root of the mean squared distance from the mean.

    Args:
        x: the numbers; integers become float32.
        axis: the axis to look along, or a list of them; all when left out.
        keepdims: whether that axis stays, with length 1.

    Returns:
        The standard deviations, real floats. Of no numbers at all NaN.

    Raises:
        ShapeError: there is no such axis.

    Source: NumPy, `std`.

    >>> std([1, 2, 3, 4]).numpy().round(4)
    np.float32(1.118)
    """
    return in_float32(lambda x: tf.sqrt(_variance(x, axis, flag("keepdims", keepdims))), as_float(x))


@boundary
def median(x: Like, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Find the middle number: half of the others are at most as large, half at least.

    Args:
        x: the numbers; integers become float32.
        axis: the axis to look along, or a list of them; all when left out.
        keepdims: whether that axis stays, with length 1.

    Returns:
        The medians, floats; of an even count the mean of the two in the middle. NaN where any of the
        numbers is NaN, or where there are none.

    Raises:
        ShapeError: there is no such axis.
        DtypeError: complex numbers, which have no order.

    Source: NumPy, `median`.

    >>> median([[3, 1, 2], [9, 9, 1]], axis=1).numpy()
    array([2., 9.], dtype=float32)
    """
    x = as_float(x)
    check_ordered(x)
    rows, shape = _rows(x, axis, flag("keepdims", keepdims))
    count = tf.shape(rows)[-1]
    ranked = gathered(rows, order(rows))
    first, last = (count - 1) // 2, count // 2

    def middle(ranked: Tensor) -> Tensor:
        low, high = _at(ranked, first), _at(ranked, last)
        return tf.where(low == high, low, low / 2 + high / 2)

    return tf.reshape(_unless_missing(rows, in_float32(middle, ranked)), shape)


@boundary
def quantile(x: Like, q: Like, axis: Axes = None) -> Tensor:
    """Find the values below which given fractions of the numbers lie.

    Args:
        x: the numbers; integers become float32.
        q: the shares, from 0 to 1: 0.5 for the median, [0.25, 0.5, 0.75] for the quartiles.
        axis: the axis to look along, or a list of them; all when left out.

    Returns:
        The quantiles, floats, interpolated linearly between two numbers; the axes of `q` come first. NaN where any of
        the numbers is NaN, or where there are none.

    Raises:
        ShapeError: there is no such axis.
        OptionError: a share that is not from 0 to 1.
        DtypeError: complex numbers, which have no order.

    Source: NumPy, `quantile`.

    >>> quantile([1.0, 2.0, 3.0, 4.0], [0.0, 0.5, 1.0]).numpy()
    array([1. , 2.5, 4. ], dtype=float32)
    """
    x = as_float(x)
    check_ordered(x)
    shares = as_dtype(q, tf.float64)
    if not tf.is_symbolic_tensor(shares) and not tf.reduce_all((shares >= 0) & (shares <= 1)):
        raise OptionError(f"q must be from 0 to 1; got {shares.numpy().tolist()}")
    rows, shape = _rows(x, axis, False)
    check_size([rows.shape[0], total(extents(shares))], x.dtype.size)
    ranked = gathered(rows, order(rows))
    place = tf.reshape(shares, [-1]) * tf.cast(tf.maximum(tf.shape(rows)[-1] - 1, 0), tf.float64)
    below = tf.cast(tf.floor(place), tf.int32)
    part = place - tf.floor(place)

    def between(ranked: Tensor) -> Tensor:
        low, high, t = _at(ranked, below), _at(ranked, below + 1), tf.cast(part, ranked.dtype)
        joined = tf.where(t < 0.5, low + (high - low) * t, high - (high - low) * (1 - t))
        return tf.where((low == high) | (t == 0), low, joined)

    found = _unless_missing(rows, in_float32(between, ranked))
    return tf.reshape(tf.transpose(found), tf.concat([tf.shape(shares), shape], 0))


def _product(x: Tensor, axis: object, keepdims: bool) -> Tensor:
    axes = over(x, axis)
    if x.shape.rank is None:
        return tf.reduce_prod(x, axes, keepdims)
    axes = range(x.shape.rank) if axes is None else [axes] if isinstance(axes, int) else axes
    for each in axes:
        x = product(x, each % x.shape.rank)
    return tf.squeeze(x, list(axes)) if axes and not keepdims else x


def _variance(x: Tensor, axis: object, keepdims: bool) -> Tensor:
    axes = over(x, axis)
    distance = x - tf.reduce_mean(x, axes, keepdims=True)
    squares = tf.math.real(distance * tf.math.conj(distance)) if x.dtype.is_complex else tf.square(distance)
    return tf.reduce_mean(squares, axes, keepdims)


def _rows(x: Tensor, axis: object, keepdims: bool) -> tuple[Tensor, Tensor]:
    """The numbers to choose from as the rows of a matrix, and the shape of what is chosen, one number a row."""
    if x.shape.rank is None:
        raise ShapeError(f"the number of axes must be known; got {shown(extents(x))}")
    rank, lengths = x.shape.rank, tf.shape(x)
    axes = [each % rank for each in (range(rank) if axis is None else checked_axes(axis, x))]
    kept = [each for each in range(rank) if each not in axes]
    shape = [1 if each in axes else lengths[each] for each in range(rank) if keepdims or each in kept]
    rows, columns = (tf.reduce_prod(tf.gather(lengths, tf.constant(each, tf.int32))) for each in (kept, axes))
    return tf.reshape(tf.transpose(x, [*kept, *axes]), [rows, columns]), tf.convert_to_tensor(shape, tf.int32)


def _at(ranked: Tensor, places: Tensor) -> Tensor:
    """The columns at these places, the last one for a place past it; NaN where there is no column."""
    padded = tf.concat([ranked, tf.fill([tf.shape(ranked)[0], 1], tf.constant(float("nan"), ranked.dtype))], 1)
    return tf.gather(padded, tf.clip_by_value(places, 0, tf.maximum(tf.shape(ranked)[-1] - 1, 0)), axis=-1)


def _unless_missing(rows: Tensor, found: Tensor) -> Tensor:
    """What was found in each row, NaN for a row with a NaN."""
    missing = tf.reduce_any(tf.math.is_nan(rows), -1)
    if found.shape.rank == 2:
        missing = missing[:, tf.newaxis]
    return tf.where(missing, tf.constant(float("nan"), found.dtype), found)
