"""How far predictions are from what is wanted, as one number: loss functions, and accuracy.

Predictions are probabilities where a loss wants probabilities; they are kept 1e-7 away from 0 and 1, as Keras does, so
that no logarithm is infinite. A last axis of length 1 that only one of the two has is dropped, as in Keras: labels of
shape (n, 1) and predictions of shape (n,) meet pair by pair. Otherwise shapes must be equal; nothing broadcasts. The
mean of half floats is computed in float32. Labels are checked where they are known, so not inside a traced function.
"""

from __future__ import annotations

from pybridge.losses._accuracy import accuracy
from pybridge.losses._crossentropies import (
    binary_crossentropy,
    categorical_crossentropy,
    kl_divergence,
    sparse_categorical_crossentropy,
)
from pybridge.losses._differences import huber, mean_absolute_error, mean_squared_error

__all__ = [
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "kl_divergence",
    "accuracy",
]
__dir__ = __all__.copy  # completion offers these
