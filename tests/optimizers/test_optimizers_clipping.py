"""Clipping: what a parameter is whose gradient has a norm, in every kind, and by hand."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from pybridge import optimizers

BY_NORM = optimizers.sgd(1, clip_norm=5)
BY_VALUE = optimizers.sgd(1, clip_value=2)


def moved(rule, gradient, parameter=None):
    start = parameter if parameter is not None else zeros(gradient)
    return optimizers.step(rule, gradient, {}, start)[0]


def zeros(gradient):
    if isinstance(gradient, dict):
        return {key: zeros(value) for key, value in gradient.items()}
    return [zeros(item) for item in gradient] if isinstance(gradient, list) else gradient * 0


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        (3, -3),
        (-10, 5),
        ([3, 4], [-3, -4]),
        ([6, 8], [-3, -4]),
        ([[6, 0], [0, 8]], [[-3, 0], [0, -4]]),
        ([[6, 8], 8], [[-3, -4], -5]),
        ([[6, 8], [10]], [[-3, -4], [-5]]),
        ({"w": [6, 8], "b": 10}, {"w": [-3, -4], "b": -5}),
        ({"w": [[6], [8]], "b": [1]}, {"w": [[-3], [-4]], "b": [-1]}),
    ],
)
def test_each_parameter_has_a_norm_of_its_own(gradient, expected):
    result = moved(BY_NORM, gradient)
    np.testing.assert_equal(_rounded(result), expected)


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else round(value, 12)


def test_arrays_and_tensors_are_parameters():
    for of in (np.array, tf.constant):
        np.testing.assert_allclose(moved(BY_NORM, of([[6.0, 0.0], [0.0, 8.0]])), [[-3, 0], [0, -4]], rtol=1e-6)
        two = moved(BY_NORM, [of([6.0, 8.0]), of(10.0)])
        np.testing.assert_allclose(two[0], [-3, -4], rtol=1e-6)
        np.testing.assert_allclose(two[1], -5, rtol=1e-6)


def test_numbers_are_limited_one_by_one():
    assert moved(BY_VALUE, [3, -3, 1, -0.0]) == [-2, 2, -1, 0]
    for of in (np.array, tf.constant):
        assert np.asarray(moved(BY_VALUE, of([3.0, -3.0, 1.0]))).tolist() == [-2, 2, -1]


def test_a_gradient_as_long_as_allowed_is_not_touched():
    gradient = [0.1, 0.2, 0.3]
    assert moved(optimizers.sgd(1, clip_norm=1), gradient) == moved(optimizers.sgd(1), gradient)


@pytest.mark.parametrize("of", [list, np.array, tf.constant])
def test_what_is_not_finite_is_as_in_keras(of):
    """Scaled by 5 / inf, finite numbers vanish and infinite ones are nan; a norm that is nan makes all nan."""
    start = of([0.0, 0.0])
    with np.errstate(invalid="ignore"):
        np.testing.assert_equal(np.asarray(moved(BY_NORM, of([1.0, np.inf]), start)), [0, np.nan])
        np.testing.assert_equal(np.asarray(moved(BY_NORM, of([1.0, np.nan]), start)), [np.nan, np.nan])
        np.testing.assert_equal(np.asarray(moved(BY_VALUE, of([np.nan, -np.inf]), start)), [np.nan, 2])


@pytest.mark.parametrize("of", [list, np.array, tf.constant])
def test_any_two_numbers_are_as_in_keras(of):
    numbers = [0.0, 1.0, -30.0, 1e200, 1e-200, np.inf, -np.inf, np.nan]
    for gradient in itertools.product(numbers, repeat=2):
        theirs = keras.Variable(np.zeros(len(gradient)), dtype="float64")
        keras.optimizers.SGD(1.0, clipnorm=5).apply([tf.constant(gradient, tf.float64)], [theirs])
        with np.errstate(all="ignore"):
            ours = moved(BY_NORM, of(list(map(np.float64, gradient))), of([np.float64(0)] * len(gradient)))
        np.testing.assert_allclose(np.asarray(ours), theirs.numpy(), rtol=1e-12, err_msg=str(gradient))


@pytest.mark.parametrize("of", [np.array, tf.constant])
@pytest.mark.parametrize(("dtype", "large"), [("float16", 60000), ("float32", 1e30)])
def test_a_norm_past_the_largest_number_of_the_dtype_is_right(of, dtype, large):
    result = moved(BY_NORM, of([large, 0], dtype), of([0, 0], dtype))
    np.testing.assert_allclose(result, [-5, 0], rtol=1e-3)


def test_rules_that_do_not_clip_say_nothing_of_it():
    assert optimizers.sgd(0.5, clip_norm=None, clip_value=None) == {"rule": "sgd", "learning_rate": 0.5}
    assert optimizers.sgd(0.5, clip_norm=1) == {"rule": "sgd", "learning_rate": 0.5, "clip_norm": 1.0}
    hand_written = {"rule": "sgd", "learning_rate": 1, "clip_norm": None, "clip_value": 2}
    assert optimizers.step(hand_written, 3, {}, 0) == [-2.0, {}]
