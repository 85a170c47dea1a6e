"""Answers that are functions: which are right, and what is said of the others."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import scipy.optimize
import scipy.sparse.linalg
import scipy.special
import scipy.stats
import tensorflow as tf

from pybridge.exercises import check
from pybridge.exercises._functions import FUNCTIONS


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
