"""Making tensors and variables, and changing the variables."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pybridge import tensors as t
from pybridge.errors import DtypeError, OptionError, ShapeError


def test_by_hand():
    assert t.to_list(t.zeros([2, 3])) == [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert t.to_list(t.ones(2, "int32")) == [1, 1]
    assert t.to_list(t.zeros([])) == 0.0
    assert t.to_list(t.full([2], 7)) == [7, 7]
    assert t.to_list(t.full(2, 7, "float64")) == [7.0, 7.0]
    assert t.to_list(t.full((), True)) is True
    assert t.to_list(t.eye(2)) == [[1.0, 0.0], [0.0, 1.0]]
    assert [t.dtype(x) for x in (t.full([1], 7), t.full([1], 7.0), t.eye(1), t.eye(1, "int64"), t.arange(1))] == [
        "int64",
        "float32",
        "float32",
        "int64",
        "int64",
    ]


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(-4, 4).filter(bool))
def test_arange_agrees_with_numpy(start, stop, step):
    np.testing.assert_array_equal(t.arange(start, stop, step), np.arange(start, stop, step), strict=True)
    np.testing.assert_array_equal(t.arange(stop), np.arange(stop), strict=True)
    expected = np.arange(start, stop, step / 10).astype("float32")
    np.testing.assert_array_equal(t.arange(start, stop, step / 10), expected, strict=True)


def test_arange_takes_a_dtype_and_single_tensors():
    assert t.dtype(t.arange(3, dtype="float64")) == "float64"
    assert t.to_list(t.arange(t.tensor(1), t.variable(3))) == [1, 2]
    assert t.to_list(t.arange(0, 1, 0.25)) == [0.0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize("draw", [t.random_normal, t.random_uniform])
def test_the_same_seed_gives_the_same_numbers(draw):
    np.testing.assert_array_equal(draw([100], seed=7), draw([100], seed=7))
    assert not np.array_equal(draw([100], seed=7), draw([100], seed=8))
    assert not np.array_equal(draw([100]), draw([100]))
    np.testing.assert_array_equal(draw([3], seed=2**63 - 1), draw([3], seed=2**63 - 1))
    assert t.dtype(draw([2], seed=1)) == t.dtype(draw([2])) == "float32"


def test_random_numbers_follow_their_distribution():
    for seed in (None, 1):
        normal = t.to_numpy(t.random_normal([20000], mean=3, stddev=2, seed=seed))
        assert abs(normal.mean() - 3) < 0.1
        assert abs(normal.std() - 2) < 0.1
        uniform = t.to_numpy(t.random_uniform([20000], low=-1, high=3, seed=seed))
        assert uniform.min() >= -1
        assert uniform.max() < 3
        assert abs(uniform.mean() - 1) < 0.1


def test_a_compiled_function_draws_the_same_numbers():
    compiled = tf.function(lambda: t.random_normal([5], seed=3), autograph=False, jit_compile=True)
    np.testing.assert_allclose(compiled(), t.random_normal([5], seed=3), rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: t.zeros([2, -1]), ShapeError, r"zeros: a shape holds whole numbers from 0 on; got \[2, -1\]"),
        (lambda: t.ones([2.5]), OptionError, r"ones: a length in a shape is a whole number; got 2\.5"),
        (lambda: t.zeros([True]), OptionError, "zeros: a length in a shape is a whole number; got True"),
        (lambda: t.zeros("abc"), OptionError, "zeros: a length in a shape is a whole number; got 'abc'"),
        (lambda: t.zeros(None), OptionError, "zeros: a length in a shape is a whole number; got None"),
        (lambda: t.zeros(2, 3), DtypeError, "there is no dtype 3 for numbers"),
        (lambda: t.eye(-1), ShapeError, r"eye: a shape holds whole numbers from 0 on; got \[-1\]"),
        (lambda: t.full([2], [1, 2]), ShapeError, r"full: the value is a single number; got \(2,\): see broadcast_to"),
        (lambda: t.arange(0, 1, 0), OptionError, "arange: a step of 0 never arrives; take another"),
        (lambda: t.arange(math.inf), OptionError, "arange: a bound or step is a finite number; got inf"),
        (lambda: t.arange([3]), OptionError, r"arange: a bound or step is a finite number; got \[3\]"),
        (lambda: t.random_normal([2], stddev=-1), OptionError, "a standard deviation is not negative; got -1"),
        (lambda: t.random_normal([2], mean="0"), OptionError, "random_normal: mean is a finite number; got '0'"),
        (
            lambda: t.random_normal([2], seed=1.5),
            OptionError,
            r"random_normal: seed must be a whole number of at least 0, or None; got 1\.5",
        ),
        (lambda: t.random_uniform([2], 3, 2), OptionError, "random_uniform: low is at most high; got 3 and 2"),
    ],
)
def test_what_cannot_be_made(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_a_variable_changes():
    v = t.variable([1.0, 2.0], name="weights")
    assert v.name == "weights:0"
    assert t.assign(v, [3, 4]) is v
    assert t.to_list(v) == [3.0, 4.0]
    assert t.to_list(t.assign_add(v, [1, 1])) == [4.0, 5.0]
    assert t.to_list(t.assign_sub(v, t.tensor([0.5, 0.5], dtype="float64"))) == [3.5, 4.5]


def test_assigned_values_are_cast_to_the_variable():
    count = t.variable(3)
    assert t.to_list(t.assign(count, 4.7)) == 4
    assert t.dtype(count) == "int64"
    assert t.to_list(t.assign_add(t.variable(1, dtype="float64"), 0.1)) == 1.1


def test_a_keras_variable_changes_too():
    v = keras.Variable([1.0, 2.0])
    assert t.to_list(t.assign_sub(t.assign_add(t.assign(v, [5, 6]), [1, 1]), [2, 2])) == [4.0, 5.0]


@pytest.mark.parametrize("function", [t.assign, t.assign_add, t.assign_sub])
def test_what_cannot_change(function):
    name = function.__name__
    with pytest.raises(DtypeError, match=f"{name}: a tensor cannot change; make a variable of it"):
        function(t.ones([2]), [1.0, 2.0])
    with pytest.raises(DtypeError, match=f"{name}: a value of type list cannot change; make a variable of it"):
        function([1.0, 2.0], [1.0, 2.0])
    v = t.variable([1.0, 2.0])
    with pytest.raises(ShapeError, match=rf"{name}: the variable has shape \(2,\), the value \(3,\)"):
        function(v, [1, 2, 3])
    with pytest.raises(ShapeError, match=rf"{name}: the variable has shape \(2,\), the value \(\)"):
        function(v, 1.0)
    with pytest.raises(DtypeError, match="300 does not fit uint8"):
        function(t.variable(1, dtype="uint8"), 300)
    assert t.to_list(v) == [1.0, 2.0]


def test_what_changes_its_argument_is_marked():
    marked = [name for name in t.__all__ if hasattr(getattr(t, name), "__mutates__")]
    assert marked == ["assign", "assign_add", "assign_sub"]


def test_variables_take_what_tensors_take():
    np.testing.assert_array_equal(t.variable(np.eye(2)), np.eye(2))
    assert t.dtype(t.variable(3)) == "int64"
    assert t.dtype(t.variable(3, dtype="float16")) == "float16"
    first = t.variable(1.0)
    second = t.variable(first)
    t.assign(first, 2.0)
    assert t.to_list(second) == 1.0
