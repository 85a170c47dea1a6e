"""Trains many small models, alone or as one worker of several, and writes down what they end with.

python battery.py FOLDER [CASES...]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pybridge import distributed

strategy = distributed.strategy(timeout=200)  # before TensorFlow computes anything

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from sources import Sequence, mapped  # noqa: E402

from pybridge import models, training  # noqa: E402

SAMPLES = 67  # with batches of 16, the last has 3
CLASSES = 3
generator = np.random.default_rng(5)
X = generator.normal(size=(SAMPLES, 4)).astype(np.float32)
Y = generator.integers(0, CLASSES, SAMPLES)
WEIGHTS = generator.random(SAMPLES).astype(np.float32)

Case = tuple[Callable[[], keras.Model], dict[str, Any]]


def net(*layers: Any, **options: Any) -> keras.Model:
    hidden = layers or (("dense", 8, "tanh"),)
    return models.sequential([*hidden, ("dense", CLASSES, "softmax")], input_shape=options.get("shape", [4]), seed=2)


def regularized() -> keras.Model:
    return net(("dense", 8, {"activation": "tanh", "kernel_regularizer": keras.regularizers.L2(0.05)}))


def two_outputs() -> keras.Model:
    x = keras.Input((4,))
    hidden = keras.layers.Dense(6, "tanh", kernel_initializer=keras.initializers.GlorotUniform(3))(x)
    one, two = (keras.layers.Dense(n, kernel_initializer=keras.initializers.GlorotUniform(n)) for n in (1, CLASSES))
    return keras.Model(x, {"one": one(hidden), "two": keras.layers.Softmax()(two(hidden))})


class OwnStep(keras.Model):
    """Trains by a loss of its own, and returns it."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = keras.layers.Dense(CLASSES, kernel_initializer=keras.initializers.GlorotUniform(4))
        self.build((None, 4))

    def build(self, shape: Any) -> None:
        self.layer.build(shape)
        self.built = True

    def call(self, x: Any) -> Any:
        return self.layer(x)

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, self(x), from_logits=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"error": loss}


class TwoUpdates(keras.Model):
    """Two nets that each train by what the other gives, as those of a GAN."""

    def __init__(self) -> None:
        super().__init__()
        self.maker = models.sequential([("dense", 5, "tanh"), ("dense", 4)], input_shape=[2], seed=1)
        self.judge = models.sequential([("dense", 5, "tanh"), ("dense", 1)], input_shape=[4], seed=2)
        self.errors = [keras.metrics.Mean("judge"), keras.metrics.Mean("maker")]
        self.loss_of = keras.losses.BinaryCrossentropy(from_logits=True)
        self.built = True

    def compile(self, optimizers: Any) -> None:
        super().compile(optimizer=None, loss=None)
        self.optimizers = optimizers

    @property
    def metrics(self) -> list[Any]:
        return self.errors

    def train_step(self, data: Any) -> dict[str, Any]:
        x = data[0] if isinstance(data, tuple) else data
        ones = tf.ones_like(x[:, :1])
        for net, optimizer, error in zip((self.judge, self.maker), self.optimizers, self.errors, strict=True):
            with tf.GradientTape() as tape:
                made = self.judge(self.maker(x[:, 2:]))
                real = self.loss_of(ones, self.judge(x)) + self.loss_of(0 * ones, made)
                loss = real if net is self.judge else self.loss_of(ones, made)
            gradients = tape.gradient(loss, net.trainable_variables)
            optimizer.apply_gradients(zip(gradients, net.trainable_variables, strict=True))
            error.update_state(loss)
        return {error.name: error.result() for error in self.errors}


class Teacher(OwnStep):
    """Goes on with the weights that its update has changed, and tells what it likes."""

    def build(self, shape: Any) -> None:
        self.mean = self.add_weight(shape=(4, CLASSES), initializer="zeros", trainable=False)
        super().build(shape)

    def train_step(self, data: Any) -> dict[str, Any]:
        logs = super().train_step(data)
        self.mean.assign(0.9 * self.mean + 0.1 * self.trainable_variables[0])
        after = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(data[1], self(data[0]), from_logits=True))
        return logs | {"after": after, "rate": self.optimizer.learning_rate}


class OwnLogs(keras.Sequential):
    def train_step(self, data: Any) -> dict[str, Any]:
        return super().train_step(data) | {"rate": self.optimizer.learning_rate}


def own_logs() -> keras.Model:
    model = OwnLogs([keras.Input((4,)), *net().layers])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def cubes() -> keras.Model:
    return models.sequential(
        [("dense", 5, "tanh"), "flatten", ("dense", CLASSES, "softmax")], input_shape=[2, 2], seed=2
    )


def two_updates(*optimizers: Any) -> Callable[[], keras.Model]:
    def make() -> keras.Model:
        model = TwoUpdates()
        model.compile(optimizers)
        return model

    return make


TWO = {"y": None}


def batches() -> Any:
    while True:
        yield from ((X[start : start + 16], Y[start : start + 16]) for start in range(0, SAMPLES, 16))


def dataset(size: int = 16) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(size)


def sgd(rate: Any = 0.1, **options: Any) -> dict[str, Any]:
    return {"optimizer": keras.optimizers.SGD(rate, **options)}


def fashioned(name: str, **options: Any) -> dict[str, Any]:
    return {"optimizer": getattr(keras.optimizers, name)(**options)}


def scaled(scale: float) -> dict[str, Any]:
    return {"optimizer": keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1e-4), initial_scale=scale)}


DROPOUT = (("dense", 8, "tanh"), ("dropout", 0.4))
EMBEDDED = [("embedding", 9, 4), "flatten"]


def own_losses() -> dict[str, Any]:
    def squares(y: Any, p: Any) -> Any:
        return tf.reduce_sum((tf.one_hot(tf.cast(tf.reshape(y, [-1]), tf.int32), CLASSES) - p) ** 2, -1)

    def close(y: Any, p: Any) -> Any:
        return tf.reduce_max(p, -1)

    return sgd() | {"loss": squares, "metrics": [close]}


AS_ONE: dict[str, Callable[[], Case]] = {
    "sgd": lambda: (net, sgd()),
    "sgd, again": lambda: (net, sgd()),
    "compiled by XLA": lambda: (net, sgd() | {"jit": True}),
    "momentum": lambda: (net, sgd(momentum=0.9, nesterov=True)),
    "clipnorm": lambda: (net, sgd(clipnorm=0.05)),
    "global_clipnorm": lambda: (net, sgd(global_clipnorm=0.05)),
    "clipvalue": lambda: (net, sgd(clipvalue=0.01)),
    "weight decay": lambda: (net, sgd(weight_decay=0.1)),
    "moving average": lambda: (net, sgd(use_ema=True, ema_momentum=0.7)),
    "accumulation": lambda: (net, sgd(gradient_accumulation_steps=3)),
    "loss scale": lambda: (net, scaled(1024.0)),
    "schedule": lambda: (net, sgd(keras.optimizers.schedules.ExponentialDecay(0.2, 2, 0.8))),
    "a rule of ours": lambda: (net, {"optimizer": {"rule": "sgd", "learning_rate": 0.1, "clip_norm": 0.5}}),
    "regularizer": lambda: (regularized, sgd()),
    "batches that do not divide": lambda: (net, sgd() | {"batch_size": 7}),
    "one sample left": lambda: (net, sgd() | {"batch_size": 11}),
    "one batch of all": lambda: (net, sgd() | {"batch_size": 1000}),
    "shuffled in batches": lambda: (net, sgd() | {"shuffle": "batch"}),
    "some steps": lambda: (net, sgd() | {"steps_per_epoch": 3, "epochs": 3}),
    "sample weights": lambda: (net, sgd() | {"sample_weight": WEIGHTS, "weighted_metrics": ["accuracy"]}),
    "class weights": lambda: (net, sgd() | {"class_weight": {0: 1.0, 1: 3.0, 2: 0.2}}),
    "validation": lambda: (net, sgd() | {"validation_split": 0.3, "validation_batch_size": 8}),
    "validation a sample at a time": lambda: (net, sgd() | {"validation_split": 0.3, "validation_batch_size": 1}),
    "early stopping": lambda: (
        net,
        sgd(5.0) | {"epochs": 9, "callbacks": training.EarlyStopping("loss", restore_best_weights=True)},
    ),
    "functions for loss and metric": lambda: (net, own_losses()),
    "metrics": lambda: (
        net,
        sgd()
        | {"metrics": ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2), "sparse_categorical_crossentropy"]},
    ),
    "several outputs": lambda: (
        two_outputs,
        sgd()
        | {
            "y": {"one": X[:, :1], "two": Y},
            "loss": {"one": "mean_squared_error", "two": "sparse_categorical_crossentropy"},
            "loss_weights": {"one": 0.3, "two": 2.0},
            "metrics": {"one": ["mean_absolute_error"], "two": ["accuracy"]},
        },
    ),
    "embedding": lambda: (lambda: net(*EMBEDDED, shape=[4]), sgd() | {"x": np.abs(X * 3).astype(int) % 9}),
    "a step of its own": lambda: (OwnStep, sgd() | {"loss": None, "metrics": []}),
    "frozen": lambda: (frozen, sgd()),
    "a step that goes on": lambda: (Teacher, sgd() | {"loss": None, "metrics": []}),
    "a step with logs of its own": lambda: (own_logs, {"optimizer": keras.optimizers.SGD(0.1)}),
    "dense layers on three axes": lambda: (cubes, sgd() | {"x": X.reshape(-1, 2, 2)}),
    "two updates": lambda: (two_updates(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.05)), dict(TWO)),
    "two updates, a dataset": lambda: (
        two_updates(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.05, momentum=0.5)),
        TWO | {"x": tf.data.Dataset.from_tensor_slices(X).batch(16)},
    ),
    "a dataset": lambda: (net, sgd() | {"x": dataset(), "y": None}),
    "a dataset that validates": lambda: (net, sgd() | {"x": dataset(7), "y": None, "validation_data": dataset(1)}),
    "an endless dataset": lambda: (net, sgd() | {"x": dataset().repeat(), "y": None, "steps_per_epoch": 7}),
    "a shuffled dataset": lambda: (net, sgd() | {"x": dataset(1).unbatch().shuffle(30, seed=3).batch(9), "y": None}),
    "a generator": lambda: (net, sgd() | {"x": batches(), "y": None, "steps_per_epoch": 5}),
    "a PyDataset": lambda: (net, sgd() | {"x": Sequence(X, Y, 16), "y": None, "shuffle": False}),
    "a dataset, for a model that is not built": lambda: (unbuilt, sgd() | {"x": dataset(), "y": None}),
    "memory-mapped": lambda: (net, sgd() | {"x": mapped(X), "y": mapped(Y)}),
    "memory-mapped, validated": lambda: (
        net,
        sgd() | {"x": mapped(X), "batch_size": 7, "validation_split": 0.3, "validation_batch_size": 1},
    ),
    "memory-mapped, weights": lambda: (net, sgd() | {"x": mapped(X), "sample_weight": mapped(WEIGHTS), "jit": True}),
}
ALIKE: dict[str, Callable[[], Case]] = {
    **{
        name: lambda name=name: (net, fashioned(name))
        for name in ("Adam", "AdamW", "RMSprop", "Nadam", "Adagrad", "Adadelta", "Adamax", "Ftrl", "Lion", "Lamb")
    },
    "dropout": lambda: (lambda: net(*DROPOUT), sgd()),
    "batch normalization": lambda: (lambda: net(("dense", 8), "batch_normalization"), sgd()),
    "a loss scale that overflows at first": lambda: (net, scaled(2.0**127) | {"loss_weights": [1000.0]}),
    "no seed": lambda: (lambda: net(*DROPOUT), sgd() | {"seed": None}),
}


def unbuilt() -> keras.Model:
    return models.sequential([("dense", 8, "tanh"), ("dense", CLASSES, "softmax")], seed=2)


def frozen() -> keras.Model:
    model = net(("dense", 8, "tanh"), ("dense", 8, "tanh"))
    model.layers[1].trainable = False
    return model


def run(case: Case) -> tuple[list[np.ndarray], dict[str, Any]]:
    make, told = case
    model = make()
    told = {"x": X, "y": Y, "epochs": 2, "batch_size": 16, "seed": 4, "jit": False, "progress": False} | told
    losses = (
        {}
        if isinstance(model, TwoUpdates) or "loss" in told
        else {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    )
    history = training.fit(model, **(losses | told), strategy=strategy)
    held = [model.optimizer] if model.optimizer is not None else model.optimizers
    kept = [*model.variables, *(variable for optimizer in held for variable in optimizer.variables)]
    return [np.asarray(each.value) for each in kept], history


def main(folder: str, *names: str) -> None:
    cases = AS_ONE | ALIKE
    histories = {}
    for name in names or cases:
        weights, histories[name] = run(cases[name]())
        np.savez(Path(folder) / f"{strategy.count}-{strategy.rank}-{name}.npz", *weights)
    told = {"as one": [name for name in histories if name in AS_ONE], "histories": histories}
    (Path(folder) / f"{strategy.count}-{strategy.rank}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
