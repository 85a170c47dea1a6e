"""Keras is as it was, wherever an interrupt comes in it."""

from __future__ import annotations

import gc
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.backend.common import global_state
from tensorflow.python.framework.func_graph import FuncGraph

from pybridge import _keras_scopes, models, training

MOMENTS = 60
OF_SCOPES = {"__enter__", "__exit__", "__init__", "_get_call_context", "_clear_losses", "wrapper"}
X, Y = np.arange(12.0).reshape(6, 2), np.arange(6.0)


def net() -> keras.Model:
    return models.sequential([("dense", 4, "tanh"), ("dropout", 0.5), ("dense", 1)], input_shape=2, seed=1)


def work() -> None:
    training.fit(net(), X, Y, loss="mean_squared_error", metrics=[], epochs=1, batch_size=3, seed=1, progress=False)


def interrupted(moment: int | None) -> int:
    """Work until Keras begins or ends a function that opens scopes for that time; how often it has."""
    count = 0

    def look(frame, event, _):
        nonlocal count
        code = frame.f_code
        if event in ("call", "return") and code.co_name in OF_SCOPES and "keras" in code.co_filename:
            count += 1
            if count == moment:
                sys.setprofile(None)
                raise KeyboardInterrupt

    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def scopes() -> dict:
    return {
        name: value for name, value in vars(global_state.GLOBAL_STATE_TRACKER).items() if name in _keras_scopes.SCOPES
    }


def test_an_interrupt_leaves_keras_as_it_was():
    work()
    before, expected = {**scopes()}, net()(X).numpy()
    moments = interrupted(None)
    assert moments > MOMENTS
    for moment in np.linspace(1, moments, MOMENTS).astype(int).tolist():
        with pytest.raises(KeyboardInterrupt):
            interrupted(moment)
        assert scopes() == before
        assert np.array_equal(net()(X).numpy(), expected)


def test_scopes_of_the_program_stay():
    with keras.name_scope("mine"), keras.utils.custom_object_scope({"mine": keras.layers.Dense}):
        before = scopes()
        with pytest.raises(KeyboardInterrupt):
            interrupted(3)
        assert scopes() == before
        assert keras.utils.get_registered_object("mine") is keras.layers.Dense


def test_an_interrupted_gradient_keeps_no_graph():
    """TensorFlow's C++ keeps what gradients it has then, and with each its graph."""

    @tf.custom_gradient
    def unfinished(x):
        def gradient(_):
            raise KeyboardInterrupt

        return tf.tanh(x), gradient

    @tf.function
    def slope_of_the_unfinished(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(unfinished(tf.matmul(x, x) + 1.0) ** 2)
        return tape.gradient(y, x)

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            slope_of_the_unfinished(tf.ones([3, 3]))
    gc.collect()
    kept = [each for each in gc.get_objects() if isinstance(each, FuncGraph) and "slope_of_the_unfinished" in each.name]
    assert [graph.get_operations() for graph in kept] == [[]] * len(kept)
