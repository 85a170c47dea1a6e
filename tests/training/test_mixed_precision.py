"""Mixed precision: the layers that Keras makes of the same dtype policy, trained as Keras trains them."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from pybridge import models, training
from pybridge.errors import OptionError

CHANCE = np.random.default_rng(3)
X = CHANCE.normal(size=(96, 6)).astype(np.float32)
Y = CHANCE.integers(0, 3, 96)
LAYERS = [("dense", 16, "tanh"), ("dense", 3, "softmax")]


def net(dtype: object, *layers: object) -> keras.Sequential:
    return models.sequential([*layers, *LAYERS], input_shape=6, seed=4, dtype=dtype)


@pytest.mark.parametrize(
    ("dtype", "computed", "kept", "last"),
    [
        ("mixed_float16", "float16", "float32", "float32"),
        ("mixed_bfloat16", "bfloat16", "float32", "float32"),
        (keras.DTypePolicy("mixed_bfloat16"), "bfloat16", "float32", "float32"),
        ("float64", "float64", "float64", "float64"),
        (None, "float32", "float32", "float32"),
    ],
)
def test_all_layers_but_the_last_compute_in_16_bits(dtype, computed, kept, last):
    model = net(dtype, ("dropout", 0.1))
    *hidden, end = model.layers
    assert {layer.compute_dtype for layer in hidden} == {computed}
    assert {layer.variable_dtype for layer in model.layers} == {kept}
    assert (end.compute_dtype, models.predict(model, X).dtype) == (last, np.dtype(last))


def test_a_layers_own_dtype_stays_and_layers_in_layers_have_it():
    held = ("bidirectional", ("lstm", 3))
    own = ("dense", 4, {"dtype": "float64"})
    model = models.sequential(
        [held, own, keras.layers.Dense(2), ("dense", 3)], input_shape=[5, 4], dtype="mixed_bfloat16"
    )
    computed = [layer.compute_dtype for layer in [model.layers[0].forward_layer, *model.layers]]
    assert computed == ["bfloat16", "bfloat16", "float64", "float32", "float32"]


@pytest.mark.parametrize(
    "dtype", ["float23", "int32", "int8_from_float32", "float8_from_float32", "string", 16, ["float16"], True]
)
def test_what_is_no_dtype_policy(dtype):
    with pytest.raises(
        OptionError, match='dtype must be a dtype policy of Keras, as "mixed_bfloat16" or "float64"; got'
    ):
        net(dtype)


def test_it_trains_as_keras_trains_the_same_layers():
    ours = net("mixed_float16")
    theirs = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(16, "tanh", dtype="mixed_float16"),
            keras.layers.Dense(3, "softmax", dtype="float32"),
        ]
    )
    theirs.set_weights(ours.get_weights())
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))
    theirs.compile(scaled, "sparse_categorical_crossentropy")
    losses = theirs.fit(X, Y, epochs=3, batch_size=32, shuffle=False, verbose=0).history["loss"]
    told = {"optimizer": {"rule": "sgd", "learning_rate": 0.5}, "shuffle": False, "jit": False, "progress": False}
    history = training.fit(ours, X, Y, epochs=3, batch_size=32, **told)
    np.testing.assert_allclose(history["loss"], losses, rtol=2e-3)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_training_resumed_from_a_file_goes_on_as_if_it_had_not_stopped(tmp_path, dtype):
    told = {"optimizer": "adam", "seed": 2, "batch_size": 32, "progress": False}
    whole, begun = net(dtype), net(dtype)
    training.fit(whole, X, Y, epochs=3, **told)
    training.fit(begun, X, Y, epochs=2, **told)
    read = models.load(models.save(begun, str(tmp_path / "model.keras")))
    assert type(read.optimizer) is type(whole.optimizer)
    training.fit(read, X, Y, epochs=3, initial_epoch=2, **told)
    for one, other in zip(whole.get_weights(), read.get_weights(), strict=True):
        assert one.tobytes() == other.tobytes()
