"""What the tests of training train: a small net, one that draws random numbers, and data for both."""

from __future__ import annotations

import functools
import hashlib

import numpy as np

from pybridge import models, training

random = np.random.default_rng(0)
X = random.normal(size=(70, 6)).astype("float32")
Y = random.integers(0, 3, 70)
X_NEW = random.normal(size=(25, 6)).astype("float32")
Y_NEW = random.integers(0, 3, 25)
WEIGHTS = random.uniform(0.1, 3, 70).astype("float32")


def small_net(seed=1):
    return models.sequential([("dense", 8, "relu"), ("dense", 3, "softmax")], input_shape=6, seed=seed)


def noisy_net():
    return models.sequential(
        [("dense", 16, "relu"), ("dropout", 0.5), "batch_normalization", ("dense", 3, "softmax")],
        input_shape=6,
        seed=1,
    )


def train(model, **options):
    return training.fit(model, X, Y, **{"epochs": 3, "batch_size": 16, "seed": 5, "progress": False} | options)


def digest(model):
    return hashlib.sha256(b"".join(weight.tobytes() for weight in models.weights(model))).hexdigest()


@functools.cache
def _kept(make):
    model = make()
    return model, models.weights(model)


def trained(make=noisy_net, **options):
    """The digest of a model's weights after training; the same model each time, which need not be compiled again."""
    model, start = _kept(make)
    models.set_weights(model, start)
    anew = {"optimizer": "rmsprop", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    train(model, **anew | options)
    return digest(model)


def named(options):
    """What a test with these options is called."""
    return " and ".join(options) or "plain"
