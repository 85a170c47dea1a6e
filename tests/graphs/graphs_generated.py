"""Arrays to compute graphs with: shapes from a single number to none at all, dtypes, axes, special numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, float("nan"), float("inf"), float("-inf")]

shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


def numbers(dtype: str, special: bool = True) -> st.SearchStrategy:
    if dtype == "bool":
        return st.booleans()
    if dtype.startswith("int"):
        return st.integers(-9, 9)
    plain = st.floats(-4, 4, width=16, allow_subnormal=False)
    return st.one_of(st.sampled_from(SPECIAL), plain) if special else plain


@st.composite
def arrays(draw, dtypes=("float64",), shape=shapes, special=True) -> np.ndarray:
    dtype = draw(st.sampled_from(dtypes))
    shape = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    count = int(np.prod(shape))
    items = draw(st.lists(numbers(dtype, special), min_size=count, max_size=count))
    return np.array(items, dtype).reshape(shape)


@st.composite
def broadcasting(draw, dtypes=("float64",), count=2, special=True) -> list[np.ndarray]:
    """Arrays whose shapes broadcast."""
    several = draw(hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, min_side=0, max_side=3))
    return [draw(arrays(dtypes, shape, special)) for shape in several.input_shapes]


@st.composite
def with_axis(draw, dtypes=("float64",), several=True, special=True, least=0, **options) -> tuple[np.ndarray, object]:
    """An array, and an axis, a list of several or None for all."""
    shape = hnp.array_shapes(min_dims=0 if several else 1, max_dims=3, min_side=least, max_side=3)
    x = draw(arrays(dtypes, shape, special))
    choices = [st.none()] if several else []
    if x.ndim:
        choices.append(st.integers(-x.ndim, x.ndim - 1))
        if several:
            choices.append(st.lists(st.integers(0, x.ndim - 1), unique=True, min_size=1))
    return x, draw(st.one_of(choices))
