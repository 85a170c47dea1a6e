"""`training.fit` against `keras.Model.fit`: the same arguments give the same weights, history and calls."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from pybridge import models, optimizers, training

random = np.random.default_rng(0)
X = random.normal(size=(70, 6)).astype("float32")
Y = random.integers(0, 3, 70)
X_NEW = random.normal(size=(25, 6)).astype("float32")
Y_NEW = random.integers(0, 3, 25)
WEIGHTS = random.uniform(0.1, 3, 70).astype("float32")


def small_net(**options):
    return models.sequential([("dense", 8, "relu"), ("dense", 3, "softmax")], input_shape=6, seed=1, **options)


def both(make, x=X, y=Y, *, optimizer=None, loss="sparse_categorical_crossentropy", metrics=("accuracy",), **options):
    """Train two models that begin alike, by Keras and by pybridge, and return each model with its history."""
    optimizer = optimizer or (lambda: "rmsprop")
    options = {"epochs": 3, "shuffle": False} | ({} if isinstance(x, tf.data.Dataset) else {"batch_size": 16}) | options
    callbacks = options.pop("callbacks", list)
    theirs = make()
    theirs.compile(optimizer=optimizer(), loss=loss, metrics=list(metrics) if isinstance(metrics, tuple) else metrics)
    expected = theirs.fit(x, y, verbose=0, callbacks=callbacks(), **options).history
    ours = make()
    history = training.fit(
        ours,
        x,
        y,
        optimizer=optimizer(),
        loss=loss,
        metrics=metrics,
        progress=False,
        callbacks=callbacks(),
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


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"jit": False},
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
    ids=str,
)
def test_it_does_with_each_argument_what_keras_does(options):
    jit = {"jit": options.pop("jit")} if "jit" in options else {}
    ours, history, theirs, expected = both(small_net, **options)
    if jit:
        ours = small_net()
        history = training.fit(ours, X, Y, epochs=3, batch_size=16, shuffle=False, progress=False, **jit, **options)
    assert_same(ours, history, theirs, expected)


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
    assert_same(*both(small_net, optimizer=optimizer))


@pytest.mark.parametrize(
    ("rule", "optimizer"),
    [
        (optimizers.sgd(0.1), keras.optimizers.SGD(0.1)),
        (optimizers.momentum(0.1, 0.8), keras.optimizers.SGD(0.1, momentum=0.8)),
        (optimizers.nesterov(0.1, 0.8), keras.optimizers.SGD(0.1, momentum=0.8, nesterov=True)),
        (optimizers.adagrad(0.1), keras.optimizers.Adagrad(0.1)),
        (optimizers.rmsprop(0.01), keras.optimizers.RMSprop(0.01)),
        (optimizers.adam(0.01), keras.optimizers.Adam(0.01)),
    ],
    ids=lambda value: value["rule"] if isinstance(value, dict) else "",
)
def test_a_rule_moves_as_the_keras_optimizer_it_is_named_after(rule, optimizer):
    theirs = small_net()
    theirs.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    expected = theirs.fit(X, Y, epochs=3, batch_size=16, shuffle=False, verbose=0).history
    ours = small_net()
    history = training.fit(ours, X, Y, optimizer=rule, epochs=3, batch_size=16, shuffle=False, progress=False)
    assert_same(ours, history, theirs, expected)


@pytest.mark.parametrize(
    ("loss", "targets", "metrics"),
    [
        ("categorical_crossentropy", np.eye(3, dtype="float32")[Y], ("accuracy", "mse", keras.metrics.Recall)),
        (keras.losses.Huber(), np.eye(3)[Y], ("mean_absolute_error",)),
        ("crossentropy", Y.reshape(-1, 1), ("acc", "sparse_categorical_crossentropy")),
        ("mse", np.eye(3, dtype="int64")[Y], ()),
        (lambda y_true, y_pred: tf.reduce_sum((y_true - y_pred) ** 2, axis=-1), np.eye(3)[Y], ()),
        (keras.losses.mean_absolute_error, np.eye(3)[Y], (keras.metrics.mean_squared_error,)),
    ],
    ids=["names", "objects", "by shape", "integers", "function", "keras functions"],
)
@pytest.mark.parametrize("options", [{}, {"sample_weight": WEIGHTS}, {"validation_split": 0.2}], ids=str)
def test_any_loss_and_metric_measures_as_in_keras(loss, targets, metrics, options):
    def measured():
        return tuple(metric(name="own") if isinstance(metric, type) else metric for metric in metrics)

    theirs = small_net()
    theirs.compile(optimizer="rmsprop", loss=loss, metrics=list(measured()))
    expected = theirs.fit(X, targets, epochs=2, batch_size=16, shuffle=False, verbose=0, **options).history
    ours = small_net()
    history = training.fit(
        ours,
        X,
        targets,
        loss=loss,
        metrics=measured(),
        epochs=2,
        batch_size=16,
        shuffle=False,
        progress=False,
        **options,
    )
    assert_same(ours, history, theirs, expected)


def two_places():
    left, right = keras.Input((4,), name="left"), keras.Input((2,), name="right")
    initializer = keras.initializers.GlorotUniform(3)
    together = keras.layers.Concatenate()([keras.layers.Dense(5, kernel_initializer=initializer)(left), right])
    label = keras.layers.Dense(3, "softmax", name="label", kernel_initializer=initializer)(together)
    size = keras.layers.Dense(1, name="size", kernel_initializer=initializer)(together)
    return keras.Model([left, right], [label, size])


def named_places():
    model = two_places()
    return keras.Model(
        dict(zip(["left", "right"], model.inputs, strict=True)),
        dict(zip(["label", "size"], model.outputs, strict=True)),
    )


SIZES = X.sum(axis=1, keepdims=True)


# Keras counts a last batch that is not full as much as a full one in the loss of each of several outputs.
WHOLE = slice(0, 64)


def test_a_model_of_several_inputs_and_outputs():
    assert_same(
        *both(
            two_places,
            x=[X[WHOLE, :4], X[WHOLE, 4:]],
            y=[Y[WHOLE], SIZES[WHOLE]],
            loss=["sparse_categorical_crossentropy", "mse"],
            metrics=[["accuracy"], ["mae"]],
            sample_weight=None,
        )
    )


def test_a_model_of_named_inputs_and_outputs():
    assert_same(
        *both(
            named_places,
            x={"left": X[WHOLE, :4], "right": X[WHOLE, 4:]},
            y={"label": Y[WHOLE], "size": SIZES[WHOLE]},
            loss={"label": "sparse_categorical_crossentropy", "size": "mse"},
            metrics={"label": ["accuracy"]},
            sample_weight={"label": WEIGHTS[WHOLE], "size": WEIGHTS[WHOLE][::-1].copy()},
            validation_split=0.25,
        )
    )


def test_one_sample_weight_counts_for_every_output():
    assert_same(
        *both(
            two_places,
            x=[X[WHOLE, :4], X[WHOLE, 4:]],
            y=[Y[WHOLE], SIZES[WHOLE]],
            loss=["sparse_categorical_crossentropy", "mse"],
            metrics=[["accuracy"], []],
            sample_weight=WEIGHTS[WHOLE],
        )
    )


def with_state():
    return models.sequential(
        [("dense", 8, "relu"), "batch_normalization", ("dense", 3, "softmax", {"kernel_regularizer": "l2"})],
        input_shape=6,
        seed=2,
    )


def test_state_that_is_not_trained_and_regularizers():
    assert_same(*both(with_state, validation_split=0.2))


def test_frozen_layers_stay():
    def make():
        model = small_net()
        model.layers[0].trainable = False
        return model

    ours, *rest = both(make)
    assert_same(ours, *rest)
    np.testing.assert_array_equal(ours.layers[0].kernel, small_net().layers[0].kernel)


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    """A model that has its weights only when it has seen data."""

    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(8, "relu", kernel_initializer=keras.initializers.GlorotUniform(4))
        self.last = keras.layers.Dense(3, "softmax", kernel_initializer=keras.initializers.GlorotUniform(5))

    def call(self, x, training=False):
        return self.last(self.hidden(x) * (2.0 if training else 1.0))


def test_a_subclassed_model():
    assert_same(*both(Subclassed, validation_split=0.2))


class OwnStep(Subclassed):
    """A model with a step of its own, which reports what no metric measures."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x, training=True) - tf.one_hot(y, 3)) ** 2)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"own": loss, "steps": self.optimizer.iterations + 0}

    def test_step(self, data):
        x, y = data
        return {"own": tf.reduce_mean((self(x) - tf.one_hot(y, 3)) ** 2)}


def test_a_model_with_steps_of_its_own():
    ours, history, theirs, expected = both(OwnStep, metrics=None, validation_split=0.2)
    assert_same(ours, history, theirs, expected)
    assert list(history) == ["own", "steps", "val_own"]
    assert history["steps"] == [4, 8, 12]
    by_default = training.fit(OwnStep(), X, Y, epochs=1, progress=False)
    assert list(by_default) == ["own", "steps"]


class OwnLoss(keras.Model):
    """A model that makes its loss of its inputs alone."""

    def __init__(self):
        super().__init__()
        self.code = keras.layers.Dense(6, kernel_initializer=keras.initializers.GlorotUniform(6))

    def call(self, x):
        y = self.code(x)
        self.add_loss(keras.ops.mean((y - x) ** 2))
        return y


def test_a_model_that_makes_its_own_loss():
    assert_same(*both(OwnLoss, y=None, loss=None, metrics=()))


def test_a_model_that_xla_cannot_compile_because_of_its_layers():
    def make():
        return models.sequential([("reshape", [3, 2]), ("lstm", 4), ("dense", 3, "softmax")], input_shape=6, seed=1)

    assert_same(*both(make))


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
    assert_same(*both(small_net, x=make(), y=None, **options))


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
@pytest.mark.parametrize("options", [{}, {"validation_split": 0.3}, {"epochs": 3, "initial_epoch": 1}], ids=str)
def test_callbacks_are_told_what_keras_tells_them(diary, options):
    diaries = [diary(), diary()]
    left = list(reversed(diaries))
    assert_same(*both(small_net, callbacks=lambda: [left.pop()], **options))
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


def test_training_goes_on_with_a_keras_optimizer_of_ones_own():
    def make():
        model = small_net()
        model.own = keras.optimizers.Adam(0.01)
        return model

    theirs, ours = make(), make()
    theirs.compile(optimizer=theirs.own, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    for _ in range(2):
        expected = theirs.fit(X, Y, epochs=2, batch_size=16, shuffle=False, verbose=0).history
        history = training.fit(ours, X, Y, optimizer=ours.own, epochs=2, batch_size=16, shuffle=False, progress=False)
    assert_same(ours, history, theirs, expected)


def test_after_training_keras_goes_on_from_there():
    ours = small_net()
    training.fit(ours, X, Y, epochs=1, shuffle=False, progress=False)
    loss, accuracy = ours.evaluate(X, Y, verbose=0)
    assert models.evaluate(ours, X, Y) == pytest.approx({"loss": loss, "accuracy": accuracy})
    assert ours.fit(X, Y, verbose=0).history["loss"][0] < loss * 1.1


def test_integers_and_lists_train_as_arrays_of_them_do():
    images = random.integers(0, 255, (40, 6)).astype("uint8")
    assert_same(*both(small_net, x=images, y=Y[:40].astype("uint8"), optimizer=lambda: keras.optimizers.SGD(1e-4)))
    ours, by_lists = small_net(), small_net()
    training.fit(ours, X, Y, epochs=1, shuffle=False, progress=False)
    training.fit(by_lists, X.tolist(), Y.tolist(), epochs=1, shuffle=False, progress=False)
    for weight, other in zip(models.weights(ours), models.weights(by_lists), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_float64_is_read_in_the_precision_of_keras():
    assert_same(*both(small_net, x=X.astype("float64"), sample_weight=WEIGHTS.astype("float64")))
