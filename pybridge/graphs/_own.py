"""The operations that graphs have beyond those of tensors: a constant, and three that only derivatives need."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pybridge._types import Like, Tensor
from pybridge.errors import GraphError
from pybridge.graphs._operations import OPERATIONS, REQUIRED, linear, operation, without_derivative
from pybridge.tensors._dtypes import as_dtype, as_tensor, named_dtype

NO_ATTRIBUTES: dict[str, Any] = {}


def constant(*, value: Like, dtype: str | None = None, weak: bool = False) -> Like:
    """A constant: plain numbers, which yield to the dtype they meet, unless they have a dtype of their own.

    Args:
        value: a number or a nested list of numbers.
        dtype: the dtype of a tensor or an array.
        weak: whether it is an array, which yields to a tensor.
    """
    if dtype is None:
        return value
    dtype = named_dtype(dtype)
    return np.array(value, dtype.as_numpy_dtype) if weak else as_dtype(value, dtype)


def seed(y: Like) -> Tensor:
    """The derivative of a graph's output by itself, with which its backward pass begins: 1.

    Raises:
        GraphError: the output is not a single number, or complex.
    """
    y = _real(as_tensor(y))
    if y.shape.rank != 0:
        raise GraphError(f"a derivative needs an output that is one number; got shape {tuple(y.shape)}: sum it first")
    return tf.ones([], y.dtype if y.dtype.is_floating else "float32")


def unbroadcast(g: Like, x: Like) -> Tensor:
    """Sum a gradient over the axes along which `x` was repeated, down to the shape and floating dtype of `x`."""
    g, x = as_tensor(g), _real(as_tensor(x))
    if not (x.shape.is_fully_defined() and g.shape == x.shape):
        axes, _ = tf.raw_ops.BroadcastGradientArgs(s0=tf.shape(x), s1=tf.shape(g))
        g = tf.reshape(tf.reduce_sum(g, axes), tf.shape(x))
    return tf.cast(g, x.dtype) if x.dtype.is_floating else g


def adjoint(g: Like, *arguments: Like, of: str, at: int, attrs: dict[str, Any] = NO_ATTRIBUTES) -> Tensor:
    """Send the gradient of a linear operation's result back to one of its arguments.

    Args:
        g: the gradient by the result.
        arguments: what the operation was given; of the argument in question only the shape and dtype count.
        of: the operation.
        at: which argument.
        attrs: the operation's own attributes.
    """
    arguments = [as_tensor(x) for x in arguments]
    _real(arguments[at])
    result = OPERATIONS[of].adjoint(as_tensor(g), at, *arguments, **{**OPERATIONS[of].attributes, **attrs})
    return tf.cast(result, arguments[at].dtype) if arguments[at].dtype.is_floating else result


def _real(x: Tensor) -> Tensor:
    """The tensor, which is seen to hold real numbers: no gradient passes others.

    Raises:
        GraphError: they are complex.
    """
    if x.dtype.is_complex:
        raise GraphError(f"graphs are differentiated by real numbers; got {x.dtype.name}: use autodiff.tape")
    return x


without_derivative(constant, value=REQUIRED, dtype=None, weak=False)
without_derivative(seed, "y")


@linear(unbroadcast, wrt=0)
def _(h: Tensor, at: int, g: Tensor, x: Tensor) -> Tensor:
    return tf.broadcast_to(h, tf.shape(g))


@operation(adjoint)
def _(
    h: Any, out: Any, g: Any, *arguments: Any, of: str, at: int, attrs: dict[str, Any] = NO_ATTRIBUTES
) -> tuple[Any, ...]:
    # an adjoint is linear in what it sends back, and in the other arguments of a product
    inner = OPERATIONS[of]
    moved = [*arguments[:at], h, *arguments[at + 1 :]]
    by_others = (
        h.apply("adjoint", g, *moved, of=of, at=other, attrs=attrs) if other != at and inner.linear_in(other) else None
        for other in range(len(arguments))
    )
    return h.apply(of, *moved, **attrs), *by_others
