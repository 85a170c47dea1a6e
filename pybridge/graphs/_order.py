"""What depends on the order of numbers, each with its derivative: between two changes of that order it is linear."""

from __future__ import annotations

import functools
import operator as python

import tensorflow as tf

from pybridge import tensors as t
from pybridge._types import Like, Tensor
from pybridge.graphs._operations import REQUIRED, linear, operation, without_derivative
from pybridge.graphs._reductions import axes_of, repeated
from pybridge.graphs._shapes import sent_back
from pybridge.tensors._checks import checked_axis
from pybridge.tensors._dtypes import as_float, as_tensor
from pybridge.tensors._order import order


def taken(x: Like, places: Like, *, axis: int = -1) -> Tensor:
    """Take numbers along an axis, at places of their own for each row: NumPy's `take_along_axis`."""
    x, places = as_tensor(x), as_tensor(places)
    axes = list(range(x.shape.rank))
    axes.append(axes.pop(checked_axis(axis, x)))
    back = [axes.index(place) for place in range(len(axes))]
    rows = tf.gather(tf.transpose(x, axes), tf.transpose(places, axes), axis=-1, batch_dims=len(axes) - 1)
    return tf.transpose(rows, back)


def share(x: Like, *, q: float, axis: int | list[int] | None = None) -> Tensor:
    """Find how much of each number is in the quantile `q` of all numbers along an axis; in a row with NaN nothing."""
    x = as_float(x)
    if x.shape.num_elements() == 0:
        return tf.zeros_like(x)
    reduced = [each % x.shape.rank for each in axes_of(axis, x.shape.rank)]
    axes = [*(each for each in range(x.shape.rank) if each not in reduced), *reduced]
    moved = tf.transpose(x, axes)
    count = tf.reduce_prod(tf.gather(tf.shape(x), tf.constant(reduced, tf.int32)))
    rows = tf.reshape(moved, [-1, count])
    place = tf.constant(q, tf.float64) * tf.cast(count - 1, tf.float64)
    ranked, lower = order(rows), tf.cast(tf.floor(place), tf.int32)
    at_low, at_high = (ranked[:, tf.minimum(each, count - 1)] for each in (lower, lower + 1))
    low, high = (tf.gather(rows, at, axis=-1, batch_dims=1) for at in (at_low, at_high))
    part = tf.where(low == high, tf.zeros([], x.dtype), tf.cast(place - tf.floor(place), x.dtype))[:, tf.newaxis]
    shares = (1 - part) * tf.one_hot(at_low, count, dtype=x.dtype) + part * tf.one_hot(at_high, count, dtype=x.dtype)
    missing = tf.reduce_any(tf.math.is_nan(rows), -1, keepdims=True)
    shares = tf.reshape(tf.where(missing, tf.zeros([], x.dtype), shares), tf.shape(moved))
    return tf.transpose(shares, [axes.index(each) for each in range(len(axes))])


without_derivative(t.argmax, "x", axis=None)
without_derivative(t.argmin, "x", axis=None)
without_derivative(t.argsort, "x", axis=-1, descending=False)
without_derivative(share, "x", q=REQUIRED, axis=None)


@linear(taken, wrt=0)
def _(g, at, x, places, *, axis=-1):
    return sent_back(g, x, lambda numbered: taken(numbered, places, axis=axis))


@operation(t.sort)
def sort(g, out, x, *, axis=-1, descending=False):
    places = t.argsort(x, axis=axis, descending=descending)
    return (g.apply("adjoint", g, x, places, of="taken", at=0, attrs={"axis": axis}),)


@operation(t.median)
def median(g, out, x, *, axis=None, keepdims=False):
    return (repeated(g, x, axis, keepdims) * x.apply("share", x, q=0.5, axis=axis),)


@operation(t.quantile)
def quantile(g, out, x, *, q, axis=None):
    if not isinstance(q, list):
        return (repeated(g, x, axis) * x.apply("share", x, q=q, axis=axis),)
    terms = (quantile(t.index(g, place), out, x, q=each, axis=axis)[0] for place, each in enumerate(q))
    return (functools.reduce(python.add, terms, x.filled(0.0)),)
