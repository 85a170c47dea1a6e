"""Variables: numbers that can change."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._marks import mutates
from pybridge._types import Like, Tensor, Variable
from pybridge.errors import DtypeError, ShapeError
from pybridge.tensors._checks import extents, shown
from pybridge.tensors._create import tensor
from pybridge.tensors._dtypes import as_dtype


@boundary
def variable(value: Like, dtype: str | None = None, name: str | None = None) -> Variable:
    """Make a variable: numbers that `assign` can change and that a tape watches by itself.

    Args:
        value: the numbers to begin with.
        dtype: the dtype's name; by default as for `tensor`. Gradients need floats: write 3.0, not 3.
        name: a name to tell it by.

    Returns:
        The variable; its shape and dtype stay.

    Raises:
        ShapeError: a list whose rows differ in length.
        DtypeError: something that is not made of numbers, or a number that the dtype does not hold.

    >>> variable([1.0, 2.0]).numpy()
    array([1., 2.], dtype=float32)
    """
    return tf.Variable(tensor(value, dtype), name=name)


@boundary
@mutates
def assign(v: Variable, value: Like) -> Variable:
    """Give a variable a new value.

    Args:
        v: the variable.
        value: the value, of the variable's shape; it is cast to the variable's dtype.

    Returns:
        The variable itself.

    Raises:
        DtypeError: `v` is not a variable, or its dtype does not hold the value.
        ShapeError: the value has another shape.

    >>> assign(variable([1.0, 2.0]), [3, 4]).numpy()
    array([3., 4.], dtype=float32)
    """
    value = _fitting(v, value)
    v.assign(value)
    return v


@boundary
@mutates
def assign_add(v: Variable, value: Like) -> Variable:
    """Add to a variable in place.

    Args:
        v: the variable.
        value: what to add, of the variable's shape; it is cast to the variable's dtype.

    Returns:
        The variable itself.

    Raises:
        DtypeError: `v` is not a variable, or its dtype does not hold the value.
        ShapeError: the value has another shape.

    >>> assign_add(variable([1.0, 2.0]), [1, 1]).numpy()
    array([2., 3.], dtype=float32)
    """
    value = _fitting(v, value)
    v.assign_add(value)
    return v


@boundary
@mutates
def assign_sub(v: Variable, value: Like) -> Variable:
    """Subtract from a variable in place.

    Args:
        v: the variable.
        value: what to subtract, of the variable's shape; it is cast to the variable's dtype.

    Returns:
        The variable itself.

    Raises:
        DtypeError: `v` is not a variable, or its dtype does not hold the value.
        ShapeError: the value has another shape.

    >>> assign_sub(variable([1.0, 2.0]), [1, 1]).numpy()
    array([0., 1.], dtype=float32)
    """
    value = _fitting(v, value)
    v.assign_sub(value)
    return v


def _fitting(v: Any, value: Like) -> Tensor:
    if not isinstance(v, tf.Variable) and not isinstance(getattr(v, "value", None), tf.Variable):
        given = "a tensor" if isinstance(v, tf.Tensor) else f"a value of type {type(v).__name__}"
        raise DtypeError(f"{given} cannot change; make a variable of it")
    value = as_dtype(value, tf.as_dtype(v.dtype))
    if not value.shape.is_compatible_with(v.shape):
        raise ShapeError(f"the variable has shape {tuple(v.shape)}, the value {shown(extents(value))}")
    return value
