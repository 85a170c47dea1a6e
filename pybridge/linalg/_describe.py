"""What a matrix does, as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybridge._boundary import boundary
from pybridge._types import Like
from pybridge.errors import DtypeError, ShapeError
from pybridge.linalg._matrix import rank, read_matrix, rounding
from pybridge.tensors._checks import check_known, extents, shown

SQUARE = ["determinant", "orthogonal", "involutory", "idempotent", "symmetric", "permutation"]


@boundary
def describe(matrix: Like) -> dict[str, Any]:
    """Describe what a matrix does: whether it rotates, reflects, projects or permutes, and what it does to areas.

    Rounding is forgiven: a property holds if it holds as exactly as the matrix's dtype can say.

    Args:
        matrix: shape (m, n).

    Returns:
        shape; rank, how many dimensions its images have; determinant, the factor by which areas change; and whether the
        matrix is orthogonal (it keeps lengths and angles: QᵀQ = I), involutory (applied twice, it changes nothing:
        R² = I), idempotent (applied twice, it does what it does once, as projections do: P² = P), symmetric, a
        permutation, upper_triangular, lower_triangular. None where only a square matrix has an answer.

    Raises:
        ShapeError: not a single matrix.
        DtypeError: the matrix is complex.
        OptionError: the matrix holds numbers that are not finite.

    >>> about = describe([[0, 1], [1, 0]])
    >>> about["determinant"], about["involutory"], about["idempotent"]
    (-1.0, True, False)
    """
    a = read_matrix(matrix)
    check_known(a)
    if a.shape.rank != 2:
        raise ShapeError(f"one matrix at a time; got the shape {shown(extents(a))}")
    if a.dtype.is_complex:
        raise DtypeError(f"the matrix must be real; got {a.dtype.name}")
    a = a.numpy()
    directions = rank(a, rounding(a.dtype))
    tolerance = 8 * max(a.shape) * rounding(a.dtype)
    a = a.astype(np.float64)

    # An entry may be as inexact as the largest of its row and the largest of its column both allow.
    size = np.minimum(np.abs(a).max(0, keepdims=True), np.abs(a).max(1, keepdims=True))

    def same(x: np.ndarray, y: np.ndarray, size: np.ndarray) -> bool:
        return bool((np.abs(x - y) <= tolerance * size).all())

    about = {"shape": list(a.shape), "rank": directions} | dict.fromkeys(SQUARE)
    if a.shape[0] == a.shape[1]:
        identity, whole = np.eye(len(a)), np.round(a)
        one_each = sorted(whole.tolist()) == sorted(identity.tolist())
        about |= {
            "determinant": float(np.linalg.det(a)) if directions == len(a) else 0.0,
            "orthogonal": same(a.T @ a, identity, size.T @ size + identity),
            "involutory": same(a @ a, identity, size @ size + identity),
            "idempotent": same(a @ a, a, size @ size + size),
            "symmetric": same(a, a.T, size + size.T),
            "permutation": one_each and same(a, whole, size),
        }
    return about | {
        "upper_triangular": same(a, np.triu(a), size),
        "lower_triangular": same(a, np.tril(a), size),
    }
