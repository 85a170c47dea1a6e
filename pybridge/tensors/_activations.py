"""What a layer puts its numbers through."""

from __future__ import annotations

import math

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Num, Tensor
from pybridge.tensors._checks import check_ordered, checked_axis, finite
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
    return tf.nn.relu(_ordered(x))


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
    x = _ordered(x)
    return tf.nn.softmax(x, axis=checked_axis(axis, x))


@boundary
def softplus(x: Like) -> Tensor:
    """Take a smooth relu: near 0 for very negative numbers, near x for large ones.

    Args:
        x: the numbers; integers become float32. Large ones are safe.

    Returns:
        ln(1 + eˣ), above 0.

    Raises:
        DtypeError: complex numbers, which have no order.

    Source: Keras, `softplus`.

    >>> softplus([0.0, 100.0]).numpy().round(4)
    array([  0.6931, 100.    ], dtype=float32)
    """
    return tf.math.softplus(_ordered(x))


@boundary
def gelu(x: Like) -> Tensor:
    """Weigh a number by how likely a standard normal one is to be smaller.

    Args:
        x: the numbers; integers become float32.

    Returns:
        x · Φ(x), with Φ the distribution function of the standard normal distribution.

    Raises:
        DtypeError: complex numbers, which have no order.

    Source: Hendrycks and Gimpel (2016); Keras, `gelu`.

    >>> gelu([-1.0, 1.0]).numpy().round(4)
    array([-0.1587,  0.8413], dtype=float32)
    """
    x = _ordered(x)
    return 0.5 * x * tf.math.erfc(-math.sqrt(0.5) * x)  # exact in each dtype, which TensorFlow's own is not


@boundary
def silu(x: Like) -> Tensor:
    """Weigh a number by its own sigmoid; also called swish.

    Args:
        x: the numbers; integers become float32.

    Returns:
        x · sigmoid(x).

    Raises:
        DtypeError: complex numbers, which have no order.

    Source: Keras, `silu`.

    >>> silu([-1.0, 1.0]).numpy().round(4)
    array([-0.2689,  0.7311], dtype=float32)
    """
    return tf.nn.silu(_ordered(x))


@boundary
def leaky_relu(x: Like, negative_slope: Num = 0.2) -> Tensor:
    """Keep what is positive, and let through a part of the rest.

    Args:
        x: the numbers; integers become float32.
        negative_slope: the part of a negative number that passes.

    Returns:
        x where it is positive, negative_slope · x elsewhere.

    Raises:
        DtypeError: complex numbers, which have no order.
        OptionError: `negative_slope` is not a finite number.

    Source: Keras, `leaky_relu`.

    >>> leaky_relu([-1.0, 2.0]).numpy()
    array([-0.2,  2. ], dtype=float32)
    """
    x = _ordered(x)
    return tf.where(x > 0, x, finite("negative_slope", negative_slope) * x)  # TensorFlow's own has a float32 slope


@boundary
def elu(x: Like, alpha: Num = 1.0) -> Tensor:
    """Keep what is positive, and bend the rest towards a lower limit.

    Args:
        x: the numbers; integers become float32.
        alpha: how far below 0 the limit is.

    Returns:
        x where it is positive, alpha · (eˣ - 1) elsewhere.

    Raises:
        DtypeError: complex numbers, which have no order.
        OptionError: `alpha` is not a finite number.

    Source: Clevert, Unterthiner and Hochreiter (2015); Keras, `elu`.

    >>> elu([-1.0, 2.0]).numpy().round(4)
    array([-0.6321,  2.    ], dtype=float32)
    """
    x = _ordered(x)
    return tf.where(x > 0, x, finite("alpha", alpha) * tf.math.expm1(tf.minimum(x, 0)))


def _ordered(x: Like) -> Tensor:
    x = as_float(x)
    check_ordered(x)
    return x
