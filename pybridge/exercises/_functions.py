"""The exercises of the book that ask for a function."""

from __future__ import annotations

import numpy as np

from pybridge.exercises._written import Written


def _softmax(scores: np.ndarray) -> np.ndarray:
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()


FUNCTIONS = {
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
}
