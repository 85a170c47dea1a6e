"""Weights that do not fit into memory are refused before they are made; all others are as Keras makes them."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from pybridge import _sizes, models, training
from pybridge.errors import ShapeError
from pybridge.models._layers import as_layer

LARGE = 2**40
TAKES = r"^the weights of these layers take 13,194\.1 GB, and there are [\d,.]+ GB of memory; take smaller layers$"
ROW = np.ones([1, 2])
SAMPLES = np.zeros([2, 6], np.float32)

LAYERS = {
    "dense": [("dense", 3)],
    "lstm": [("embedding", 5, 4), ("bidirectional", ("lstm", 3))],
    "rnn": [("embedding", 5, 4), ("rnn", ("lstm_cell", 3))],
    "normalization": [("normalization", {"mean": 1.0, "variance": 4.0}), "batch_normalization", "prelu"],
    "spectral": [("spectral_normalization", ("dense", 3)), ("dropout", 0.5)],
}


@pytest.mark.parametrize(
    "use",
    [
        lambda net: net(ROW),
        lambda net: net.build([None, 2]),
        lambda net: models.predict(net, ROW),
        lambda net: training.fit(net, ROW, [1], progress=False),
    ],
    ids=["call", "build", "predict", "fit"],
)
def test_weights_are_asked_for_when_they_are_made(use):
    net = models.sequential([("dense", LARGE)])
    for _ in range(2):
        with pytest.raises(ShapeError, match=TAKES):
            use(net)
    models.sequential([("dense", 3)], input_shape=2)  # for which Keras makes all that is waiting


def test_the_weights_of_all_layers_are_asked_for_together():
    width = math.isqrt(_sizes.memory() // 4 // 2)
    with pytest.raises(ShapeError, match=r"^the weights of these layers take [\d,.]+ GB, and there are "):
        models.sequential([("dense", width)] * 3, input_shape=width)


def test_a_layer_that_keeps_its_states_is_asked_too():
    assert models.sequential([("embedding", 5, 4), ("lstm", 3, {"stateful": True})])(SAMPLES).shape == (2, 3)
    net = models.sequential([("embedding", 5, 4), ("lstm", 2**30, {"stateful": True})])
    with pytest.raises(ShapeError, match=r"^the weights of these layers take [\d,.]+ GB, and there are "):
        net(SAMPLES)


def test_a_layer_of_functions_is_asked_by_itself():
    layer = models.layer(lambda shape: {"w": [LARGE, 3]}, lambda weights, x: x)
    with pytest.raises(ShapeError, match=TAKES):
        layer(ROW)


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("name", LAYERS)
def test_weights_that_fit_are_those_of_keras(name, seed):
    made = []
    for input_shape in (None, [6]):
        keras.utils.set_random_seed(7)
        net = models.sequential(LAYERS[name], input_shape=input_shape, seed=seed)
        net(SAMPLES)
        made.append(models.weights(net))
    if seed is None:
        keras.utils.set_random_seed(7)
        net = keras.Sequential([as_layer(each) for each in LAYERS[name]])
        net(SAMPLES)
        made.append(net.get_weights())
    for other in made[1:]:
        for one, another in zip(made[0], other, strict=True):
            np.testing.assert_array_equal(one, another)


def test_a_layer_of_ones_own_is_built_as_it_asks():
    class Own(keras.layers.Layer):
        def build(self, shape):
            self.count = keras.Variable(np.zeros(3, np.float32), trainable=False)
            self.count.assign([1.0, 2.0, 3.0])

        def call(self, x):
            return x + self.count[0]

    net = models.sequential([("dense", 2, {"kernel_initializer": "zeros"}), Own()], input_shape=2)
    assert models.predict(net, ROW).tolist() == [[1.0, 1.0]]
