"""Norms against NumPy's."""

from __future__ import annotations

import math
import warnings

import ml_dtypes  # noqa: F401 (NumPy knows bfloat16 by it)
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pybridge import tensors as t
from pybridge.errors import OptionError, ShapeError

REAL, COMPLEX = ("float32", "float64"), ("complex64", "complex128")
VECTOR_ORDERS = [0, 1, 2, 3, 0.5, -1, -2, -0.5, 2.5, math.inf, -math.inf, np.float32(2), np.int64(3)]
MATRIX_ORDERS = [1, -1, 2, -2, math.inf, -math.inf, "fro", "nuc"]


@st.composite
def arrays(draw, ranks=(0, 3), *, special=True):
    """Arrays of every floating dtype, with NaN, ±0 and ±inf among their numbers."""
    shape = draw(hnp.array_shapes(min_dims=ranks[0], max_dims=ranks[1], min_side=0, max_side=4))
    dtype = draw(st.sampled_from(REAL + COMPLEX))
    numbers = st.floats(-100, 100, width=32).map(lambda x: round(x, 3))
    if special:
        numbers |= st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf])
    x = draw(hnp.arrays("float64", shape, elements=numbers))
    if dtype in COMPLEX:
        x = x + 1j * draw(hnp.arrays("float64", shape, elements=st.floats(-9, 9, width=16)))
    with np.errstate(all="ignore"):
        return x.astype(dtype)


def by_numpy(x, ord, axis):
    """NumPy's norm; None where it has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return np.linalg.norm(x, ord, axis)
        except ValueError:  # of an empty array
            # The greatest of no numbers is 0 from NumPy 2.3 on.
            is_greatest = ord in (1, 2, np.inf) and np.lib.NumpyVersion(np.__version__) < "2.3.0"
            return np.abs(x).sum(axis) if is_greatest else None
        except np.linalg.LinAlgError:  # of numbers that are not finite
            return np.nan


def same(x, ord, axis, expected):
    if expected is None:
        with pytest.raises(ShapeError, match=r"^norm: there is nothing to choose from in shape"):
            t.norm(x, ord, axis)
        return
    found = t.norm(x, ord, axis)
    assert found.dtype == np.zeros(0, x.dtype).real.dtype
    assert found.shape == np.shape(expected)
    tolerance = 1e-4 if x.dtype in ("float32", "complex64") else 1e-9
    scale = np.abs(expected).max(initial=0, where=np.isfinite(expected))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale)


@given(arrays(), st.sampled_from(VECTOR_ORDERS))
def test_norms_of_vectors(x, ord):
    same(x, ord, None, by_numpy(x.ravel(), ord, None))
    for axis in range(-x.ndim, x.ndim):
        same(x, ord, axis, by_numpy(x, ord, axis))


@given(arrays((2, 4)), st.sampled_from(MATRIX_ORDERS), st.randoms(use_true_random=False))
def test_norms_of_matrices(x, ord, random):
    axes = random.sample(range(x.ndim), 2)
    if ord in (2, -2, "nuc"):  # of which NumPy refuses all where one holds NaN
        finite = np.isfinite(x).all(tuple(axes), keepdims=True)
        expected = by_numpy(np.where(finite, x, 0), ord, tuple(axes))
        expected = None if expected is None else np.where(np.squeeze(finite, tuple(axes)), expected, np.nan)
    else:
        expected = by_numpy(x, ord, tuple(axes))
    same(x, ord, axes, expected)


def test_norms_by_hand():
    assert t.to_list(t.norm([3, 4])) == 5.0
    assert t.to_list(t.norm([[3.0, 0.0], [0.0, 4.0]])) == 5.0
    assert t.to_list(t.norm([[3.0, 0.0], [0.0, 4.0]], "fro")) == 5.0
    assert t.to_list(t.norm([[3.0, 0.0], [0.0, 4.0]], axis=[0, 1])) == pytest.approx(4.0)
    assert t.to_list(t.norm([[3.0, 0.0], [0.0, 4.0]], "nuc")) == pytest.approx(7.0)
    assert t.to_list(t.norm([3.0, 0.0, -4.0], 0)) == 2.0
    assert t.to_list(t.norm([3 + 4j, 0])) == 5.0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_floats_are_summed_in_float32(dtype):
    for ord in (2, 1, 3, -1):
        x = np.full(300, 100 if ord == 2 else 0.5)
        found = t.norm(t.tensor(x, dtype), ord)
        assert found.dtype == dtype
        np.testing.assert_allclose(t.cast(found, "float64"), np.linalg.norm(x, ord), rtol=0.01)
    assert t.to_list(t.norm(t.tensor([[3, 0], [0, 4]], dtype), "nuc", [0, 1])) == 7.0


MATRIX = np.random.default_rng(0).normal(size=(3, 4))


def test_norms_in_compiled_functions():
    norms = tf.function(lambda x: [t.norm(x, ord, [0, 1]) for ord in MATRIX_ORDERS], jit_compile=True)
    np.testing.assert_allclose(norms(tf.constant(MATRIX)), [np.linalg.norm(MATRIX, ord) for ord in MATRIX_ORDERS])


@pytest.mark.parametrize("ord", MATRIX_ORDERS)
def test_slopes_of_norms(ord):
    x = MATRIX
    v = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(v)
        y = t.norm(v, ord, [0, 1])
    slope = tape.gradient(y, v).numpy()
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        expected = (np.linalg.norm(x + step, ord) - np.linalg.norm(x - step, ord)) / 2e-6
        assert slope[place] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"ord": math.nan}, OptionError, "norm: the order of a vector norm is any real number, or 'fro'; got nan$"),
        ({"ord": "two"}, OptionError, "norm: the order of a vector norm is .* got 'two'$"),
        ({"ord": "nuc"}, OptionError, "norm: the order of a vector norm is .* got 'nuc'$"),
        ({"ord": True}, OptionError, "norm: the order of a vector norm is .* got True$"),
        ({"ord": None}, OptionError, "norm: the order of a vector norm is .* got None$"),
        ({"ord": [1, 2]}, OptionError, r"norm: the order of a vector norm is .* got \[1, 2\]$"),
        (
            {"ord": 3, "axis": [0, 1]},
            OptionError,
            "norm: the order of a matrix norm is 1, 2 or infinity, one of them negated, 'fro' or 'nuc'; got 3$",
        ),
        (
            {"axis": [0, 1, 2]},
            ShapeError,
            r"norm: vectors lie along one axis, matrices along two; got axes \[0, 1, 2\]",
        ),
        ({"axis": []}, ShapeError, "norm: vectors lie along one axis"),
    ],
)
def test_norms_that_do_not_exist(options, error, says):
    with pytest.raises(error, match=says):
        t.norm(t.ones([2, 2, 2]), **options)
