"""Sums and products on the way along an axis, and products of all, each with its derivative.

The derivative of a product by one factor is the product of the others, which a division would not find where there is
a 0. All of it is a recurrence, y_j = b_j + a_j y_{j-1}, whose own derivative is one that runs the other way.
"""

from __future__ import annotations

import tensorflow as tf

from pybridge import tensors as t
from pybridge._types import Like, Tensor
from pybridge.errors import ShapeError
from pybridge.graphs._operations import linear, operation
from pybridge.graphs._reductions import repeated
from pybridge.tensors import _recurrence
from pybridge.tensors._checks import checked_axis, extents, shown
from pybridge.tensors._dtypes import as_tensor, promote
from pybridge.tensors._recurrence import shifted


def before(x: Like, *, axis: int = 0, reverse: bool = False, fill: float = 0.0) -> Tensor:
    """Shift along an axis by one place, to the front if `reverse`, and fill the place that is left."""
    x = as_tensor(x)
    axis = checked_axis(axis, x)
    return shifted(x, axis % x.shape.rank, fill, reverse=reverse)


def recurrence(b: Like, a: Like, *, axis: int = 0, reverse: bool = False) -> Tensor:
    """Run y_j = b_j + a_j y_{j-1} along an axis, from the end with y_{j+1} if `reverse`; b and a have one shape."""
    b, a = promote(b, a, least=tf.float32)
    axis = checked_axis(axis, b) % b.shape.rank
    if b.shape[axis] is None:
        raise ShapeError(f"the length of axis {axis} must be known; got {shown(extents(b))}")
    return _recurrence.recurrence(b, a, axis, reverse=reverse)


@linear(before, added="fill")
def _(g, at, x, *, axis=0, reverse=False, fill=0.0):
    return before(g, axis=axis, reverse=not reverse)


@operation(recurrence)
def _(g, out, b, a, *, axis=0, reverse=False):
    following = a.apply("before", a, axis=axis, reverse=not reverse)
    by_b = g.apply("recurrence", g, following, axis=axis, reverse=not reverse)
    return by_b, by_b * out.apply("before", out, axis=axis, reverse=reverse)


@linear(t.cumsum)
def cumsum(g, at, x, *, axis=0):
    return tf.cumsum(g, axis, reverse=True)


@operation(t.cumprod)
def cumprod(g, out, x, *, axis=0):
    following = x.apply("before", x, axis=axis, reverse=True)
    sums = g.apply("recurrence", g, following, axis=axis, reverse=True)
    return (sums * out.apply("before", out, axis=axis, fill=1.0),)


@operation(t.prod)
def prod(g, out, x, *, axis=None, keepdims=False):
    g = repeated(g, x, axis, keepdims)
    if axis is None:
        by_flat = t.reshape(g, [-1]) * _others(t.reshape(x, [-1]), 0)
        return (g.apply("adjoint", by_flat, x, of="reshape", at=0, attrs={"shape": [-1]}),)
    product = x
    for each in axis if isinstance(axis, list) else [axis]:
        g = g * _others(product, each)
        product = t.prod(product, axis=each, keepdims=True)
    return (g,)


def _others(x, axis):
    """For each number the product of the others along an axis."""
    from_start = t.cumprod(x, axis=axis)
    from_end = t.flip(t.cumprod(t.flip(x, axis=axis), axis=axis), axis=axis)
    return x.apply("before", from_start, axis=axis, fill=1.0) * x.apply(
        "before", from_end, axis=axis, reverse=True, fill=1.0
    )
