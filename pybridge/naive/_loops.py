"""The operations of a layer, one number at a time."""

from __future__ import annotations

import numpy as np

from pybridge._types import Like
from pybridge.errors import DtypeError, ShapeError


def naive_relu(x: Like) -> np.ndarray:
    """Cut off what is below zero, one element at a time.

    Args:
        x: a matrix.

    Returns:
        A matrix of the same shape: max(x, 0) of each element.

    Raises:
        ShapeError: `x` is no matrix.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_relu([[1, -2], [-3, 4]])
    array([[1, 0],
           [0, 4]])
    """
    x = _matrix("naive_relu", x)
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = max(x[i, j], 0)
    return result


def naive_add(x: Like, y: Like) -> np.ndarray:
    """Add two matrices, one element at a time.

    Args:
        x: a matrix.
        y: a matrix of the same shape.

    Returns:
        A matrix of that shape.

    Raises:
        ShapeError: one is no matrix, or their shapes differ.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_add([[1, 2], [3, 4]], [[10, 20], [30, 40]])
    array([[11, 22],
           [33, 44]])
    """
    x, y = _matrices("naive_add", x, y)
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = x[i, j] + y[i, j]
    return result


def naive_multiply(x: Like, y: Like) -> np.ndarray:
    """Multiply two matrices element by element, which is not their matrix product.

    Args:
        x: a matrix.
        y: a matrix of the same shape.

    Returns:
        A matrix of that shape.

    Raises:
        ShapeError: one is no matrix, or their shapes differ.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_multiply([[1, 2], [3, 4]], [[10, 20], [30, 40]])
    array([[ 10,  40],
           [ 90, 160]])
    """
    x, y = _matrices("naive_multiply", x, y)
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = x[i, j] * y[i, j]
    return result


def naive_maximum(x: Like, y: Like) -> np.ndarray:
    """Take the larger of two matrices at each place.

    Args:
        x: a matrix.
        y: a matrix of the same shape.

    Returns:
        A matrix of that shape.

    Raises:
        ShapeError: one is no matrix, or their shapes differ.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_maximum([[1, 2], [3, 4]], [[4, 3], [2, 1]])
    array([[4, 3],
           [3, 4]])
    """
    x, y = _matrices("naive_maximum", x, y)
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = max(x[i, j], y[i, j])
    return result


def naive_add_matrix_and_vector(m: Like, v: Like) -> np.ndarray:
    """Add a vector to every row of a matrix: broadcasting, one element at a time.

    Args:
        m: a matrix, shape (rows, columns).
        v: a vector of length columns.

    Returns:
        A matrix of the shape of `m`.

    Raises:
        ShapeError: `m` is no matrix, `v` is no vector, or `v` has not an element per column.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_add_matrix_and_vector([[1, 2], [3, 4]], [10, 20])
    array([[11, 22],
           [13, 24]])
    """
    name = "naive_add_matrix_and_vector"
    m, v = _of_one_dtype(_matrix(name, m), _vector(name, v))
    if m.shape[1] != v.shape[0]:
        raise ShapeError(f"{name}: {m.shape} and {v.shape} do not fit: {m.shape[1]} columns meet {v.shape[0]} elements")
    result = np.empty_like(m)
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            result[i, j] = m[i, j] + v[j]
    return result


def naive_vector_dot(x: Like, y: Like) -> float:
    """Multiply two vectors and add up: the dot product.

    Args:
        x: a vector.
        y: a vector of the same length.

    Returns:
        The sum of the products of their elements.

    Raises:
        ShapeError: one is no vector, or their lengths differ.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_vector_dot([1, 2, 3], [4, 5, 6])
    32.0
    """
    name = "naive_vector_dot"
    x, y = _vector(name, x), _vector(name, y)
    if x.shape != y.shape:
        raise ShapeError(f"{name}: {x.shape} and {y.shape} do not fit: {x.shape[0]} elements meet {y.shape[0]}")
    total = 0.0
    for i in range(x.shape[0]):
        total += float(x[i]) * float(y[i])
    return total


def naive_matrix_vector_dot(m: Like, v: Like) -> np.ndarray:
    """Multiply a matrix with a vector: the dot product of each row with it.

    Args:
        m: a matrix, shape (rows, columns).
        v: a vector of length columns.

    Returns:
        A vector of length rows, floats.

    Raises:
        ShapeError: `m` is no matrix, `v` is no vector, or `v` has not an element per column.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_matrix_vector_dot([[1, 2], [3, 4]], [10, 1])
    array([12., 34.])
    """
    name = "naive_matrix_vector_dot"
    m, v = _matrix(name, m), _vector(name, v)
    if m.shape[1] != v.shape[0]:
        raise ShapeError(f"{name}: {m.shape} and {v.shape} do not fit: {m.shape[1]} columns meet {v.shape[0]} elements")
    result = np.empty(m.shape[0])
    for i in range(m.shape[0]):
        result[i] = naive_vector_dot(m[i, :], v)
    return result


def naive_matrix_dot(a: Like, b: Like) -> np.ndarray:
    """Multiply two matrices: the dot product of each row of the first with each column of the second.

    Args:
        a: a matrix, shape (rows, shared).
        b: a matrix, shape (shared, columns).

    Returns:
        A matrix of shape (rows, columns), floats.

    Raises:
        ShapeError: one is no matrix, or the columns of `a` are not as many as the rows of `b`.

    Source: Chollet, Deep Learning with Python, chapter 2.

    >>> naive_matrix_dot([[1, 2], [3, 4]], [[1, 2], [3, 4]])
    array([[ 7., 10.],
           [15., 22.]])
    """
    name = "naive_matrix_dot"
    a, b = _matrix(name, a), _matrix(name, b)
    if a.shape[1] != b.shape[0]:
        raise ShapeError(f"{name}: {a.shape} and {b.shape} do not chain: {a.shape[1]} columns meet {b.shape[0]} rows")
    result = np.empty((a.shape[0], b.shape[1]))
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            result[i, j] = naive_vector_dot(a[i, :], b[:, j])
    return result


def _matrices(name: str, x: Like, y: Like) -> list[np.ndarray]:
    x, y = _matrix(name, x), _matrix(name, y)
    if x.shape != y.shape:
        raise ShapeError(f"{name}: {x.shape} and {y.shape} differ; give two matrices of one shape")
    return _of_one_dtype(x, y)


def _of_one_dtype(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    return [array.astype(np.result_type(x, y)) for array in (x, y)]


def _matrix(name: str, x: Like) -> np.ndarray:
    return _array(name, x, 2, "a matrix")


def _vector(name: str, x: Like) -> np.ndarray:
    return _array(name, x, 1, "a vector")


def _array(name: str, x: Like, ndim: int, what: str) -> np.ndarray:
    try:
        array = np.asarray(x)
    except ValueError:
        raise ShapeError(f"{name}: a list whose rows differ in length is not {what}") from None
    if array.dtype.kind not in "biufc":
        raise DtypeError(f"{name}: {what} is made of numbers; got {x!r}")
    if array.ndim != ndim:
        raise ShapeError(f"{name}: shape {array.shape} is not {what}; it has {array.ndim} axes, not {ndim}")
    return array
