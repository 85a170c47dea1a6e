"""The operations of a layer, one number at a time.

The results are those of `pybridge.tensors`, with their dtype, NaN and infinities, except for this:

- Lists of floats stay float64, as Python has them.
- A dot product is added up in Python's own numbers, from the first to the last, and rounded once at the end. TensorFlow
  adds in another order, and rounds each time. Of integers it is a float.
- Where 0.0 meets -0.0, the larger is the first. In a tensor that depends on the place.
- A float too small to be normal stays as it is. TensorFlow makes it 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like
from pybridge.naive._numbers import chain, check_ordered, matrices, matrix, matrix_and_vector, vectors

quietly = np.errstate(all="ignore")  # as in a tensor, too large a float becomes infinite, and an integer wraps around


@quietly
@boundary
def naive_relu(x: Like) -> np.ndarray:
    """Cut off what is below zero, one element at a time.

    Args:
        x: a matrix.

    Returns:
        A matrix of the same shape: max(x, 0) of each element, NaN of NaN. Integers become floats.

    Raises:
        ShapeError: `x` is not a matrix.
        DtypeError: complex numbers, which have no order.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_relu([[1, -2], [-3, 4]])
    array([[1., 0.],
           [0., 4.]])
    """
    x = matrix(x, least=tf.float32)
    check_ordered(x)
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = _larger(x[i, j], 0)
    return result


@quietly
@boundary
def naive_add(x: Like, y: Like) -> np.ndarray:
    """Add two matrices, one element at a time.

    Args:
        x: a matrix.
        y: a matrix of the same shape.

    Returns:
        A matrix of that shape.

    Raises:
        ShapeError: one is not a matrix, or their shapes differ.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_add([[1, 2], [3, 4]], [[10, 20], [30, 40]])
    array([[11, 22],
           [33, 44]])
    """
    x, y = matrices(x, y)
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = x[i, j] + y[i, j]
    return result


@quietly
@boundary
def naive_multiply(x: Like, y: Like) -> np.ndarray:
    """Multiply two matrices element by element, which is not their matrix product.

    Args:
        x: a matrix.
        y: a matrix of the same shape.

    Returns:
        A matrix of that shape.

    Raises:
        ShapeError: one is not a matrix, or their shapes differ.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_multiply([[1, 2], [3, 4]], [[10, 20], [30, 40]])
    array([[ 10,  40],
           [ 90, 160]])
    """
    x, y = matrices(x, y)
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = x[i, j] * y[i, j]
    return result


@quietly
@boundary
def naive_maximum(x: Like, y: Like) -> np.ndarray:
    """Take the larger of two matrices at each place.

    Args:
        x: a matrix.
        y: a matrix of the same shape.

    Returns:
        A matrix of that shape, NaN where one of the two is.

    Raises:
        ShapeError: one is not a matrix, or their shapes differ.
        DtypeError: complex numbers, which have no order.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_maximum([[1, 2], [3, 4]], [[4, 3], [2, 1]])
    array([[4, 3],
           [3, 4]])
    """
    x, y = matrices(x, y)
    check_ordered(x)
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = _larger(x[i, j], y[i, j])
    return result


@quietly
@boundary
def naive_add_matrix_and_vector(m: Like, v: Like) -> np.ndarray:
    """Add a vector to every row of a matrix: broadcasting, one element at a time.

    Args:
        m: a matrix, shape (rows, columns).
        v: a vector of length columns.

    Returns:
        A matrix of the shape of `m`.

    Raises:
        ShapeError: `m` is not a matrix, `v` is not a vector, or `v` has more elements than `m` has columns, or fewer.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_add_matrix_and_vector([[1, 2], [3, 4]], [10, 20])
    array([[11, 22],
           [13, 24]])
    """
    m, v = matrix_and_vector(m, v)
    result = np.empty_like(m)
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            result[i, j] = m[i, j] + v[j]
    return result


@quietly
@boundary
def naive_vector_dot(x: Like, y: Like) -> float | complex:
    """Multiply two vectors and add up: the dot product.

    Args:
        x: a vector.
        y: a vector of the same length.

    Returns:
        The sum of the products of their elements: a float, or a complex number of complex ones.

    Raises:
        ShapeError: one is not a vector, or their lengths differ.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_vector_dot([1, 2, 3], [4, 5, 6])
    32.0
    """
    x, y = vectors(x, y)
    return np.array(_dot(x.tolist(), y.tolist()), _float(x.dtype)).item()


@quietly
@boundary
def naive_matrix_vector_dot(m: Like, v: Like) -> np.ndarray:
    """Multiply a matrix with a vector: the dot product of each row with it.

    Args:
        m: a matrix, shape (rows, columns).
        v: a vector of length columns.

    Returns:
        A vector of length rows; of integers, floats.

    Raises:
        ShapeError: `m` is not a matrix, `v` is not a vector, or `v` has more elements than `m` has columns, or fewer.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_matrix_vector_dot([[1, 2], [3, 4]], [10, 1])
    array([12., 34.])
    """
    m, v = matrix_and_vector(m, v)
    result = np.empty(m.shape[0], _float(m.dtype))
    rows, elements = m.tolist(), v.tolist()
    for i in range(m.shape[0]):
        result[i] = _dot(rows[i], elements)
    return result


@quietly
@boundary
def naive_matrix_dot(a: Like, b: Like) -> np.ndarray:
    """Multiply two matrices: the dot product of each row of the first with each column of the second.

    Args:
        a: a matrix, shape (rows, shared).
        b: a matrix, shape (shared, columns).

    Returns:
        A matrix of shape (rows, columns); of integers, floats.

    Raises:
        ShapeError: one is not a matrix, or `a` has more columns than `b` has rows, or fewer.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_matrix_dot([[1, 2], [3, 4]], [[1, 2], [3, 4]])
    array([[ 7., 10.],
           [15., 22.]])
    """
    a, b = chain(a, b)
    result = np.empty((a.shape[0], b.shape[1]), _float(a.dtype))
    rows, columns = a.tolist(), b.T.tolist()
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            result[i, j] = _dot(rows[i], columns[j])
    return result


def _dot(x: list[Any], y: list[Any]) -> int | float | complex:
    total = 0
    for i in range(len(x)):
        total += x[i] * y[i]
    return total


def _larger(a: Any, b: Any) -> Any:
    """Python's max of two numbers, but NaN where one of them is."""
    return a if a >= b or a != a else b


def _float(dtype: np.dtype) -> np.dtype:
    """The dtype of a dot product: the numbers' own, float64 of integers."""
    return np.dtype(np.float64) if dtype.kind in "iu" else dtype
