"""What one number says about a matrix."""

from __future__ import annotations

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.linalg._matrix import read_matrix, read_square, widened


@boundary
def det(a: Like) -> Tensor:
    """Compute the determinant: the factor by which a matrix changes areas or volumes, negative when it mirrors them.

    Args:
        a: shape (..., n, n); the determinant of a singular matrix is 0, but for rounding.

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
def trace(a: Like) -> Tensor:
    """Add up the diagonal of a matrix. For a square one, that is the sum of its eigenvalues.

    Args:
        a: shape (..., m, n), square or not.

    Returns:
        Shape (...), a single number for one matrix.

    Raises:
        ShapeError: not a matrix.
        OptionError: the matrix holds numbers that are not finite.

    >>> trace([[1.0, 2.0], [3.0, 4.0]]).numpy()
    np.float32(5.0)
    """
    return tf.linalg.trace(read_matrix(a))


@boundary
def cond(a: Like) -> Tensor:
    """Compute the condition number: how many times a relative error can grow when you solve A x = b.

    It is the largest singular value divided by the smallest. With a condition number of 10ᵏ, expect to lose k digits.

    Args:
        a: shape (..., m, n), square or not.

    Returns:
        Shape (...), a single number for one matrix, at least 1; infinite for a singular matrix, or enormous where
        rounding hides that it is one.

    Raises:
        ShapeError: not a matrix.
        OptionError: the matrix holds numbers that are not finite.

    Source: Turing (1948), in the 2-norm.

    >>> cond([[2.0, 0.0], [0.0, 4.0]]).numpy()
    np.float32(2.0)
    """
    a = read_matrix(a)
    s = tf.linalg.svd(widened(a), compute_uv=False)
    largest, smallest = s[..., 0], s[..., -1]
    regular = smallest > 0
    ratio = tf.where(regular, largest / tf.where(regular, smallest, 1), float("inf"))
    return tf.cast(ratio, a.dtype.real_dtype)
