"""What a matrix does to points."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import ShapeError
from pybridge.linalg._matrix import read
from pybridge.tensors._checks import extents, shown


@boundary
def transform(matrix: Like, points: Like) -> Tensor:
    """Send points where a matrix sends them.

    Args:
        matrix: shape (k, d); or homogeneous, shape (d + 1, d + 1) with 0 ... 0 1 as its last row, which moves points
            too.
        points: one point a row, shape (n, d).

    Returns:
        The points' images, shape (n, k), or (n, d) when the matrix is homogeneous.

    Raises:
        ShapeError: the matrix does not fit the points.

    >>> transform([[0, -1], [1, 0]], [[1, 0], [0, 1]]).numpy()
    array([[ 0.,  1.],
           [-1.,  0.]], dtype=float32)
    """
    matrix, points = read(matrix, points)
    if points.shape.rank != 2:
        raise ShapeError(
            f"points have the shape (n, d), one a row; got {shown(extents(points))}; a single point goes into a list"
        )
    if matrix.shape.rank != 2:
        raise ShapeError(f"a matrix has rows and columns; got the shape {shown(extents(matrix))}")
    d = points.shape[1]
    if matrix.shape[1] == d:
        return tf.matmul(points, matrix, transpose_b=True)
    if tuple(matrix.shape) != (d + 1, d + 1):
        raise ShapeError(
            f"points of {d} coordinates need a matrix of {d} columns, or a homogeneous one of the shape "
            f"{(d + 1, d + 1)}; got {shown(extents(matrix))}"
        )
    if not tf.is_symbolic_tensor(matrix) and not np.array_equal(matrix[-1], [0] * d + [1]):
        raise ShapeError(
            f"points of {d} coordinates meet {d + 1} columns, which fits if the matrix is homogeneous, "
            f"with {[0] * d + [1]} as its last row; got {matrix[-1].numpy().tolist()}"
        )
    return tf.matmul(points, matrix[:d, :d], transpose_b=True) + matrix[:d, d]
