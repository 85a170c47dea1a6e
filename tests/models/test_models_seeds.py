"""The same seed gives the same weights, and leaves no trace."""

from __future__ import annotations

import random as python_random

import keras
import numpy as np
import pytest
import tensorflow as tf
from models_nets import assert_equal, small_net

from pybridge import models
from pybridge.errors import OptionError


class Plain(keras.layers.Layer):
    """A layer that leaves its weights' start to Keras."""

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 4))

    def call(self, x):
        return x @ self.w


class Attention(keras.layers.Layer):
    """A layer that makes its parts when it is built."""

    def build(self, shape):
        self.attention = keras.layers.MultiHeadAttention(2, 4)
        self.attention.build(shape, shape)

    def call(self, x):
        return self.attention(x, x)


def random_net(seed=3, input_shape=(5, 6)):
    return models.sequential(
        [
            ("bidirectional", ("lstm", 6, {"return_sequences": True})),
            ("dense", 4, {"kernel_initializer": "he_normal", "bias_initializer": "random_normal"}),
            ("dropout", 0.5),
            Attention(),
            Plain(),
            keras.layers.Dense(3),
            models.layer(lambda shape: {"w": [shape[-1], 2], "b": [2]}, lambda weights, x: x @ weights["w"]),
        ],
        input_shape=input_shape,
        seed=seed,
    )


def test_the_same_seed_gives_the_same_weights_whatever_else_is_random():
    first = random_net()
    python_random.random()
    keras.utils.set_random_seed(0)
    assert_equal(models.weights(first), models.weights(random_net()))
    x = tf.reshape(tf.range(60.0), [2, 5, 6])
    assert_equal([first(x, training=True)], [random_net()(x, training=True)])


def test_no_two_weights_are_alike():
    kernels = [
        weight.ravel()[:8].tolist() for weight in models.weights(random_net()) if weight.ndim > 1 and weight.any()
    ]
    assert len({tuple(kernel) for kernel in kernels}) == len(kernels) > 10


def test_weights_that_are_made_later_are_the_same_too():
    later = random_net(input_shape=None)
    python_random.random()
    later(tf.zeros((1, 5, 6)))
    assert_equal(models.weights(later), models.weights(random_net()))


def test_another_seed_or_none_gives_others():
    kernel = models.weights(small_net())[0]
    assert (kernel != models.weights(small_net(seed=2))[0]).any()
    assert (models.weights(small_net(seed=None))[0] != models.weights(small_net(seed=None))[0]).any()


def test_a_seed_leaves_no_trace():
    python_state, numpy_state = python_random.getstate(), np.random.get_state()
    small_net()
    assert python_random.getstate() == python_state
    assert all(np.array_equal(a, b) for a, b in zip(np.random.get_state(), numpy_state, strict=True))


def test_a_layer_keeps_a_seed_and_weights_of_its_own():
    own = keras.layers.Dense(4, kernel_initializer=keras.initializers.GlorotUniform(7))
    wanted = keras.initializers.GlorotUniform(7)((6, 4))
    assert_equal([models.weights(models.sequential([own], input_shape=6, seed=1))[0]], [wanted])
    used = small_net(seed=9)
    before = models.weights(used)
    assert_equal(models.weights(models.sequential([*used.layers], input_shape=6, seed=1)), before)


@pytest.mark.parametrize("seed", [-1, 1.5, True, "1", np.float64(1), np.True_, [1]])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(OptionError, match="seed must be a whole number of at least 0, or None; got"):
        small_net(seed=seed)
