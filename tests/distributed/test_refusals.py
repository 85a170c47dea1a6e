"""What several workers would train otherwise than one worker does is refused before they begin."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from pybridge import distributed, models, training
from pybridge.distributed._workers import ALONE, Workers
from pybridge.errors import DtypeError, OptionError
from pybridge.training._data_adapters import ArrayAdapter, StreamAdapter
from pybridge.training._joint_program import JointProgram
from pybridge.training._joint_start import begin_together

X, Y = np.ones((12, 4), np.float32), np.zeros(12, int)


class Biggest(keras.metrics.Metric):
    def __init__(self) -> None:
        super().__init__()
        self.most = self.add_variable((), "zeros")

    def update_state(self, y: Any, p: Any, sample_weight: Any = None) -> None:
        self.most.assign(keras.ops.maximum(self.most, keras.ops.max(p)))

    def result(self) -> Any:
        return self.most


class OwnFunction(keras.Sequential):
    def make_train_function(self, force: bool = False) -> None:
        pass


def pair() -> Workers:
    """What a worker of two knows of the other, without asking it anything."""
    workers = Workers()
    workers.count, workers.together = 2, True
    return workers


def net(*layers: Any, **options: Any) -> keras.Model:
    model = models.sequential([*layers, ("dense", 3, "softmax")], input_shape=[4])
    model.compile(**{"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"} | options)
    return model


def of_its_own() -> keras.Model:
    model = OwnFunction([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    return model


SPEC = (tf.TensorSpec([2, 4]), tf.TensorSpec([2], tf.int64))
ARRAYS = ArrayAdapter((X, Y), 4)
SUMS = keras.losses.SparseCategoricalCrossentropy(reduction="sum")
TOGETHER = keras.layers.BatchNormalization(synchronized=True, name="norm")


class OwnMask(keras.layers.Layer):
    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_mask(self, inputs: Any, previous: Any = None) -> Any:
        return keras.ops.any(inputs > 0, -1)


class OwnCall(keras.losses.Loss):
    def __call__(self, y: Any, p: Any, sample_weight: Any = None) -> Any:
        return tf.reduce_sum(p)


def of_fixed_size() -> keras.Model:
    model = keras.Sequential([keras.Input(batch_shape=(12, 4), name="four"), keras.layers.Dense(3)])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


ACTIVE = keras.layers.Dense(3, activity_regularizer="l2", name="active")


@pytest.mark.parametrize(
    ("make", "adapter", "why"),
    [
        (
            net,
            ArrayAdapter((X, Y), 1),
            "a batch of 1 samples does not do for 2 workers; batch_size counts the samples of",
        ),
        (
            lambda: net(run_eagerly=True),
            ARRAYS,
            "several workers cannot train a model that says itself how its steps run",
        ),
        (
            lambda: net(steps_per_execution=2),
            ARRAYS,
            "several workers cannot train a model that says itself how its steps",
        ),
        (of_its_own, ARRAYS, "several workers cannot train a model that says itself how its steps run: leave out"),
        (lambda: net(loss=SUMS), ARRAYS, "has reduction='sum'; several workers train with the mean over a batch"),
        (
            lambda: net(TOGETHER),
            ARRAYS,
            "the layer norm is synchronized over a batch, of which each worker sees its part",
        ),
        (lambda: net(ACTIVE), ARRAYS, "the layer active has an activity_regularizer, which adds up over a batch"),
        (lambda: net(keras.layers.Masking(name="mask")), ARRAYS, "the layer mask makes a mask, by which Keras counts"),
        (
            lambda: net(OwnMask(name="own")),
            ARRAYS,
            "the layer own makes a mask, by which Keras counts the samples of a",
        ),
        (of_fixed_size, ARRAYS, "the layer four has a batch of fixed size, or a state for each place in it"),
        (
            lambda: net(loss=keras.losses.Circle()),
            ARRAYS,
            "the loss circle compares samples of a batch with each other",
        ),
        (lambda: net(loss=OwnCall()), ARRAYS, "the loss own_call compares samples of a batch with each other, or is"),
        (lambda: net(metrics=[Biggest()]), ARRAYS, "the metric biggest is a class of its own, of which nobody knows"),
    ],
)
def test_a_model_that_several_would_train_otherwise(make, adapter, why):
    model = make()
    model.train_on_batch(X, Y) if not isinstance(model, OwnFunction) else None
    with pytest.raises(OptionError) as error:
        begin_together(model, adapter, None, pair())
    assert why in str(error.value)
    begin_together(model, adapter, None, ALONE)


@pytest.mark.parametrize(
    "x",
    [tf.ragged.constant([[1.0], [1.0, 2.0]]), tf.sparse.from_dense(np.eye(4, dtype=np.float32))],
    ids=["ragged", "sparse"],
)
def test_samples_without_a_place_for_each_number(x):
    model = net()
    stream = StreamAdapter(model, "", x=tf.data.Dataset.from_tensor_slices(x).batch(4))
    says = "several workers each take their part of dense samples, and these are sparse or ragged; give arrays"
    with pytest.raises(OptionError, match=says):
        begin_together(model, stream, None, pair())


@pytest.mark.parametrize(
    "options",
    [
        {"loss": lambda y, p: tf.reduce_sum(p)},
        {"loss": lambda y, p: tf.reshape(tf.reduce_sum(p), [1])},
        {"loss": lambda y, p: tf.reduce_mean(p, 0)},
        {"metrics": [lambda y, p: tf.reduce_max(p)]},
        {"weighted_metrics": [lambda y, p: tf.reduce_mean(p, 0)]},
    ],
)
def test_a_loss_or_a_metric_of_a_batch(options):
    model = net(**options)
    with pytest.raises(
        OptionError, match="gives one number for a whole batch, of which each worker has a part; let it"
    ):
        JointProgram(model, SPEC, "train_step", pair(), check=False, xla=False)


class InLoop(keras.Sequential):
    def train_step(self, data: Any) -> dict[str, Any]:
        step = super().train_step
        return {"loss": tf.cond(tf.reduce_sum(data[0]) > 0, lambda: step(data)["loss"], lambda: 0.0)}


class ByHand(keras.Sequential):
    def train_step(self, data: Any) -> dict[str, Any]:
        weight = self.trainable_variables[0]
        weight.assign(0.9 * weight)
        return super().train_step(data)


class FromOutside(keras.Sequential):
    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x))
        OUTSIDE.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


OUTSIDE = keras.optimizers.SGD()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (
            InLoop,
            "the model's train_step updates its weights in a loop or a condition of TensorFlow's, which may go another",
        ),
        (ByHand, "a step of the model changes .*kernel otherwise than by an optimizer of the model's"),
        (FromOutside, "a step of the model changes .*(kernel|bias) otherwise than by an optimizer of the model's"),
    ],
)
def test_a_step_that_changes_weights_otherwise(kind, says):
    model = kind([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(OptionError, match=says):
        JointProgram(model, SPEC, "train_step", pair(), check=False, xla=False)


@pytest.mark.parametrize(
    ("strategy", "why"),
    [
        (2, r"strategy is what distributed.strategy\(\) returns; got 2"),
        (tf.distribute.get_strategy(), "one of TensorFlow's own distributes a model made in its scope"),
    ],
)
def test_what_is_no_strategy(strategy, why):
    with pytest.raises(OptionError, match=why):
        training.fit(net(), X, Y, strategy=strategy)


def test_one_worker_trains_as_without_a_strategy():
    alone = distributed.strategy()
    assert (alone.rank, alone.count, repr(alone)) == (0, 1, "<the only worker>")
    assert [np.asarray(each).tolist() for each in alone.sum([[1.5], 2])] == [[1.5], 2]
    told: dict[str, Any] = {"epochs": 2, "seed": 1, "progress": False}
    nets = [models.sequential([("dense", 3, "softmax")], input_shape=[4], seed=1) for _ in range(2)]
    histories = [training.fit(nets[0], X, Y, **told), training.fit(nets[1], X, Y, strategy=alone, **told)]
    assert histories[0] == histories[1]


@pytest.mark.parametrize("value", [True, "x", np.ones(2, np.int8), 1j])
def test_what_workers_cannot_add_up(value):
    with pytest.raises(DtypeError):
        distributed.strategy().sum(value)


@pytest.mark.parametrize("timeout", [0, -1, "1", None])
def test_a_timeout_that_is_none(timeout):
    with pytest.raises(OptionError, match="timeout must be"):
        distributed.strategy(timeout=timeout)
