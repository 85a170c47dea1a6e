"""The expected numbers of the exercises that ask for work, by another library or worked out step by step."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
import scipy.special
from scipy.spatial.transform import Rotation

from pybridge import data
from pybridge._places import place
from pybridge.exercises import check
from pybridge.exercises._functions import FUNCTIONS


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


COMPUTED = {
    "ch01/two-gates": lambda: np.clip(1 - np.clip([-2.0, 0.0, 0.5, 3.0], 0, None), 0, None),
    "ch01/first-loss": lambda: scipy.special.logsumexp(np.zeros(10)),
    "ch01/dead-relu": dead_relu,
    "ch01/tanh-chain": tanh_chain,
    "ch02/shape-through-steps": shape_through_steps,
    "ch02/transpose-then-reshape": lambda: np.array([[1, 2, 3], [4, 5, 6]]).T.reshape(2, 3),
    "ch02/linear-layers": linear_layers,
    "ch02/steps-to-1000": lambda: np.flatnonzero(np.cumprod(np.full(100, 1.1)) ** 2 > 1000)[0] + 1,
    "ch02/inputs-times-ten": inputs_times_ten,
    "ch03/predict-tape": lambda: np.polyval(np.polyder([5.0, 0.0, 0.0]), 5.0),
    "ch03/predict-own-loss": lambda: np.square(np.array([1, 2, 3]) - np.array([[1], [2], [3]])).mean(),
    "ch03/break-zero-weights": untouched_weights,
    "ch03/break-activation": loss_of_the_best_plane,
    "road/predict-order": lambda: Rotation.from_euler("z", 90, degrees=True).apply([2.0 * 1.0, 3.0, 0.0])[:2],
    "road/break-adam": lambda: 0.1 * (0.1 * 54) / np.sqrt(0.0001 * 54**2),
}

# Their answers are the number of a sentence, and what it says is computed below.
EXPLAINED = {"ch03/change-batch-size", "road/change-loss-scale"}


def test_every_number_that_is_asked_for_is_computed():
    asked = re.findall(
        r'exercises\.check\("(.+?)"', (place("notebooks") / "06-exercises.org").read_text(encoding="utf-8")
    )
    assert len(asked) >= 20
    assert {*asked} - FUNCTIONS.keys() - EXPLAINED == COMPUTED.keys()


@pytest.mark.parametrize("id", COMPUTED)
def test_the_expected_number_is_right(id):
    assert check(id, COMPUTED[id]()) == {"right": True, "says": "Right."}


def test_the_predictions_that_the_book_tells_of_larger_inputs():
    told = [after_one_step(1, 0.1), after_one_step(10, 0.01), after_one_step(10, 0.001)]
    assert np.round(told, 3).tolist() == [[1.867, 3.733, 5.6], [18.667, 37.333, 56.0], [1.867, 3.733, 5.6]]


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
