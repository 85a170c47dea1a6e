"""Ctrl-C while callbacks are told: it ends training wherever it comes, which Keras's own list of callbacks swallows."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from interrupted_lines import interrupted, lines_of

from pybridge.training._callback_list import CallbackList


class Told(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.logs = logs

    def on_train_batch_end(self, batch, logs=None):
        self.logs = logs

    def on_test_batch_end(self, batch, logs=None):
        self.logs = logs


HOOKS = ["on_epoch_end", "on_train_batch_end", "on_test_batch_end"]


@pytest.mark.parametrize("hook", HOOKS)
def test_an_interrupt_at_any_line_comes_out(hook):
    logs = {"loss": tf.constant(0.5), "nested": {"accuracy": 0.25}}
    callbacks = CallbackList([Told()])
    getattr(callbacks, hook)(0, logs)  # TensorFlow's first conversion swallows it in C++, once in a process
    came_out = [interrupted(lambda: getattr(callbacks, hook)(0, logs), line) for line in range(1, 500)]
    lines = came_out.index(None)
    assert lines > 10
    assert came_out[:lines] == [True] * lines


@pytest.mark.parametrize("limit", ["min", "max"])
def test_an_interrupt_while_keras_asks_for_a_dtypes_limit_comes_out(limit):
    """It does at each draw of a seed, and TensorFlow computes that behind `except:`."""
    lines = lines_of(lambda: getattr(tf.int32, limit), "dtypes.py")
    assert lines > 0
    for line in range(1, lines + 1):
        assert interrupted(lambda: getattr(tf.int32, limit), line, "dtypes.py") is True


NUMBERS = st.one_of(
    st.floats(width=32), st.integers(-9, 9), st.booleans(), st.none(), st.text(max_size=3), st.lists(st.floats(0, 1))
)
FORMS = st.sampled_from([lambda x: x, np.asarray, lambda x: tf.constant(x if isinstance(x, float) else 1.5)])
VALUES = st.builds(lambda form, x: form(x), FORMS, NUMBERS)
LOGS = st.recursive(
    st.dictionaries(st.text("abc", min_size=1), VALUES, max_size=3),
    lambda inner: st.dictionaries(st.text("abc", min_size=1), VALUES | inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("hook", HOOKS)
@settings(deadline=None, max_examples=60)
@given(logs=LOGS)
def test_callbacks_are_told_the_numbers_that_keras_tells(hook, logs):
    ours, theirs = Told(), Told()
    getattr(CallbackList([ours]), hook)(3, logs)
    getattr(keras.callbacks.CallbackList([theirs]), hook)(3, logs)
    assert repr(ours.logs) == repr(theirs.logs)
