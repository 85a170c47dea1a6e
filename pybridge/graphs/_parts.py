"""The operations that put tensors together, each with its derivative: every tensor gets its part of the gradient.

Where a part begins depends on the shapes of the others, which are known only when the graph is computed. `ends` asks
all of them once; each part then needs only these places, so that n tensors take n small nodes and not n large ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pybridge import tensors as t
from pybridge._types import Like, Tensor
from pybridge.errors import GraphError
from pybridge.graphs._operations import Part, operation, without_derivative
from pybridge.tensors._dtypes import as_tensor


def ends(*xs: Like, axis: int = 0) -> Tensor:
    """Find where each of these tensors ends, concatenated along an axis: int64, one number a tensor."""
    lengths = [as_tensor(x).shape[axis] for x in xs]
    if None in lengths:
        return tf.cumsum([tf.shape(x, tf.int64)[axis] for x in xs])
    return tf.constant(np.cumsum(lengths), tf.int64)


def part(g: Like, ends: Like, x: Like, *, at: int, axis: int = 0) -> Tensor:
    """Take the part of a gradient that belongs to one of the tensors put together.

    Args:
        g: the gradient by all of them together.
        ends: where each of them ends along the axis.
        x: the tensor, of which only the shape and dtype count.
        at: which of them it is.
        axis: the axis.
    """
    g, x = as_tensor(g), as_tensor(x)
    start, stop = _span(as_tensor(ends), at)
    begin, size = [0] * g.shape.rank, [-1] * g.shape.rank
    begin[axis], size[axis] = start, stop - start
    taken = tf.reshape(tf.slice(g, begin, size), tf.shape(x))
    return tf.cast(taken, x.dtype) if x.dtype.is_floating else taken


def placed(g: Like, ends: Like, *parts: Like, at: list[int], axis: int = 0) -> Tensor:
    """Put parts where `part` took them from, and zeros elsewhere.

    Args:
        g: what they are parts of; only its shape and dtype count.
        ends: where each part ends along the axis.
        parts: the parts.
        at: which they are, in ascending order.
        axis: the axis.
    """
    g, ends = as_tensor(g), as_tensor(ends)
    if not isinstance(at, list) or len(at) != len(parts) or sorted(set(at)) != at:
        raise GraphError(f"at names a place for each of {len(parts)} parts, in ascending order; got {at}")
    shape = g.shape.as_list() if g.shape.is_fully_defined() else tf.unstack(tf.shape(g, tf.int64))

    dtype = g.dtype if g.dtype.is_floating else as_tensor(parts[0]).dtype

    def shaped(length):
        return [length if place == axis % len(shape) else each for place, each in enumerate(shape)]

    pieces, following = [], 0
    for place, piece in [*zip(at, parts, strict=True), (ends.shape[0], None)]:
        if place > following:
            pieces.append(tf.zeros(shaped(_span(ends, place - 1)[1] - _span(ends, following)[0]), dtype))
        if piece is not None:
            start, stop = _span(ends, place)
            pieces.append(tf.reshape(tf.cast(piece, dtype), shaped(stop - start)))
        following = place + 1
    return tf.concat(pieces, axis)


def _span(ends: Tensor, at: int) -> tuple[Any, ...]:
    """Where a part begins and ends: numbers where they are known.

    Raises:
        GraphError: this part is not there.
    """
    count = ends.shape[0]
    if at not in range(count):
        raise GraphError(f"there are {count} parts, from 0 on; got {at!r}")
    known = tf.get_static_value(ends)
    stops = ends if known is None else known
    return (stops[at - 1] if at else 0), stops[at]


without_derivative(ends, "*xs", axis=0)


@operation(part)
def _(h, out, g, ends, x, *, at, axis=0):
    return Part(h, (g, ends), at, axis), None, None


@operation(placed)
def _(h, out, g, ends, *parts, at, axis=0):
    return None, None, *(h.apply("part", h, ends, x, at=i, axis=axis) for i, x in zip(at, parts, strict=True))


@operation(t.concatenate, call=lambda *xs, axis=0: t.concatenate(xs, axis=axis))
def concatenate(g, out, *xs, axis=0):
    places = g.apply("ends", *xs, axis=axis)
    return [g.apply("part", g, places, x, at=at, axis=axis) for at, x in enumerate(xs)]


@operation(t.stack, call=lambda *xs, axis=0: t.stack(xs, axis=axis))
def stack(g, out, *xs, axis=0):
    places = g.builder.constant(np.arange(1, len(xs) + 1))
    return [g.apply("part", g, places, x, at=at, axis=axis) for at, x in enumerate(xs)]
