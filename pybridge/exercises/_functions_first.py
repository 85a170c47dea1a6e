"""The exercises after chapters 1 and 2 that ask for a function."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pybridge.exercises._written import Written

TINY = 1e-7  # how close to 0 and 1 a probability may come in Keras


def _softmax(scores: np.ndarray) -> np.ndarray:
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()


def _surprise(truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    return -(truth * np.log(guess) + (1 - truth) * np.log(1 - guess))


def _surprise_clipped(truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    return _surprise(truth, guess.clip(TINY, 1 - TINY))


def _square(x: float) -> float:
    """the square"""
    return x * x


def _cube(x: float) -> float:
    """the cube"""
    return x * x * x


def _centred(x: np.ndarray) -> np.ndarray:
    return x - x.mean(axis=0)


def _standardized(x: np.ndarray) -> np.ndarray:
    deviation = x.std(axis=0)
    return _centred(x) / np.where(deviation == 0, 1, deviation)


def _from_0_to_1(x: np.ndarray) -> np.ndarray:
    width = np.ptp(x, axis=0)
    return (x - x.min(axis=0)) / np.where(width == 0, 1, width)


def _back(slopes: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    """The slopes of the kernel, where those of the sums are made from the sums and from what comes back."""
    return lambda x, W, b, g: x.T @ slopes(x @ W + b, g)


FIRST = {
    "ch01/write-softmax": Written(
        _softmax,
        cases=(([1.0, 2.0, 3.0],), ([0.0, 0.0],), ([1000.0, 1001.0, 999.0],)),
        hint="Exponentials, each over the sum of all.",
        mistakes=(
            (
                lambda scores: np.exp(scores) / np.exp(scores).sum(),
                "It is right for small scores, but exp(1000) is more than a float can hold. Take the largest away "
                "from all scores first: the shares stay the same.",
            ),
            (
                lambda scores: np.exp(scores - scores.max()),
                "These do not add up to 1: they are exponentials, not yet divided by their sum.",
            ),
            (
                lambda scores: scores / scores.sum(),
                "Each score is over the sum of the scores; the exponentials are missing.",
            ),
        ),
    ),
    "ch01/write-binary-crossentropy": Written(
        lambda truth, guess: _surprise_clipped(truth, guess).mean(),
        cases=(([1.0, 0.0, 1.0], [0.9, 0.2, 0.4]), ([1.0, 0.0], [0.0, 1.0]), ([1.0, 0.0], [1.0, 0.0])),
        hint="For each example, minus the logarithm of the probability that the truth got; then the mean.",
        mistakes=(
            (
                lambda truth, guess: _surprise(truth, guess).mean(),
                "It is right while no probability is exactly 0 or 1. There a logarithm of 0 comes in, which is minus "
                "infinity, and 0 times that is not a number.",
            ),
            (
                lambda truth, guess: _surprise_clipped(truth, guess).sum(),
                "That is the sum over the examples, which grows with their number; the loss is their mean.",
            ),
            (
                lambda truth, guess: _surprise_clipped(truth, guess),
                "There is one number for each example; the loss is one number for all of them together.",
            ),
            (
                lambda truth, guess: -_surprise_clipped(truth, guess).mean(),
                "A loss is not negative: logarithms of probabilities are, so there is a minus to add.",
            ),
            (
                lambda truth, guess: -_surprise(truth, guess).mean(),
                "A loss is not negative: logarithms of probabilities are, so there is a minus to add. The clipping is "
                "missing too.",
            ),
            (
                lambda truth, guess: -(truth * np.log(guess.clip(TINY, 1 - TINY))).mean(),
                "Only the examples whose answer is yes count here. What does the network pay when the answer is no?",
            ),
        ),
        rtol=0.02,  # in float32, 1 - 1e-7 is the float next below 1, whose distance from 1 is a fifth larger than 1e-7
    ),
    "ch02/write-slope": Written(
        lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
        cases=((_square, 3.0, 0.5), (_cube, 2.0, 1.0), (_square, -1.0, 0.25)),
        hint="A difference over a distance: how far apart are the two places at which f is asked?",
        mistakes=(
            (
                lambda f, x, h: (f(x + h) - f(x)) / h,
                "You look to the right of x only. Where f bends, that is further off than one step to either side.",
            ),
            (
                lambda f, x, h: (f(x) - f(x - h)) / h,
                "You look to the left of x only. Where f bends, that is further off than one step to either side.",
            ),
            (
                lambda f, x, h: (f(x + h) - f(x - h)) / h,
                "The difference is right, and the distance is not: from x - h to x + h it is more than h.",
            ),
            (
                lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h,
                "Division and multiplication go from left to right, so that this divides by 2 and then multiplies by "
                "h. Put parentheses around the distance.",
            ),
            (
                lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h),
                "The sign is wrong: a function that rises has a positive slope.",
            ),
            (
                lambda f, x, h: (f(x + h / 2) - f(x - h / 2)) / h,
                "You go half of h to either side; the exercise asks for all of it.",
            ),
            (
                lambda f, x, h: f(complex(x, 1e-20)).imag / 1e-20,
                "That is the exact slope, or one with a much smaller h. Measure with the h that you are given.",
            ),
        ),
    ),
    "ch02/write-standardize": Written(
        _standardized,
        cases=(([[1.0, 10.0, 5.0], [2.0, 20.0, 5.0], [3.0, 60.0, 5.0]],), ([[-1.0, 0.0], [1.0, 4.0]],)),
        hint="Each column minus its own mean, over its own standard deviation.",
        mistakes=(
            (
                lambda x: _centred(x) / x.std(axis=0),
                "It is right until a column is constant. Its standard deviation is 0, and 0 over 0 is not a number.",
            ),
            (
                lambda x: (x - x.mean()) / x.std(),
                "There is one mean and one deviation for all numbers here. Each column needs its own: name the axis.",
            ),
            (
                lambda x: (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True),
                "Each row was put on one scale. The axis that you name is the one that goes away.",
            ),
            (
                lambda x: (x - x.mean(axis=1)) / x.std(axis=1),
                "Means and deviations are those of the rows here. The axis that you name is the one that goes away.",
            ),
            (_centred, "The means are 0. The columns still differ in how far they spread."),
            (
                lambda x: _centred(x) / np.where(x.var(axis=0) == 0, 1, x.var(axis=0)),
                "You divided by the variance; the standard deviation is its root.",
            ),
            (
                _from_0_to_1,
                "That moves each column into the range from 0 to 1, as one does with pixels. Here the mean is to be 0 "
                "and the standard deviation 1.",
            ),
        ),
    ),
    "ch02/write-dense-backward": Written(
        _back(lambda sums, g: g * (sums > 0)),
        cases=(
            (
                [[1.0, 2.0], [-1.0, 1.0], [3.0, -1.0]],
                [[1.0, -1.0], [2.0, 1.0]],
                [-1.0, 0.5],
                [[1.0, -2.0], [0.5, 3.0], [-1.0, 2.0]],
            ),
            ([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]], [[1.0], [2.0], [-1.0]], [1.5], [[4.0], [-3.0]]),
        ),
        hint="Forward to the sums; then back: the input, transposed, times what comes through the relu.",
        mistakes=(
            (
                _back(lambda sums, g: g),
                "That goes back through the matrix as if there were no relu. Where a unit was silent, nothing comes "
                "back.",
            ),
            (
                _back(lambda sums, g: np.maximum(g, 0)),
                "The relu was applied to what comes back. Which slopes pass depends on the sums of the way forward, "
                "not on the slopes' own signs.",
            ),
            (
                lambda x, W, b, g: x.T @ (g * (x @ W > 0)),
                "The sums lack the bias: whether a unit fires depends on it too.",
            ),
            (
                _back(lambda sums, g: g * np.maximum(sums, 0)),
                "You multiplied by what the relu puts out. Backward it is its slope that counts, which is 0 or 1.",
            ),
            (
                lambda x, W, b, g: _back(lambda sums, g: g * (sums > 0))(x, W, b, g).T,
                "That is the transpose: a gradient has the shape of what it is taken with respect to, here W.",
            ),
            (
                lambda x, W, b, g: _back(lambda sums, g: g * (sums > 0))(x, W, b, g) / len(x),
                "That is divided by the number of samples. A mean belongs to the loss, and g has it in it already.",
            ),
        ),
    ),
}
