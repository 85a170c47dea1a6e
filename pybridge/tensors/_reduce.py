"""Operations that make many numbers one, over all axes or some."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from pybridge._arguments import flag
from pybridge._boundary import boundary
from pybridge._types import Axes, Like, Tensor
from pybridge.errors import ShapeError
from pybridge.tensors._checks import check_ordered, extents, over, shown, whole
from pybridge.tensors._dtypes import as_float, as_tensor
from pybridge.tensors._wider import in_float32


@boundary
def sum(x: Like, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Add up.

    Args:
        x: the numbers; booleans count as 0 and 1, and integers add up in 64 bits.
        axis: the axis to add up along, or a list of them; all when left out.
        keepdims: whether a summed axis stays, with length 1.

    Returns:
        The sums.

    Raises:
        ShapeError: there is no such axis.

    >>> sum([[1, 2], [3, 4]], axis=0).numpy()
    array([4, 6])
    """
    x = as_tensor(x, least=tf.int64)
    if x.dtype.is_integer:
        x = tf.cast(x, tf.uint64 if x.dtype.is_unsigned else tf.int64)
    return in_float32(lambda x: tf.reduce_sum(x, over(x, axis), flag("keepdims", keepdims)), x)


@boundary
def mean(x: Like, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Average.

    Args:
        x: the numbers; integers become float32.
        axis: the axis to average along, or a list of them; all when left out.
        keepdims: whether an averaged axis stays, with length 1.

    Returns:
        The means, floats; of no numbers at all NaN.

    Raises:
        ShapeError: there is no such axis.

    >>> mean([[1, 2], [3, 4]], axis=0).numpy()
    array([2., 3.], dtype=float32)
    """
    x = as_float(x)
    axes, keepdims = over(x, axis), flag("keepdims", keepdims)
    if x.dtype.is_complex:  # where TensorFlow takes the mean of nothing for 0
        return tf.complex(*(tf.reduce_mean(part, axes, keepdims) for part in (tf.math.real(x), tf.math.imag(x))))
    return in_float32(lambda x: tf.reduce_mean(x, axes, keepdims), x)


@boundary
def max(x: Like, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Find the largest number.

    Args:
        x: the numbers; booleans count as 0 and 1.
        axis: the axis to look along, or a list of them; all when left out.
        keepdims: whether that axis stays, with length 1.

    Returns:
        The largest numbers; NaN where any of the numbers is NaN.

    Raises:
        ShapeError: there is no such axis, or nothing to choose from.
        DtypeError: complex numbers, which have no order.

    >>> max([[1, 2], [3, 4]], axis=1).numpy()
    array([2, 4])
    """
    x, axes = _choices(x, axis)
    return tf.reduce_max(x, axes, flag("keepdims", keepdims))


@boundary
def min(x: Like, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Find the smallest number.

    Args:
        x: the numbers; booleans count as 0 and 1.
        axis: the axis to look along, or a list of them; all when left out.
        keepdims: whether that axis stays, with length 1.

    Returns:
        The smallest numbers; NaN where any of the numbers is NaN.

    Raises:
        ShapeError: there is no such axis, or nothing to choose from.
        DtypeError: complex numbers, which have no order.

    >>> min([[1, 2], [3, 4]], axis=1).numpy()
    array([1, 3])
    """
    x, axes = _choices(x, axis)
    return tf.reduce_min(x, axes, flag("keepdims", keepdims))


@boundary
def argmax(x: Like, axis: int | None = None) -> Tensor:
    """Find the position of the largest number.

    Args:
        x: the numbers; booleans count as 0 and 1.
        axis: the axis to look along; when left out, the tensor is read row by row as one vector.

    Returns:
        Indices from 0, int64: the first of equals, or of the NaNs where there are any.

    Raises:
        ShapeError: there is no such axis, or nothing to choose from.
        DtypeError: complex numbers, which have no order.

    >>> argmax([[1, 9, 3], [7, 5, 6]], axis=1).numpy()
    array([1, 0])
    """
    return _place(tf.argmax, x, axis)


@boundary
def argmin(x: Like, axis: int | None = None) -> Tensor:
    """Find the position of the smallest number.

    Args:
        x: the numbers; booleans count as 0 and 1.
        axis: the axis to look along; when left out, the tensor is read row by row as one vector.

    Returns:
        Indices from 0, int64: the first of equals, or of the NaNs where there are any.

    Raises:
        ShapeError: there is no such axis, or nothing to choose from.
        DtypeError: complex numbers, which have no order.

    >>> argmin([[1, 9, 3], [7, 5, 6]], axis=1).numpy()
    array([0, 1])
    """
    return _place(tf.argmin, x, axis)


def _choices(x: Like, axis: object) -> tuple[Tensor, int | list[int] | None]:
    x = as_tensor(x, least=tf.int64)
    check_ordered(x)
    axes = over(x, axis)
    check_choice(x, axes)
    return x, axes


def check_choice(x: Tensor, axes: int | list[int] | None) -> None:
    """See that there are numbers along these axes.

    Raises:
        ShapeError: there are none.
    """
    lengths = extents(x)
    if lengths is not None:
        along = lengths if axes is None else [lengths[each] for each in (axes if isinstance(axes, list) else [axes])]
        if 0 in along:
            raise ShapeError(f"there is nothing to choose from in shape {shown(lengths)}")


def _place(find: Callable[..., Tensor], x: Like, axis: object) -> Tensor:
    if axis is not None:
        axis = whole("axis", axis)
    x, axis = _choices(x, axis)
    if axis is None:
        x, axis = tf.reshape(x, [-1]), 0
    place = find(x, axis)
    if x.dtype.is_floating:  # TensorFlow passes over NaN, NumPy finds it
        missing = tf.math.is_nan(x)
        place = tf.where(tf.reduce_any(missing, axis), tf.argmax(tf.cast(missing, tf.uint8), axis), place)
    return place
