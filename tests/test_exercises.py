from __future__ import annotations

import json
from importlib import resources

import keras
import numpy as np
import pytest
import scipy.optimize
import scipy.sparse.linalg
import scipy.special
import scipy.stats
import tensorflow as tf
from scipy.spatial.transform import Rotation

from pybridge import data
from pybridge.errors import OptionError
from pybridge.exercises import check
from pybridge.exercises._functions import FUNCTIONS

EXERCISES = json.loads(resources.files("pybridge.exercises").joinpath("exercises.json").read_text(encoding="utf-8"))
IDS = [exercise["id"] for exercise in EXERCISES]


def test_every_chapter_has_exercises_of_both_kinds():
    for chapter in ("ch01", "ch02", "ch03", "road"):
        assert sum(id.startswith(f"{chapter}/") for id in IDS) >= 3
        assert sum(id.startswith(f"{chapter}/") for id in FUNCTIONS) >= 2
    assert len({*IDS, *FUNCTIONS}) == len(IDS) + len(FUNCTIONS)


@pytest.mark.parametrize("exercise", EXERCISES, ids=IDS)
def test_an_exercise_is_whole(exercise):
    assert list(exercise) == [
        "id", "chapter", "expected", "dtype", "rtol", "atol", "hints", "mistakes",
    ]  # fmt: skip
    assert exercise["id"].startswith(exercise["chapter"] + "/")
    assert {"shape", "value"} <= set(exercise["hints"]) <= {"shape", "dtype", "value"}
    assert ("dtype" in exercise["hints"]) == (exercise["dtype"] is not None)


@pytest.mark.parametrize("exercise", EXERCISES, ids=IDS)
def test_the_expected_value_is_right(exercise):
    assert check(exercise["id"], exercise["expected"]) == {"right": True, "says": "Right."}


@pytest.mark.parametrize("exercise", EXERCISES, ids=IDS)
def test_a_known_mistake_is_named(exercise):
    for mistake in exercise["mistakes"]:
        assert check(exercise["id"], mistake["value"]) == {"right": False, "says": mistake["says"]}


@pytest.mark.parametrize("exercise", EXERCISES, ids=IDS)
@pytest.mark.parametrize("change", [lambda x: x * 1.7, lambda x: x * 1000, lambda x: -x - 1, lambda x: x + 0.07])
def test_a_wrong_value_is_said_to_be_wrong_without_the_right_one(exercise, change):
    answer = check(exercise["id"], change(np.asarray(exercise["expected"], float)).tolist())
    assert not answer["right"]
    assert "off by" in answer["says"]
    assert answer["says"].endswith(exercise["hints"]["value"])
    assert json.dumps(exercise["expected"]) not in answer["says"]


# The numbers by another library, or worked out step by step.
def dead_relu() -> float:
    x, y, w = np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.0, 1.5]), 1.5
    for _ in range(100):
        w -= 0.2 * np.mean(2 * (np.maximum(w * x, 0) - y) * x * (w * x > 0))
    return np.mean((np.maximum(w * x, 0) - y) ** 2)


def tanh_chain() -> list[float]:
    slope, x = 1.0, 2.0
    for _ in range(10):
        slope, x = slope / np.cosh(x) ** 2, np.tanh(x)
    return [slope, 2]


def shape_through_steps() -> tuple[int, ...]:
    part = np.zeros((128, 28, 28))[:64, 14:, 7:-7]
    return ((part.sum(axis=1) @ np.zeros((14, 10))).T + np.zeros((3, 1, 64))).shape


def linear_layers() -> np.ndarray:
    W1, b1 = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([1.0, -1.0])
    W2, b2 = np.array([[2.0, 0.0], [1.0, 3.0]]), np.array([0.0, 1.0])
    nothing, *units = ((np.vstack([np.zeros(2), np.eye(2)]) @ W1 + b1) @ W2) + b2
    return np.vstack([units - nothing, nothing])


def after_one_step(scale: float, rate: float) -> np.ndarray:
    x, y = scale * np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])
    return rate * np.mean(2 * y * x) * x


def inputs_times_ten() -> list[float]:
    solution = np.linalg.lstsq(after_one_step(1, 0.1)[:, None], after_one_step(10, 0.1), rcond=None)
    return [*solution[0], 3]


NUMBERS_OUTSIDE = {
    "ch01/two-gates": lambda: np.clip(1 - np.clip([-2.0, 0.0, 0.5, 3.0], 0, None), 0, None),
    "ch01/first-loss": lambda: scipy.special.logsumexp(np.zeros(10)),
    "ch01/dead-relu": dead_relu,
    "ch01/tanh-chain": tanh_chain,
    "ch02/shape-through-steps": shape_through_steps,
    "ch02/transpose-then-reshape": lambda: np.array([[1, 2, 3], [4, 5, 6]]).T.reshape(2, 3),
    "ch02/linear-layers": linear_layers,
    "ch02/steps-to-1000": lambda: np.flatnonzero(np.cumprod(np.full(100, 1.1)) ** 2 > 1000)[0] + 1,
    "ch02/inputs-times-ten": inputs_times_ten,
}


@pytest.mark.parametrize("id", NUMBERS_OUTSIDE)
def test_the_expected_numbers_are_those_of_another_library(id):
    [expected] = [exercise["expected"] for exercise in EXERCISES if exercise["id"] == id]
    np.testing.assert_allclose(NUMBERS_OUTSIDE[id](), expected, rtol=1e-12)


def test_the_predictions_that_the_book_tells_of_larger_inputs():
    told = [after_one_step(1, 0.1), after_one_step(10, 0.01), after_one_step(10, 0.001)]
    assert np.round(told, 3).tolist() == [[1.867, 3.733, 5.6], [18.667, 37.333, 56.0], [1.867, 3.733, 5.6]]


def test_the_distance_grows_in_steps():
    for value, says in [
        (2.955, "too large, off by less than 1 %"),
        (2.7, "too small, off by less than 10 %"),
        (4.0, "too large, off by less than a half"),
        (0.1, "too small, off by less than its own size"),
        (9.0, "off by more than its own size"),
        (40.0, "off by more than ten times its size"),
        (-4000.0, "too small, off by more than a hundred times its size"),
    ]:
        assert says in check("ch02/three-steps", value)["says"]


def test_numbers_in_place_are_counted():
    assert check("road/ema", [0.1, 0.29, 0.5])["says"].startswith(
        "The shape is right, and 2 of 3 numbers are; of the others, it is off by less than a half."
    )
    assert "1 of 3 numbers are; of the others, the worst is off by" in check("road/ema", [0.1, 0.3, 0.5])["says"]


def test_shapes_are_told_apart():
    for id, value, says in [
        ("ch02/prepare-images", [0.0, 0.2], "Your answer has shape (2,), which is one axis too few. Keep the axis"),
        ("ch02/prepare-images", np.zeros((2, 2, 2)), "Your answer has shape (2, 2, 2), which is one axis too many."),
        ("ch02/prepare-images", np.zeros((4, 2)), "shape (4, 2): axis 0 is too long, axis 1 is too short."),
        ("ch02/three-steps", [2.952], "The answer is a single number; yours has shape (1,)."),
        ("road/ema", 0.561, "The answer has more than one number in it; yours is a single one."),
        ("ch03/dense-gradient", np.zeros((1, 1, 1, 1)), "which is 2 axes too many."),
    ]:
        answer = check(id, value)
        assert not answer["right"]
        assert says in answer["says"]


def test_a_dtype_counts_where_the_value_has_one():
    pixels = [[0.0, 0.2, 0.4, 0.6], [0.8, 1.0, 0.0, 0.0]]
    assert check("ch02/prepare-images", pixels)["right"]
    assert check("ch02/prepare-images", tf.constant(pixels))["right"]
    says = check("ch02/prepare-images", np.array(pixels))["says"]
    assert says.startswith("The dtype is float64, and float32 is asked for. The weights")


@pytest.mark.parametrize("kind", [list, np.array, tf.constant, tf.Variable])
def test_an_answer_may_be_of_any_kind(kind):
    assert check("road/ema", kind([0.1, 0.29, 0.561]))["right"]


def test_what_is_no_number_is_said_so():
    for value, says in [
        (None, "There is no value yet"),
        (lambda x: x, "That is a function: call it"),
        ("2.5", "The answer is made of numbers, and this is not"),
        ([[1.0], [1.0, 2.0]], "ragged"),
        (2.5 + 0j, "real numbers"),
        (float("nan"), "not finite"),
        (float("inf"), "not finite"),
    ]:
        answer = check("ch01/mean-squared-error", value)
        assert not answer["right"]
        assert says in answer["says"]


def test_underscores_in_an_id_are_hyphens():
    assert check("ch02/three_steps", 2.952)["right"]


def test_an_unknown_exercise_names_its_neighbours():
    with pytest.raises(OptionError, match="no exercise 'ch02/broadcast'; did you mean ch02/broadcast-shape"):
        check("ch02/broadcast", 1)
    with pytest.raises(OptionError, match="no exercise 'xyzzy'; there are ch01/mean-squared-error, "):
        check("xyzzy", 1)


# ---- numbers that are more than arithmetic ---------------------------------------------------------------------------


def untouched_weights():
    """How many numbers training leaves as they are if all begin at zero."""
    zeros = {"kernel_initializer": "zeros"}
    dense = keras.layers.Dense
    net = keras.Sequential([keras.Input((2,)), dense(8, activation="relu", **zeros), dense(1, **zeros)])
    net.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    points, labels = data.two_clouds()
    net.fit(points, labels, epochs=3, batch_size=2000, verbose=0)
    return sum(int((weight == 0).sum()) for weight in net.get_weights())


def loss_of_the_best_plane():
    corners, either = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([0, 1, 1, 0])
    plane = np.linalg.lstsq(corners, either)[0]
    return np.square(corners @ plane - either).mean()


# The same numbers by another library.
COMPUTED = {
    "ch03/predict-tape": lambda: np.polyval(np.polyder([5.0, 0.0, 0.0]), 5.0),
    "ch03/predict-own-loss": lambda: np.square(np.array([1, 2, 3]) - np.array([[1], [2], [3]])).mean(),
    "ch03/break-zero-weights": untouched_weights,
    "ch03/break-activation": loss_of_the_best_plane,
    "road/predict-order": lambda: Rotation.from_euler("z", 90, degrees=True).apply([2.0 * 1.0, 3.0, 0.0])[:2],
    "road/break-adam": lambda: 0.1 * (0.1 * 54) / np.sqrt(0.0001 * 54**2),
}


@pytest.mark.parametrize("id", COMPUTED)
def test_another_library_finds_the_expected_number(id):
    assert check(id, COMPUTED[id]()) == {"right": True, "says": "Right."}


def test_an_epoch_of_small_batches_gets_as_far_as_many_epochs_of_one_batch():
    points, labels = (np.asarray(each, np.float64) for each in data.two_clouds())
    inputs = np.column_stack([points, np.ones(len(points))])

    def loss_after(batch_size, epochs):
        weights = np.zeros((3, 1))
        for order in [np.random.default_rng(0).permutation(len(points))] * epochs:
            for batch in np.split(order, len(order) // batch_size):
                errors = inputs[batch] @ weights - labels[batch]
                weights -= 0.1 * 2 * inputs[batch].T @ errors / batch_size
        return np.square(inputs @ weights - labels).mean()

    losses = [loss_after(2000, 1), loss_after(100, 1), loss_after(2000, 20)]
    assert losses == pytest.approx([0.091, 0.035, 0.034], abs=0.003)


@pytest.mark.parametrize("factor", [1, 1000])
def test_adam_gets_as_far_where_the_slope_is_steeper(factor):
    w = keras.Variable(3.0)
    adam = keras.optimizers.Adam(0.1)
    for _ in range(150):
        adam.apply([factor * (2 * w - 60)], [w])
    assert w.numpy() == pytest.approx(16.1675, abs=1e-3)


# ---- answers that are functions ------------------------------------------------------------------------------------


def descent_step(w, b, x, y, rate):
    slopes = scipy.optimize.approx_fprime([w, b], lambda line: np.square(line[0] * x + line[1] - y).mean())
    return np.array([w, b]) - rate * slopes


def adam_step(w, dw, v, s, count):
    weights = keras.Variable(w)
    adam = keras.optimizers.Adam(0.1, epsilon=1e-8)
    adam.build([weights])
    kept = [adam._momentums[0], adam._velocities[0]]
    for variable, value in zip([*kept, adam.iterations], [v, s, count - 1], strict=True):
        variable.assign(value)
    adam.apply([dw])
    return np.stack([variable.numpy() for variable in (weights, *kept)])


# The same functions by another library.
def dense_backward(x, W, b, g):
    x, W, b = tf.constant(x), tf.Variable(W), tf.constant(b)
    with tf.GradientTape() as tape:
        answer = tf.nn.relu(x @ W + b)
    return tape.gradient(answer, W, output_gradients=tf.constant(g))


OUTSIDE = {
    "ch01/write-softmax": scipy.special.softmax,
    "ch01/write-binary-crossentropy": keras.losses.binary_crossentropy,
    "ch02/write-slope": lambda f, x, h: np.gradient([f(x - h), f(x), f(x + h)], h)[1],
    "ch02/write-standardize": lambda x: np.nan_to_num(scipy.stats.zscore(x, axis=0)),
    "ch02/write-dense-backward": dense_backward,
    "ch03/write-accuracy": lambda p, labels: np.mean(keras.metrics.sparse_categorical_accuracy(labels, p)),
    "ch03/write-descent-step": descent_step,
    "road/write-adam-step": adam_step,
    "road/write-attention-weights": lambda query, keys: scipy.special.softmax(keys @ query / len(query) ** 0.5),
    "road/write-power-iteration": lambda S: scipy.sparse.linalg.eigsh(S, k=1, return_eigenvectors=False)[0],
}


def answering(function):
    """A function of arrays, as a reader's function of tensors."""
    return lambda *given: function(*(each.numpy() if hasattr(each, "numpy") else each for each in given))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("id", FUNCTIONS)
def test_a_right_function_is_right_and_a_known_mistake_is_named(id):
    exercise = FUNCTIONS[id]
    assert check(id, answering(OUTSIDE[id])) == {"right": True, "says": "Right."}
    assert check(id, answering(exercise.right)) == {"right": True, "says": "Right."}
    assert exercise.mistakes
    for mistake, says in exercise.mistakes:
        assert check(id, answering(mistake)) == {"right": False, "says": says}


@pytest.mark.parametrize("id", FUNCTIONS)
def test_a_wrong_function_is_wrong_and_the_input_is_told(id):
    right = FUNCTIONS[id].right
    for wrong in (lambda *given: -1.7 * right(*given) - 0.07, lambda *given: 1.7 * np.asarray(right(*given)) + 0.01):
        answer = check(id, answering(wrong))
        assert not answer["right"]
        assert answer["says"].startswith("Called with ")
        assert answer["says"].endswith(FUNCTIONS[id].hint)


def test_what_is_wrong_with_a_function_is_told():
    for value, says in [
        ([0.1, 0.2, 0.7], "This exercise asks for a function: check the function itself, not what it gives."),
        (tf.constant(1.0), "This exercise asks for a function"),
        (lambda: 1, "Called with [1.0, 2.0, 3.0], your function fails. TypeError: "),
        (lambda x: x / "", "your function fails. "),
        (lambda x: None, "Called with [1.0, 2.0, 3.0]: There is no value yet"),
        (lambda x: "x", "Called with [1.0, 2.0, 3.0]: The answer is made of numbers, and this is not"),
        (lambda x: x[:2], "Called with [1.0, 2.0, 3.0]: Your answer has shape (2,): axis 0 is too short."),
        (lambda x: x, "of the others, the worst is off by"),
    ]:
        answer = check("ch01/write-softmax", value)
        assert not answer["right"]
        assert says in answer["says"]


def test_a_function_that_is_interrupted_ends_the_check():
    def never(scores):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("ch01/write-softmax", never)
