"""Memory-mapped arrays train, measure and predict to the very bits of the same arrays in memory."""

from __future__ import annotations

import tempfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from mapped_files import Seen, filed, in_files
from training_nets import WEIGHTS, X_NEW, Y_NEW, X, Y, digest, small_net

from pybridge import models, training
from pybridge.models import _mapped
from pybridge.training import _mapped_adapter

CHANCE = np.random.default_rng(4)

DTYPES = ["uint8", "int32", "float16", "float32", "float64", "bool"]
LAYOUTS = ["C", "Fortran", "every other row", "some columns", "backwards", "unaligned", "big-endian", "asarray"]


@pytest.fixture(autouse=True)
def small_stretches(monkeypatch):
    """Stretches of some hundred bytes, so that few samples make many."""
    monkeypatch.setattr(_mapped_adapter, "STRETCH", 1500)


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as path:
        yield path


def trained(make, x, y, **options):
    """The history and the bits of the weights."""
    keras.utils.set_random_seed(3)
    model = make()
    history = training.fit(model, x, y, **{"epochs": 2, "batch_size": 16, "progress": False} | options)
    return history, digest(model)


def assert_same(make, folder, x=X, y=Y, layout="C", arrays=(), **options):
    """The same numbers from files, of x and y and of the options with these names, as from memory."""
    held = {name: in_files(folder, options[name], layout) for name in arrays}
    from_files = trained(make, in_files(folder, x, layout), in_files(folder, y, layout), **options | held)
    assert from_files == trained(make, x, y, **options)


@pytest.mark.filterwarnings("ignore:the data ran out:UserWarning")
@given(data=st.data())
def test_any_arrays_in_files_train_as_in_memory(folder, data):
    count = data.draw(st.integers(5, 70), label="samples")
    x = (10 * X[:count]).astype(data.draw(st.sampled_from(DTYPES), label="dtype"))
    y = Y[:count].astype(data.draw(st.sampled_from(["uint8", "int64", "float64"]), label="labels"))
    options = data.draw(
        st.fixed_dictionaries(
            {"batch_size": st.sampled_from([1, 7, 16, 100]), "jit": st.sampled_from([False, False, True])},
            optional={
                "shuffle": st.sampled_from([True, False, "batch"]),
                "seed": st.integers(0, 9),
                "epochs": st.integers(1, 3),
                "initial_epoch": st.integers(0, 1),
                "steps_per_epoch": st.integers(1, 3),
                "validation_split": st.sampled_from([0.2, 0.5]),
                "class_weight": st.sampled_from([{0: 2.0}, {1: 0.5, 2: 3.0}]),
            },
        ),
        label="options",
    )
    weights = {} if "class_weight" in options else {"sample_weight": WEIGHTS[:count].astype("float64")}
    layout = data.draw(st.sampled_from(LAYOUTS), label="layout")
    assert_same(small_net, folder, x, y, layout, tuple(weights), **options | weights)


@pytest.mark.parametrize("samples", [16, 17, 33])
def test_stretches_of_a_single_batch_in_xla(folder, monkeypatch, samples):
    monkeypatch.setattr(_mapped_adapter, "STRETCH", 1)
    options = {"jit": True, "sample_weight": WEIGHTS[:samples]}
    assert_same(small_net, folder, (10 * X[:samples]).astype("float16"), Y[:samples], **options)


def two_inputs():
    keras.utils.set_random_seed(1)
    inputs = {name: keras.Input((3,), name=name) for name in ("left", "right")}
    outputs = keras.layers.Dense(3, activation="softmax")(keras.layers.Concatenate()(list(inputs.values())))
    return keras.Model(inputs, outputs)


def two_outputs():
    keras.utils.set_random_seed(1)
    inputs = [keras.Input((3,)), keras.Input((3,))]
    joined = keras.layers.Concatenate()(inputs)
    outputs = {"kind": keras.layers.Dense(3, activation="softmax", name="kind")(joined)}
    return keras.Model(inputs, outputs | {"size": keras.layers.Dense(1, name="size")(joined)})


def test_several_inputs(folder):
    assert_same(two_inputs, folder, {"left": X[:, :3], "right": X[:, 3:]}, seed=1)


def test_several_outputs(folder):
    y = {"kind": Y, "size": X[:, :1]}
    loss = {"kind": "sparse_categorical_crossentropy", "size": "mean_squared_error"}
    options = {"loss": loss, "metrics": [], "seed": 1}
    assert_same(two_outputs, folder, [X[:, :3], X[:, 3:]], y, **options)
    weights = {"kind": WEIGHTS, "size": WEIGHTS.astype("int32")}
    assert_same(
        two_outputs, folder, [X[:, :3], X[:, 3:]], y, arrays=("sample_weight",), sample_weight=weights, **options
    )


@pytest.mark.parametrize("in_file", ["x", "y", "sample_weight"])
def test_some_in_files_and_some_in_memory(folder, in_file):
    given = {"x": X, "y": tf.constant(Y), "sample_weight": WEIGHTS}
    held = given | {in_file: filed(folder, np.asarray(given[in_file]))}
    assert trained(small_net, **held, seed=1) == trained(small_net, **given, seed=1)


def test_strings_in_memory_beside_a_file(folder):
    def words_and_numbers():
        keras.utils.set_random_seed(1)
        word, numbers = keras.Input((), dtype="string"), keras.Input((6,))
        lookup = keras.layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")
        joined = keras.layers.Concatenate()([lookup(word), numbers])
        return keras.Model([word, numbers], keras.layers.Dense(3, activation="softmax")(joined))

    words = np.array(["a", "b", "c"])[Y]
    for strings in (words, words.astype(object), tf.constant(words.tolist()), filed(folder, words.astype("S1"))):
        from_file = trained(words_and_numbers, [strings, filed(folder, X)], Y, seed=1)
        assert from_file == trained(words_and_numbers, [words, X], Y, seed=1)


def test_windows_over_a_series(folder):
    def recurrent():
        return models.sequential(["flatten", ("dense", 3, "softmax")], input_shape=[6, 5], seed=1)

    def windows(series):
        return np.lib.stride_tricks.sliding_window_view(series, 5, axis=0)

    x = windows(filed(folder, X))
    assert _mapped.in_file(x)
    assert trained(recurrent, x, Y[: len(x)], seed=1) == trained(recurrent, windows(X), Y[: len(x)], seed=1)


def test_what_is_computed_of_a_file_is_in_memory(folder):
    x = filed(folder, X)
    assert _mapped.in_file(x.reshape(10, 7, 6)[:, 0])
    assert not any(map(_mapped.in_file, (x + 1, x[[1, 2]], x.astype("float64"), X)))


@pytest.mark.parametrize("size", ["float16", "float64"])
def test_another_precision(folder, size):
    before = keras.config.floatx()
    keras.config.set_floatx(size)
    try:
        assert_same(small_net, folder, X.astype("float64"), seed=1)
    finally:
        keras.config.set_floatx(before)


@pytest.mark.parametrize("weights", [(), (np.linspace(1, 3, 25),)])
def test_validation(folder, weights):
    given = (X_NEW.astype("float64"), Y_NEW, *weights)
    for options in ({}, {"validation_steps": 2}, {"validation_batch_size": 4}):
        assert_same(small_net, folder, arrays=("validation_data",), validation_data=given, seed=1, **options)


@pytest.mark.parametrize("weights", [{}, {"sample_weight": WEIGHTS}])
def test_evaluate(folder, weights):
    model = small_net()
    training.fit(model, X, Y, seed=1, progress=False)
    for options in ({"batch_size": 16}, {"batch_size": 1000}, {"batch_size": 7, "steps": 3}):
        held = {name: filed(folder, array) for name, array in weights.items()}
        measured = models.evaluate(model, filed(folder, X.astype("float64")), filed(folder, Y), **held, **options)
        assert measured == models.evaluate(model, X.astype("float64"), Y, **weights, **options)


def test_predict(folder):
    for make, x in (
        (small_net, X),
        (two_outputs, [X[:, :3], X[:, 3:]]),
        (two_inputs, {"left": X[:, :3], "right": X[:, 3:]}),
    ):
        model = make()
        for options in ({"batch_size": 16}, {"batch_size": 7, "steps": 3}):
            expected = models.predict(model, x, **options)
            predicted = models.predict(model, in_files(folder, x), **options)
            assert keras.tree.map_structure(np.ndarray.tobytes, predicted) == keras.tree.map_structure(
                np.ndarray.tobytes, expected
            )


@pytest.mark.filterwarnings("ignore:the data ran out:UserWarning")
@pytest.mark.parametrize("steps_per_epoch", [None, 2])
def test_training_that_is_resumed_goes_on_as_if_it_had_not_stopped(folder, steps_per_epoch):
    options = {"seed": 1, "steps_per_epoch": steps_per_epoch, "progress": False, "batch_size": 16}
    x, y = filed(folder, X), filed(folder, Y)
    at_once, resumed = small_net(), small_net()
    training.fit(at_once, X, Y, epochs=4, **options)
    training.fit(resumed, x, y, epochs=2, **options)
    training.fit(resumed, x, y, epochs=4, initial_epoch=2, **options)
    assert digest(resumed) == digest(at_once)


def test_an_epoch_that_wants_more_than_there_is(folder):
    with pytest.warns(UserWarning, match="the data ran out before"):
        assert_same(small_net, folder, steps_per_epoch=9, seed=1)


def test_callbacks_see_each_batch(folder):
    ours, theirs = Seen(), Seen()
    trained(small_net, filed(folder, X), Y, seed=1, callbacks=[ours])
    trained(small_net, X, Y, seed=1, callbacks=[theirs])
    assert ours.batches == theirs.batches
    assert [batch for batch, _ in ours.batches] == 2 * list(range(5))


def compiled(**options):
    def make():
        model = small_net()
        model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"], **options)
        return model

    return make


@pytest.mark.parametrize("options", [{"run_eagerly": True}, {"steps_per_execution": 3}], ids=str)
@pytest.mark.parametrize("seed", [None, 1])
def test_models_that_run_in_keras_own_function(folder, options, seed):
    assert_same(compiled(**options), folder, seed=seed)


LAYOUTS = ["C", "every other row", "some columns", "backwards", "asarray", "Fortran", "unaligned", "big-endian"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint8", "bool"])
def test_batches_are_those_of_memory(folder, layout, dtype):
    x, y = (CHANCE.random((23, 3)) * 9).astype(dtype), (CHANCE.random(23) * 9).astype(dtype)
    told = {"batch_size": 5, "shuffle": True, "seed": 3}
    read = list(training.batches(filed(folder, x, layout), filed(folder, y, layout), **told))
    for pair, from_memory in zip(read, training.batches(x, y, **told), strict=True):
        for one, other in zip(pair, from_memory, strict=True):
            assert (one.dtype, one.numpy().tolist()) == (other.dtype, other.numpy().tolist())


def test_batches_read_their_own_rows_alone(folder):
    x = filed(folder, np.zeros((20, 2)))
    made = training.batches(x, batch_size=10)
    first = next(made)
    np.memmap(x.filename, x.dtype, "r+", x.offset, x.shape)[:] = 1  # what is read from now on
    assert (first.numpy().sum(), next(made).numpy().sum()) == (0, 20)
