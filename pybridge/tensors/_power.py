"""Powers with slopes of every order, at 0 too."""

from __future__ import annotations

import tensorflow as tf
from tensorflow.python.eager import record  # says, in a fraction of a microsecond, whether a tape is open

from pybridge._types import Tensor


def power_with_slopes(x: Tensor, y: Tensor) -> Tensor:
    """Raise x to the power of y.

    TensorFlow takes the slope of x⁰ at 0 for 0 · 0⁻¹, which is NaN, and with it the n-th derivative of every smaller
    power. Here it is 0.
    """
    followed = record.could_possibly_record() or not tf.executing_eagerly()
    return _power(x, y) if followed and not x.dtype.is_integer else tf.pow(x, y)


@tf.custom_gradient
def _power(x: Tensor, y: Tensor) -> tuple:
    result = tf.pow(x, y)

    def slopes(g: Tensor) -> tuple[Tensor, Tensor]:
        base, exponent = tf.math.conj(x), tf.math.conj(y)
        flat = (base == 0) & (exponent == 0)
        by_x = g * (exponent * _power(tf.where(flat, tf.ones_like(base), base), exponent - 1))
        # TensorFlow's own: a power of a negative number has no slope by its exponent, log 1 = 0 stands in for it
        positive = base != 0 if x.dtype.is_complex else base > 0
        by_y = g * (tf.math.conj(result) * tf.math.log(tf.where(positive, base, tf.ones_like(base))))
        return _summed(by_x, x), _summed(by_y, y)

    return result, slopes


def _summed(g: Tensor, x: Tensor) -> Tensor:
    """A gradient summed over the axes along which broadcasting repeated x."""
    if x.shape.is_fully_defined() and g.shape == x.shape:
        return g
    axes, _ = tf.raw_ops.BroadcastGradientArgs(s0=tf.shape(x), s1=tf.shape(g))
    return tf.reshape(tf.reduce_sum(g, axes), tf.shape(x))
