"""Two models that begin alike, trained by Keras and by pybridge with the same arguments."""

from __future__ import annotations

import os

import keras
import numpy as np
import tensorflow as tf
from training_nets import X, Y

from pybridge import training

FUZZING = "PYBRIDGE_FUZZ_SEED" in os.environ


def step_by_step(model: keras.Model) -> keras.Model:
    """Have Keras run a model's steps operation by operation: the same numbers as compiled, and nothing is traced.

    Under `make fuzz` it compiles them, and where it runs several at a time, which is another loop.
    """
    model.run_eagerly = model.run_eagerly or (model.steps_per_execution == 1 and not FUZZING)
    return model


def both(
    make,
    x=X,
    y=Y,
    *,
    optimizer=lambda: "rmsprop",
    loss="sparse_categorical_crossentropy",
    metrics=lambda: ["accuracy"],
    callbacks=list,
    jit=True,
    **options,
):
    """Train two models that begin alike, by Keras and by pybridge, and return each model with its history."""
    options = {"epochs": 2, "shuffle": False} | ({} if isinstance(x, tf.data.Dataset) else {"batch_size": 24}) | options
    theirs = make()
    theirs.compile(optimizer=optimizer(), loss=loss, metrics=metrics())
    expected = step_by_step(theirs).fit(x, y, verbose=0, callbacks=callbacks(), **options).history
    ours = make()
    history = training.fit(
        ours,
        x,
        y,
        optimizer=optimizer(),
        loss=loss,
        metrics=metrics(),
        callbacks=callbacks(),
        progress=False,
        jit=jit,
        **options,
    )
    return ours, history, theirs, expected


def assert_same(ours, history, theirs, expected):
    assert list(history) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=2e-4, atol=1e-5, err_msg=name)
    assert len(ours.weights) == len(theirs.weights)
    for weight, wanted in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(weight.numpy(), wanted.numpy(), rtol=1e-3, atol=2e-5, err_msg=wanted.path)
