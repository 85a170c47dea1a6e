"""Integers of 64 bits are compared as the numbers they are, though uint64 and int64 meet as float64."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pybridge import tensors as t

COMPARISONS = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
NEAR = [near + step for near in (0, 2**31, 2**53, 2**63, 2**64) for step in (-1, 0, 1)]


def numbers(dtype):
    """Numbers near a power of two that a dtype holds, and those below zero."""
    limits = np.iinfo(dtype)
    return st.sampled_from([each for near in NEAR for each in (near, -near) if limits.min <= each <= limits.max])


@pytest.mark.parametrize("comparison", COMPARISONS)
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64"])
@given(data=st.data())
def test_exactly(comparison, dtype, data):
    signed, unsigned = data.draw(st.lists(numbers(dtype))), data.draw(st.lists(numbers("uint64")))
    x, y = np.array(signed, dtype), np.array(unsigned, "uint64")
    ours, exact = getattr(t, comparison), getattr(np, comparison)
    for one, other, as_numbers in (
        (x[:, None], y, exact(np.array(signed, object)[:, None], np.array(unsigned, object))),
        (y[:, None], x, exact(np.array(unsigned, object)[:, None], np.array(signed, object))),
    ):
        np.testing.assert_array_equal(ours(one, other), as_numbers.astype(bool), strict=True)
        np.testing.assert_array_equal(ours(t.tensor(one), t.tensor(other)), as_numbers.astype(bool))
    np.testing.assert_array_equal(tf.function(ours)(t.tensor(x)[:, None], t.tensor(y)), ours(x[:, None], y))
