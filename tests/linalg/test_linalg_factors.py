"""Factors, which give the matrix again."""

import math

import numpy as np
import pytest
from hypothesis import given
from linalg_matrices import TOLERANCE, close, hilbert, matrices

from pybridge import linalg
from pybridge.errors import OptionError


@given(matrices())
def test_lu(a):
    factors = linalg.lu(a)
    p, lower, upper = (factors[name].numpy() for name in ("p", "l", "u"))
    assert p.dtype == lower.dtype == upper.dtype == a.dtype
    assert linalg.describe(p)["permutation"]
    np.testing.assert_array_equal(lower, np.tril(lower))
    np.testing.assert_array_equal(np.diagonal(lower), 1)
    np.testing.assert_array_equal(upper, np.triu(upper))
    close(linalg.reconstruct(factors), a)


@given(matrices() | matrices(singular=True))
def test_qr(a):
    factors = linalg.qr(a)
    q, r = factors["q"].numpy(), factors["r"].numpy()
    k = min(a.shape)
    assert q.shape == (a.shape[0], k)
    assert r.shape == (k, a.shape[1])
    close(q.T @ q, np.eye(k))
    np.testing.assert_array_equal(r, np.triu(r))
    close(linalg.reconstruct(factors), a)


@given(matrices() | matrices(singular=True))
def test_svd(a):
    factors = linalg.svd(a)
    u, s, vh = (factors[name].numpy() for name in ("u", "s", "vh"))
    k = min(a.shape)
    close(u.T @ u, np.eye(k))
    close(vh @ vh.T, np.eye(k))
    assert (s >= 0).all()
    assert (np.diff(s) <= 0).all()
    close(linalg.reconstruct(factors), a)
    close(s**2, np.linalg.eigvalsh((a @ a.T).astype("float64"))[::-1][:k], "float32")


def test_the_largest_singular_values_make_up_the_best_approximation():
    a = hilbert(5)
    factors = linalg.svd(a)
    u, s, vh = factors["u"], factors["s"], factors["vh"]
    near = linalg.reconstruct({"u": u[:, :2], "s": s[:2], "vh": vh[:2]}).numpy()
    assert np.linalg.norm(a - near, 2) == pytest.approx(s.numpy()[2])


@given(matrices(symmetric=True))
def test_eigh(a):
    factors = linalg.eigh(a)
    values, columns = factors["values"].numpy(), factors["vectors"].numpy()
    close(columns.T @ columns, np.eye(len(a)))
    close(a @ columns, columns * values)
    assert (np.diff(values) >= 0).all()
    close(linalg.reconstruct(factors), a)


@given(matrices(square=True))
def test_eig(a):
    factors = linalg.eig(a)
    values, columns = factors["values"].numpy(), factors["vectors"].numpy()
    assert values.dtype.kind == ("c" if np.linalg.eigvals(a).imag.any() else "f")
    close(a @ columns, columns * values)
    close(np.prod(values), np.linalg.det(a.astype("float64")), "float32")
    if np.linalg.cond(columns) < 100:
        rebuilt = linalg.reconstruct(factors)
        assert rebuilt.dtype == a.dtype
        np.testing.assert_allclose(rebuilt, a, atol=100 * TOLERANCE[a.dtype.name])


def test_a_rotation_has_complex_eigenvalues():
    factors = linalg.eig(linalg.rotation(math.pi / 2))
    np.testing.assert_allclose(sorted(factors["values"].numpy(), key=np.imag), [-1j, 1j], atol=1e-6)
    rebuilt = linalg.reconstruct(factors)
    assert rebuilt.dtype == "float32"
    np.testing.assert_allclose(rebuilt, [[0, -1], [1, 0]], atol=1e-6)


def test_complex_matrices_are_factored_and_undone():
    random = np.random.default_rng(0)
    a = random.normal(size=(4, 4)) + 1j * random.normal(size=(4, 4))
    for factor in (linalg.lu, linalg.qr, linalg.svd, linalg.eig):
        np.testing.assert_allclose(linalg.reconstruct(factor(a)), a, atol=1e-12)
    hermitian = a + a.conj().T
    np.testing.assert_allclose(linalg.reconstruct(linalg.eigh(hermitian)), hermitian, atol=1e-12)
    np.testing.assert_allclose(linalg.inv(a) @ a, np.eye(4), atol=1e-12)


def test_a_matrix_without_enough_eigenvectors_cannot_be_rebuilt_from_them():
    factors = linalg.eig([[1, 1], [0, 1]])
    assert factors["values"].numpy().tolist() == [1, 1]
    with pytest.raises(OptionError, match=r"^reconstruct: the eigenvectors do not span the space, so they make up no"):
        linalg.reconstruct(factors)
