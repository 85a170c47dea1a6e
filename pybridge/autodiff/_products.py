"""Products with the jacobian, which is never built: along a direction, and of a row of weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from pybridge._arguments import shown as said
from pybridge._boundary import boundary, readers
from pybridge._types import Tensor
from pybridge.autodiff._points import Point, check_attached, dense, returned, returned_real
from pybridge.errors import DtypeError, ShapeError
from pybridge.tensors._checks import extents, shown
from pybridge.tensors._dtypes import as_dtype, as_float, as_tensor

ZERO = tf.UnconnectedGradients.ZERO


@boundary
def jvp(f: Callable[..., Any], x: Any, v: Any) -> list[Any]:
    """Differentiate a function in a direction: the jacobian times a vector.

    A backward pass is linear in its weights; differentiated by them, it is this product.

    Args:
        f: takes a tensor, or lists and maps of them as `x` holds them, and returns a tensor; complex numbers too.
        x: where: a tensor or variable, or lists and maps of them; integers become float32.
        v: the direction, of any length, in the structure and shapes of `x`.

    Returns:
        [value, slope]: what `f` returns and how fast that changes as x moves along v, both of one
        shape; zeros where it does not depend on x.

    Raises:
        DtypeError: an integer variable, a complex direction at a real `x`, or a function that returns no numbers.
        ShapeError: `v` does not have the structure and shapes of `x`.
        OptionError: `f` is not a function, or it computes with NumPy instead of tensors.

    Source: Townsend (2017), A new trick for calculating Jacobian vector products.

    >>> value, slope = jvp(lambda x: x * x, [1.0, 2.0], [1.0, 10.0])
    >>> slope.numpy()
    array([ 2., 40.], dtype=float32)
    """
    f = readers(f)
    point = Point([x])
    directions = _along(point.structure[0], v)
    with tf.GradientTape() as inner:
        inner.watch(point.leaves)
        value = returned(f(*point.arguments()))
        followed = as_float(value)
    with tf.GradientTape() as outer:
        weights = tf.ones_like(followed)
        outer.watch(weights)
        slopes = dense(inner.gradient(followed, point.leaves, output_gradients=weights))
    connected = [(slope, v) for slope, v in zip(slopes, directions, strict=True) if slope is not None]
    if not connected:
        if slopes:
            check_attached(f, point)
        return [value, tf.zeros_like(followed)]
    slopes, directions = zip(*connected, strict=True)
    return [value, outer.gradient(slopes, weights, output_gradients=directions, unconnected_gradients=ZERO)]


@boundary
def vjp(f: Callable[..., Any], x: Any, v: Any) -> list[Any]:
    """Weigh what a function returns and differentiate that: a vector times the jacobian, by one backward pass.

    Args:
        f: takes a tensor, or lists and maps of them as `x` holds them, and returns a tensor of real numbers.
        x: where: a tensor or variable, or lists and maps of them; integers become float32.
        v: a weight for each number that `f` returns, in their shape.

    Returns:
        [value, gradient]: what `f` returns, and the gradient of the weighted sum of its numbers in the
        structure and shapes of `x`; zeros where it does not depend on x.

    Raises:
        DtypeError: an integer variable, complex weights, or a function that returns no numbers, or complex ones.
        ShapeError: `v` does not have the shape of what `f` returns.
        OptionError: `f` is not a function, or it computes with NumPy instead of tensors.

    Source: Baydin, Pearlmutter, Radul and Siskind (2018), section 3.2.

    >>> value, slope = vjp(lambda x: x * x, [1.0, 2.0], [1.0, 10.0])
    >>> slope.numpy()
    array([ 2., 40.], dtype=float32)
    """
    f = readers(f)
    point = Point([x])
    with tf.GradientTape() as recording:
        recording.watch(point.leaves)
        value = returned_real(f(*point.arguments()))
        summed = as_float(value)
    weights = _like("v", v, summed, "what the function returns")
    slopes = dense(recording.gradient(summed, point.leaves, output_gradients=weights))
    if slopes and slopes.count(None) == len(slopes):
        check_attached(f, point)
    zeros = [tf.zeros_like(leaf) if slope is None else slope for leaf, slope in zip(point.leaves, slopes, strict=True)]
    return [value, point.shaped(zeros)[0]]


def _along(x: object, v: object, at: str = "v") -> list[Tensor]:
    """A direction for each tensor of `x`, in order."""
    if isinstance(x, dict):
        if not isinstance(v, dict) or v.keys() != x.keys():
            raise ShapeError(f"{at} must be a map of the keys {', '.join(map(str, x))}, as x is; got {said(v)}")
        return [each for key in x for each in _along(x[key], v[key], f"{at}[{key!r}]")]
    if isinstance(x, (list, tuple)):
        if not isinstance(v, (list, tuple)) or len(v) != len(x):
            raise ShapeError(f"{at} must be a list of {len(x)}, as x is; got {said(v)}")
        return [each for i, item in enumerate(x) for each in _along(item, v[i], f"{at}[{i}]")]
    return [_like(at, v, tf.convert_to_tensor(x), "x")]


def _like(name: str, v: object, x: Tensor, what: str) -> Tensor:
    """Numbers that are to have the shape and dtype of a tensor."""
    given = as_tensor(v)
    if given.dtype.is_complex and not x.dtype.is_complex:
        raise DtypeError(f"{name} must be real, as {what} is; got {given.dtype.name}")
    if not x.shape.is_compatible_with(given.shape):
        raise ShapeError(f"{name} must have the shape of {what}, {shown(extents(x))}; got {shown(extents(given))}")
    return as_dtype(v, x.dtype)
