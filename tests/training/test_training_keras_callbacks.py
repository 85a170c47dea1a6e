"""`training.fit` against `keras.Model.fit`: what callbacks are told, and datasets."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from training_nets import WEIGHTS, X_NEW, Y_NEW, X, Y, named, small_net
from training_pairs import assert_same, both

from pybridge import models, training


def dataset(batch_size=16, count=70, *parts):
    return tf.data.Dataset.from_tensor_slices((X[:count], Y[:count], *parts)).batch(batch_size)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # in Keras, when it did not know the length
@pytest.mark.parametrize(
    ("make", "options"),
    [
        (dataset, {}),
        (lambda: dataset().unbatch().batch(16), {}),
        (lambda: dataset(16, 70, WEIGHTS), {}),
        (dataset, {"class_weight": {0: 0.5, 1: 1.0, 2: 3.0}}),
        (dataset, {"validation_data": dataset(7, 25)}),
        (dataset, {"validation_data": (X_NEW, Y_NEW)}),
        (lambda: dataset().shuffle(10, seed=1, reshuffle_each_iteration=False), {}),
    ],
    ids=["plain", "unknown length", "weights", "class weights", "validated", "validated on arrays", "shuffled"],
)
def test_a_dataset(make, options):
    assert_same(*both(small_net, x=make(), y=None, jit=False if options else "auto", **options))


class Diary(keras.callbacks.Callback):
    """Writes down everything it is told."""

    hooks = (
        "train_begin",
        "train_end",
        "epoch_begin",
        "epoch_end",
        "train_batch_begin",
        "train_batch_end",
        "test_begin",
        "test_end",
        "test_batch_begin",
        "test_batch_end",
    )

    def __init__(self):
        super().__init__()
        self.lines = []

    def set_params(self, params):
        super().set_params(params)
        self.lines.append(("params", (params["epochs"], params["steps"])))


def _hook(name):
    def hook(self, *arguments, logs=None):
        logs = arguments[-1] if arguments and isinstance(arguments[-1], dict) else logs
        self.lines.append((name, *[a for a in arguments if isinstance(a, int)], sorted(logs or {})))
        if logs:
            self.lines.append(np.round([logs[key] for key in sorted(logs)], 3).tolist())

    return hook


for _name in Diary.hooks:
    setattr(Diary, f"on_{_name}", _hook(_name))


class EpochDiary(keras.callbacks.Callback):
    """Writes down what it is told of epochs alone."""

    def __init__(self):
        super().__init__()
        self.lines = []

    on_train_begin = _hook("train_begin")
    on_train_end = _hook("train_end")
    on_epoch_begin = _hook("epoch_begin")
    on_epoch_end = _hook("epoch_end")


@pytest.mark.parametrize("diary", [Diary, EpochDiary])
@pytest.mark.parametrize("options", [{}, {"validation_split": 0.3}, {"epochs": 3, "initial_epoch": 1}], ids=named)
def test_callbacks_are_told_what_keras_tells_them(diary, options):
    diaries = [diary(), diary()]
    left = list(reversed(diaries))
    assert_same(*both(small_net, callbacks=lambda: [left.pop()], jit=False, **options))
    assert diaries[0].lines
    assert diaries[0].lines == diaries[1].lines


def scheduled():
    return [keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)]


def on_plateau():
    return [keras.callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=1, min_delta=0.5)]


def stopped_early():
    return [keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True)]


def stopped_in_an_epoch():
    def stop(batch, logs):
        if batch == 2:
            callback.model.stop_training = True

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=stop)
    return [callback]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in Keras, with NumPy 2
@pytest.mark.parametrize("callbacks", [scheduled, on_plateau, stopped_early, stopped_in_an_epoch])
def test_keras_callbacks_do_their_work(callbacks):
    assert_same(
        *both(
            small_net,
            optimizer=lambda: keras.optimizers.Adam(0.1),
            callbacks=callbacks,
            jit=False,
            epochs=8,
            validation_data=(X_NEW, Y_NEW),
        )
    )


def test_early_stopping_stops_where_that_of_keras_does():
    def run(stopping):
        model = small_net()
        history = training.fit(
            model,
            X,
            Y,
            optimizer=keras.optimizers.Adam(0.1),
            validation_data=(X_NEW, Y_NEW),
            epochs=20,
            batch_size=16,
            seed=0,
            progress=False,
            callbacks=[stopping],
        )
        return history, models.weights(model)

    ours, weights = run(training.EarlyStopping("val_loss", 2, restore_best_weights=True))
    theirs, wanted = run(keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True))
    assert ours == theirs
    assert 2 < len(ours["loss"]) < 20
    for weight, other in zip(weights, wanted, strict=True):
        np.testing.assert_array_equal(weight, other)
