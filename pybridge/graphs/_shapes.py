"""Shapes, and taking parts: what moves elements, each with its derivative, which moves gradients back."""

from __future__ import annotations

import tensorflow as tf

from pybridge import tensors as t
from pybridge.errors import GraphError
from pybridge.graphs._operations import REQUIRED, linear, operation, without_derivative
from pybridge.tensors._dtypes import named_dtype


@linear(t.reshape)
def reshape(g, at, x, *, shape):
    return tf.reshape(g, tf.shape(x))


@linear(t.expand_dims)
def expand_dims(g, at, x, *, axis):
    return tf.reshape(g, tf.shape(x))


@linear(t.squeeze)
def squeeze(g, at, x, *, axis=None):
    return tf.reshape(g, tf.shape(x))


@operation(t.transpose)
def transpose(g, out, x, *, axes=None):
    if axes is None:
        return (t.transpose(g),)
    places = [axis % len(axes) for axis in axes]
    return (t.transpose(g, axes=[places.index(axis) for axis in range(len(axes))]),)


@operation(t.broadcast_to)
def broadcast_to(g, out, x, *, shape):
    return (g.apply("unbroadcast", g, x),)


@linear(t.index, call=lambda x, *, axes: t.index(x, *axes))
def index(g, at, x, *, axes):
    return sent_back(g, x, lambda places: t.index(places, *axes))


@linear(t.gather, wrt=0)
def gather(g, at, x, indices, *, axis=0):
    return sent_back(g, x, lambda places: t.gather(places, indices, axis=axis))


@operation(t.cast)
def cast(g, out, x, *, dtype):
    if named_dtype(dtype).is_complex:
        raise GraphError(f"graphs are differentiated by real numbers; cast makes them {dtype}: use autodiff.tape")
    return (g.apply("unbroadcast", g, x) if named_dtype(dtype).is_floating else None,)


without_derivative(t.one_hot, "labels", depth=REQUIRED)


def sent_back(g, x, move):
    """Add up each gradient at the place that its element had before the move."""
    places = tf.reshape(tf.range(tf.size(x)), tf.shape(x))
    origins = tf.reshape(move(places), [-1])
    return tf.reshape(tf.math.unsorted_segment_sum(tf.reshape(g, [-1]), origins, tf.size(x)), tf.shape(x))
