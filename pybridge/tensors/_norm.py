"""The norms of vectors and matrices, of every order that NumPy has."""

from __future__ import annotations

import math
import numbers
from typing import Any

import tensorflow as tf

from pybridge._arguments import shown
from pybridge._boundary import boundary
from pybridge._types import Axes, Like, Num, Tensor
from pybridge.errors import OptionError, ShapeError
from pybridge.tensors._checks import checked_axes, extents, is_finite, total
from pybridge.tensors._dtypes import as_float
from pybridge.tensors._reduce import check_choice
from pybridge.tensors._wider import in_float32

OF_MATRICES = (1, -1, 2, -2, math.inf, -math.inf)


@boundary
def norm(x: Like, ord: Num | str = 2, axis: Axes = None) -> Tensor:
    """Measure how long a vector is, or how large a matrix.

    The gradient of a length is NaN where the length is 0: it points nowhere.

    Args:
        x: the numbers; integers become float32.
        ord: for vectors a number p: 2 for the Euclidean length, 1 for the sum of absolute values, infinity and
            -infinity for the largest and the smallest one, 0 for how many are not 0, any other p for (Σ |x|ᵖ)^(1/p).
            For matrices 1 and infinity for the largest sum of absolute values in a column and in a row, 2 for the
            largest singular value, their negatives for the smallest, "nuc" for the sum of all singular values; "fro"
            for the Euclidean length of all entries.
        axis: the axis that holds vectors, or a list of two that hold matrices, rows first. When left out, all numbers
            are one vector, of a matrix too, which NumPy would take as a matrix: name its axes, [0, 1].

    Returns:
        The norms, real floats; NaN for a matrix with numbers that are not finite where singular values are needed.

    Raises:
        ShapeError: there is no such axis, or no numbers to choose the smallest from.
        OptionError: an `ord` that is none of these.

    >>> norm([3.0, 4.0]).numpy()
    np.float32(5.0)
    >>> norm([[1.0, 2.0], [3.0, 4.0]], ord=2, axis=[0, 1]).numpy().round(4)
    np.float32(5.465)
    """
    x = as_float(x)
    axes = checked_axes(axis, x)
    if axes is not None and len(axes) not in (1, 2):
        raise ShapeError(f"vectors lie along one axis, matrices along two; got axes {axes}")
    if ord == "nuc" and axes is None and x.shape.rank == 2:
        axes = [0, 1]
    matrices = axes is not None and len(axes) == 2
    ord = _order(ord, matrices)
    measure = _of_matrices if matrices and ord != "fro" else _of_vectors
    return in_float32(lambda x: measure(x, ord, axes), x)


def _order(ord: Any, matrices: bool) -> float | str:
    if isinstance(ord, str) and ord in (("fro", "nuc") if matrices else ("fro",)):
        return ord
    real = isinstance(ord, numbers.Real) and not isinstance(ord, bool)
    if (
        real
        and (isinstance(ord, float) or is_finite(ord))
        and (ord in OF_MATRICES if matrices else not math.isnan(ord))
    ):
        return float(ord)
    orders = "1, 2 or infinity, one of them negated, 'fro' or 'nuc'" if matrices else "any real number, or 'fro'"
    raise OptionError(f"the order of a {'matrix' if matrices else 'vector'} norm is {orders}; got {shown(ord)}")


def _of_vectors(x: Tensor, ord: Any, axes: list[int] | None) -> Tensor:
    if ord in (2, "fro"):
        return tf.sqrt(tf.reduce_sum(tf.math.real(x * tf.math.conj(x)), axes))
    if ord == 0:
        return tf.reduce_sum(tf.cast(x != 0, x.dtype.real_dtype), axes)
    size = tf.abs(x)
    if math.isinf(ord):
        return _extreme(size, ord, axes)
    return tf.reduce_sum(size, axes) if ord == 1 else tf.reduce_sum(size**ord, axes) ** (1 / ord)


def _of_matrices(x: Tensor, ord: Any, axes: list[int]) -> Tensor:
    if ord in (2, -2, "nuc"):
        return _by_singular_values(tf.experimental.numpy.moveaxis(x, axes, [-2, -1]), ord)
    rows, columns = axes
    summed, chosen = (columns, rows) if math.isinf(ord) else (rows, columns)
    sums = tf.reduce_sum(tf.abs(x), summed, keepdims=True)
    return tf.squeeze(_extreme(sums, ord, [chosen], keepdims=True), axes)


def _by_singular_values(x: Tensor, ord: Any) -> Tensor:
    known = tf.reduce_all(tf.math.is_finite(tf.abs(x)), [-2, -1])
    s = tf.linalg.svd(tf.where(known[..., tf.newaxis, tf.newaxis], x, 0), compute_uv=False)
    norms = tf.reduce_sum(s, -1) if ord == "nuc" else _extreme(s, ord, [-1])
    return tf.where(known, norms, float("nan"))


def _extreme(x: Tensor, ord: float, axes: list[int] | None, keepdims: bool = False) -> Tensor:
    """The largest size, which is 0 of none, or the smallest when the order is negative."""
    if ord > 0:
        return (tf.reduce_sum if total(extents(x)) == 0 else tf.reduce_max)(x, axes, keepdims)
    check_choice(x, axes)
    return tf.reduce_min(x, axes, keepdims)
