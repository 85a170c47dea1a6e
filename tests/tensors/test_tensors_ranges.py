"""Numbers of classes or rows: which are in range, and how the first one that is not is named."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pybridge.errors import DtypeError, ShapeError
from pybridge.tensors._ranges import check_range


@given(draw=st.data(), size=st.integers(1, 200), shape=st.lists(st.integers(0, 5), max_size=3))
def test_a_range_is_checked_as_one_number_at_a_time_would_be(draw, size, shape):
    dtype = draw.draw(st.sampled_from(["int8", "uint8", "int32", "int64", "float16", "float32", "float64"]))
    number = (
        st.integers(0, min(size, 120)) if draw.draw(st.booleans()) else st.integers(-5 if dtype[0] != "u" else 0, 120)
    )
    special = st.sampled_from([math.nan, math.inf, -math.inf]) if dtype[0] == "f" else number
    count = math.prod(shape)
    numbers = draw.draw(st.lists(number | number | special, min_size=count, max_size=count))
    values = np.array(numbers, dtype).reshape(shape)
    wrong = [place for place in np.ndindex(*shape) if not 0 <= float(values[place]) <= size - 1]
    for read in (values, tf.constant(values)):
        if not wrong:
            check_range("labels", read, size)
            continue
        with pytest.raises(ShapeError) as refusal:
            check_range("labels", read, size)
        place = f"[{', '.join(map(str, wrong[0]))}]" if shape else ""
        assert str(refusal.value) == f"labels run from 0 to {size - 1}; labels{place} is {values[wrong[0]]}"


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (tf.constant([0.0, math.nan], "bfloat16"), ShapeError, "y runs from 0 to 2; y[1] is nan"),
        (np.float16(7), ShapeError, "y runs from 0 to 2; y is 7.0"),
        (np.array([True, False]), None, ""),
        (np.array([2**63], "uint64"), ShapeError, "y runs from 0 to 2; y[0] is 9223372036854775808"),
        (np.array(["cat"]), DtypeError, "y must be whole numbers from 0 to 2; got an array of <U3"),
        (np.array([1j]), DtypeError, "y must be whole numbers from 0 to 2; got an array of complex128"),
        ([2.9, -0.9], None, ""),
    ],
)
def test_other_values_in_a_range(values, error, message):
    if error is None:
        return check_range("y", values, 3)
    with pytest.raises(error) as refusal:
        check_range("y", values, 3)
    assert str(refusal.value) == message
