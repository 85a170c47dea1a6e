"""Arrays as strangers have them: every dtype, shapes from a single number to none at all, special numbers."""

from __future__ import annotations

import ml_dtypes
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

FLOATS = ["float16", "bfloat16", "float32", "float64"]
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
COMPLEX = ["complex64", "complex128"]
REAL = [*FLOATS, *INTEGERS, "bool"]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 3.0, -3.0, float("nan"), float("inf"), float("-inf")]

shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


def dtype_of(name: str) -> np.dtype:
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def floats(size: float = 100.0) -> st.SearchStrategy:
    """Ordinary numbers and special ones."""
    return st.one_of(st.sampled_from(SPECIAL), st.floats(-size, size, width=16))


def integers(dtype: str) -> st.SearchStrategy:
    """Small numbers, and those at the ends of the dtype."""
    limits = np.iinfo(dtype)
    small = st.integers(max(limits.min, -9), 9)
    return st.one_of(small, small, st.sampled_from([limits.min, limits.max]))


@st.composite
def arrays(draw, dtypes: list[str], shape=shapes, numbers: st.SearchStrategy | None = None) -> np.ndarray:
    """An array of one of these dtypes."""
    name = draw(st.sampled_from(dtypes))
    shape = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    count = int(np.prod(shape))
    if name == "bool":
        items = st.booleans()
    elif name in INTEGERS:
        items = integers(name)
    elif name in COMPLEX:
        items = st.builds(complex, *[floats() if numbers is None else numbers] * 2)
    else:
        items = floats() if numbers is None else numbers
    flat = draw(st.lists(items, min_size=count, max_size=count))
    with np.errstate(all="ignore"):
        return np.array(flat, dtype_of(name)).reshape(shape)


@st.composite
def broadcasting(draw, dtypes: list[str], count: int = 2) -> list[np.ndarray]:
    """Arrays of one dtype whose shapes broadcast."""
    several = draw(hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, min_side=0, max_side=3))
    dtype = draw(st.sampled_from(dtypes))
    return [draw(arrays([dtype], shape)) for shape in several.input_shapes]


@st.composite
def with_axes(draw, dtypes: list[str], **options) -> tuple[np.ndarray, object]:
    """An array and what to reduce: all axes, one, or a list of several."""
    x = draw(arrays(dtypes, **options))
    choices = [st.none()]
    if x.ndim:
        choices.append(st.integers(-x.ndim, x.ndim - 1))
        choices.append(st.lists(st.integers(0, x.ndim - 1), unique=True).map(list))
    return x, draw(st.one_of(choices))


def as_axes(axis: object) -> object:
    """Axes as NumPy takes them."""
    return tuple(axis) if isinstance(axis, list) else axis


def lifted(x: np.ndarray) -> np.ndarray:
    """The array that a function of floats computes with: integers and booleans as float32."""
    return x.astype(np.float32) if x.dtype.kind in "biu" else x


def wide(x: np.ndarray) -> np.ndarray:
    """The same numbers with digits to spare."""
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def assert_same(actual, expected, dtype=None, *, ulps: float = 4, atol: float = 0.0) -> None:
    """See that two results have one shape and dtype, and numbers that differ by rounding alone."""
    expected = np.asarray(expected)
    actual = np.asarray(actual.numpy() if hasattr(actual, "numpy") else actual)
    dtype = expected.dtype if dtype is None else np.dtype(dtype)
    assert actual.dtype == dtype, (actual.dtype, dtype)
    assert actual.shape == expected.shape, (actual.shape, expected.shape)
    if dtype.kind in "biu":
        np.testing.assert_array_equal(actual, expected)
        return
    with np.errstate(all="ignore"):
        rounded = wide(expected.astype(dtype))
    eps = float(ml_dtypes.finfo(dtype).eps)
    np.testing.assert_allclose(wide(actual), rounded, rtol=ulps * eps, atol=atol, equal_nan=True)


def counted(x: np.ndarray) -> np.ndarray:
    """Booleans as the 0 and 1 that arithmetic takes them for."""
    return x.astype(np.int64) if x.dtype.kind == "b" else x


def quiet(function, *args, **options):
    with np.errstate(all="ignore"):
        return function(*args, **options)
