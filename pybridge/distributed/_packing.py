"""Numbers of any shapes as one flat tensor for each dtype, so that each is added up at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import tensorflow as tf

from pybridge._types import Tensor

__all__ = ["added_up", "as_bits", "from_bits", "has_bits"]

_BITS = {1: tf.uint8, 2: tf.uint16, 4: tf.int32, 8: tf.int64}
_WIDE = {tf.uint8: tf.int32, tf.uint16: tf.int32}  # what collectives add up


def added_up(tensors: Sequence[Tensor], add_up: Callable[[Tensor], Tensor]) -> list[Tensor]:
    """What `add_up` makes of tensors, of which it gets one flat tensor for each dtype.

    >>> [each.numpy().tolist() for each in added_up([tf.constant([1.0, 2.0]), tf.constant(3.0)], lambda flat: 2 * flat)]
    [[2.0, 4.0], 6.0]
    """
    sums: dict[int, Tensor] = {}
    for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
        places = [place for place, tensor in enumerate(tensors) if tensor.dtype == dtype]
        flat = add_up(tf.concat([tf.reshape(tensors[place], [-1]) for place in places], 0))
        sizes = [math.prod(tensors[place].shape) for place in places]
        for place, part in zip(places, tf.split(flat, sizes), strict=True):
            sums[place] = tf.reshape(part, tensors[place].shape)
    return [sums[place] for place in range(len(tensors))]


def has_bits(dtype: tf.DType) -> bool:
    """Whether `as_bits` takes tensors of this dtype: numbers of up to 64 bits."""
    return dtype == tf.bool or (dtype != tf.string and dtype.size in _BITS)


def as_bits(tensor: Tensor) -> Tensor:
    """A tensor's bits as whole numbers, of which those of one worker and zeros of the others are a sum without loss.

    >>> as_bits(tf.constant([1.0, -0.0])).numpy().tolist()
    [1065353216, -2147483648]
    """
    if tensor.dtype == tf.bool:
        return tf.cast(tensor, tf.int32)
    bits = tf.bitcast(tensor, _BITS[tensor.dtype.size])
    return tf.cast(bits, _WIDE.get(bits.dtype, bits.dtype))


def from_bits(bits: Tensor, dtype: tf.DType) -> Tensor:
    """What `as_bits` has made whole numbers of."""
    if dtype == tf.bool:
        return tf.cast(bits, tf.bool)
    return tf.bitcast(tf.cast(bits, _BITS[dtype.size]), dtype)
