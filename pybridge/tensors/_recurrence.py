"""Products of many numbers whose slopes are right where a number is 0.

TensorFlow finds the slopes of a product by dividing by the number in question. Here they are sums of products: with
s_j = g_j + x_{j+1} s_{j+1}, the slope by x_j of all the products on the way is s_j times the product before j.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pybridge._types import Tensor
from pybridge.tensors._checks import is_without_zero


def recurrence(b: Tensor, a: Tensor, axis: int, *, reverse: bool = False) -> Tensor:
    """Run y_j = b_j + a_j y_{j-1} along an axis of known length, from the end with y_{j+1} if `reverse`."""
    if reverse:
        return tf.reverse(recurrence(tf.reverse(b, [axis]), tf.reverse(a, [axis]), axis), [axis])

    def along(x: Tensor, start: int | None, stop: int | None) -> Tensor:
        return x[(*[slice(None)] * axis, slice(start, stop))]

    reach = 1
    while reach < b.shape[axis]:  # after each round y_j knows of twice as many places
        from_b = along(b, reach, None) + along(a, reach, None) * along(b, None, -reach)
        from_a = along(a, reach, None) * along(a, None, -reach)
        b, a = (tf.concat([along(x, None, reach), far], axis) for x, far in ((b, from_b), (a, from_a)))
        reach *= 2
    return b


def shifted(x: Tensor, axis: int, fill: float, *, reverse: bool = False) -> Tensor:
    """Move along an axis by one place, to the front if `reverse`, and fill the place that is left."""
    front = [slice(None)] * axis
    filled = tf.ones_like(x[(*front, slice(0, 1))]) * tf.cast(fill, x.dtype)
    return tf.concat([x[(*front, slice(1, None))], filled] if reverse else [filled, x[(*front, slice(0, -1))]], axis)


def products(x: Tensor, axis: int) -> Tensor:
    """The product of all numbers up to each place along an axis."""
    if x.dtype.is_integer or x.shape.rank is None or x.shape[axis] is None or is_without_zero(x):
        return tf.math.cumprod(x, axis)
    axis %= x.shape.rank

    @tf.custom_gradient
    def with_slopes(x: Tensor) -> tuple[Any, ...]:
        def slopes(g: Tensor) -> Tensor:
            following = tf.math.conj(shifted(x, axis, 0.0, reverse=True))
            before = tf.math.conj(shifted(products(x, axis), axis, 1.0))
            return recurrence(g, following, axis, reverse=True) * before

        return tf.math.cumprod(x, axis), slopes

    return with_slopes(x)


def product(x: Tensor, axis: int) -> Tensor:
    """The product of all numbers along an axis, which stays, with length 1."""
    if x.dtype.is_integer or x.shape[axis] is None or is_without_zero(x):
        return tf.reduce_prod(x, axis, keepdims=True)

    @tf.custom_gradient
    def with_slopes(x: Tensor) -> tuple[Any, ...]:
        def slopes(g: Tensor) -> Tensor:
            before = shifted(products(x, axis), axis, 1.0)
            after = tf.reverse(shifted(products(tf.reverse(x, [axis]), axis), axis, 1.0), [axis])
            return g * tf.math.conj(before * after)

        return tf.reduce_prod(x, axis, keepdims=True), slopes

    return with_slopes(x)
