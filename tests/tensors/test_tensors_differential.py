"""What tensors computes of numbers, against NumPy, on generated arrays of all dtypes and shapes."""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from tensors_generated import (
    COMPLEX,
    FLOATS,
    REAL,
    arrays,
    as_axes,
    assert_same,
    broadcasting,
    counted,
    floats,
    lifted,
    quiet,
    wide,
    with_axes,
)

from pybridge import tensors as t
from pybridge.errors import DtypeError

ORDINARY = floats(4.0)

OF_FLOATS = {
    t.sqrt: np.sqrt,
    t.exp: np.exp,
    t.expm1: np.expm1,
    t.log: np.log,
    t.log1p: np.log1p,
    t.sin: np.sin,
    t.cos: np.cos,
    t.tan: np.tan,
    t.arcsin: np.arcsin,
    t.arccos: np.arccos,
    t.arctan: np.arctan,
    t.sinh: np.sinh,
    t.cosh: np.cosh,
    t.tanh: np.tanh,
    t.reciprocal: lambda x: 1 / x,
    t.sigmoid: lambda x: 1 / (1 + np.exp(-x)),
}
ACTIVATIONS = {
    t.relu: lambda x: np.maximum(x, 0),
    t.softplus: lambda x: np.logaddexp(0, x),
    t.gelu: lambda x: x * scipy.special.ndtr(x),
    t.silu: lambda x: x * scipy.special.expit(x),
    t.leaky_relu: lambda x: np.where(x > 0, x, 0.2 * x),
    t.elu: lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
}
KEEPING = {t.negative: np.negative, t.absolute: np.abs, t.square: np.square, t.sign: np.sign}
ROUNDING = {t.floor: np.floor, t.ceil: np.ceil, t.round: np.round}
QUESTIONS = {t.isnan: np.isnan, t.isinf: np.isinf, t.isfinite: np.isfinite}
PAIRWISE = {
    t.add: np.add,
    t.subtract: np.subtract,
    t.multiply: np.multiply,
    t.maximum: np.maximum,
    t.minimum: np.minimum,
}
COMPARING = {
    t.equal: np.equal,
    t.not_equal: np.not_equal,
    t.less: np.less,
    t.less_equal: np.less_equal,
    t.greater: np.greater,
    t.greater_equal: np.greater_equal,
}
LOGIC = {t.logical_and: np.logical_and, t.logical_or: np.logical_or, t.logical_xor: np.logical_xor}


def named(table):
    return pytest.mark.parametrize(("ours", "theirs"), table.items(), ids=[ours.__name__ for ours in table])


@named(OF_FLOATS)
@given(x=arrays(REAL))
def test_functions_of_floats(ours, theirs, x):
    x = lifted(x)
    assert_same(ours(x), quiet(theirs, wide(x)), x.dtype, atol=2e-38)  # what is smaller in float32 counts as 0


@named(OF_FLOATS)
@given(x=arrays(COMPLEX, numbers=st.floats(-2, 2, width=16)))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_functions_of_complex_numbers(ours, theirs, x):
    assert_same(ours(x), quiet(theirs, wide(x)), x.dtype, ulps=32, atol=1e-5)


@named(ACTIVATIONS)
@given(x=arrays(REAL, numbers=st.one_of(ORDINARY, st.floats(-100, 100, width=16)).filter(np.isfinite)))
def test_activations(ours, theirs, x):
    x = lifted(x)
    assert_same(ours(x), quiet(theirs, wide(x)), x.dtype, ulps=16, atol=1e-6)


@pytest.mark.parametrize("name", ["softplus", "gelu", "silu", "leaky_relu", "elu", "relu", "sigmoid", "tanh"])
@given(x=arrays(["float32"]))
def test_activations_are_those_of_keras(name, x):
    assert_same(
        getattr(t, name)(x), getattr(keras.activations, name)(keras.ops.convert_to_tensor(x)), ulps=64, atol=1e-6
    )


@named(KEEPING)
@given(x=arrays([*REAL, *COMPLEX]))
def test_functions_that_keep_the_dtype(ours, theirs, x):
    x = counted(x)
    if x.dtype.kind == "c":
        x = np.where(np.isfinite(x), x, 1)  # what infinite complex numbers give is a matter of taste
    assert_same(ours(x), quiet(theirs, x), ulps=8)


@named(ROUNDING)
@given(x=arrays(REAL))
def test_rounding(ours, theirs, x):
    x = counted(x)
    assert_same(ours(x), quiet(theirs, x), ulps=0)


@given(x=arrays(REAL), decimals=st.integers(0, 12))
def test_rounding_to_decimals(x, decimals):
    x = counted(x)
    expected = quiet(partial(np.round, decimals=decimals), x)
    finite = np.isfinite(expected) | ~np.isfinite(x)  # NumPy loses a large number where it shifts its digits
    assert_same(t.round(x, decimals), np.where(finite, expected, x), ulps=0)


@named(QUESTIONS)
@given(x=arrays([*REAL, *COMPLEX]))
def test_questions(ours, theirs, x):
    assert_same(ours(x), theirs(x))


@given(arrays([*REAL, *COMPLEX]))
def test_logical_not(x):
    assert_same(t.logical_not(x), np.logical_not(x))


@named(PAIRWISE)
@given(operands=broadcasting([*REAL, *COMPLEX]))
def test_arithmetic(ours, theirs, operands):
    x, y = map(counted, operands)
    if x.dtype.kind == "c":
        if theirs in (np.maximum, np.minimum):
            with pytest.raises(DtypeError, match="complex numbers have no order"):
                ours(x, y)
            return
        x, y = (np.where(np.isfinite(each), each, 1) for each in (x, y))
    assert_same(ours(x, y), quiet(theirs, x, y), ulps=2)


@given(broadcasting([*FLOATS, "bool", "int8", "int64"]))
def test_division(operands):
    x, y = map(lifted, operands)
    assert_same(t.divide(*operands), quiet(np.divide, x, y))


@given(broadcasting(REAL))
def test_mod(operands):
    x, y = map(counted, operands)
    if x.dtype.kind in "iu" and (y == 0).any():
        if np.broadcast(x, y).size:
            with pytest.raises(DtypeError, match="mod: an integer modulo 0 has no value"):
                t.mod(x, y)
        return
    actual = t.to_numpy(t.mod(x, y))
    assert_same(actual, quiet(np.mod, x, y), ulps=0)
    if x.dtype.kind == "f":
        zeros = actual == 0
        np.testing.assert_array_equal(np.signbit(actual[zeros]), np.signbit(quiet(np.mod, x, y)[zeros]))


@named(COMPARING)
@given(operands=broadcasting([*REAL, *COMPLEX]))
def test_comparisons(ours, theirs, operands):
    x, y = operands
    if x.dtype.kind == "c" and theirs not in (np.equal, np.not_equal):
        with pytest.raises(DtypeError, match="complex numbers have no order"):
            ours(x, y)
        return
    assert_same(ours(x, y), quiet(theirs, x, y))


@named(LOGIC)
@given(operands=broadcasting([*REAL, *COMPLEX]))
def test_logic(ours, theirs, operands):
    assert_same(ours(*operands), theirs(*operands))


@given(broadcasting(FLOATS))
def test_arctan2(operands):
    x, y = operands
    assert_same(t.arctan2(x, y), quiet(np.arctan2, wide(x), wide(y)), x.dtype)


@given(broadcasting(REAL, 3))
def test_clip(operands):
    x, low, high = map(counted, operands)
    if x.dtype.kind == "V":
        x, low, high = (each.astype(np.float32) for each in (x, low, high))  # NumPy's own clip widens bfloat16
    assert_same(t.clip(x, low, high), quiet(np.clip, x, low, high), ulps=0)
    assert_same(t.clip(x, low, None), quiet(np.maximum, x, low), ulps=0)
    assert_same(t.clip(x, high=high), quiet(np.minimum, x, high), ulps=0)


def in_wide(function, x, axis, keepdims):
    """NumPy's number, computed with digits to spare."""
    return quiet(function, wide(x) if x.dtype.kind in "fcV" else x, axis=as_axes(axis), keepdims=keepdims)


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std"])
@given(case=with_axes([*REAL, *COMPLEX], numbers=ORDINARY), keepdims=st.booleans())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_reductions(name, case, keepdims):
    x, axis = case
    x = np.where(np.isfinite(x), x, 1).astype(x.dtype) if x.dtype.kind == "c" else x
    if name in ("var", "std"):
        x = lifted(np.clip(x, -100, 100) if x.dtype.kind in "iu" else x)  # squares of more do not fit float32
    elif name == "mean":
        x = lifted(x)
    expected = in_wide(getattr(np, name), x, axis, keepdims)
    dtype = np.empty(0, x.dtype).real.dtype if name in ("var", "std") else x.dtype
    if x.dtype.kind in "biu":
        dtype = expected.dtype
    size = (
        float(np.abs(wide(np.where(np.isfinite(wide(x)), x, 0).astype(x.dtype))).max(initial=0))
        if x.dtype.kind != "u"
        else 0
    )
    eps = 1e-15 if (dtype.itemsize >= 8 and dtype.kind != "c") or dtype.itemsize == 16 else 1e-6
    assert_same(getattr(t, name)(x, axis=axis, keepdims=keepdims), expected, dtype, ulps=16, atol=eps * 100 * size**2)


@pytest.mark.parametrize("name", ["max", "min", "any", "all", "median"])
@given(case=with_axes(REAL), keepdims=st.booleans())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_choices(name, case, keepdims):
    x, axis = case
    theirs = getattr(np, name)
    if name == "median":
        x = lifted(x)
        if x.size == 0:
            assert np.isnan(t.to_numpy(t.median(x, axis, keepdims)).astype(float)).all()
            return
        expected = quiet(theirs, wide(x), axis=as_axes(axis), keepdims=keepdims)
        assert_same(t.median(x, axis, keepdims), expected, x.dtype)
        return
    if name in ("max", "min"):
        x = counted(x)
        if 0 in [x.shape[each] for each in (range(x.ndim) if axis is None else np.atleast_1d(axis))]:
            return
    assert_same(getattr(t, name)(x, axis, keepdims), quiet(theirs, x, axis=as_axes(axis), keepdims=keepdims), ulps=0)


@given(with_axes(REAL, numbers=ORDINARY.filter(np.isfinite)), st.lists(st.floats(0, 1), max_size=3), st.booleans())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_quantile(case, shares, single):
    x, axis = case
    x = lifted(x)
    q = shares[0] if single and shares else shares
    if x.size == 0:
        assert np.isnan(t.to_numpy(t.quantile(x, q, axis)).astype(float)).all()
        return
    assert_same(t.quantile(x, q, axis), quiet(np.quantile, wide(x), q, axis=as_axes(axis)), x.dtype, atol=1e-6)


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
@given(x=arrays([*REAL, *COMPLEX], numbers=ORDINARY.filter(np.isfinite)), data=st.data())
def test_cumulation(name, x, data):
    if not x.ndim:
        return
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    expected = quiet(getattr(np, name), wide(x) if x.dtype.kind in "fcV" else x, axis=axis)
    dtype = expected.dtype if x.dtype.kind in "biu" else x.dtype
    assert_same(getattr(t, name)(x, axis), expected, dtype, ulps=16, atol=1e-5 if dtype.itemsize < 8 else 1e-9)
