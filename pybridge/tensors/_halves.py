"""Sums of half floats, which neither overflow nor lose digits on the way."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from pybridge._types import Tensor


def in_float32(operation: Callable, *xs: Tensor) -> Tensor | list[Tensor]:
    """Run an operation on half floats of one dtype in float32, and return its result, or results, in their dtype."""
    dtype = xs[0].dtype
    if not dtype.is_floating or dtype.size > 2:
        return operation(*xs)
    results = operation(*[tf.cast(x, tf.float32) for x in xs])
    return tf.nest.map_structure(lambda result: tf.cast(result, dtype), results)
