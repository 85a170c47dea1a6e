"""Inverses, and the solutions of equations."""

from __future__ import annotations

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import ShapeError
from pybridge.linalg._matrix import (
    check_finite,
    check_regular,
    clear_of_singular,
    read,
    read_square,
    rounding,
    widened,
)
from pybridge.tensors._checks import extents, shown


@boundary
def inv(a: Like) -> Tensor:
    """Invert a matrix: A⁻¹ A = I.

    Args:
        a: shape (..., n, n).

    Returns:
        The inverse, in the same shape.

    Raises:
        ShapeError: the matrix is not square.
        OptionError: the matrix is singular, or holds numbers that are not finite.

    >>> inv([[2.0, 0.0], [0.0, 4.0]]).numpy()
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    a = read_square(a)
    return tf.linalg.inv(a) if tf.is_symbolic_tensor(a) else tf.cast(_inverted(a), a.dtype)


@boundary
def solve(a: Like, b: Like) -> Tensor:
    """Solve a system of linear equations: find the x in A x = b.

    Args:
        a: shape (..., n, n).
        b: a vector of n numbers, or one in every column, shape (..., n, m).

    Returns:
        x, in the shape of `b`.

    Raises:
        ShapeError: the matrix is not square, or does not fit `b`.
        OptionError: the matrix is singular, as `lstsq` allows it to be, or a number is not finite.

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [1.0, 1.0]).numpy()
    array([0.5 , 0.25], dtype=float32)
    """
    a, b = read(a, b)
    a = read_square(a)
    check_finite(b)
    column = b.shape.rank == 1
    right = b[:, tf.newaxis] if column else b
    m, n = extents(a), extents(right)
    if m is not None and n is not None and (len(n) < 2 or m[:-1] != n[:-1]):
        raise ShapeError(
            f"{shown(m)} and {shown(extents(b))} do not fit: "
            f"b is a vector of {m[-1]}, or has the shape {shown([*m[:-1], 'm'])}"
        )
    if not tf.is_symbolic_tensor(a):
        _inverted(a)
    x = tf.linalg.solve(a, right)
    return x[:, 0] if column else x


def _inverted(a: Tensor) -> Tensor:
    """The inverse, in binary64, of matrices that it shows to be regular.

    Raises:
        OptionError: one is singular.
    """
    try:
        inverse = tf.linalg.inv(widened(a))
    except tf.errors.InvalidArgumentError:
        check_regular(a)
        raise
    if not clear_of_singular(a.numpy(), inverse.numpy(), rounding(a.dtype)):
        check_regular(a)
    return inverse
