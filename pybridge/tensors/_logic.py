"""Questions that are answered by true and false, and what is made of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from pybridge._arguments import flag
from pybridge._boundary import boundary
from pybridge._types import Axes, Like, Tensor
from pybridge.tensors._checks import check_broadcast, over
from pybridge.tensors._dtypes import as_dtype, as_tensor


@boundary
def isnan(x: Like) -> Tensor:
    """Ask, element by element, whether a number is NaN.

    Args:
        x: the numbers; of a complex one either part counts.

    Returns:
        Booleans.

    Source: NumPy, `isnan`.

    >>> isnan([1.0, float("nan")]).numpy()
    array([False,  True])
    """
    return _ask(tf.math.is_nan, tf.logical_or, x)


@boundary
def isinf(x: Like) -> Tensor:
    """Ask, element by element, whether a number is infinite.

    Args:
        x: the numbers; of a complex one either part counts.

    Returns:
        Booleans.

    Source: NumPy, `isinf`.

    >>> isinf([1.0, float("-inf")]).numpy()
    array([False,  True])
    """
    return _ask(tf.math.is_inf, tf.logical_or, x)


@boundary
def isfinite(x: Like) -> Tensor:
    """Ask, element by element, whether a number is neither NaN nor infinite.

    Args:
        x: the numbers; of a complex one both parts count.

    Returns:
        Booleans.

    Source: NumPy, `isfinite`.

    >>> isfinite([1.0, float("nan")]).numpy()
    array([ True, False])
    """
    return _ask(tf.math.is_finite, tf.logical_and, x)


@boundary
def logical_not(x: Like) -> Tensor:
    """Negate, element by element.

    Args:
        x: booleans; a number counts as true unless it is 0.

    Returns:
        Booleans.

    Source: NumPy, `logical_not`.

    >>> logical_not([True, False]).numpy()
    array([False,  True])
    """
    return tf.logical_not(as_dtype(x, tf.bool))


@boundary
def logical_and(x: Like, y: Like) -> Tensor:
    """Ask, element by element, whether both are true.

    Args:
        x: booleans; a number counts as true unless it is 0.
        y: the same; their shapes broadcast.

    Returns:
        Booleans.

    Raises:
        ShapeError: the shapes do not broadcast.

    Source: NumPy, `logical_and`.

    >>> logical_and([True, True], [True, False]).numpy()
    array([ True, False])
    """
    return tf.logical_and(*_truths(x, y))


@boundary
def logical_or(x: Like, y: Like) -> Tensor:
    """Ask, element by element, whether at least one is true.

    Args:
        x: booleans; a number counts as true unless it is 0.
        y: the same; their shapes broadcast.

    Returns:
        Booleans.

    Raises:
        ShapeError: the shapes do not broadcast.

    Source: NumPy, `logical_or`.

    >>> logical_or([True, True], [True, False]).numpy()
    array([ True,  True])
    """
    return tf.logical_or(*_truths(x, y))


@boundary
def logical_xor(x: Like, y: Like) -> Tensor:
    """Ask, element by element, whether exactly one is true.

    Args:
        x: booleans; a number counts as true unless it is 0.
        y: the same; their shapes broadcast.

    Returns:
        Booleans.

    Raises:
        ShapeError: the shapes do not broadcast.

    Source: NumPy, `logical_xor`.

    >>> logical_xor([True, True], [True, False]).numpy()
    array([False,  True])
    """
    return tf.math.logical_xor(*_truths(x, y))


@boundary
def any(x: Like, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Ask whether at least one is true.

    Args:
        x: booleans; a number counts as true unless it is 0.
        axis: the axis to look along, or a list of them; all when left out.
        keepdims: whether that axis stays, with length 1.

    Returns:
        Booleans; of nothing at all false.

    Raises:
        ShapeError: there is no such axis.

    Source: NumPy, `any`.

    >>> any([[True, False], [False, False]], axis=1).numpy()
    array([ True, False])
    """
    x = as_dtype(x, tf.bool)
    return tf.reduce_any(x, over(x, axis), flag("keepdims", keepdims))


@boundary
def all(x: Like, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Ask whether all are true.

    Args:
        x: booleans; a number counts as true unless it is 0.
        axis: the axis to look along, or a list of them; all when left out.
        keepdims: whether that axis stays, with length 1.

    Returns:
        Booleans; of nothing at all true.

    Raises:
        ShapeError: there is no such axis.

    Source: NumPy, `all`.

    >>> all([[True, True], [True, False]], axis=1).numpy()
    array([ True, False])
    """
    x = as_dtype(x, tf.bool)
    return tf.reduce_all(x, over(x, axis), flag("keepdims", keepdims))


def _ask(question: Callable[..., Any], join: Callable[..., Any], x: Like) -> Tensor:
    """A question about floats, asked of both parts of a complex number and of integers as well."""
    x = as_tensor(x)
    if x.dtype.is_complex:
        return join(question(tf.math.real(x)), question(tf.math.imag(x)))
    return question(x if x.dtype.is_floating else tf.cast(x, tf.float32))


def _truths(x: Like, y: Like) -> list[Tensor]:
    truths = [as_dtype(x, tf.bool), as_dtype(y, tf.bool)]
    check_broadcast(*truths)
    return truths
