"""Many floats at once cross as one array, and are what they would be one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pybridge import clojure, tensors
from pybridge.errors import DtypeError, ShapeError

ROWS = arrays.arrays(
    np.float64,
    arrays.array_shapes(min_dims=1, max_dims=3, min_side=6, max_side=40).filter(lambda shape: math.prod(shape) >= 256),
    elements=st.one_of(st.floats(-1e4, 1e4), st.floats()),
    fill=st.floats(-1e4, 1e4),
)


@pytest.fixture(scope="module")
def clojure_tensor():
    return clojure.eval("""
    (require '[pybridge.core :as pb] '[pybridge.tensors :as t])
    (fn [rows dtype] (apply t/tensor (pb/->clj rows) (when dtype [:dtype dtype])))""")


@settings(max_examples=150)
@given(
    ROWS, st.sampled_from([None, "float16", "bfloat16", "float32", "float64", "int32", "uint8", "bool", "complex64"])
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_tensors_of_many_floats_are_what_python_makes_of_the_list(clojure_tensor, rows, dtype):
    def outcome(make):
        try:
            made = make()
        except DtypeError as refusal:
            return str(refusal)
        return made.dtype.name, made.shape, made.numpy().tobytes()

    listed = rows.tolist()
    assert outcome(lambda: clojure_tensor(listed, dtype)) == outcome(lambda: tensors.tensor(listed, dtype))


def test_many_floats_are_read_by_the_same_rule_everywhere(clojure_tensor):
    rows = np.random.default_rng(1).random((20, 20)).tolist()
    make = clojure.eval("(fn [rows] [(pybridge.tensors/variable rows) (pybridge.tensors/to-numpy rows)])")
    variable, array = make(rows)
    assert variable.numpy().tobytes() == array.tobytes() == tensors.to_numpy(rows).tobytes()
    assert array.dtype == np.float32
    ragged = [*rows, [1.0]]
    with pytest.raises(ShapeError, match="a row of 20 and a row of 1"):
        clojure_tensor(ragged, None)
    assert clojure_tensor([*rows, list(range(20))], None).dtype.name == "float32"


def test_large_float32_arrays_have_numpys_digits():
    random = np.random.default_rng(7)
    small, large = np.array([1e-3, 2e7], np.float32).view(np.uint32)
    patterns = np.concatenate(
        [
            random.integers(0, 2**32, 20_000, np.uint32),
            random.integers(small - 100, large, 60_000, np.uint32),
            (np.arange(256, dtype=np.uint32) << 23)[:, None].repeat(9, 1).ravel() + np.tile(np.arange(-4, 5), 256),
        ],
        casting="unsafe",
        dtype=np.uint32,
    ).view(np.float32)
    decimals = random.integers(-(10**7), 10**7, (4, 5000)) / 10.0 ** np.arange(1, 8, 2)[:, None]
    ties = 2**21 + np.arange(4000) / 4  # as near to one number of a decimal as to another
    array = np.concatenate([patterns, decimals.ravel().astype(np.float32), ties.astype(np.float32)])
    array = array[np.isfinite(array)]
    assert clojure.eval("(fn [x] @x)")(array) == [float(str(x)) for x in array]
