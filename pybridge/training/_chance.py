"""Random numbers that XLA draws to the same bits as TensorFlow's kernels.

Both have the generator Philox, but make floats of its bits in different ways, and left to itself TensorFlow takes yet
another generator within XLA. So where XLA may compile a step, its random operations are traced as the bits and, in
operations that mean the same everywhere, what TensorFlow's kernels make of them.

Source: tensorflow/core/lib/random/random_distributions.h.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

# The places in which TensorFlow chooses a generator and draws; it has no public switch.
from tensorflow.python.ops import gen_stateless_random_ops_v2 as kernels
from tensorflow.python.ops import random_ops_util

from pybridge._types import Tensor

PHILOX = 1
# For each kind of float: an unsigned integer of its size, the exponent of a number in [1, 2), the mask of its fraction.
UNITS = {
    tf.float32: (tf.uint32, 127 << 23, 0x7FFFFF),
    tf.float16: (tf.uint16, 15 << 10, 0x3FF),
    tf.bfloat16: (tf.uint16, 127 << 7, 0x7F),
}
_thread = threading.local()


@contextlib.contextmanager
def portable_chance() -> Iterator[None]:
    """Trace random operations so that they draw the same bits with and without XLA."""
    _thread.portable = True
    try:
        yield
    finally:
        _thread.portable = False


def _uniform(shape: object, key: Tensor, counter: Tensor, dtype: tf.DType) -> Tensor | None:
    if dtype not in UNITS:
        return None
    kind, one, fraction = UNITS[dtype]
    bits = tf.cast(_bits(shape, key, counter), kind)
    return tf.bitcast(tf.bitwise.bitwise_or(tf.bitwise.bitwise_and(bits, fraction), one), dtype) - tf.ones([], dtype)


def _normal(shape: object, key: Tensor, counter: Tensor, dtype: tf.DType) -> Tensor | None:
    """Box and Muller's transform of pairs of uniform numbers."""
    if dtype not in UNITS:
        return None
    shape = tf.convert_to_tensor(shape, tf.int32)
    count = tf.reduce_prod(shape)
    pairs = tf.reshape(_uniform([(count + 3) // 4 * 4], key, counter, tf.float32), [-1, 2])
    radius = tf.sqrt(-2.0 * tf.math.log(tf.maximum(pairs[:, 0], 1e-7)))
    angle = tf.constant(2 * math.pi, tf.float32) * pairs[:, 1]
    drawn = tf.stack([tf.sin(angle) * radius, tf.cos(angle) * radius], axis=1)
    return tf.cast(tf.reshape(tf.reshape(drawn, [-1])[:count], shape), dtype)


def _bits(shape: object, key: Tensor, counter: Tensor) -> Tensor:
    return kernels.stateless_random_uniform_full_int_v2(shape, key=key, counter=counter, dtype=tf.uint32, alg=PHILOX)


def _choose(original: Callable[..., Any]) -> Callable[..., Any]:
    def key_counter_alg(seed: Tensor, alg: object) -> tuple[Any, ...]:
        if getattr(_thread, "portable", False) and alg in (None, "auto_select"):
            alg = "philox"
        return original(seed, alg)

    return key_counter_alg


def _draw(original: Callable[..., Any], portable: Callable[..., Any]) -> Callable[..., Any]:
    def draw(
        shape: object, key: Tensor, counter: Tensor, alg: object, dtype: object = tf.float32, name: str | None = None
    ) -> Tensor:
        drawn = portable(shape, key, counter, tf.as_dtype(dtype)) if getattr(_thread, "portable", False) else None
        return original(shape, key, counter, alg, dtype=dtype, name=name) if drawn is None else drawn

    return draw


random_ops_util.get_key_counter_alg = _choose(random_ops_util.get_key_counter_alg)
kernels.stateless_random_uniform_v2 = _draw(kernels.stateless_random_uniform_v2, _uniform)
kernels.stateless_random_normal_v2 = _draw(kernels.stateless_random_normal_v2, _normal)
