"""Angles: sine and cosine, their kin, and the way back."""

from __future__ import annotations

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.tensors._checks import check_ordered, meet
from pybridge.tensors._dtypes import as_float


@boundary
def sin(x: Like) -> Tensor:
    """Take the sine.

    Args:
        x: angles in radians; integers become float32.

    Returns:
        sin x, from -1 to 1.

    Source: NumPy, `sin`.

    >>> sin([0.0, 3.14159265 / 2]).numpy()
    array([0., 1.], dtype=float32)
    """
    return tf.sin(as_float(x))


@boundary
def cos(x: Like) -> Tensor:
    """Take the cosine.

    Args:
        x: angles in radians; integers become float32.

    Returns:
        cos x, from -1 to 1.

    Source: NumPy, `cos`.

    >>> cos([0.0, 3.14159265]).numpy()
    array([ 1., -1.], dtype=float32)
    """
    return tf.cos(as_float(x))


@boundary
def tan(x: Like) -> Tensor:
    """Take the tangent.

    Args:
        x: angles in radians; integers become float32.

    Returns:
        tan x.

    Source: NumPy, `tan`.

    >>> tan([0.0, 1.0]).numpy().round(4)
    array([0.    , 1.5574], dtype=float32)
    """
    return tf.tan(as_float(x))


@boundary
def arcsin(x: Like) -> Tensor:
    """Find the angle whose sine this is.

    Args:
        x: sines from -1 to 1; integers become float32. Anything outside gives NaN.

    Returns:
        Angles in radians, from -π/2 to π/2.

    Source: NumPy, `arcsin`.

    >>> arcsin([0.0, 1.0]).numpy().round(4)
    array([0.    , 1.5708], dtype=float32)
    """
    return tf.asin(as_float(x))


@boundary
def arccos(x: Like) -> Tensor:
    """Find the angle whose cosine this is.

    Args:
        x: cosines from -1 to 1; integers become float32. Anything outside gives NaN.

    Returns:
        Angles in radians, from 0 to π.

    Source: NumPy, `arccos`.

    >>> arccos([1.0, 0.0]).numpy().round(4)
    array([0.    , 1.5708], dtype=float32)
    """
    return tf.acos(as_float(x))


@boundary
def arctan(x: Like) -> Tensor:
    """Find the angle whose tangent this is.

    Args:
        x: tangents; integers become float32.

    Returns:
        Angles in radians, from -π/2 to π/2.

    Source: NumPy, `arctan`.

    >>> arctan([0.0, 1.0]).numpy().round(4)
    array([0.    , 0.7854], dtype=float32)
    """
    return tf.atan(as_float(x))


@boundary
def arctan2(x: Like, y: Like) -> Tensor:
    """Find the angle of a point, counted from the positive horizontal axis.

    Args:
        x: the vertical coordinates, the dividend of the tangent; integers become float32.
        y: the horizontal coordinates, the divisor; the shapes broadcast.

    Returns:
        Angles in radians, from -π to π.

    Raises:
        ShapeError: the shapes do not broadcast.
        DtypeError: complex numbers, which have no order.

    Source: NumPy, `arctan2`.

    >>> arctan2([1.0, 1.0], [1.0, -1.0]).numpy().round(4)
    array([0.7854, 2.3562], dtype=float32)
    """
    x, y = meet(x, y, least=tf.float32)
    check_ordered(x)
    return tf.atan2(x, y)


@boundary
def sinh(x: Like) -> Tensor:
    """Take the hyperbolic sine.

    Args:
        x: the numbers; integers become float32.

    Returns:
        (eˣ - e⁻ˣ) / 2.

    Source: NumPy, `sinh`.

    >>> sinh([0.0, 1.0]).numpy().round(4)
    array([0.    , 1.1752], dtype=float32)
    """
    return tf.sinh(as_float(x))


@boundary
def cosh(x: Like) -> Tensor:
    """Take the hyperbolic cosine.

    Args:
        x: the numbers; integers become float32.

    Returns:
        (eˣ + e⁻ˣ) / 2.

    Source: NumPy, `cosh`.

    >>> cosh([0.0, 1.0]).numpy().round(4)
    array([1.    , 1.5431], dtype=float32)
    """
    return tf.cosh(as_float(x))
