"""The operations along axes, each with its derivative."""

from __future__ import annotations

import math

import tensorflow as tf

from pybridge import tensors as t
from pybridge.errors import GraphError
from pybridge.graphs._operations import linear, operation, without_derivative


@linear(t.sum)
def sum(g, at, x, *, axis=None, keepdims=False):
    if not keepdims:
        for removed in sorted(axes_of(axis, x.ndim)):
            g = tf.expand_dims(g, removed)
    return tf.broadcast_to(g, tf.shape(x))


@linear(t.mean)
def mean(g, at, x, *, axis=None, keepdims=False):
    repeated = sum(g, at, x, axis=axis, keepdims=keepdims)
    return repeated * tf.cast(tf.size(g) / tf.size(x), g.dtype)


@operation(t.max)
def max(g, out, x, *, axis=None, keepdims=False):
    return (_among_ties(g, x, t.max(x, axis=axis, keepdims=True), axis, keepdims),)


@operation(t.min)
def min(g, out, x, *, axis=None, keepdims=False):
    return (_among_ties(g, x, t.min(x, axis=axis, keepdims=True), axis, keepdims),)


@operation(t.softmax)
def softmax(g, out, x, *, axis=-1):
    return (out * (g - t.sum(g * out, axis=axis, keepdims=True)),)


@operation(t.norm)
def norm(g, out, x, *, ord=2, axis=None):
    g, length = repeated(g, x, axis), repeated(out, x, axis)
    matrices = isinstance(axis, list) and len(axis) == 2
    if ord == "fro" or (ord == 2 and not matrices):
        return (g * x / length,)
    if matrices and ord in (2, -2, "nuc"):
        raise GraphError(f"the norm of order {ord} of a matrix has no derivative here; the order 'fro' has")
    if ord == 0:
        return (t.multiply(x, 0.0),)
    sizes = t.absolute(x)
    signed = t.where(t.greater(x, 0), g, t.where(t.less(x, 0), -g, 0.0))
    if math.isinf(ord) or matrices:
        # the largest size, or the largest sum of sizes over a row (inf) or a column (1); negated, the smallest
        summed, axis = (axis[math.isinf(ord)], axis[not math.isinf(ord)]) if matrices else (None, axis)
        sums = t.sum(sizes, axis=summed, keepdims=True) if matrices else sizes
        tied = t.equal(sums, (t.max if ord > 0 else t.min)(sums, axis=axis, keepdims=True))
        return (t.where(tied, signed, 0.0) / t.sum(t.cast(tied, "int64"), axis=axis, keepdims=True),)
    return (signed if ord == 1 else signed * (sizes / length) ** (ord - 1),)


@operation(t.var)
def var(g, out, x, *, axis=None, keepdims=False):
    return (_spread(g, x, axis, keepdims),)


@operation(t.std)
def std(g, out, x, *, axis=None, keepdims=False):
    return (_spread(g / (2 * out), x, axis, keepdims),)


without_derivative(t.any, "x", axis=None, keepdims=False)
without_derivative(t.all, "x", axis=None, keepdims=False)


def _spread(g, x, axis, keepdims):
    """The gradient of a variance."""
    shared = g.apply("adjoint", g, x, of="mean", at=0, attrs={"axis": axis, "keepdims": keepdims})
    return shared * (2 * (x - t.mean(x, axis=axis, keepdims=True)))


def axes_of(axis, rank):
    """The axes that a reduction runs over."""
    if axis is None:
        return range(rank)
    return [number % rank for number in (axis if isinstance(axis, list) else [axis])]


def repeated(g, x, axis, keepdims=False):
    """A gradient repeated along the axes of `x` that were reduced."""
    return g.apply("adjoint", g, x, of="sum", at=0, attrs={"axis": axis, "keepdims": keepdims})


def _among_ties(g, x, chosen, axis, keepdims):
    """The gradient of the largest or smallest element, in equal parts for all that are."""
    tied = t.equal(x, chosen)
    shared = t.where(tied, repeated(g, x, axis, keepdims), 0.0)
    return shared / t.sum(t.cast(tied, "int64"), axis=axis, keepdims=True)
