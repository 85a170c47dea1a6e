"""Derivatives of functions at a point, first and second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from pybridge._boundary import boundary, readers
from pybridge._types import Like, Tensor
from pybridge.autodiff._points import Point, check_attached, check_real, dense, returned_real, rows
from pybridge.errors import OptionError
from pybridge.tensors._dtypes import as_float, as_tensor

ZERO = tf.UnconnectedGradients.ZERO


@boundary
def gradient(f: Callable[..., Any], *xs: Any) -> Any:
    """Differentiate a function at a point.

    Args:
        f: takes as many arguments as there are `xs`, each as tensors in the same lists and maps, and returns a number;
            of several numbers the sum is differentiated.
        xs: where; integers become float32. A variable is followed wherever `f` uses it, also when it is closed over.

    Returns:
        The gradient with respect to each of `xs`, in its shape and structure, None where the result does not depend on
        it. For one `x` its gradient alone, for several a list.

    Raises:
        DtypeError: an integer variable, or a function that returns no numbers, or complex ones.
        OptionError: no `xs`, or `f` is not a function, or it computes with NumPy instead of tensors.

    >>> gradient(lambda x: 2 * x + 3, 5.0).numpy()
    np.float32(2.0)
    >>> gradient(lambda p: p["w"] * 3 + p["b"], {"w": 2.0, "b": 1.0})["w"].numpy()
    np.float32(3.0)
    """
    return _value_and_gradient(f, xs)[1]


@boundary
def value_and_gradient(f: Callable[..., Any], *xs: Any) -> list[Any]:
    """Call a function and differentiate it in one go.

    Args:
        f: as for `gradient`.
        xs: where; integers become float32.

    Returns:
        [value, gradient]: what the function returns, a tensor, and what `gradient` returns.

    Raises:
        DtypeError: an integer variable, or a function that returns no numbers, or complex ones.
        OptionError: no `xs`, or `f` is not a function, or it computes with NumPy instead of tensors.

    >>> value, slope = value_and_gradient(lambda x: x * x, 3.0)
    >>> value.numpy(), slope.numpy()
    (np.float32(9.0), np.float32(6.0))
    """
    return _value_and_gradient(f, xs)


def _value_and_gradient(f: Callable[..., Any], xs: tuple[Any, ...]) -> list[Any]:
    f = readers(f)
    if not xs:
        raise OptionError("with respect to what? give the function its arguments")
    point = Point(xs)
    with tf.GradientTape() as recording:
        recording.watch(point.leaves)
        value = returned_real(f(*point.arguments()))
        summed = as_float(value)
    slopes = dense(recording.gradient(summed, point.leaves))
    if slopes and slopes.count(None) == len(slopes):
        check_attached(f, point)
    structured = list(point.shaped(slopes))
    return [value, structured[0] if len(xs) == 1 else structured]


@boundary
def jacobian(f: Callable[..., Any], x: Like) -> Tensor:
    """Differentiate each number that a function returns with respect to each that it takes.

    Args:
        f: takes a tensor and returns one.
        x: where, one tensor; integers become float32.

    Returns:
        The shape of what `f` returns followed by that of `x`; zeros where nothing depends on `x`.

    Raises:
        DtypeError: an integer variable, or a function that returns no numbers, or complex ones.
        OptionError: `f` is not a function, or it computes with NumPy instead of tensors.

    >>> jacobian(lambda x: x * x, [1.0, 2.0]).numpy()
    array([[2., 0.],
           [0., 4.]], dtype=float32)
    """
    f = readers(f)
    point = Point([x], one=True)
    with tf.GradientTape(persistent=True) as recording:
        recording.watch(point.leaves)
        value = as_float(returned_real(f(*point.arguments())))
    (x,) = point.leaves
    slopes = rows(recording, value, x, loop=True)
    if slopes is None:
        check_attached(f, point)
        return tf.zeros(tf.concat([tf.shape(value), tf.shape(x)], 0), x.dtype)
    return slopes


@boundary
def hessian(f: Callable[..., Any], x: Like) -> Tensor:
    """Differentiate a function twice.

    Args:
        f: takes a tensor and returns a number; of several numbers the sum is differentiated.
        x: where, one tensor of real numbers; integers become float32.

    Returns:
        The second derivatives, the shape of `x` twice over.

    Raises:
        DtypeError: an integer variable, complex numbers, or a function that returns no numbers.
        OptionError: `f` is not a function, or it computes with NumPy instead of tensors.

    >>> hessian(lambda x: x[0] ** 2 * x[1], [3.0, 5.0]).numpy()
    array([[10.,  6.],
           [ 6.,  0.]], dtype=float32)
    """
    f = readers(f)
    point = Point([x], one=True)
    (x,) = point.leaves
    check_real(x, "second derivatives are taken at real numbers; got")
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            value = as_float(returned_real(f(*point.arguments())))
        slope = inner.gradient(value, x)
        if slope is None:
            check_attached(f, point)
            slope = tf.zeros_like(x)
        slope = as_tensor(slope)
    return rows(outer, slope, x, loop=True, unconnected_gradients=ZERO)


@boundary
def stop_gradient(x: Like) -> Tensor:
    """Pass numbers on and no gradient: what depends on them through this alone counts as constant.

    Args:
        x: the numbers.

    Returns:
        The same numbers.

    >>> gradient(lambda x: x * stop_gradient(x), 3.0).numpy()
    np.float32(3.0)
    """
    return tf.stop_gradient(as_tensor(x))
