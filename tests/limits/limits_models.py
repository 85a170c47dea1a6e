"""The calls of `limits_calls` that build or train a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pybridge import models as m
from pybridge import training

REFUSED, ANY = "refused", "any"
Call = tuple[Callable[[Any], Any], Any]

MATRIX = np.array([[1.0, 2.0], [3.0, 4.0]])
VECTOR = np.array([1, 2, 3])
LABELS = np.array([0, 1])


def seeded(draw: Callable[[Any], Any]) -> list[Call]:
    """A seed draws the same twice, or is refused."""
    return [(draw, draw)]


def large(v: Any) -> Any:
    """The whole number where it is large, else -1: layers take small ones, and Keras answers for other numbers."""
    return v if isinstance(v, int | np.integer) and abs(v) >= 2**31 else -1


def net(**options: Any) -> Any:
    return m.sequential([("dense", 2, "softmax")], input_shape=2, **options)


def fit(**options: Any) -> Any:
    """One batch, after which training ends."""
    options = {"epochs": 1, "optimizer": "sgd", "loss": "sparse_categorical_crossentropy", "metrics": []} | options
    ends = [lambda epoch, logs: False]
    return training.fit(net(), MATRIX, LABELS, progress=False, jit=False, callbacks=ends, **options)


def compiled() -> Any:
    model = m.sequential(["relu"], input_shape=2)
    model.compile(loss="mse")
    return model


OF_MODELS: dict[str, list[Call]] = {
    "models.sequential.input_shape": [
        (lambda v: m.sequential([("dense", 2)], input_shape=v), REFUSED),
        (lambda v: m.sequential([("dense", 2)], input_shape=[v, 1]), ANY),
        *[
            (lambda v, layer=layer, shape=shape: m.sequential([layer(large(v))], input_shape=shape), REFUSED)
            for layer, shape in (
                (lambda v: ("dense", v), [2]),
                (lambda v: ("embedding", v, 2**10), [2]),
                (lambda v: ("conv_1d", v, 3), [4, 1]),
                (lambda v: ("bidirectional", ("lstm", v)), [3, 2]),
            )
        ],
        (lambda v: m.sequential([("dense", large(v))])(MATRIX), REFUSED),
        (lambda v: m.layer(lambda shape: {"w": [large(v)] * 2}, lambda w, x: x)(MATRIX), REFUSED),
    ],
    "models.sequential.seed": seeded(lambda v: m.weights(net(seed=v))[0]),
    "models.predict.batch_size": [
        (lambda v: m.predict(m.sequential(["relu"], input_shape=2), MATRIX, batch_size=v), lambda v: MATRIX)
    ],
    "models.predict.steps": [(lambda v: m.predict(m.sequential(["relu"], input_shape=2), MATRIX, steps=v), ANY)],
    "models.predict.verbose": [
        (lambda v: m.predict(m.sequential(["relu"], input_shape=2), MATRIX, verbose=v), REFUSED)
    ],
    "models.evaluate.batch_size": [
        (lambda v: m.evaluate(compiled(), MATRIX, MATRIX, batch_size=v), lambda v: {"loss": 0.0})
    ],
    "models.evaluate.steps": [(lambda v: m.evaluate(compiled(), MATRIX, MATRIX, steps=v), ANY)],
    "models.evaluate.verbose": [(lambda v: m.evaluate(compiled(), MATRIX, MATRIX, verbose=v), REFUSED)],
    "training.fit.epochs": [(lambda v: len(fit(epochs=v)["loss"]), lambda v: 1)],
    "training.fit.batch_size": [(lambda v: len(fit(batch_size=v)["loss"]), lambda v: 1)],
    "training.fit.validation_batch_size": [
        (lambda v: len(fit(validation_data=(MATRIX, LABELS), validation_batch_size=v)["loss"]), lambda v: 1)
    ],
    "training.fit.validation_steps": [(lambda v: fit(validation_data=(MATRIX, LABELS), validation_steps=v), ANY)],
    "training.fit.validation_freq": [
        (lambda v: fit(validation_data=(MATRIX, LABELS), validation_freq=v), ANY),
        (lambda v: fit(validation_data=(MATRIX, LABELS), validation_freq=[v]), ANY),
    ],
    "training.fit.initial_epoch": [(lambda v: fit(initial_epoch=v, epochs=v), lambda v: {})],
    "training.fit.steps_per_epoch": [(lambda v: fit(steps_per_epoch=v), ANY)],
    "training.fit.class_weight": [(lambda v: fit(class_weight={v: 1.0}), ANY)],
    "training.fit.seed": [(lambda v: fit(seed=v)["loss"].__len__(), lambda v: 1)],
    "training.fit.verbose": [(lambda v: fit(verbose=v), REFUSED)],
    "training.batches.batch_size": [(lambda v: next(training.batches(VECTOR, batch_size=v)), lambda v: VECTOR)],
    "training.batches.seed": seeded(lambda v: next(training.batches(VECTOR, shuffle=True, seed=v))),
    "training.EarlyStopping.patience": [(lambda v: training.EarlyStopping(patience=v), ANY)],
    "training.Checkpoint.every": [(lambda v: training.Checkpoint("x.keras", every=v), ANY)],
}
