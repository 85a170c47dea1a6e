"""What the loops read: the numbers of matrices and vectors, whose shapes fit together."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from pybridge._types import Like
from pybridge.errors import DtypeError, ShapeError
from pybridge.tensors._checks import check_known
from pybridge.tensors._dtypes import promote

DOUBLE = {tf.float32: np.float64, tf.complex64: np.complex128}


def matrix(x: Like, least: tf.DType) -> np.ndarray:
    """A matrix in the dtype that it has in `tensors`; simpler kinds become `least`."""
    [x] = _numbers(x, least=least)
    _check_matrix(x)
    return x


def matrices(x: Like, y: Like) -> list[np.ndarray]:
    """Two matrices of one dtype and shape."""
    x, y = _numbers(x, y)
    _check_matrix(x)
    _check_matrix(y)
    if x.shape != y.shape:
        raise ShapeError(f"{x.shape} and {y.shape} differ; give two matrices of one shape")
    return [x, y]


def chain(a: Like, b: Like) -> list[np.ndarray]:
    """Two matrices of one dtype, the first with as many columns as the second has rows."""
    a, b = _numbers(a, b)
    _check_matrix(a)
    _check_matrix(b)
    if a.shape[1] != b.shape[0]:
        raise ShapeError(f"{a.shape} and {b.shape} do not chain: {a.shape[1]} columns meet {b.shape[0]} rows")
    return [a, b]


def matrix_and_vector(m: Like, v: Like) -> list[np.ndarray]:
    """A matrix and a vector of one dtype, with an element per column."""
    m, v = _numbers(m, v)
    _check_matrix(m)
    _check_vector(v)
    if m.shape[1] != v.shape[0]:
        raise ShapeError(f"{m.shape} and {v.shape} do not fit: {m.shape[1]} columns meet {v.shape[0]} elements")
    return [m, v]


def vectors(x: Like, y: Like) -> list[np.ndarray]:
    """Two vectors of one dtype and length."""
    x, y = _numbers(x, y)
    _check_vector(x)
    _check_vector(y)
    if x.shape != y.shape:
        raise ShapeError(f"{x.shape} and {y.shape} do not fit: {x.shape[0]} elements meet {y.shape[0]}")
    return [x, y]


def check_ordered(x: np.ndarray) -> None:
    """See that the larger of two numbers can be told."""
    if x.dtype.kind == "c":
        raise DtypeError("complex numbers have no order; take absolute values first")


def _numbers(*xs: Like, least: tf.DType = tf.int64) -> list[np.ndarray]:
    """The numbers in the dtype in which they meet in `tensors`; lists of floats stay float64."""
    tensors = promote(*xs, least=least)
    check_known(tensors[0])
    dtype, arrays = tensors[0].dtype, [np.asarray(x) for x in xs]
    if dtype in DOUBLE and all(
        isinstance(x, list | tuple | range) and array.dtype != dtype.as_numpy_dtype
        for x, array in zip(xs, arrays, strict=True)
    ):
        return [array.astype(DOUBLE[dtype]) for array in arrays]
    return [tensor.numpy() for tensor in tensors]


def _check_matrix(x: np.ndarray) -> None:
    if x.ndim != 2:
        raise ShapeError(f"a matrix has 2 axes, rows and columns; got shape {x.shape}")


def _check_vector(x: np.ndarray) -> None:
    if x.ndim != 1:
        raise ShapeError(f"a vector has 1 axis; got shape {x.shape}")
