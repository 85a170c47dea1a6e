"""The best answer where no exact one exists: pseudo-inverses and least squares."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import ShapeError
from pybridge.linalg._matrix import check_finite, rank, read, read_matrix, rounding, widened
from pybridge.tensors._checks import extents, shown


@boundary
def pinv(a: Like) -> Tensor:
    """Invert a matrix as far as it can be inverted: the Moore-Penrose pseudo-inverse A⁺.

    A A⁺ A = A, and A⁺ is the inverse where there is one. Gradients pass through it, also in compiled functions.

    Args:
        a: shape (..., m, n), square or not, singular or not. Singular values that rounding cannot tell from 0 count
            as 0: those up to max(m, n) times the dtype's epsilon times the largest.

    Returns:
        Shape (..., n, m).

    Raises:
        ShapeError: not a matrix.
        OptionError: the matrix holds numbers that are not finite.

    Source: Penrose (1955); its gradient, Golub and Pereyra (1973).

    >>> pinv([[2.0, 0.0], [0.0, 0.0]]).numpy()
    array([[0.5, 0. ],
           [0. , 0. ]], dtype=float32)
    """
    a = read_matrix(a)
    return tf.cast(_inverted(widened(a), _ranks(a)), a.dtype)


@boundary
def lstsq(a: Like, b: Like) -> dict[str, Any]:
    """Solve A x = b as well as it can be solved: the x for which the length of b - A x is smallest.

    Where several x are equally good, it is the shortest. Gradients pass through x and the residual.

    Args:
        a: shape (..., m, n): m equations for n unknowns. Singular values are dropped as `pinv` drops them.
        b: a vector of m numbers, or one in every column, shape (..., m, k).

    Returns:
        x, shape (n,), or (..., n, k); residual, the squared length of b - A x, a single number for a vector `b`, or one
        for each column, shape (..., k); rank, how many columns of A are independent, a plain number, or a list for a
        batch; in a traced function a tensor.

    Raises:
        ShapeError: `a` is not a matrix, or does not fit `b`.
        OptionError: a number is not finite.

    Source: Penrose (1956).

    >>> line = lstsq([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]], [1.0, 3.0, 5.0])
    >>> line["x"].numpy().round(4), line["rank"]
    (array([2., 1.], dtype=float32), 2)
    """
    a, b = read(a, b)
    a = read_matrix(a)
    check_finite(b)
    column = b.shape.rank == 1
    right = b[:, tf.newaxis] if column else b
    m, n = extents(a), extents(right)
    if m is not None and n is not None and (len(n) < 2 or m[:-1] != n[:-1]):
        raise ShapeError(
            f"{shown(m)} and {shown(extents(b))} do not fit: "
            f"b is a vector of {m[-2]}, or has the shape ({', '.join(map(str, m[:-1]))}, k)"
        )
    ranks, wide, right = _ranks(a), widened(a), widened(right)
    x = tf.matmul(_inverted(wide, ranks), right)
    residual = tf.reduce_sum(tf.square(tf.abs(right - tf.matmul(wide, x))), -2)
    x, residual = tf.cast(x, a.dtype), tf.cast(residual, a.dtype.real_dtype)
    return {
        "x": x[:, 0] if column else x,
        "residual": residual[0] if column else residual,
        "rank": ranks.tolist() if isinstance(ranks, np.ndarray) else ranks,
    }


def _ranks(a: Tensor) -> np.ndarray | Tensor:
    """The rank of each matrix, which is a tensor in a traced function."""
    if tf.is_symbolic_tensor(a):
        s = tf.linalg.svd(a, compute_uv=False)
        least = tf.reduce_max(s, -1, keepdims=True) * float(max(a.shape[-2:])) * rounding(a.dtype)
        return tf.reduce_sum(tf.cast(s > least, tf.int64), -1)
    ranks = [rank(matrix, rounding(a.dtype)) for matrix in a.numpy().reshape(-1, *a.shape[-2:])]
    return np.array(ranks, np.int64).reshape(a.shape[:-2])


@tf.custom_gradient
def _inverted(a: Tensor, ranks: np.ndarray | Tensor) -> tuple[Any, ...]:
    """The pseudo-inverse from the largest singular values, as many as the rank, and its gradient."""
    s, u, v = tf.linalg.svd(a)
    kept = tf.range(tf.shape(s, tf.int64)[-1]) < tf.expand_dims(ranks, -1)
    inverse = tf.cast(tf.where(kept, 1 / tf.where(kept, s, 1), 0), a.dtype)
    x = tf.matmul(v * inverse[..., tf.newaxis, :], u, adjoint_b=True)

    def slope(g: Tensor) -> tuple[Any, ...]:
        x = _inverted(a, ranks)  # called once more, so that a second derivative comes by the same formula
        one, other = tf.eye(tf.shape(a)[-2], dtype=a.dtype) - a @ x, tf.eye(tf.shape(a)[-1], dtype=a.dtype) - x @ a
        xh, gh = tf.linalg.adjoint(x), tf.linalg.adjoint(g)
        return -xh @ g @ xh + one @ gh @ x @ xh + xh @ x @ gh @ other, None

    return x, slope
