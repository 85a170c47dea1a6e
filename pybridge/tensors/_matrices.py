"""Matrices and grids made of vectors, and parts of matrices."""

from __future__ import annotations

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._sizes import MOST, check_size
from pybridge._types import Like, Tensor
from pybridge.errors import ShapeError
from pybridge.tensors._checks import check_broadcast, extents, shown, total, whole
from pybridge.tensors._dtypes import as_tensor, promote


@boundary
def diag(x: Like, k: int = 0) -> Tensor:
    """Make a matrix with a vector on its diagonal, or take the diagonal of a matrix.

    Args:
        x: a vector, shape (n,), or a matrix, shape (rows, columns).
        k: how far above the main diagonal, below it if negative.

    Returns:
        For a vector a matrix of zeros around it, shape (n + |k|, n + |k|); for a matrix its diagonal, a vector.

    Raises:
        ShapeError: `x` is neither a vector nor a matrix.
        OptionError: `k` is not a whole number.

    Source: NumPy, `diag`.

    >>> diag([1, 2]).numpy()
    array([[1, 0],
           [0, 2]])
    >>> diag([[1, 2], [3, 4]]).numpy()
    array([1, 4])
    """
    x, k = as_tensor(x), whole("k", k)
    above, below = max(k, 0), min(max(-k, 0), MOST)
    if x.shape.rank == 1:
        side = x.shape[0] and x.shape[0] + abs(k)
        check_size([side, side] if x.shape[0] else [abs(k), abs(k)] if x.shape[0] == 0 else [None], x.dtype.size)
        return tf.pad(tf.linalg.diag(x), [[below, above], [above, below]])
    if x.shape.rank != 2:
        raise ShapeError(f"a vector or a matrix is wanted; got the shape {shown(extents(x))}")
    rows, columns = tf.unstack(tf.shape(x, tf.int64))
    count = tf.maximum(tf.minimum(rows - below, columns - above), 0)
    steps = tf.range(count)
    return tf.gather_nd(x, tf.stack([steps + below, steps + above], axis=1))


@boundary
def tril(x: Like, k: int = 0) -> Tensor:
    """Keep the lower triangle of a matrix and make the rest 0.

    Args:
        x: a matrix or a batch of them, shape (..., rows, columns).
        k: how many diagonals above the main one to keep as well; negative to keep fewer.

    Returns:
        The same shape.

    Raises:
        ShapeError: there are fewer than two axes.
        OptionError: `k` is not a whole number.

    Source: NumPy, `tril`.

    >>> tril([[1, 2], [3, 4]]).numpy()
    array([[1, 0],
           [3, 4]])
    """
    x, above = _above_diagonal(x)
    return tf.where(above <= whole("k", k), x, tf.zeros([], x.dtype))


@boundary
def triu(x: Like, k: int = 0) -> Tensor:
    """Keep the upper triangle of a matrix and make the rest 0.

    Args:
        x: a matrix or a batch of them, shape (..., rows, columns).
        k: at which diagonal above the main one to begin; negative to begin below.

    Returns:
        The same shape.

    Raises:
        ShapeError: there are fewer than two axes.
        OptionError: `k` is not a whole number.

    Source: NumPy, `triu`.

    >>> triu([[1, 2], [3, 4]]).numpy()
    array([[1, 2],
           [0, 4]])
    """
    x, above = _above_diagonal(x)
    return tf.where(above >= whole("k", k), x, tf.zeros([], x.dtype))


@boundary
def outer(x: Like, y: Like) -> Tensor:
    """Multiply each number of one vector with each of another.

    Args:
        x: the vector for the rows; more axes are read row by row as one.
        y: the vector for the columns.

    Returns:
        A matrix of shape (size of x, size of y).

    Source: NumPy, `outer`.

    >>> outer([1, 2], [10, 20, 30]).numpy()
    array([[10, 20, 30],
           [20, 40, 60]])
    """
    x, y = promote(x, y, least=tf.int64)
    column, row = tf.reshape(x, [-1, 1]), tf.reshape(y, [1, -1])
    check_broadcast(column, row)
    return column * row


@boundary
def meshgrid(*xs: Like) -> list[Tensor]:
    """Lay vectors out as a grid: for each of them a tensor that holds its number at every place.

    Args:
        xs: the vectors; the first runs along the columns, the second along the rows, any others along further axes.

    Returns:
        A list of as many tensors, each of shape (length of the second, length of the first, lengths of the others...).

    Source: NumPy, `meshgrid`.

    >>> [grid.numpy().tolist() for grid in meshgrid([1, 2, 3], [10, 20])]
    [[[1, 2, 3], [1, 2, 3]], [[10, 10, 10], [20, 20, 20]]]
    """
    vectors = [as_tensor(x) for x in xs]
    axes = [1, 0, *range(2, len(xs))] if len(xs) > 1 else [0] * len(xs)
    sizes = [total(extents(vector)) for vector in vectors]
    check_size(sizes, max((vector.dtype.size for vector in vectors), default=1), arrays=len(xs))
    lengths = [tf.size(vectors[axis]) for axis in axes]
    grids = []
    for vector, axis in zip(vectors, axes, strict=True):
        column = tf.reshape(vector, [-1 if each == axis else 1 for each in range(len(xs))])
        grids.append(tf.broadcast_to(column, lengths))
    return grids


def _above_diagonal(x: Like) -> tuple[Tensor, Tensor]:
    """Matrices, and how far above the main diagonal each place is."""
    x = as_tensor(x)
    if x.shape.rank is None or x.shape.rank < 2:
        raise ShapeError(f"a matrix has rows and columns; got the shape {shown(extents(x))}")
    rows, columns = tf.unstack(tf.shape(x, tf.int64)[-2:])
    return x, tf.range(columns) - tf.range(rows)[:, tf.newaxis]
