"""What a layer puts its numbers through."""

from __future__ import annotations

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.tensors._checks import check_ordered, checked_axis
from pybridge.tensors._dtypes import as_float


@boundary
def relu(x: Like) -> Tensor:
    """Keep what is positive, and make the rest 0.

    Args:
        x: the numbers; integers become float32.

    Returns:
        max(x, 0).

    Raises:
        DtypeError: complex numbers, which have no order.

    >>> relu([[1, -2], [-3, 4]]).numpy()
    array([[1., 0.],
           [0., 4.]], dtype=float32)
    """
    x = as_float(x)
    check_ordered(x)
    return tf.nn.relu(x)


@boundary
def sigmoid(x: Like) -> Tensor:
    """Squash into (0, 1).

    Args:
        x: the numbers; integers become float32.

    Returns:
        1 / (1 + e⁻ˣ).

    >>> sigmoid([0.0, 2.0]).numpy().round(4)
    array([0.5   , 0.8808], dtype=float32)
    """
    return tf.sigmoid(as_float(x))


@boundary
def tanh(x: Like) -> Tensor:
    """Squash into (-1, 1).

    Args:
        x: the numbers; integers become float32.

    Returns:
        The hyperbolic tangent of x.

    >>> tanh([0.0, 1.0]).numpy().round(4)
    array([0.    , 0.7616], dtype=float32)
    """
    return tf.tanh(as_float(x))


@boundary
def softmax(x: Like, axis: int = -1) -> Tensor:
    """Turn scores into positive weights that sum to 1; the largest score takes most.

    Args:
        x: the scores; integers become float32. Large ones are safe.
        axis: the axis to sum over.

    Returns:
        e to the power of x, over the sum of that along the axis.

    Raises:
        ShapeError: there is no such axis.
        DtypeError: complex numbers, which have no order.

    >>> softmax([1.0, 2.0, 3.0]).numpy().round(4)
    array([0.09  , 0.2447, 0.6652], dtype=float32)
    """
    x = as_float(x)
    check_ordered(x)
    return tf.nn.softmax(x, axis=checked_axis(axis, x))
