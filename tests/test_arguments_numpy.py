"""The subjects take NumPy's numbers wherever they take Python's."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from pybridge import models, naive, optimizers
from pybridge.errors import OptionError


def refused(call, *args):
    with pytest.raises(OptionError) as refusal:
        call(*args)
    return str(refusal.value)


def test_optimizers_take_numpys_numbers():
    rule = optimizers.adam(np.float32(0.5), np.float64(0.5), 0, np.array(0.25), bias_correction=np.False_)
    assert rule == optimizers.adam(0.5, 0.5, 0.0, 0.25, bias_correction=False)
    assert [type(value) for value in rule.values()] == [str, float, float, float, float, bool]
    assert optimizers.momentum(form=np.str_("average")) == optimizers.momentum(form="average")
    assert optimizers.ema([1, 2], np.float16(0.5)) == [0.5, 1.25]
    assert optimizers.minimize(optimizers.sgd(0.25), lambda w: 2 * (w - 30), 2, np.int32(1)) == [2.0, 16.0]
    _, state = optimizers.step(
        optimizers.adam(), 1.0, optimizers.init(optimizers.adam(), 1.0) | {"steps": np.int64(4)}, 1.0
    )
    assert (state["steps"], type(state["steps"])) == (5, int)
    state = optimizers.init(optimizers.adam(), 1.0) | {"steps": 1.5}
    assert refused(optimizers.step, optimizers.adam(), 1.0, state, 1.0) == (
        "step: the state's steps must be a whole number of at least 0; got 1.5"
    )


def test_models_take_numpys_numbers():
    description = [("conv2d", np.int64(2), [np.int8(3), np.array(3)]), "flatten", ("dropout", np.float32(0.5))]
    shape = [np.int64(8), np.int16(8), tf.constant(1)]
    model = models.sequential([*description, ("dense", np.uint8(3))], input_shape=shape, seed=np.uint32(1))
    same = models.sequential(
        [("conv2d", 2, 3), "flatten", ("dropout", 0.5), ("dense", 3)], input_shape=[8, 8, 1], seed=1
    )
    assert model.output_shape == (None, 3)
    for weight, other in zip(models.weights(model), models.weights(same), strict=True):
        np.testing.assert_array_equal(weight, other)
    images = np.zeros((3, 8, 8, 1), "float32")
    assert models.predict(model, images, batch_size=np.int64(2)).shape == (3, 3)
    for shape in (np.int64(4), np.array(4), np.array([4]), (np.int8(4),), tf.TensorShape([4])):
        assert models.sequential(["relu"], input_shape=shape).input_shape == (None, 4)


def test_a_layers_lengths_may_be_numpys():
    layer = models.layer(lambda shape: {"w": [np.int64(shape[-1]), np.int8(2)]}, lambda weights, x: x @ weights["w"])
    layer(tf.zeros((1, 3)))
    assert models.weights(layer)[0].shape == (3, 2)
    wrong = models.layer(lambda shape: {"w": [3, -2]}, lambda weights, x: x)
    says = refused(wrong, tf.zeros((1, 3)))
    assert says == "each length in w's shape must be a whole number of at least 0; got -2"


def test_naive_takes_numpys_numbers():
    layer = naive.NaiveDense(np.int64(2), np.uint8(2), np.str_("softmax"), seed=np.int32(3))
    same = naive.NaiveDense(2, 2, "softmax", seed=3)
    np.testing.assert_array_equal(layer.W, same.W)
    model, other = naive.NaiveSequential([layer]), naive.NaiveSequential([same])
    images, labels = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [0, 1, 1]
    history = naive.fit(model, images, labels, np.int64(2), np.int8(2), np.float32(0.5))
    assert history == naive.fit(other, images, labels, 2, 2, 0.5)
