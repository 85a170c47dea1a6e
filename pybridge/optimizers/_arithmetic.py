"""The arithmetic that numbers, arrays and tensors write differently. TensorFlow is imported only for a tensor."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

Leaf: TypeAlias = Any  # a float, an array or a tensor: TensorFlow stays unloaded


def sqrt(x: Leaf) -> Leaf:
    """The square root; of a negative number it is nan, as it is of a tensor.

    >>> sqrt(9.0), sqrt(-1.0)
    (3.0, nan)
    """
    if not isinstance(x, float):
        return x**0.5
    return math.sqrt(x) if x >= 0 else math.nan


def divide(x: Leaf, y: Leaf) -> Leaf:
    """The quotient; of plain numbers too, 0 / 0 is nan and 1 / 0 infinite, as it is of tensors.

    >>> divide(0.0, 0.0), divide(-1.0, 0.0)
    (nan, -inf)
    """
    if isinstance(y, float) and y == 0:
        return x * math.copysign(math.inf, y)
    return x / y


def maximum(x: Leaf, y: Leaf) -> Leaf:
    """The greater, number by number; nan where either is nan.

    >>> maximum(1.0, 2.0), maximum(math.nan, 2.0), maximum(1.0, math.nan)
    (2.0, nan, nan)
    """
    if isinstance(x, float):
        return x if x >= y or math.isnan(x) else y
    if isinstance(x, np.ndarray | np.generic):
        return np.maximum(x, y)
    import tensorflow as tf

    return tf.maximum(x, y)


def limited(x: Leaf, bound: float) -> Leaf:
    """Every number at most `bound` away from 0.

    >>> limited(3.0, 0.5), limited(-3.0, 0.5)
    (0.5, -0.5)
    """
    if isinstance(x, float):
        return min(max(x, -bound), bound)
    if isinstance(x, np.ndarray):
        return np.clip(x, -bound, bound)
    import tensorflow as tf

    return tf.clip_by_value(x, -bound, bound)


def shortened(vector: list[Leaf], most: float) -> list[Leaf]:
    """The parts of one vector, all scaled down alike where its norm is above `most`. The norm is taken in binary64.

    >>> shortened([3.0, 4.0], 1.0), shortened([3.0, 4.0], 10.0)
    ([0.6000000000000001, 0.8], [3.0, 4.0])
    """
    if all(isinstance(x, float) for x in vector):
        norm = math.sqrt(sum(x * x for x in vector))  # not hypot, to which what is infinite hides what is no number
        share = most / maximum(norm, most)
        return [x * share for x in vector]
    return [_shortened(x, most) for x in vector]


def full(x: Leaf, fill: float) -> Leaf:
    """A leaf of the same kind and shape that holds one number everywhere."""
    if isinstance(x, float):
        return fill
    if isinstance(x, np.ndarray):
        return np.full_like(x, fill)
    import tensorflow as tf

    return tf.fill(tf.shape(x), tf.cast(fill, x.dtype))


def _shortened(x: Leaf, most: float) -> Leaf:
    if isinstance(x, np.ndarray):
        wide = x.astype(np.float64)
        return (wide * (most / np.maximum(np.sqrt(np.sum(wide * wide)), most))).astype(x.dtype)
    import tensorflow as tf

    wide = tf.cast(x, tf.float64)
    return tf.cast(wide * (most / tf.maximum(tf.sqrt(tf.reduce_sum(wide * wide)), most)), x.dtype)
