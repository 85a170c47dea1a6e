"""What comes back in its own kind: numbers, lists, arrays, tensors; what a rule remembers; moving averages."""

import math
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from optimizer_rules import RULES, bumpy, constant, name, slope

from pybridge import optimizers


def test_ema_by_hand():
    assert optimizers.ema([1, 2, 3]) == pytest.approx([0.1, 0.29, 0.561])
    assert optimizers.ema([1, 2, 3], 0.5, bias_correction=True) == pytest.approx([1, 5 / 3, 17 / 7])
    assert optimizers.ema([4, 2, 3], 0.0) == [4.0, 2.0, 3.0]
    assert optimizers.ema([4, 2, 3], 1.0) == [0.0, 0.0, 0.0]
    assert optimizers.ema([4, 2, 3], 1, bias_correction=True) == [4.0, 3.0, 3.0]
    assert optimizers.ema([]) == []


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.floats(0, 0.999))
def test_bias_correction_divides_by_what_the_weights_sum_to(values, beta):
    plain = optimizers.ema(values, beta)
    corrected = optimizers.ema(values, beta, bias_correction=True)
    expected = [v / (1 - beta**t) for t, v in enumerate(plain, start=1)]
    assert corrected == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_ema_of_vectors_arrays_and_tensors():
    assert optimizers.ema([[1, 10], [2, 20]], 0.5) == [[0.5, 5.0], [1.25, 12.5]]
    assert optimizers.ema(np.array([1.0, 2.0]), 0.5) == [0.5, 1.25]
    assert optimizers.ema(tf.constant([1, 2]), 0.5) == [0.5, 1.25]
    averages = optimizers.ema([tf.constant([1.0]), tf.constant([2.0])], 0.5)
    assert [average.numpy().tolist() for average in averages] == [[0.5], [1.25]]


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_every_kind_comes_back_as_it_was_given(rule):
    numbers = optimizers.minimize(rule, slope, 3, 5)
    assert all(type(w) is float for w in numbers)

    vectors = optimizers.minimize(rule, lambda w: [slope(w[0])], (3,), 5)
    assert vectors == [[w] for w in numbers]

    nested = optimizers.minimize(rule, lambda p: {"a": [slope(p["a"][0])], "b": 0}, {"a": [3], "b": 1}, 5)
    assert nested[-1]["a"] == [numbers[-1]]
    assert type(nested[-1]["b"]) is float

    for dtype in ("float32", "float64"):
        tensors = optimizers.minimize(rule, slope, tf.constant([3.0], dtype), 5)
        assert all(isinstance(w, tf.Tensor) and w.dtype == dtype for w in tensors)
        np.testing.assert_allclose(tensors[-1], vectors[-1], rtol=1e-5 if dtype == "float32" else 1e-12)
        arrays = optimizers.minimize(rule, slope, np.array([3.0], dtype), 5)
        assert all(isinstance(w, np.ndarray) and w.dtype == dtype for w in arrays)
        np.testing.assert_allclose(arrays[-1], vectors[-1], rtol=1e-5 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_single_steps_walk_the_path_and_change_nothing(rule):
    w, state = [3.0, -2.0, 1.0], optimizers.init(rule, [3, -2, 1])
    for expected in optimizers.minimize(rule, bumpy, w, 3)[1:]:
        before = repr((w, state))
        moved, remembered = optimizers.step(rule, bumpy(w), state, w)
        assert repr((w, state)) == before
        assert moved == expected
        w, state = moved, remembered


def test_what_a_rule_remembers():
    assert optimizers.init(optimizers.sgd(), 1) == {}
    assert optimizers.init(optimizers.momentum(), [1, 2]) == {"velocity": [0.0, 0.0]}
    assert optimizers.init(optimizers.adagrad(initial_accumulator=2), {"w": 1}) == {"sum_of_squares": {"w": 2.0}}
    assert optimizers.init(optimizers.adam(), 1) == {"steps": 0, "mean": 0.0, "mean_square": 0.0}
    velocity = optimizers.init(optimizers.nesterov(), tf.Variable([[1.0, 2.0]], dtype="float64"))["velocity"]
    assert velocity.dtype == "float64"
    assert velocity.shape == (1, 2)


def test_gradients_may_come_as_tensors_or_arrays():
    rule = optimizers.sgd(0.25)
    assert optimizers.minimize(rule, lambda w: tf.constant(2.0) * (w - 30), 2, 3) == [2, 16, 23, 26.5]
    assert optimizers.minimize(rule, lambda w: np.float64(2 * (w - 30)), 2, 3) == [2, 16, 23, 26.5]
    assert optimizers.minimize(rule, lambda w: np.array(w) - 1, [3, 5], 1) == [[3, 5], [2.5, 4]]
    assert optimizers.minimize(rule, lambda w: tf.constant(w) - 1, [3, 5], 1) == [[3, 5], [2.5, 4]]
    moved, _ = optimizers.step(rule, [4, 8], {}, tf.Variable([1.0, 2.0]))
    assert moved.numpy().tolist() == [0, 0]
    moved, _ = optimizers.step(rule, 4, {}, tf.constant(1))
    assert moved.dtype == "float32"
    assert moved.numpy() == 0


def test_a_vanished_gradient_without_epsilon_is_nan_in_every_kind():
    rule = optimizers.rmsprop(epsilon=0)
    assert math.isnan(optimizers.step(rule, 0.0, {"mean_square": 0.0}, 1.0)[0])
    assert np.isnan(optimizers.step(rule, tf.constant(0.0), {"mean_square": 0.0}, tf.constant(1.0))[0])


def test_rules_are_plain_data_that_can_be_written_by_hand():
    assert optimizers.momentum(1) == {"rule": "momentum", "learning_rate": 1.0, "beta": 0.9, "form": "ruder"}
    assert optimizers.adam() == {
        "rule": "adam",
        "learning_rate": 0.001,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
        "bias_correction": True,
    }
    assert optimizers.minimize({"rule": "sgd"}, constant, 1, 1) == [1.0, 0.98]
    assert optimizers.sgd(tf.constant(0.5)) == optimizers.sgd(np.float32(0.5)) == {"rule": "sgd", "learning_rate": 0.5}


def test_plain_numbers_need_no_tensorflow():
    code = (
        "import sys; from pybridge import optimizers as o;"
        "print(o.minimize(o.adam(), lambda w: [2 * w[0]], [3], 5)[-1], o.ema([1, 2]));"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)


@pytest.mark.parametrize("rule", RULES, ids=name)
@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (2, 1)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ml_dtypes.bfloat16])
def test_arrays_of_every_shape_stay_arrays_of_their_dtype(rule, shape, dtype):
    start = np.ones(shape, dtype)
    for w in optimizers.minimize(rule, lambda w: w + 1, start, 3):
        assert type(w) is np.ndarray
        assert (w.shape, w.dtype) == (shape, start.dtype)
    moved, state = optimizers.step(rule, start, optimizers.init(rule, start), start)
    for value in (moved, *(value for key, value in state.items() if key != "steps")):
        assert type(value) is np.ndarray
        assert (value.shape, value.dtype) == (shape, start.dtype)


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_nothing_to_move_is_a_path_too(rule):
    for empty in ([], {}, {"a": [], "b": [[]]}):
        assert optimizers.minimize(rule, lambda w: w, empty, 2) == [empty] * 3
        moved, state = optimizers.step(rule, empty, optimizers.init(rule, empty), empty)
        assert moved == empty
        assert all(value == empty for key, value in state.items() if key != "steps")


def test_numbers_keep_all_their_digits():
    large = 2**53 - 1
    for gradient in (large, [large], np.int64(large), np.array([large]), tf.constant([large], "int64")):
        start, end = ([0], [-large]) if np.ndim(gradient) else (0, -large)
        assert optimizers.step(optimizers.sgd(1), gradient, {}, start)[0] == end
    assert optimizers.ema(np.array([large]), 0) == optimizers.ema(tf.constant([large], "int64"), 0) == [large]
    array = optimizers.step(optimizers.sgd(1), tf.constant([large], "int64"), {}, np.zeros(1))[0]
    assert array.tolist() == [-large]


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_an_array_of_another_class_is_computed_number_by_number():
    rule, start = optimizers.adagrad(1, 0, 0), np.asmatrix(np.eye(2))
    moved, _ = optimizers.step(rule, np.eye(2) + 1, {"sum_of_squares": np.zeros((2, 2))}, start)
    assert moved.tolist() == [[0, -1], [-1, 0]]
