"""`training.fit` against `keras.Model.fit`, on every kind of model."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from training_nets import WEIGHTS, X, Y, small_net
from training_pairs import assert_same, both

from pybridge import models, training


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
            metrics=lambda: [["accuracy"], ["mae"]],
            batch_size=16,
        )
    )


def test_a_model_of_named_inputs_and_outputs():
    assert_same(
        *both(
            named_places,
            x={"left": X[WHOLE, :4], "right": X[WHOLE, 4:]},
            y={"label": Y[WHOLE], "size": SIZES[WHOLE]},
            loss={"label": "sparse_categorical_crossentropy", "size": "mse"},
            metrics=lambda: {"label": ["accuracy"]},
            sample_weight={"label": WEIGHTS[WHOLE], "size": WEIGHTS[WHOLE][::-1].copy()},
            validation_split=0.25,
            batch_size=16,
            jit=False,
        )
    )


def test_one_sample_weight_counts_for_every_output():
    assert_same(
        *both(
            two_places,
            x=[X[WHOLE, :4], X[WHOLE, 4:]],
            y=[Y[WHOLE], SIZES[WHOLE]],
            loss=["sparse_categorical_crossentropy", "mse"],
            metrics=lambda: [["accuracy"], []],
            batch_size=16,
            jit=False,
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

    ours, *rest = both(make, jit=False)
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
    assert_same(*both(Subclassed, validation_split=0.2, jit=False))


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
    ours, history, theirs, expected = both(OwnStep, metrics=lambda: None, validation_split=0.2)
    assert_same(ours, history, theirs, expected)
    assert list(history) == ["own", "steps", "val_own"]
    assert history["steps"] == [3, 6]
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
    assert_same(*both(OwnLoss, y=None, loss=None, metrics=list))


def test_a_model_that_xla_cannot_compile_because_of_its_layers():
    def make():
        return models.sequential([("reshape", [3, 2]), ("lstm", 4), ("dense", 3, "softmax")], input_shape=6, seed=1)

    assert_same(*both(make))
