"""Factorisations: a matrix as a product of simpler ones, and the product that restores it."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import tensorflow as tf

from pybridge._arguments import flag
from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import OptionError
from pybridge.linalg._matrix import check_regular, read, read_matrix, read_square, rounding
from pybridge.tensors import matmul
from pybridge.tensors._checks import check_known


@boundary
def lu(a: Like) -> dict[str, Any]:
    """Factor a matrix as elimination does: a = p l u, a permutation times lower times upper triangular.

    Gradients do not pass through it, and it needs numbers, so it does not work inside a compiled function.

    Args:
        a: shape (..., m, n), square or not, singular or not; k is the smaller of m and n.

    Returns:
        p, a permutation, shape (..., m, m); l, lower triangular with a diagonal of 1: how often each row was subtracted
        from those below it, shape (..., m, k); u, upper triangular: what was left, shape (..., k, n).

    Raises:
        ShapeError: not a matrix.
        OptionError: the matrix holds numbers that are not finite.

    >>> lu([[0.0, 2.0], [4.0, 8.0]])["u"].numpy()
    array([[4., 8.],
           [0., 2.]], dtype=float32)
    """
    a = read_matrix(a)
    check_known(a)
    p, l, u = scipy.linalg.lu(a.numpy())  # noqa: E741 (their names)
    return {"p": tf.constant(p, a.dtype), "l": tf.constant(l), "u": tf.constant(u)}


@boundary
def qr(a: Like) -> dict[str, Any]:
    """Factor a matrix into perpendicular directions and amounts: a = q r.

    Gradients pass through it where the first k columns are independent.

    Args:
        a: shape (..., m, n), square or not; k is the smaller of m and n.

    Returns:
        q with orthonormal columns, shape (..., m, k); r, upper triangular: how much of each of them a column of `a`
        takes, shape (..., k, n).

    Raises:
        ShapeError: not a matrix.
        OptionError: the matrix holds numbers that are not finite.

    >>> abs(qr([[0.0, 2.0], [4.0, 8.0]])["r"].numpy())
    array([[4., 8.],
           [0., 2.]], dtype=float32)
    """
    q, r = tf.linalg.qr(read_matrix(a))
    return {"q": q, "r": r}


@boundary
def eig(a: Like) -> dict[str, Any]:
    """Find the directions that a matrix only scales, and by how much: a v = λ v.

    Gradients do not pass through it, and it needs numbers, so it does not work inside a compiled function; `eigh` does.

    Args:
        a: shape (..., n, n).

    Returns:
        values, the eigenvalues, shape (..., n); vectors, the eigenvectors, each of length 1 and a column, shape
        (..., n, n). All are complex when one eigenvalue is, as those of a rotation are. A defective matrix, such as a
        shear, has fewer directions than columns, and some of them are repeated.

    Raises:
        ShapeError: the matrix is not square.
        OptionError: the matrix holds numbers that are not finite.

    >>> eig([[2.0, 0.0], [0.0, 3.0]])["values"].numpy()
    array([2., 3.], dtype=float32)
    """
    a = read_square(a)
    check_known(a)
    values, vectors = np.linalg.eig(a.numpy())
    if not a.dtype.is_complex and not values.imag.any():  # from NumPy 2.5 on they are complex all the same
        values, vectors = values.real, vectors.real
    return {"values": tf.constant(values), "vectors": tf.constant(vectors)}


@boundary
def eigh(a: Like) -> dict[str, Any]:
    """Find the directions that a symmetric matrix only scales, which are perpendicular, and by how much.

    Gradients pass through the eigenvalues, and through the eigenvectors where no two eigenvalues are equal.

    Args:
        a: shape (..., n, n), symmetric; a complex matrix equals its conjugate transpose instead.

    Returns:
        values, the eigenvalues, real and ascending, shape (..., n); vectors, the eigenvectors, orthonormal columns,
        shape (..., n, n).

    Raises:
        ShapeError: the matrix is not square.
        OptionError: the matrix is not symmetric, or holds numbers that are not finite.

    >>> eigh([[2.0, 1.0], [1.0, 2.0]])["values"].numpy().round(4)
    array([1., 3.], dtype=float32)
    """
    a = read_square(a)
    if not tf.is_symbolic_tensor(a) and not _is_symmetric(a.numpy()):
        raise OptionError("the matrix is not symmetric; use eig")
    values, vectors = tf.linalg.eigh(a)
    return {"values": tf.math.real(values), "vectors": vectors}


@boundary
def svd(a: Like, *, full: bool = False) -> dict[str, Any]:
    """Factor a matrix as rotate, scale, rotate: a = u s vh, the singular value decomposition. Every matrix has one.

    Gradients pass through s, and through u and vh where no two singular values are equal; with `full`, only where m and
    n differ by at most 1.

    Args:
        a: shape (..., m, n), square or not; k is the smaller of m and n.
        full: whether u and vh are square, with further columns and rows that complete the space and that s does not
            use, as NumPy's `full_matrices` has it.

    Returns:
        u with orthonormal columns, shape (..., m, k); s, the singular values, by how much each direction is scaled,
        at least 0 and descending, shape (..., k); vh with orthonormal rows, shape (..., k, n). When `full`, u has shape
        (..., m, m), and vh (..., n, n).

    Raises:
        ShapeError: not a matrix.
        OptionError: the matrix holds numbers that are not finite, or `full` is neither true nor false.

    >>> svd([[0.0, 3.0], [2.0, 0.0]])["s"].numpy()
    array([3., 2.], dtype=float32)
    >>> svd([[0.0], [3.0]], full=True)["u"].shape
    TensorShape([2, 2])
    """
    s, u, v = tf.linalg.svd(read_matrix(a), full_matrices=flag("full", full))
    return {"u": u, "s": s, "vh": tf.linalg.adjoint(v)}


@boundary
def cholesky(a: Like) -> Tensor:
    """Factor a symmetric positive definite matrix as a = l lᵀ.

    Gradients pass through it.

    Args:
        a: shape (..., n, n), symmetric, with eigenvalues above 0; a complex matrix equals its conjugate transpose
            instead.

    Returns:
        l, lower triangular with a positive diagonal, shape (..., n, n).

    Raises:
        ShapeError: the matrix is not square.
        OptionError: the matrix is not symmetric, not positive definite as far as its dtype can tell, or holds numbers
            that are not finite. In a traced function, NaN instead.

    >>> cholesky([[4.0, 2.0], [2.0, 5.0]]).numpy()
    array([[2., 0.],
           [1., 2.]], dtype=float32)
    """
    a = read_square(a)
    if not tf.is_symbolic_tensor(a) and not _is_symmetric(a.numpy()):
        raise OptionError("the matrix is not symmetric, so it has no such factor; lu and qr take any matrix")
    root = tf.linalg.cholesky(a)
    if not tf.is_symbolic_tensor(root) and not np.isfinite(root.numpy()).all():
        raise OptionError(
            "the matrix is not positive definite: an eigenvalue is 0 or less, as far as its dtype can tell; see eigh"
        )
    return root


@boundary
def reconstruct(factors: dict[str, Any]) -> Tensor:
    """Multiply factors back into the matrix they came from.

    Args:
        factors: what `lu`, `qr`, `eig`, `eigh` or `svd` returned; or some columns of `u` and `q`, with the rows and
            values that go with them, for the part of the matrix that these make up.

    Returns:
        The matrix; real when the complex parts of eigenvalues and eigenvectors cancel.

    Raises:
        OptionError: these are not the factors of one factorisation, or the eigenvectors do not span the space.
        ShapeError: the factors do not fit each other.

    >>> reconstruct(qr([[0.0, 2.0], [4.0, 8.0]])).numpy().round(4) + 0
    array([[0., 2.],
           [4., 8.]], dtype=float32)
    """
    names = set(factors) if isinstance(factors, dict) else {}
    if names == {"p", "l", "u"}:
        p, l, u = read(factors["p"], factors["l"], factors["u"])  # noqa: E741
        return matmul(matmul(p, l), u)
    if names == {"q", "r"}:
        return matmul(*read(factors["q"], factors["r"]))
    if names == {"u", "s", "vh"}:
        u, s, vh = read(factors["u"], factors["s"], factors["vh"])
        if s.shape.rank and u.shape[-1] == u.shape[-2] and vh.shape[-1] == vh.shape[-2]:  # they may be full
            u, vh = u[..., : s.shape[-1]], vh[..., : s.shape[-1], :]
        return matmul(matmul(u, tf.linalg.diag(s)), vh)
    if names == {"values", "vectors"}:
        return _from_eigenvectors(*read(factors["values"], factors["vectors"]))
    given = sorted(factors) if isinstance(factors, dict) else repr(factors)
    raise OptionError(
        f"it takes the factors of lu (p, l, u), qr (q, r), eig or eigh (values, vectors) or svd (u, s, vh); got {given}"
    )


def _from_eigenvectors(values: Tensor, vectors: Tensor) -> Tensor:
    """V Λ V⁻¹, with V⁻¹ as the solution of a system."""
    vectors = read_square(vectors)
    try:
        check_regular(vectors)
    except OptionError:
        raise OptionError("the eigenvectors do not span the space, so they make up no matrix") from None
    stretched = matmul(vectors, tf.linalg.diag(values))
    a = tf.linalg.adjoint(tf.linalg.solve(vectors, tf.linalg.adjoint(stretched), adjoint=True))
    if not a.dtype.is_complex or tf.is_symbolic_tensor(a):
        return a
    tolerance = 100 * a.shape[-1] * rounding(a.dtype) * np.abs(a).max(initial=0)
    return tf.math.real(a) if np.abs(np.imag(a)).max(initial=0) <= tolerance else a


def _is_symmetric(a: np.ndarray) -> bool:
    tolerance = 8 * a.shape[-1] * rounding(a.dtype) * np.abs(a).max(initial=0)
    return np.abs(a - np.conj(np.swapaxes(a, -1, -2))).max(initial=0) <= tolerance
