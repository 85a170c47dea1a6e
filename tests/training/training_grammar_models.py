"""The forms of models in the grammar: put together by Keras or by hand, some with several places or their own steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf
from keras import ops
from training_grammar_layers import KINDS, Layers


@dataclass(frozen=True)
class Plan:
    """What a model is built from: its samples, the layers between, and the width and activation of every output."""

    kind: str
    stack: Callable[[], Layers]
    heads: dict[str, tuple[int, str | None]]
    sparse: bool = False
    policy: str = "float32"

    def head(self, name: str) -> keras.Layer:
        units, activation = self.heads[name]
        return keras.layers.Dense(units, activation, name=name)

    def input(self) -> keras.KerasTensor:
        kind = KINDS[self.kind]
        dtype = self.policy if self.policy == "float64" and kind.dtype == "float32" else kind.dtype
        return keras.Input(kind.shape, dtype=dtype, name="main", sparse=self.sparse)

    def hidden(self, x: keras.KerasTensor) -> keras.KerasTensor:
        for layer in self.stack():
            x = layer(x)
        return x


def sequential(plan: Plan) -> keras.Model:
    return keras.Sequential([plan.input(), *plan.stack(), *map(plan.head, plan.heads)])


def unbuilt(plan: Plan) -> keras.Model:
    return keras.Sequential([*plan.stack(), *map(plan.head, plan.heads)])


def functional(plan: Plan) -> keras.Model:
    x = plan.input()
    hidden = plan.hidden(x)
    outputs = [plan.head(name)(hidden) for name in plan.heads]
    return keras.Model(x, outputs[0] if len(outputs) == 1 else outputs)


def dict_outputs(plan: Plan) -> keras.Model:
    x = plan.input()
    hidden = plan.hidden(x)
    return keras.Model(x, {name: plan.head(name)(hidden) for name in plan.heads})


def _two_inputs(plan: Plan) -> tuple[list, list]:
    inputs = [plan.input(), keras.Input((3,), name="extra")]
    hidden = keras.layers.Concatenate()([plan.hidden(inputs[0]), keras.layers.Dense(2, "relu")(inputs[1])])
    return inputs, [plan.head(name)(hidden) for name in plan.heads]


def two_inputs(plan: Plan) -> keras.Model:
    inputs, outputs = _two_inputs(plan)
    return keras.Model(inputs, outputs[0])


def dict_inputs(plan: Plan) -> keras.Model:
    inputs, outputs = _two_inputs(plan)
    return keras.Model(dict(zip(["main", "extra"], inputs, strict=True)), outputs[0])


def two_of_both(plan: Plan) -> keras.Model:
    return keras.Model(*_two_inputs(plan))


def nested(plan: Plan) -> keras.Model:
    x = plan.input()
    inner = keras.Model(x, plan.hidden(x))
    return keras.Sequential([plan.input(), inner, *map(plan.head, plan.heads)])


def frozen(plan: Plan) -> keras.Model:
    model = functional(plan)
    next(layer for layer in model.layers if layer.trainable_weights).trainable = False
    return model


def stateful(plan: Plan) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input(batch_shape=(8, *KINDS[plan.kind].shape)),
            keras.layers.GRU(4, stateful=True),
            *map(plan.head, plan.heads),
        ]
    )


class Subclassed(keras.Model):
    """A stack of layers, called by hand."""

    def __init__(self, plan: Plan):
        super().__init__()
        self.stack = plan.stack()
        self.heads = [plan.head(name) for name in plan.heads]

    def call(self, x, training=False):
        for layer in self.stack:
            x = layer(x)
        return self.heads[0](x)


class WithoutTraining(Subclassed):
    """Its call does not know whether it is trained, so that Keras leaves its dropout off."""

    def call(self, x):
        return super().call(x)


class SeveralByName(Subclassed):
    """A subclassed model that returns a dict."""

    def call(self, x, training=False):
        for layer in self.stack:
            x = layer(x)
        return {head.name: head(x) for head in self.heads}


class WithLoss(Subclassed):
    """A model that adds to the loss while it is called."""

    def call(self, x, training=False):
        y = super().call(x, training=training)
        self.add_loss(0.1 * ops.mean(ops.square(y)))
        return y


class OwnLoss(Subclassed):
    """A model that computes its own loss from that of `compile`."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight, training=training)
        return loss + (0.1 if training else 0.2) * ops.mean(ops.abs(y_pred))


class OlderOwnLoss(Subclassed):
    """The same as programs before Keras 3.3 have it, without `training`."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
        return super().compute_loss(x, y, y_pred, sample_weight) * 0.5


class OwnMetrics(Subclassed):
    """A model with a metric that `compile` knows nothing of."""

    def __init__(self, plan: Plan):
        super().__init__(plan)
        self.width = keras.metrics.Mean(name="width")

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        self.width.update_state(ops.max(y_pred) - ops.min(y_pred))
        return super().compute_metrics(x, y, y_pred, sample_weight) | {"width": self.width.result()}


class OwnStep(Subclassed):
    """A model with a training step as Keras's guide writes it, which reports every metric by its name."""

    def learn(self, data):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=weight)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return y, y_pred, weight, loss

    def train_step(self, data):
        y, y_pred, weight, loss = self.learn(data)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            elif type(metric) is not keras.metrics.Mean:
                metric.update_state(y, y_pred, sample_weight=weight)
        return {metric.name: metric.result() for metric in self.metrics}


class NestedLogs(OwnStep):
    """A model whose steps report dicts in dicts, and no metric."""

    def train_step(self, data):
        *_, y_pred, _, loss = self.learn(data)
        return {"loss": loss, "of": {"size": ops.mean(ops.abs(y_pred)), "more": {"most": ops.max(y_pred)}}}

    def test_step(self, data):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=weight, training=False)
        return {"loss": loss, "of": {"size": ops.mean(ops.abs(y_pred))}}


class OwnTrackers(Subclassed):
    """A model that needs no loss of `compile`: it measures with its own."""

    def __init__(self, plan: Plan):
        super().__init__(plan)
        self.error, self.bias = keras.metrics.Mean(name="error"), keras.metrics.MeanAbsoluteError(name="bias")

    @property
    def metrics(self):
        return [self.error, self.bias]

    def train_step(self, data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = ops.mean(ops.square(ops.cast(y, y_pred.dtype) - y_pred))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        self.error.update_state(loss)
        self.bias.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}

    def test_step(self, data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        self.error.update_state(ops.mean(ops.square(ops.cast(y, y_pred.dtype) - y_pred)))
        self.bias.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


FORMS: dict[str, Callable[[Plan], keras.Model]] = {
    "sequential": sequential,
    "unbuilt": unbuilt,
    "functional": functional,
    "nested": nested,
    "frozen": frozen,
    "stateful": stateful,
    "two_inputs": two_inputs,
    "dict_inputs": dict_inputs,
    "two_outputs": functional,
    "dict_outputs": dict_outputs,
    "two_of_both": two_of_both,
    "subclassed": Subclassed,
    "subclassed_without_training": WithoutTraining,
    "subclassed_dict_outputs": SeveralByName,
    "add_loss": WithLoss,
    "own_compute_loss": OwnLoss,
    "older_compute_loss": OlderOwnLoss,
    "own_compute_metrics": OwnMetrics,
    "own_step": OwnStep,
    "nested_logs": NestedLogs,
    "own_trackers": OwnTrackers,
}
SEVERAL_INPUTS = ("two_inputs", "dict_inputs", "two_of_both")
SEVERAL_OUTPUTS = ("two_outputs", "dict_outputs", "two_of_both", "subclassed_dict_outputs")
BY_NAME = ("dict_outputs", "subclassed_dict_outputs")
