"""Models of equal structure share their compiled programs, and nothing else."""

from __future__ import annotations

import copy
import gc
import logging
import threading
import weakref

import keras
import numpy as np
import pytest
from training_nets import X, Y, digest, small_net
from training_pairs import step_by_step

from pybridge import models, training
from pybridge.training import _state

layers = keras.layers
OPTIONS = {"epochs": 2, "batch_size": 32, "shuffle": False}


def net(activation="relu", *, seed=1, name=None, layer=None, rate=0.0, rest=()):
    keras.utils.set_random_seed(seed)
    parts = [layers.Dense(8, activation=activation, name=layer), layers.Dropout(rate), *rest]
    return keras.Sequential([keras.Input((6,)), *parts, layers.Dense(3, activation="softmax")], name=name)


def told(**changes):
    return {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]} | changes


def fit(model, x=X, y=Y, **options):
    return training.fit(model, x, y, progress=False, **OPTIONS | options)


def assert_as_keras(make, compile_, x=X, y=Y):
    """Train the same model here and by Keras."""
    ours, theirs = make(), make()
    theirs.set_weights(ours.get_weights())
    ours.compile(**compile_())
    theirs.compile(**compile_())
    keras.utils.set_random_seed(5)
    expected = step_by_step(theirs).fit(x, y, verbose=0, **OPTIONS).history
    keras.utils.set_random_seed(5)
    history = fit(ours, x, y)
    assert list(history) == list(expected)
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-4)
    for weight, wanted in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(weight, wanted, rtol=1e-3, atol=1e-5)


def test_six_folds_trace_once_and_each_gets_its_own_numbers(caplog):
    _state._programs.clear()
    tensorflow = logging.getLogger("tensorflow")
    tensorflow.addHandler(caplog.handler)
    try:
        for fold in range(6):
            held_out = np.arange(70) % 6 == fold
            ours, theirs = net(seed=fold), net(seed=fold)
            history = fit(ours, X[~held_out], Y[~held_out], **told())
            if fold in (0, 5):
                theirs.compile(**told())
                expected = step_by_step(theirs).fit(X[~held_out], Y[~held_out], verbose=0, **OPTIONS).history
                np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-4)
    finally:
        tensorflow.removeHandler(caplog.handler)
    traced = {program for program in _state._programs.values()}
    assert 1 <= len(traced) <= 2  # whole batches, and all of them
    assert "retracing" not in caplog.text


def normalised(scale):
    layer = layers.Normalization()
    layer.adapt(X * scale)
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((6,)), layer, layers.Dense(3, activation="softmax")])


def looked_up(words):
    words_layer = layers.StringLookup()
    words_layer.adapt(words)
    return keras.Sequential([keras.Input((1,), dtype="string"), words_layer, layers.Embedding(5, 4), layers.Flatten()])


def _leaky(x):
    return keras.ops.leaky_relu(x, 0.5)


_leaky.__name__ = "relu"


def without_decay_of_kernels():
    optimizer = AdamW(0.01, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["kernel"])
    return optimizer


def frozen():
    model = net()
    model.layers[0].trainable = False
    return model


def constrained():
    model = net()
    model.layers[0].kernel.constraint = keras.constraints.NonNeg()
    return model


def regression(name):
    return keras.Sequential([keras.Input((6,)), layers.Dense(3)], name=name)


PAIRS = {
    "activation": (net, lambda: net("tanh")),
    "activation of one's own": (net, lambda: net(_leaky)),
    "activation named by the model": (lambda: net("relu", name="relu"), lambda: net("tanh", name="tanh")),
    "activation named by the layer": (lambda: net("relu", layer="relu"), lambda: net("tanh", layer="tanh")),
    "rate of dropout": (net, lambda: net(rate=0.6)),
    "frozen layer": (net, frozen),
    "constraint": (net, constrained),
    "normalisation": (lambda: normalised(1), lambda: normalised(7)),
}


@pytest.mark.parametrize("difference", PAIRS)
def test_models_of_unequal_structure_never_share(difference):
    for make in PAIRS[difference]:
        assert_as_keras(make, told)


Adam, AdamW, Top = keras.optimizers.Adam, keras.optimizers.AdamW, keras.metrics.SparseTopKCategoricalAccuracy
COMPILED = {
    "learning rate": [lambda: told(optimizer=Adam(0.01)), lambda: told(optimizer=Adam(0.1))],
    "epsilon": [lambda: told(optimizer=Adam(epsilon=1e-7)), lambda: told(optimizer=Adam(epsilon=0.5))],
    "clipping": [lambda: told(optimizer=Adam()), lambda: told(optimizer=Adam(clipnorm=0.01))],
    "loss": [told, lambda: told(loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=2))],
    "metric": [lambda: told(metrics=[Top(1)]), lambda: told(metrics=[Top(2)])],
    "decay": [
        lambda: told(optimizer=AdamW(0.01, weight_decay=0.5)),
        lambda: told(optimizer=without_decay_of_kernels()),
    ],
}


@pytest.mark.parametrize("difference", COMPILED)
def test_models_compiled_otherwise_never_share(difference):
    for compile_ in COMPILED[difference]:
        assert_as_keras(net, compile_)


def test_models_named_after_their_loss_never_share():
    for loss in ("mean_squared_error", "mean_absolute_error"):
        assert_as_keras(lambda loss=loss: regression(loss), lambda loss=loss: {"loss": loss}, y=X[:, :3])


def test_a_metric_keeps_its_name_whatever_the_layers_are_called():
    for name in ("score", "points"):
        metric = keras.metrics.SparseCategoricalAccuracy(name=name)
        assert set(fit(net(layer=name), **told(metrics=[metric]))) == {"loss", name}


def test_a_vocabulary_belongs_to_its_model():
    strings = np.array(["a", "b", "c"])[Y][:, None]
    for words in (["a", "a", "a", "b", "b", "c"], ["c", "c", "c", "b", "b", "a"]):
        ours, theirs = looked_up(words), looked_up(words)
        theirs.set_weights(ours.get_weights())
        theirs.compile("sgd", "mean_squared_error")
        targets = np.eye(4)[Y]
        expected = step_by_step(theirs).fit(keras.ops.convert_to_tensor(strings), targets, verbose=0, **OPTIONS).history
        history = fit(ours, strings, targets, optimizer="sgd", loss="mean_squared_error", metrics=[])
        np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-5)


def test_a_trained_model_is_let_go():
    model = net()
    fit(model, **told())
    gone = weakref.ref(model)
    kernel = weakref.ref(model.layers[0].kernel)
    del model
    gc.collect()
    assert gone() is None and kernel() is None


class Unshared(keras.Model):
    """A model of its own class, with a gradient that Keras gives it: the softmax's."""

    def __init__(self):
        super().__init__()
        self.recurrent, self.out = layers.SimpleRNN(3), layers.Dense(3, activation="softmax")

    def call(self, x):
        return self.out(self.recurrent(x[..., None]))


@pytest.mark.parametrize("jit", [False, True])
def test_a_fresh_model_leaves_no_graph_behind(jit):
    def graphs():
        training.fit(Unshared(), X, Y, epochs=1, jit=jit, progress=False)
        gc.collect()
        return sum(type(each).__name__ == "FuncGraph" for each in gc.get_objects())

    assert graphs() == graphs()


def test_models_that_share_and_take_turns_keep_apart():
    one, other = net(seed=1), net(seed=2)
    for _ in range(2):
        for model in (one, other):
            fit(model, optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=[])
    for model, seed in ((one, 1), (other, 2)):
        alone = net(seed=seed)
        alone.compile("sgd", "sparse_categorical_crossentropy")
        for _ in range(2):
            step_by_step(alone).fit(X, Y, verbose=0, **OPTIONS)
        for weight, wanted in zip(model.get_weights(), alone.get_weights(), strict=True):
            np.testing.assert_allclose(weight, wanted, rtol=1e-4, atol=1e-6)


def test_two_threads_train_models_that_share():
    together = [small_net(seed) for seed in (1, 2)]
    options = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": [], "epochs": 5}
    threads = [threading.Thread(target=fit, args=(model,), kwargs=options) for model in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, model in zip((1, 2), together, strict=True):
        alone = small_net(seed)
        fit(alone, **options)
        assert digest(alone) == digest(model)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras, as it reads a file
def test_keras_goes_on_where_pybridge_stopped_and_the_other_way_round(tmp_path):
    ours, theirs = net(), net()
    for model in (ours, theirs):
        model.compile(**told())
    fit(ours)
    ours.fit(X, Y, verbose=0, **OPTIONS)
    measured = ours.evaluate(X, Y, verbose=0, return_dict=True)
    assert models.evaluate(ours, X, Y) == pytest.approx(measured, rel=1e-5)
    fit(ours)
    for _ in range(3):
        step_by_step(theirs).fit(X, Y, verbose=0, **OPTIONS)
    for weight, wanted in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(weight, wanted, rtol=1e-4, atol=1e-6)
    ours.save(tmp_path / "net.keras")
    loaded = keras.saving.load_model(tmp_path / "net.keras")
    expected = fit(ours)["loss"]
    for other in (loaded, keras.models.clone_model(ours), copy.deepcopy(ours)):
        other.compiled or other.compile(**told())
        assert len(fit(other)["loss"]) == 2
    assert fit(keras.saving.load_model(tmp_path / "net.keras"))["loss"] == pytest.approx(expected, rel=1e-5)


def test_compiling_anew_is_seen():
    model = net()
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert list(fit(model)) == ["loss"]
    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy", metrics=["accuracy"])
    before = digest(model)
    assert set(fit(model)) == {"loss", "accuracy"}
    assert digest(model) == before


def test_a_layer_frozen_waits_for_compile_as_in_keras():
    model = net()
    model.compile(**told())
    fit(model)
    kernel = model.layers[0].kernel.numpy()
    model.layers[0].trainable = False
    model.compile(**told())
    fit(model)
    np.testing.assert_array_equal(model.layers[0].kernel.numpy(), kernel)
