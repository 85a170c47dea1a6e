"""How tensors orders and arranges numbers, against NumPy, on generated arrays of all dtypes and shapes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tensors_generated import COMPLEX, FLOATS, REAL, arrays, assert_same, broadcasting, counted, quiet, wide

from pybridge import tensors as t


def in_order(x, axis):
    """NumPy's order, NaN last; of bfloat16, which NumPy sorts as a stranger's with NaN anywhere, by float32."""
    return np.sort(x.astype(np.float32) if x.dtype.kind == "V" else x, axis).astype(x.dtype)


@given(arrays(REAL), st.data())
def test_order(x, data):
    if not x.ndim:
        return
    x, axis = counted(x), data.draw(st.integers(-x.ndim, x.ndim - 1))
    ordered = in_order(x, axis)
    key = np.where(x == 0, 0, x).astype(x.dtype) if x.dtype.kind == "f" else x
    assert_same(t.sort(x, axis), ordered, ulps=0)
    if x.dtype.kind in "iu" or x.dtype in (np.float32, np.float64):
        assert_same(t.argsort(x, axis), np.argsort(key, axis, kind="stable"))
    assert_same(t.sort(x, axis, descending=True), np.flip(ordered, axis), ulps=0)
    places = np.asarray(t.argsort(x, axis, descending=True))
    assert_same(np.take_along_axis(x, places, axis), np.flip(ordered, axis), ulps=0)
    k = data.draw(st.integers(0, x.shape[-1]))
    found = t.top_k(x, k)
    assert_same(found["values"], np.flip(in_order(x, -1), -1)[..., :k], ulps=0)
    assert_same(found["values"], np.take_along_axis(x, np.asarray(found["indices"]), -1), ulps=0)


@given(arrays(REAL))
def test_unique(x):
    found = t.unique(x)
    values, counts = np.unique(x.astype(np.float32) if x.dtype.kind == "V" else x, return_counts=True)
    assert_same(found["values"], values.astype(x.dtype), ulps=0)
    assert_same(found["counts"], counts)


@given(arrays([*REAL, *COMPLEX]), st.data())
def test_moving(x, data):
    shift = data.draw(st.integers(-5, 5))
    assert_same(t.flip(x), np.flip(x), ulps=0)
    assert_same(t.roll(x, shift), np.roll(x, shift), ulps=0)
    count = data.draw(st.integers(0, 3))
    assert_same(t.repeat(x, count), np.repeat(x, count), ulps=0)
    widths = data.draw(st.one_of(st.integers(0, 2), st.tuples(st.integers(0, 2), st.integers(0, 2))))
    if x.ndim:
        assert_same(t.pad(x, widths, 1), np.pad(x, widths, constant_values=1), ulps=0)
        axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
        assert_same(t.flip(x, axis), np.flip(x, axis), ulps=0)
        assert_same(t.roll(x, shift, axis), np.roll(x, shift, axis), ulps=0)
        counts = data.draw(st.lists(st.integers(0, 2), min_size=x.shape[axis], max_size=x.shape[axis]))
        assert_same(t.repeat(x, counts, axis), np.repeat(x, counts, axis), ulps=0)
        places = sorted(data.draw(st.lists(st.integers(0, 4), max_size=3)))
        for ours, theirs in zip(t.split(x, places, axis), np.split(x, places, axis), strict=True):
            assert_same(ours, theirs, ulps=0)
        if x.shape[axis]:
            for ours, theirs in zip(t.split(x, x.shape[axis], axis), np.split(x, x.shape[axis], axis), strict=True):
                assert_same(ours, theirs, ulps=0)


@given(arrays([*REAL, *COMPLEX]), st.integers(-3, 3))
def test_matrices(x, k):
    if x.ndim in (1, 2):
        assert_same(t.diag(x, k), np.diag(x, k), ulps=0)
    if x.ndim >= 2:
        assert_same(t.tril(x, k), np.tril(x, k), ulps=0)
        assert_same(t.triu(x, k), np.triu(x, k), ulps=0)


@given(broadcasting([*REAL, *COMPLEX], 3))
def test_grids(operands):
    x, y, z = map(counted, operands)
    for ours, theirs in zip(t.meshgrid(x, y, z), np.meshgrid(x, y, z), strict=True):
        assert_same(ours, theirs, ulps=0)
    if x.dtype.kind != "c":
        assert_same(t.outer(x, y), quiet(np.outer, x, y), ulps=0)


@given(arrays([*REAL, *COMPLEX]), st.data())
def test_masks(x, data):
    if x.ndim:
        axes = data.draw(st.integers(1, x.ndim))
        mask = data.draw(arrays(["bool"], x.shape[:axes]))
        assert_same(t.boolean_mask(x, mask), x[mask], ulps=0)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(0, 20))
def test_linspace(start, stop, num):
    assert_same(t.linspace(start, stop, num), np.linspace(start, stop, num), np.float32, ulps=0)


@given(broadcasting(FLOATS))
def test_half_floats_are_added_up_in_float32(operands):
    x, _ = operands
    many = np.full([4096, 3], 0.1, x.dtype)
    if x.dtype.itemsize == 2:
        for name in ("sum", "mean", "std", "cumsum"):
            expected = getattr(np, name)(many.astype(np.float64), axis=0)
            assert_same(getattr(t, name)(many, axis=0), expected, x.dtype, ulps=1, atol=2e-4)
        assert_same(t.matmul(many.T, many), wide(many).T @ wide(many), x.dtype, ulps=1)
