"""What undoes a matrix, and by which factor it changes areas."""

from __future__ import annotations

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import ShapeError
from pybridge.linalg._matrix import check_finite, check_regular, read, read_square
from pybridge.tensors._checks import extents, shown


@boundary
def inv(a: Like) -> Tensor:
    """The matrix that undoes another one: A⁻¹ A = I.

    Args:
        a: shape (..., n, n).

    Returns:
        The same shape.

    Raises:
        ShapeError: the matrix is not square.
        OptionError: the matrix is singular, or holds numbers that are not finite.

    >>> inv([[2.0, 0.0], [0.0, 4.0]]).numpy()
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    a = read_square(a)
    check_regular(a)
    return tf.linalg.inv(a)


@boundary
def det(a: Like) -> Tensor:
    """The determinant: the factor by which a matrix changes areas or volumes, negative when it mirrors them.

    Args:
        a: shape (..., n, n); of a singular matrix it is 0, but for rounding.

    Returns:
        Shape (...), a single number for one matrix.

    Raises:
        ShapeError: the matrix is not square.
        OptionError: the matrix holds numbers that are not finite.

    >>> det([[2.0, 0.0], [0.0, 4.0]]).numpy()
    np.float32(8.0)
    """
    return tf.linalg.det(read_square(a))


@boundary
def solve(a: Like, b: Like) -> Tensor:
    """Find what a matrix sends to b: the x in A x = b.

    Args:
        a: shape (..., n, n).
        b: a vector of n numbers, or one in every column, shape (..., n, m).

    Returns:
        x, in the shape of `b`.

    Raises:
        ShapeError: the matrix is not square, or does not fit `b`.
        OptionError: the matrix is singular, or a number is not finite.

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
    check_regular(a)
    x = tf.linalg.solve(a, right)
    return x[:, 0] if column else x
