"""Run an operation in a wider dtype than its tensors have, where their own is too narrow for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from pybridge._types import Tensor

HALF = (tf.float16, tf.bfloat16)


def in_int64(operation: Callable[..., Tensor], *xs: Tensor) -> Tensor:
    """Run an operation that TensorFlow lacks for small and unsigned integers; results wrap around as theirs would."""
    dtype = xs[0].dtype
    if not dtype.is_integer or dtype in (tf.int32, tf.int64):
        return operation(*xs)
    return tf.cast(operation(*[tf.cast(x, tf.int64) for x in xs]), dtype)


def in_float32(operation: Callable[..., Any], *xs: Tensor) -> Tensor | list[Tensor]:
    """Run an operation that adds up many numbers: half floats are added up in float32, and its results rounded once."""
    dtype = xs[0].dtype
    if dtype not in HALF:
        return operation(*xs)
    results = operation(*[tf.cast(x, tf.float32) for x in xs])
    return tf.nest.map_structure(lambda result: tf.cast(result, dtype), results)


def summing(operation: Callable[..., Tensor], *xs: Tensor) -> Tensor:
    """Run an operation that multiplies and adds up, in a dtype in which it is right."""
    return in_float32(lambda *floats: in_int64(operation, *floats), *xs)
