"""Sums of products in which a factor of 0 takes nothing from the other, whatever that is: 0 times NaN is 0 here.

So what is in a masked place reaches neither a result nor a gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from pybridge._sizes import check_size
from pybridge._types import Tensor
from pybridge.tensors._checks import extents, met


def dots(query: Tensor, keys: Tensor, several: bool) -> Tensor:
    """Multiply each query with each of its keys.

    Args:
        query: shape (..., d), or (..., queries, d) for several.
        keys: shape (..., length, d).
        several: whether each set of keys meets several queries.

    Returns:
        Shape (..., length), or (..., queries, length).
    """

    of_query, of_keys = extents(query), extents(keys)
    leading = met(of_query[: -2 if several else -1], of_keys[:-2])
    check_size([*leading, *of_query[-2:-1] * several, of_keys[-2]], query.dtype.size)

    def multiplied(query: Tensor, keys: Tensor) -> Tensor:
        return tf.einsum("...qd,...ld->...ql" if several else "...d,...ld->...l", query, keys)

    if is_known_finite(keys):
        return multiplied(query, keys)

    @tf.custom_gradient
    def spared(query: Tensor, keys: Tensor) -> tuple[Tensor, Callable[..., Any]]:
        def backward(gradient: Tensor) -> tuple[Tensor, Tensor]:
            of_keys = tf.einsum("...ql,...qd->...ld" if several else "...l,...d->...ld", gradient, query)
            return _summed_to(query, averages(gradient, keys, several)), _summed_to(keys, of_keys)

        return multiplied(query, keys), backward

    return spared(query, keys)


def averages(weights: Tensor, values: Tensor, several: bool) -> Tensor:
    """Add up the values, each times its weight; NaN and infinity count only where their weight is not 0.

    Args:
        weights: shape (..., length), or (..., queries, length) for several.
        values: shape (..., length, d).
        several: whether each set of values meets several rows of weights.

    Returns:
        Shape (..., d), or (..., queries, d).
    """

    def summed(weights: Tensor, values: Tensor) -> Tensor:
        return tf.einsum("...ql,...ld->...qd" if several else "...l,...ld->...d", weights, values)

    def spared() -> Tensor:
        infinite = tf.math.is_inf(values)
        counts = tf.where(tf.equal(weights, 0), tf.zeros_like(weights), 1)
        nans = summed(counts, tf.cast(tf.math.is_nan(values), values.dtype))
        infinities = summed(counts, tf.cast(infinite, values.dtype))
        signed = summed(tf.sign(weights), tf.where(infinite, tf.sign(values), 0))
        clear = tf.equal(nans, 0) & tf.equal(tf.abs(signed), infinities)
        spoilt = tf.where(clear, tf.where(infinities > 0, signed * np.inf, 0), np.nan)
        return summed(weights, tf.where(tf.math.is_finite(values), values, 0)) + tf.stop_gradient(spoilt)

    return if_finite(values, lambda: summed(weights, values), spared)


def if_finite(x: Tensor, plain: Callable[[], Tensor], spared: Callable[[], Tensor]) -> Tensor:
    """The one result where all numbers are finite, the other where they are not."""
    if tf.is_symbolic_tensor(x):
        return tf.cond(tf.reduce_all(tf.math.is_finite(x)), plain, spared)
    return plain() if is_known_finite(x) else spared()


def is_known_finite(x: Tensor) -> bool:
    """Whether the numbers are there already, all of them finite."""
    return not tf.is_symbolic_tensor(x) and bool(np.isfinite(x.numpy()).all())


def _summed_to(x: Tensor, gradient: Tensor) -> Tensor:
    """The gradient of what was broadcast: summed over the axes along which that happened."""
    shape = tf.shape(x)
    axes = tf.raw_ops.BroadcastGradientArgs(s0=shape, s1=tf.shape(gradient)).r0
    return tf.reshape(tf.reduce_sum(gradient, axes), shape)
