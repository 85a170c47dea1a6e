"""Powers whose slopes are right at 0 as well, to every order."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pybridge._types import Tensor
from pybridge.tensors._checks import is_without_zero


def raised(x: Tensor, y: Tensor) -> Tensor:
    """x to the power of y, of one dtype.

    TensorFlow takes the slope of x⁰ at 0 for 0 · 0⁻¹, which is NaN, and with it later derivatives of every power.
    """
    if x.dtype.is_integer or is_without_zero(x):
        return tf.pow(x, y)
    if x.shape != y.shape:
        shape = tf.broadcast_dynamic_shape(tf.shape(x), tf.shape(y))
        x, y = tf.broadcast_to(x, shape), tf.broadcast_to(y, shape)
    return _at_zero(x, y)


@tf.custom_gradient
def _at_zero(x: Tensor, y: Tensor) -> tuple[Any, ...]:
    def slopes(g: Tensor) -> tuple[Any, ...]:
        varies, grows = y != 0, x != 0 if x.dtype.is_complex else x > 0
        by_x = tf.where(varies, y * raised(x, tf.where(varies, y - 1, 1)), 0)
        by_y = raised(x, y) * tf.where(grows, tf.math.log(tf.where(grows, x, 1)), 0)
        return g * tf.math.conj(by_x), g * tf.math.conj(by_y)

    return tf.pow(x, y), slopes
