"""Losses of numbers: means of differences."""

from __future__ import annotations

import tensorflow as tf

from pybridge._arguments import number
from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.losses._pairs import pairs
from pybridge.tensors._wider import in_float32


@boundary
def mean_squared_error(y_true: Like, y_pred: Like) -> Tensor:
    """Average the squared differences.

    Args:
        y_true: what is wanted, any shape.
        y_pred: what comes out, the same shape.

    Returns:
        One number, at least 0.

    Raises:
        ShapeError: the shapes differ, or there are no predictions.
        DtypeError: the numbers are complex.

    Source: Keras, `mean_squared_error`.

    >>> mean_squared_error([1.0, 2.0], [1.0, 4.0]).numpy()
    np.float32(2.0)
    """
    return in_float32(lambda true, pred: tf.reduce_mean(tf.square(true - pred)), *pairs(y_true, y_pred))


@boundary
def mean_absolute_error(y_true: Like, y_pred: Like) -> Tensor:
    """Average the differences, whatever their sign.

    Args:
        y_true: what is wanted, any shape.
        y_pred: what comes out, the same shape.

    Returns:
        One number, at least 0.

    Raises:
        ShapeError: the shapes differ, or there are no predictions.
        DtypeError: the numbers are complex.

    Source: Keras, `mean_absolute_error`.

    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0]).numpy()
    np.float32(1.0)
    """
    return in_float32(lambda true, pred: tf.reduce_mean(tf.abs(true - pred)), *pairs(y_true, y_pred))


@boundary
def huber(y_true: Like, y_pred: Like, delta: float = 1.0) -> Tensor:
    """Average half the squared differences, of large ones only the part that grows in proportion.

    A difference e up to delta counts e² / 2, a larger one delta · (e - delta / 2), so that an outlier pulls no harder
    than delta.

    Args:
        y_true: what is wanted, any shape.
        y_pred: what comes out, the same shape.
        delta: where the square ends, above 0, in the unit of the differences.

    Returns:
        One number, at least 0.

    Raises:
        ShapeError: the shapes differ, or there are no predictions.
        DtypeError: the numbers are complex.
        OptionError: delta is not a finite number above 0.

    Source: Huber (1964); Keras, `huber`.

    >>> huber([0.0, 0.0], [0.5, 3.0]).numpy()
    np.float32(1.3125)
    """
    delta = number("delta", delta, above=0)

    def mean(true: Tensor, pred: Tensor) -> Tensor:
        size = tf.abs(true - pred)
        near = tf.minimum(size, delta)
        return tf.reduce_mean(near * (size - near / 2))

    return in_float32(mean, *pairs(y_true, y_pred))
