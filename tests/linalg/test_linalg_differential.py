"""Linear algebra against NumPy's, over dtypes, batches, singular and defective matrices."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from linalg_matrices import hilbert

from pybridge import linalg
from pybridge.errors import OptionError

DTYPES = ["float16", "bfloat16", "float32", "float64", "complex64", "complex128", "int32", "uint8", "bool"]
RESULT = {"float64": "float64", "complex64": "complex64", "complex128": "complex128"}
DEFECTIVE = [[[1, 1], [0, 1]], [[0, 1, 0], [0, 0, 1], [0, 0, 0]], [[2, 1, 0], [0, 2, 0], [0, 0, 3]]]


@st.composite
def batches(draw, *, square=False, dtypes=DTYPES):
    """A tensor of matrices, of ordinary size, whole, of low rank or zero, and the same numbers in binary64."""
    batch = draw(st.sampled_from([(), (), (), (2,), (1, 2), (0,)]))
    rows = draw(st.integers(1, 5))
    columns = rows if square else draw(st.integers(1, 5))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    rank = draw(st.sampled_from([None, None, 0, 1, 2]))
    inner = min(rows, columns) if rank is None else rank
    shape = [(*batch, rows, inner), (*batch, inner, columns)]
    if draw(st.booleans()):
        left, right = (random.integers(-3, 4, each).astype(float) for each in shape)
    else:
        left, right = (random.normal(size=each) for each in shape)
    a = left @ right if rank is not None or batch else random.normal(size=(rows, columns))
    dtype = draw(st.sampled_from(dtypes))
    if dtype.startswith("complex"):
        a = a + 1j * (random.normal(size=shape[0]) @ right)
    x = tf.cast(tf.constant(np.round(np.abs(a)) if dtype in ("uint8", "bool") else a), dtype)
    return x, tf.cast(x, "complex128" if dtype.startswith("complex") else "float64").numpy()


def close(found, expected, dtype, size=1.0):
    expected = np.asarray(expected)
    wanted = RESULT.get(dtype, "float32")
    assert found.dtype == (
        wanted if np.iscomplexobj(expected) else wanted.replace("complex64", "float32").replace("complex128", "float64")
    )
    assert found.shape == expected.shape
    tolerance = 1e-9 if wanted in ("float64", "complex128") else 2e-4
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * size)


def in_middle_of_nowhere(a, dtype):
    """Whether a singular value is neither clearly 0 nor clearly not: then the rank is a matter of taste."""
    s = np.linalg.svd(a, compute_uv=False)
    eps = np.finfo("float64" if RESULT.get(dtype) in ("float64", "complex128") else "float32").eps
    share = s / np.maximum(s.max(-1, keepdims=True, initial=0), 1e-300)
    return bool(((share > eps / 100) & (share < 1e-3)).any())


def tolerance_of(dtype):
    return (np.finfo("float64").eps if RESULT.get(dtype) in ("float64", "complex128") else np.finfo("float32").eps) * 10


@given(batches())
def test_pseudo_inverses(both):
    x, a = both
    if in_middle_of_nowhere(a, x.dtype.name):
        return
    found = linalg.pinv(x)
    expected = np.linalg.pinv(a, rtol=tolerance_of(x.dtype.name))
    close(found, expected, x.dtype.name, np.abs(expected).max(initial=1))
    inverse = found.numpy().astype(expected.dtype)
    size = np.abs(a).max(initial=1) ** 2 * np.abs(expected).max(initial=1)
    close(tf.cast(a @ inverse @ a, found.dtype), a, x.dtype.name, size)


@given(batches(), st.integers(0, 3), st.integers(0, 2**32))
def test_least_squares(both, columns, seed):
    x, a = both
    if in_middle_of_nowhere(a, x.dtype.name):
        return
    vector = columns == 0 and a.ndim == 2
    shape = a.shape[-2:-1] if vector else (*a.shape[:-1], max(columns, 1))
    b = np.random.default_rng(seed).normal(size=shape)
    found = linalg.lstsq(
        x, tf.cast(tf.constant(b), x.dtype if x.dtype.is_floating or x.dtype.is_complex else "float32")
    )
    b = np.asarray(tf.cast(tf.cast(tf.constant(b), x.dtype), a.dtype)) if x.dtype.is_floating else b
    right = b[:, None] if vector else b
    inverse = np.linalg.pinv(a, rtol=tolerance_of(x.dtype.name))
    best = inverse @ right
    residual = np.sum(np.abs(right - a @ best) ** 2, axis=-2)
    size = max(1, np.abs(inverse).max(initial=1) * 10)
    close(found["x"], best[:, 0] if vector else best, x.dtype.name, size)
    close(found["residual"], residual[0] if vector else residual, x.dtype.name, 100)
    ranks = np.linalg.matrix_rank(a, rtol=tolerance_of(x.dtype.name))
    assert found["rank"] == ranks.tolist()
    assert isinstance(found["rank"], list if a.ndim > 2 else int)


@given(batches())
def test_traces_and_condition_numbers(both):
    x, a = both
    close(linalg.trace(x), np.trace(a, axis1=-2, axis2=-1), x.dtype.name, np.abs(a).max(initial=1) * 5)
    found, s = linalg.cond(x).numpy(), np.linalg.svd(a, compute_uv=False)
    with np.errstate(all="ignore"):
        expected = np.nan_to_num(s[..., 0] / s[..., -1], nan=np.inf, posinf=np.inf)
    assert found.shape == expected.shape
    sure = expected < 1e6
    np.testing.assert_allclose(found[sure], expected[sure], rtol=1e-5)
    assert (found[~sure] > 1e5).all()
    assert (found >= 1 - 1e-6).all()


@given(batches(square=True))
def test_cholesky(both):
    x, a = both
    positive = a @ np.conj(np.swapaxes(a, -1, -2)) + np.eye(a.shape[-1])
    dtype = x.dtype if x.dtype.is_floating or x.dtype.is_complex else tf.float32
    symmetric = tf.cast(tf.constant(positive), dtype)
    exact = tf.cast(symmetric, positive.dtype).numpy()
    close(linalg.cholesky(symmetric), np.linalg.cholesky(exact), dtype.name, np.abs(positive).max(initial=1))


@given(batches(), st.booleans())
def test_singular_value_decompositions(both, full):
    x, a = both
    m, n = a.shape[-2:]
    k = min(m, n)
    factors = linalg.svd(x, full=full)
    size = np.abs(a).max(initial=1)
    close(factors["s"], np.linalg.svd(a, compute_uv=False), x.dtype.name, size * 5)
    assert factors["u"].shape == (*a.shape[:-1], m if full else k)
    assert factors["vh"].shape == (*a.shape[:-2], n if full else k, n)
    for rows in (tf.linalg.adjoint(factors["u"]), factors["vh"]):
        np.testing.assert_allclose(
            rows @ tf.linalg.adjoint(rows),
            np.broadcast_to(np.eye(rows.shape[-2]), (*a.shape[:-2], rows.shape[-2], rows.shape[-2])),
            atol=1e-5,
        )
    close(linalg.reconstruct(factors), a, x.dtype.name, size * 5)


@given(batches(square=True))
def test_inverses_are_numpys_or_refused(both):
    x, a = both
    s = np.linalg.svd(a, compute_uv=False)
    eps = tolerance_of(x.dtype.name) / 10
    share = (s[..., -1] / np.maximum(s[..., 0], 1e-300)).min(initial=1)
    b = np.ones((*a.shape[:-1], 2))
    if share > 1e-3:
        inverse = np.linalg.inv(a)
        close(linalg.inv(x), inverse, x.dtype.name, np.abs(inverse).max(initial=1) * 10)
        close(linalg.solve(x, b.astype("float32")), inverse @ b, x.dtype.name, np.abs(inverse).max(initial=1) * 10)
        close(linalg.pinv(x), inverse, x.dtype.name, np.abs(inverse).max(initial=1) * 10)
    elif share < eps / 100:
        for call in (linalg.inv, lambda x: linalg.solve(x, b.astype("float32"))):
            with pytest.raises(OptionError, match="the matrix is singular"):
                call(x)


@pytest.mark.parametrize("a", DEFECTIVE)
def test_defective_matrices(a):
    exact = np.array(a, "float64")
    np.testing.assert_allclose(linalg.pinv(exact), np.linalg.pinv(exact), atol=1e-12)
    np.testing.assert_allclose(linalg.cond(exact), np.linalg.cond(exact))
    assert linalg.lstsq(exact, exact[:, 0])["rank"] == np.linalg.matrix_rank(exact)
    values, vectors = linalg.eig(exact)["values"], linalg.eig(exact)["vectors"]
    np.testing.assert_allclose(exact @ vectors, vectors * values, atol=1e-7)


def test_units_do_not_make_a_matrix_singular_for_pinv_and_lstsq():
    move = linalg.translation([1e6, 0])
    np.testing.assert_allclose(linalg.pinv(move), linalg.inv(move), rtol=1e-6, atol=1e-6)
    assert linalg.lstsq(move, [1.0, 0.0, 0.0])["rank"] == 3
    np.testing.assert_allclose(linalg.cond(np.diag([1e-9, 1e9])), 1e18)


def test_ill_conditioned_equations_are_fitted_as_well_as_their_dtype_allows():
    x = np.arange(8.0)
    np.testing.assert_allclose(linalg.lstsq(hilbert(8), hilbert(8) @ x)["x"], x, atol=1e-4)
    with pytest.raises(OptionError, match="singular"):
        linalg.inv(hilbert(13))
    assert linalg.lstsq(hilbert(13), np.ones(13))["rank"] < 13


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("rank", [None, 1])
def test_gradients_agree_with_differences(dtype, rank):
    random = np.random.default_rng(3)
    a = random.normal(size=(4, 3)) if rank is None else np.outer(random.normal(size=4), random.normal(size=3))
    w, b = random.normal(size=(3, 4)), random.normal(size=(4, 2))
    if dtype == "complex128":
        a = a + 1j * random.normal(size=(4, 3)) if rank is None else a * (1 + 2j)
    weigh = {
        linalg.pinv: lambda x: np.sum(np.real(x * w)),
        linalg.cond: lambda x: x,
        linalg.trace: np.real,
    }
    if rank is None:
        weigh[lambda a: linalg.lstsq(a, b)["x"]] = lambda x: np.sum(np.real(x * w[:, :2]))
        weigh[lambda a: linalg.lstsq(a, b)["residual"]] = np.sum
    for f, total in weigh.items():
        if rank and f is not linalg.trace and f is not linalg.pinv:
            continue
        v = tf.constant(a)
        with tf.GradientTape() as tape:
            tape.watch(v)
            x = f(v)
            weights = w if f is linalg.pinv else w[:, :2] if x.shape == (3, 2) else np.ones(x.shape)
            y = tf.reduce_sum(tf.math.real(x * weights))
        slope = tape.gradient(y, v)
        # The rank has to stay, so steps go along the matrix's own rows and columns when it is low.
        for _ in range(3):
            step = random.normal(size=(4, 3)) if rank is None else a @ random.normal(size=(3, 3))
            up, down = (np.asarray(total(f(a + h * step).numpy())) for h in (1e-6, -1e-6))
            change = np.sum(np.real(np.conj(slope) * step))
            assert change == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-5)


def test_second_derivatives_of_pseudo_inverses():
    a, w = np.random.default_rng(0).normal(size=(3, 2)), np.random.default_rng(1).normal(size=(2, 3))

    def slope(a):
        with tf.GradientTape() as tape:
            tape.watch(a)
            y = tf.reduce_sum(linalg.pinv(a) * w)
        return tape.gradient(y, a)

    v = tf.constant(a)
    with tf.GradientTape() as tape:
        tape.watch(v)
        first = tf.reduce_sum(slope(v) ** 2)
    second = tape.gradient(first, v).numpy()
    for place in np.ndindex(a.shape):
        step = np.zeros_like(a)
        step[place] = 1e-6
        up, down = (np.sum(slope(tf.constant(a + h * step)).numpy() ** 2) for h in (1, -1))
        assert second[place] == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-5)


def test_compiled_functions():
    a, b = np.random.default_rng(0).normal(size=(4, 3)), np.random.default_rng(1).normal(size=4)

    def fitted(a):
        return [*linalg.lstsq(a, b).values(), linalg.trace(a), linalg.cholesky(tf.matmul(a, a, transpose_a=True))]

    x, residual, rank = np.linalg.lstsq(a, b)[:3]
    expected = [x, residual[0], rank, np.trace(a), np.linalg.cholesky(a.T @ a)]
    for jit in (False, True):
        found = tf.function(fitted, autograph=False, jit_compile=jit)(tf.constant(a))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)
    for f, expected in {linalg.pinv: np.linalg.pinv(a), linalg.cond: np.linalg.cond(a)}.items():
        np.testing.assert_allclose(tf.function(f, autograph=False)(tf.constant(a)), expected, atol=1e-9)
    indefinite = tf.constant([[1.0, 2.0], [2.0, 1.0]])
    assert np.isnan(tf.function(linalg.cholesky, autograph=False)(indefinite)).any()
