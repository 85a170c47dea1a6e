"""Models and layers from descriptions, against those made of Keras's own classes."""

from __future__ import annotations

import os

import keras
import numpy as np
import pytest
import tensorflow as tf
from models_nets import X, Y

from pybridge import models, training
from pybridge.errors import OptionError, ShapeError


def test_a_description_makes_the_layers_that_keras_makes():
    model = models.sequential(
        [
            ["reshape", [28, 28, 1]],
            ["conv_2d", 4, [3, 3], {"activation": "relu", "padding": "same"}],
            ("max_pooling2d", 2),
            "flatten",
            ("dropout", 0.5),
            keras.layers.Dense(5, name="own"),
            ("leaky_relu", 0.1),
            "tanh",
            ("dense", 10, {"activation": "softmax", "use_bias": False}),
        ],
        input_shape=784,
        name="digits",
    )
    assert type(model) is keras.Sequential
    assert model.name == "digits"
    assert [type(layer).__name__ for layer in model.layers] == [
        "Reshape",
        "Conv2D",
        "MaxPooling2D",
        "Flatten",
        "Dropout",
        "Dense",
        "LeakyReLU",
        "Activation",
        "Dense",
    ]
    assert model.layers[5].name == "own"
    assert model.output_shape == (None, 10)
    assert model.count_params() == (9 * 4 + 4) + (14 * 14 * 4 * 5 + 5) + 5 * 10


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("conv2d", keras.layers.Conv2D),
        ("conv_2d", keras.layers.Conv2D),
        ("Conv2D", keras.layers.Conv2D),
        ("conv2d_transpose", keras.layers.Conv2DTranspose),
        ("relu", keras.layers.ReLU),
        ("softmax", keras.layers.Softmax),
        ("leaky_relu", keras.layers.LeakyReLU),
        ("prelu", keras.layers.PReLU),
        ("elu", keras.layers.ELU),
        ("gelu", keras.layers.Activation),
        ("lstm", keras.layers.LSTM),
        ("simple_rnn", keras.layers.SimpleRNN),
        ("global_average_pooling2d", keras.layers.GlobalAveragePooling2D),
        ("rms_normalization", keras.layers.RMSNormalization),
    ],
)
def test_a_layer_goes_by_its_name_in_keras(name, kind):
    needs = {"conv2d": (1, 1), "conv_2d": (1, 1), "Conv2D": (1, 1), "conv2d_transpose": (1, 1)}
    needs |= {"lstm": (1,), "simple_rnn": (1,)}
    model = models.sequential([(name, *needs.get(name, ()))])
    assert type(model.layers[0]) is kind


def test_activations_compute_what_they_are_called():
    x = np.array([[-1.0, 0.0, 2.0]], "float32")
    for name in ("relu", "sigmoid", "tanh", "softmax", "gelu", "softplus"):
        wanted = keras.activations.get(name)(tf.constant(x)).numpy()
        np.testing.assert_allclose(models.predict(models.sequential([name], input_shape=3), x), wanted, rtol=1e-6)


def test_layers_that_hold_layers():
    model = models.sequential(
        [
            ("bidirectional", ("lstm", 4, {"return_sequences": True}), {"merge_mode": "sum"}),
            ("time_distributed", ["dense", 2]),
            ("rnn", ("stacked_rnn_cells", [("gru_cell", 3), ("lstm_cell", 5)])),
        ],
        input_shape=[7, 3],
    )
    assert model.layers[0].forward_layer.units == 4
    assert model.output_shape == (None, 5)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (["denes"], "there is no layer 'denes'; did you mean dense?"),
        ([("convolution", 3)], "there is no layer 'convolution'; did you mean convolution"),
        (["dense"], r'dense needs units; write \("dense", units, ...\)'),
        ([("dense", 3, {"unit": 4})], "dense has no option 'unit'; did you mean units?"),
        ([("dense", 3, {"units": 4})], "dense got units twice: 3 in its place and 4 by name"),
        ([("dense", np.float64(3))], "dense cannot be made of {'units': 3.0}: .*expected a positive integer"),
        ([("dense", "many")], "dense cannot be made of {'units': 'many'}: .*expected a positive integer"),
        ([("dense", 3, "rleu")], "dense cannot be made of .*rleu"),
        ([("flatten", None, 2)], "flatten takes 1 arguments: data_format; got 2"),
        ([3], r'a layer is a name with its arguments, as \("dense", 512, "relu"\), or a Keras layer; got 3'),
        ([()], r"a layer is a name with its arguments, .* got \(\)"),
        ([keras.layers.Dense], "a layer is a name with its arguments, .*; got <class .*Dense"),
        ("dense", r"layers must be a list of layers, as \[\(\"dense\", 10, \"softmax\"\)\]; got 'dense'"),
        ([], "layers must be a list of layers"),
    ],
)
def test_a_description_that_describes_nothing_is_refused(layers, message):
    with pytest.raises(OptionError, match=message):
        models.sequential(layers, input_shape=4)


@pytest.mark.parametrize(
    "shape",
    [
        *("784", 0, [28, -1], [2.5], True, [True], {4: 1}, np.float64(4), [np.float32(4)], np.array(4.0)),
        *(np.ones((2, 2), int), tf.TensorShape(None), tf.constant([[4]])),
    ],
    ids=repr,
)
def test_the_input_shape_is_that_of_one_sample(shape):
    with pytest.raises(OptionError, match=r"input_shape must be the shape of one sample, as \[28, 28\]; got"):
        models.sequential(["flatten"], input_shape=shape)


def test_layers_that_do_not_fit_on_each_other():
    with pytest.raises(ShapeError, match=r"these layers do not fit on each other: .*expected min_ndim=4, found ndim=2"):
        models.sequential([("dense", 3), ("conv2d", 3, 3)], input_shape=4)


def dense(units):
    return models.layer(
        lambda shape: {"w": [shape[-1], units], "b": [units], "scale": 2.0, "shift": [[0.5]]},
        lambda weights, x: weights["scale"] * (x @ weights["w"] + weights["b"]) + weights["shift"],
    )


def test_a_layer_of_two_functions():
    layer = dense(4)
    y = layer(tf.constant(X))
    w, b, scale, shift = models.weights(layer)
    assert w.shape == (6, 4) and np.abs(w).max() <= np.sqrt(6 / 10) and w.std() > 0
    assert (b.tolist(), scale.tolist(), shift.tolist()) == ([0, 0, 0, 0], 2.0, [[0.5]])
    np.testing.assert_allclose(y, 2 * (X @ w) + 0.5, rtol=1e-5)


def test_it_is_built_on_the_shape_and_trained_with_the_rest():
    shapes = []

    def build(shape):
        shapes.append(shape)
        return {"w": [shape[-1], 3]}

    layer = models.layer(build, lambda weights, x: tf.nn.softmax(x @ weights["w"]))
    model = models.sequential([("dense", 5, "relu"), layer], input_shape=6, seed=1)
    assert shapes == [[None, 5]]
    before = models.weights(model)
    training.fit(model, X, Y, epochs=1, progress=False)
    assert all((old != new).any() for old, new in zip(before, models.weights(model), strict=True))


def test_it_is_one_of_keras_in_every_respect():
    inputs = keras.Input((6,))
    model = keras.Model(inputs, dense(2)(keras.layers.Dense(3)(inputs)))
    assert model.output_shape == (None, 2)
    assert [v.name for v in model.layers[-1].trainable_variables] == ["w", "b", "scale", "shift"]


@pytest.mark.parametrize(
    ("build", "call", "message"),
    [
        ([2, 3], lambda weights, x: x, r"build must be a function; got \[2, 3\]"),
        (lambda shape: {}, "relu", "call must be a function; got 'relu'"),
        (lambda shape: [2], lambda weights, x: x, r"build must return a dict of names, .*; got \[2\]"),
    ],
)
def test_a_layer_of_something_else_is_refused(build, call, message):
    with pytest.raises(OptionError, match=message):
        models.layer(build, call)(tf.zeros((1, 2)))


def test_a_layer_of_functions_cannot_be_written(tmp_path):
    model = models.sequential([dense(2)], input_shape=3)
    with pytest.raises(OptionError, match="a layer made of functions cannot be written to a file; keep the model's"):
        models.save(model, str(tmp_path / "net.keras"))
    assert os.listdir(tmp_path) == []
