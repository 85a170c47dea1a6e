"""The exercises after chapters 3 and 4 that ask for a function."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pybridge.exercises._written import Written


def _slopes(w: float, b: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The slopes of the mean squared error of a line with respect to w and b."""
    errors = w * x + b - y
    return np.array([2 * (errors * x).mean(), 2 * errors.mean()])


def _descent_step(w: float, b: float, x: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    return np.array([w, b]) - rate * _slopes(w, b, x, y)


def _one_after_the_other(w: float, b: float, x: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    stepped = w - rate * _slopes(w, b, x, y)[0]
    return np.array([stepped, b - rate * _slopes(stepped, b, x, y)[1]])


def _of_the_true_class(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return probabilities[np.arange(len(labels)), labels.astype(int)]


def _hits(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return probabilities.argmax(axis=1) == labels


def _shares(scores: np.ndarray) -> np.ndarray:
    return np.exp(scores) / np.exp(scores).sum()


def _attention_weights(query: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return _shares(keys @ query / np.sqrt(len(query)))


def _adam_step(
    w: np.ndarray, dw: np.ndarray, v: np.ndarray, s: np.ndarray, count: int, beta_1: float = 0.9, beta_2: float = 0.999
) -> np.ndarray:
    v = beta_1 * v + (1 - beta_1) * dw
    s = beta_2 * s + (1 - beta_2) * dw**2
    v_hat, s_hat = v / (1 - beta_1**count), s / (1 - beta_2**count)
    return np.stack([w - 0.1 * v_hat / (np.sqrt(s_hat) + 1e-8), v, s])


def _adam_like(step: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Adam's step with the averages as they should be, and another way to move the weights by them."""

    def moved(w: np.ndarray, dw: np.ndarray, v: np.ndarray, s: np.ndarray, count: int) -> np.ndarray:
        _, v, s = _adam_step(w, dw, v, s, count)
        return np.stack([w - 0.1 * step(v, s, count), v, s])

    return moved


def _corrected_for_good(w: np.ndarray, dw: np.ndarray, v: np.ndarray, s: np.ndarray, count: int) -> np.ndarray:
    stepped, v, s = _adam_step(w, dw, v, s, count)
    return np.stack([stepped, v / (1 - 0.9**count), s / (1 - 0.999**count)])


def _eigenvalue(matrix: np.ndarray) -> np.ndarray:
    values = np.linalg.eigvalsh(matrix)
    return values[np.abs(values).argmax()]


SECOND = {
    "ch03/write-descent-step": Written(
        _descent_step,
        cases=(
            (1.0, 0.0, [1.0, 2.0, 3.0], [2.0, 4.0, 7.0], 0.1),
            (-0.5, 2.0, [0.0, 1.0, 2.0, 4.0], [1.0, 0.5, 3.0, 2.0], 0.05),
        ),
        hint="Differentiate the mean of the squared errors, and go against both slopes.",
        mistakes=(
            (
                lambda w, b, x, y, rate: np.array([w, b]) + rate * _slopes(w, b, x, y),
                "That climbs: the loss after this step is larger than before it.",
            ),
            (
                lambda w, b, x, y, rate: np.array([w, b]) - rate * _slopes(w, b, x, y) / 2,
                "Both steps are half as long as they should be: a square has a derivative with a factor in front.",
            ),
            (
                lambda w, b, x, y, rate: np.array([w, b]) - rate * _slopes(w, b, x, y) * len(x),
                "That is a step for the sum of the squares, which grows with the number of points. The loss is a mean.",
            ),
            (
                _one_after_the_other,
                "w is right. The slope of b was taken after w had moved; take both slopes where the step begins.",
            ),
            (
                lambda w, b, x, y, rate: _slopes(w, b, x, y),
                "These are the two slopes. The step with them is still to come.",
            ),
            (
                lambda w, b, x, y, rate: np.array([w, b]) - _slopes(w, b, x, y),
                "The learning rate is left out.",
            ),
            (
                lambda w, b, x, y, rate: _descent_step(w, b, x, y, rate)[::-1],
                "Both numbers are right, in the other order.",
            ),
        ),
    ),
    "ch03/write-accuracy": Written(
        lambda probabilities, labels: _hits(probabilities, labels).mean(),
        cases=(
            ([[0.2, 0.5, 0.3], [0.4, 0.35, 0.25], [0.1, 0.1, 0.8], [0.3, 0.6, 0.1]], [1.0, 0.0, 0.0, 1.0]),
            ([[0.9, 0.1], [0.45, 0.55], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]], [0.0, 1.0, 0.0, 1.0, 1.0]),
        ),
        hint="In how many rows is the largest probability in the place that the label names?",
        mistakes=(
            (
                lambda probabilities, labels: 1 - _hits(probabilities, labels).mean(),
                "That is the share of the samples that are wrong.",
            ),
            (
                lambda probabilities, labels: _hits(probabilities, labels).sum(),
                "That is how many are right. An accuracy is a share of all samples.",
            ),
            (
                lambda probabilities, labels: 100 * _hits(probabilities, labels).mean(),
                "That is a percentage; give the share, from 0 to 1.",
            ),
            (
                lambda probabilities, labels: _of_the_true_class(probabilities, labels).mean(),
                "That is the average probability of the true classes. Accuracy asks only which class has the most.",
            ),
            (
                lambda probabilities, labels: (_of_the_true_class(probabilities, labels) > 0.5).mean(),
                "That counts a sample as right only if its class has more than half. Among three classes, less can be "
                "the most.",
            ),
        ),
    ),
    "road/write-attention-weights": Written(
        _attention_weights,
        cases=(
            ([1.0, 2.0, 0.0, -1.0], [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0], [2.0, 1.0, 0.0, 1.0]]),
            ([0.5, -1.0, 2.0, 1.0, 0.0, 1.5, 1.0, -0.5, 1.0], [[1.0] * 9, [0.0, 1.0, 0.0] * 3]),
        ),
        hint="A dot product for each key, over the root of the query's length; then the softmax.",
        mistakes=(
            (
                lambda query, keys: _shares(keys @ query),
                "That is the softmax of the scores as they are. They are to be scaled first.",
            ),
            (
                lambda query, keys: _shares(keys @ query / len(query)),
                "The scores are divided by d. That is too much: take a root first.",
            ),
            (
                lambda query, keys: _shares(keys @ query / np.sqrt(len(keys))),
                "The scores are divided by the root of the number of keys. d is how many numbers are in one key.",
            ),
            (
                lambda query, keys: keys @ query / np.sqrt(len(query)),
                "These are the scaled scores. They do not add up to 1 yet.",
            ),
            (
                lambda query, keys: _shares(keys @ query) / np.sqrt(len(query)),
                "These do not add up to 1: the scaling came after the softmax.",
            ),
            (
                lambda query, keys: np.exp(keys @ query / np.sqrt(len(query))),
                "These are exponentials. Each is still to be divided by the sum of all.",
            ),
        ),
    ),
    "road/write-adam-step": Written(
        _adam_step,
        cases=(
            ([3.0, -1.0], [-54.0, 0.5], [0.0, 0.0], [0.0, 0.0], 1),
            ([1.0, 2.0, 0.5], [4.0, -0.3, 0.02], [1.0, 0.2, -0.1], [0.05, 0.01, 0.002], 4),
        ),
        hint="Both averages first, then copies of them with the bias correction, then the weights.",
        mistakes=(
            (
                _adam_like(lambda v, s, count: v / (np.sqrt(s) + 1e-8)),
                "The averages are right. The weights were moved by them as they are, without the bias correction.",
            ),
            (
                _adam_like(lambda v, s, count: v / (1 - 0.9) / (np.sqrt(s / (1 - 0.999)) + 1e-8)),
                "It is right for the first step. The correction has to fade: how much of the start is left after "
                "several steps?",
            ),
            (
                _adam_like(lambda v, s, count: v / (1 - 0.9 ** (count + 1)) / np.sqrt(s / (1 - 0.999 ** (count + 1)))),
                "The averages are right, and the correction is a step ahead: the count of the first step is 1 already.",
            ),
            (
                _adam_like(lambda v, s, count: v / (1 - 0.9**count) / (s / (1 - 0.999**count) + 1e-8)),
                "The averages are right. The divisor is an average of squares: something is missing that undoes them.",
            ),
            (
                _adam_like(lambda v, s, count: v / (1 - 0.9**count) / (np.sqrt(s.sum() / (1 - 0.999**count)) + 1e-8)),
                "All weights go at one pace. In Adam each one has its own divisor.",
            ),
            (
                _adam_like(lambda v, s, count: -v / (1 - 0.9**count) / (np.sqrt(s / (1 - 0.999**count)) + 1e-8)),
                "The averages are right, and the weights move the wrong way: uphill.",
            ),
            (
                _corrected_for_good,
                "The weights are right. The next step needs v and s as they were before the correction.",
            ),
            (
                lambda w, dw, v, s, count: _adam_step(w, dw, v, s, count, 0.999, 0.9),
                "β₁ and β₂ have changed places: the squares are the ones that are remembered for long.",
            ),
        ),
    ),
    "road/write-power-iteration": Written(
        _eigenvalue,
        cases=(
            ([[2.0, 1.0], [1.0, 2.0]],),
            ([[2.0, 1.0], [1.0, -4.0]],),
            ([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]],),
        ),
        hint="Divide by the length each time. Once the direction stays, compare the vector before a multiplication and "
        "after it.",
        mistakes=(
            (
                lambda matrix: np.abs(np.linalg.eigvalsh(matrix)).max(),
                "It is right where the eigenvalue is positive. A length has no sign; one of the matrices turns its "
                "eigenvector round.",
            ),
            (
                lambda matrix: np.linalg.eigvalsh(matrix).max(),
                "One of the matrices has a negative eigenvalue that is farther from 0 than the largest one.",
            ),
            (
                lambda matrix: _eigenvalue(matrix) ** 2,
                "That is its square: the matrix was applied twice in between.",
            ),
            (
                lambda matrix: np.abs(np.linalg.eigvalsh(matrix)).min(),
                "That is the smallest one: multiplying by the inverse leads there.",
            ),
        ),
    ),
}
