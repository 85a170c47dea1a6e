"""`training.fit` against `keras.Model.fit`: the same arguments give the same weights and history."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from training_nets import WEIGHTS, X_NEW, Y_NEW, X, Y, named, random, small_net
from training_pairs import assert_same, both, step_by_step

from pybridge import models, optimizers, training


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 70},
        {"batch_size": 200},
        {"batch_size": 7},
        {"epochs": 0},
        {"epochs": 4, "initial_epoch": 2},
        {"epochs": 1, "initial_epoch": 2},
        {"validation_split": 0.3},
        {"validation_data": (X_NEW, Y_NEW)},
        {"validation_data": (X_NEW, Y_NEW, WEIGHTS[:25])},
        {"sample_weight": WEIGHTS},
        {"sample_weight": WEIGHTS, "validation_split": 0.2},
        {"class_weight": {0: 0.5, 2: 3.0}},
        {"class_weight": {0: 0.5, 2: 3.0}, "validation_split": 0.2},
    ],
    ids=named,
)
def test_it_does_with_each_argument_what_keras_does(options):
    assert_same(*both(small_net, jit=False, **options))


@pytest.mark.parametrize("options", [{}, {"sample_weight": WEIGHTS, "validation_split": 0.2}], ids=named)
def test_so_it_does_in_xla(options):
    assert_same(*both(small_net, **options))


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: "sgd",
        lambda: "Adam",
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1, clipnorm=0.5),
        lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)),
        lambda: keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5),
        lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=3),
    ],
)
def test_any_keras_optimizer_moves_as_in_keras(optimizer):
    assert_same(*both(small_net, optimizer=optimizer, epochs=3, jit=False))


@pytest.mark.parametrize(
    ("rule", "optimizer"),
    [
        (optimizers.sgd(0.1), keras.optimizers.SGD(0.1)),
        (optimizers.momentum(0.1, 0.8), keras.optimizers.SGD(0.1, momentum=0.8)),
        (optimizers.nesterov(0.1, 0.8), keras.optimizers.SGD(0.1, momentum=0.8, nesterov=True)),
        (optimizers.adagrad(0.1), keras.optimizers.Adagrad(0.1)),
        (optimizers.rmsprop(0.01), keras.optimizers.RMSprop(0.01)),
        (optimizers.adam(0.01), keras.optimizers.Adam(0.01)),
        (optimizers.adam(0.01, amsgrad=True), keras.optimizers.Adam(0.01, amsgrad=True)),
        (optimizers.adamw(0.01, weight_decay=0.1, clip_norm=0.1), keras.optimizers.AdamW(0.01, 0.1, clipnorm=0.1)),
        (optimizers.sgd(0.1, clip_value=0.01), keras.optimizers.SGD(0.1, clipvalue=0.01)),
        (
            optimizers.momentum(optimizers.warmup(optimizers.cosine_decay(0.1, 9), 3), 0.8),
            keras.optimizers.SGD(
                keras.optimizers.schedules.CosineDecay(0.0, 9, warmup_target=0.1, warmup_steps=3), momentum=0.8
            ),
        ),
    ],
    ids=lambda value: value["rule"] if isinstance(value, dict) else "",
)
def test_a_rule_moves_as_the_keras_optimizer_it_is_named_after(rule, optimizer):
    theirs = small_net()
    theirs.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    options = {"epochs": 3, "batch_size": 24, "shuffle": False}
    expected = step_by_step(theirs).fit(X, Y, verbose=0, **options).history
    ours = small_net()
    history = training.fit(ours, X, Y, optimizer=rule, progress=False, **options)
    assert_same(ours, history, theirs, expected)


def squared_error(y_true, y_pred):
    return tf.reduce_sum((y_true - y_pred) ** 2, axis=-1)


ONE_HOT = np.eye(3, dtype="float32")[Y]


@pytest.mark.parametrize(
    ("loss", "targets", "metrics", "options"),
    [
        ("categorical_crossentropy", ONE_HOT, lambda: ["accuracy", "mse", keras.metrics.Recall(name="recall")], {}),
        ("categorical_crossentropy", ONE_HOT, lambda: [keras.metrics.F1Score()], {"sample_weight": WEIGHTS}),
        (keras.losses.Huber(), ONE_HOT, lambda: ["mean_absolute_error"], {"sample_weight": WEIGHTS}),
        ("crossentropy", Y[:, None], lambda: ["acc", "sparse_categorical_crossentropy"], {"validation_split": 0.2}),
        ("mse", ONE_HOT.astype("int64"), lambda: None, {"class_weight": {1: 2.0}}),
        (squared_error, ONE_HOT, lambda: [squared_error], {"sample_weight": WEIGHTS}),
        (keras.losses.mean_absolute_error, ONE_HOT, lambda: [keras.metrics.mean_squared_error], {}),
    ],
    ids=["names", "a metric of several numbers", "objects", "by shape", "integers", "functions", "keras functions"],
)
def test_any_loss_and_metric_measures_as_in_keras(loss, targets, metrics, options):
    assert_same(*both(small_net, y=targets, loss=loss, metrics=metrics, jit=False, **options))


def test_training_goes_on_with_a_keras_optimizer_of_ones_own():
    def make():
        model = small_net()
        model.own = keras.optimizers.Adam(0.01)
        return model

    theirs, ours = make(), make()
    theirs.compile(optimizer=theirs.own, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    for _ in range(2):
        expected = step_by_step(theirs).fit(X, Y, epochs=1, batch_size=24, shuffle=False, verbose=0).history
        history = training.fit(ours, X, Y, optimizer=ours.own, epochs=1, batch_size=24, shuffle=False, progress=False)
    assert_same(ours, history, theirs, expected)


def test_after_training_keras_goes_on_from_there():
    ours = small_net()
    training.fit(ours, X, Y, epochs=1, shuffle=False, progress=False)
    loss, accuracy = ours.evaluate(X, Y, verbose=0)
    assert models.evaluate(ours, X, Y) == pytest.approx({"loss": loss, "accuracy": accuracy})
    assert ours.fit(X, Y, verbose=0).history["loss"][0] < loss * 1.1


def test_integers_and_lists_train_as_arrays_of_them_do():
    images = random.integers(0, 255, (40, 6)).astype("uint8")
    rate = 1e-4
    assert_same(*both(small_net, x=images, y=Y[:40].astype("uint8"), optimizer=lambda: keras.optimizers.SGD(rate)))
    ours, by_lists = small_net(), small_net()
    training.fit(ours, X, Y, epochs=1, shuffle=False, progress=False, jit=False)
    training.fit(by_lists, X.tolist(), Y.tolist(), epochs=1, shuffle=False, progress=False, jit=False)
    for weight, other in zip(models.weights(ours), models.weights(by_lists), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_float64_is_read_in_the_precision_of_keras():
    assert_same(*both(small_net, x=X.astype("float64"), sample_weight=WEIGHTS.astype("float64"), jit=False))
