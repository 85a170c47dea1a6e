"""Every kind of data that `keras.Model.fit` takes trains to the same numbers."""

from __future__ import annotations

import gc
import threading

import keras
import numpy as np
import pandas
import pytest
import scipy.sparse
import tensorflow as tf
from training_nets import X_NEW, Y_NEW, X, Y, named, small_net
from training_pairs import assert_same, both, step_by_step

from pybridge import training
from pybridge.errors import OptionError, ShapeError

layers = keras.layers
ENDS = "ignore:Your input ran out of data:UserWarning"
WORDS = np.array(["a", "b b", "c"])[Y]


def dataset(x=X, y=Y):
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(16)


def fit(model, x=X, y=Y, **options):
    return training.fit(model, x, y, **{"epochs": 1, "batch_size": 16, "progress": False} | options)


def each_its_own(make, source, y=None, **options):
    """As `both`, where the data can be gone through once only, so that Keras and pybridge each get theirs."""
    told = {"optimizer": "rmsprop", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    theirs, ours = make(), make()
    ours.set_weights(theirs.get_weights())
    theirs.compile(**told)
    expected = step_by_step(theirs).fit(source(), y, verbose=0, shuffle=False, **options).history
    history = training.fit(ours, source(), y, progress=False, shuffle=False, **told, **options)
    assert_same(ours, history, theirs, expected)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (tf.constant(X), tf.constant(Y)),
        (X.astype("float64"), Y.astype("float64")),
        ((10 * X).astype("uint8"), Y.astype("uint8")),
        (X > 0, Y[:, None]),
        (X[::-1], Y[::-1]),
        (scipy.sparse.csr_matrix(X), Y),
        (tf.sparse.from_dense(X), Y),
    ],
    ids=["tensors", "doubles", "bytes", "booleans", "views", "SciPy", "sparse"],
)
def test_arrays_of_all_kinds(x, y):
    assert_same(*both(small_net, x, y, jit="auto"))


def test_lists_and_files_are_arrays(tmp_path):
    file = np.memmap(tmp_path / "x", "float32", "w+", shape=X.shape)
    file[:] = X
    histories = [fit(small_net(), x, y, seed=1) for x, y in ((X, Y), (X.tolist(), Y.tolist()), (file, Y))]
    assert histories[0] == histories[1] == histories[2]


def test_pandas():
    frame, column = pandas.DataFrame(X), pandas.Series(Y)
    assert fit(small_net(), frame, column, seed=1) == fit(small_net(), X, Y, seed=1)


def two_inputs():
    keras.utils.set_random_seed(1)
    inputs = {name: keras.Input((3,), name=name) for name in ("left", "right")}
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.Concatenate()(list(inputs.values()))))


class Nested(keras.Model):
    def __init__(self):
        super().__init__()
        keras.utils.set_random_seed(1)
        self.dense = layers.Dense(3, activation="softmax", kernel_initializer=keras.initializers.GlorotUniform(3))

    def call(self, x):
        first, (second, third) = x
        return self.dense(tf.concat([first, second, third], axis=1))


HALVES = {"left": X[:, :3], "right": X[:, 3:]}
PARTS = (X[:, :2], (X[:, 2:4], X[:, 4:]))


@pytest.mark.parametrize(("make", "x"), [(two_inputs, HALVES), (Nested, PARTS)], ids=["dict", "nested tuples"])
def test_several_arrays(make, x):
    assert_same(*both(make, x, Y, jit=False))
    assert_same(*both(make, dataset(x), None, jit=False))


def parts():
    yield from ((X[start : start + 16], Y[start : start + 16]) for start in range(0, 70, 16))


def endless():
    while True:
        yield from parts()


class Batches(keras.utils.PyDataset):
    """Reshuffles itself after each epoch, as Keras's documentation shows it."""

    def __init__(self, shuffled=False, **options):
        super().__init__(**options)
        self.shuffled, self.numbers, self.random = shuffled, np.arange(70), np.random.default_rng(0)

    def __len__(self):
        return 5

    def __getitem__(self, number):
        rows = self.numbers[16 * number : 16 * number + 16]
        return X[rows], Y[rows]

    def on_epoch_end(self):
        if self.shuffled:
            self.random.shuffle(self.numbers)


STREAMS = {
    "generator": (parts, {"epochs": 1}),
    "endless generator": (endless, {"epochs": 3, "steps_per_epoch": 4}),
    "PyDataset": (Batches, {"epochs": 3}),
    "PyDataset that shuffles itself": (lambda: Batches(shuffled=True), {"epochs": 4}),
    "PyDataset with workers": (lambda: Batches(workers=2), {"epochs": 2}),
    "PyDataset weighed by class": (Batches, {"epochs": 2, "class_weight": {0: 2.0, 1: 0.5}}),
    "dataset": (dataset, {"epochs": 2}),
    "endless dataset": (lambda: dataset().repeat(), {"epochs": 3, "steps_per_epoch": 3}),
}


@pytest.mark.filterwarnings(ENDS)
@pytest.mark.parametrize("source", STREAMS)
def test_what_gives_batches_itself(source):
    make, options = STREAMS[source]
    each_its_own(small_net, make, **options)


@pytest.mark.parametrize("make", [dataset, Batches], ids=["dataset", "PyDataset"])
def test_what_has_been_read_is_let_go(make):
    def iterators():
        for thread in threading.enumerate():
            if thread.name == "pybridge, for what has been read":
                thread.join(30)
        gc.collect()
        return sum(type(each).__name__ == "OwnedIterator" for each in gc.get_objects())

    model = small_net()
    fit(model, make(), None)
    before = iterators()
    fit(model, make(), None, epochs=4, validation_data=make())
    assert iterators() <= before


@pytest.mark.filterwarnings(ENDS)
def test_an_iterator_may_give_lists():
    listed = iter([[X[:16], Y[:16]], [X[16:32], Y[16:32]]])
    history = fit(small_net(), listed, None)
    assert history == fit(small_net(), X[:32], Y[:32], shuffle=False)


@pytest.mark.filterwarnings(ENDS)
@pytest.mark.filterwarnings("ignore:the data ran out before steps_per_epoch:UserWarning")
@pytest.mark.parametrize("steps", [3, 7])
def test_arrays_last_as_long_as_in_keras(steps):
    assert_same(*both(small_net, batch_size=16, steps_per_epoch=steps, epochs=4, jit=False))


@pytest.mark.parametrize(
    "options",
    [
        {"validation_steps": 2, "validation_batch_size": 8},
        {"validation_freq": 2},
        {"validation_freq": [1, 3]},
        {"validation_batch_size": 1000},
        {"validation_split": 0.2, "validation_data": None},
    ],
    ids=named,
)
def test_validation_is_measured_when_and_as_in_keras(options):
    assert_same(*both(small_net, epochs=3, jit=False, **{"validation_data": (X_NEW, Y_NEW)} | options))


def test_validation_may_be_any_stream():
    each_its_own(small_net, dataset, epochs=2, validation_data=Batches())
    each_its_own(small_net, dataset, epochs=2, validation_data=dataset().repeat(), validation_steps=2)


def numpy_scalars():
    whole = dict.fromkeys(("epochs", "steps_per_epoch", "validation_steps", "validation_freq"), np.int64(1))
    floats = {"validation_split": np.float32(0.25), "class_weight": {np.int64(0): np.float32(0.5), np.uint8(1): 2}}
    flags = {"shuffle": np.True_, "jit": np.False_, "check": np.True_, "run_eagerly": np.False_}
    others = {"batch_size": np.uint8(16), "validation_batch_size": np.int32(7), "seed": np.int64(3)}
    return whole | floats | flags | others | {"initial_epoch": np.array(0), "verbose": np.int64(0)}


@pytest.mark.parametrize("option", numpy_scalars())
def test_numbers_of_numpy_are_numbers(option):
    value = numpy_scalars()[option]
    told = {"validation_data": (X_NEW, Y_NEW)} if option.startswith("validation") and "split" not in option else {}
    plain = {0: 0.5, 1: 2.0} if option == "class_weight" else value.item()
    expected, got = (fit(small_net(), **{"seed": 1, option: each} | told) for each in (plain, value))
    assert got == expected


def test_nothing_is_a_default():
    expected = fit(small_net(), batch_size=128, seed=1)
    assert fit(small_net(), batch_size=None, callbacks=None, seed=1) == expected


def test_a_batch_may_be_larger_than_the_data():
    told = {"validation_split": 0.3, "shuffle": False}
    assert fit(small_net(), batch_size=10**12, **told) == fit(small_net(), batch_size=49, **told)


def test_running_eagerly_gives_the_same():
    told = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], "optimizer": "sgd", "shuffle": False}
    eagerly, compiled = (fit(small_net(), run_eagerly=eagerly, **told) for eagerly in (True, False))
    assert eagerly == pytest.approx({name: pytest.approx(value, rel=1e-5) for name, value in compiled.items()})


def reader(layer):
    def make():
        keras.utils.set_random_seed(1)
        looked_up = [layer(vocabulary=["a", "b", "c"]), layers.Embedding(6, 4), layers.GlobalAveragePooling1D()]
        return keras.Sequential([keras.Input((1,), dtype="string"), *looked_up, layers.Dense(3, activation="softmax")])

    return make


@pytest.mark.parametrize("layer", [layers.StringLookup, layers.TextVectorization])
@pytest.mark.parametrize("kind", ["tensor", "array", "objects", "dataset"])
def test_strings_go_through_a_layer_that_looks_them_up(layer, kind):
    strings = tf.constant(WORDS[:, None])
    kinds = {"tensor": strings, "array": WORDS[:, None], "objects": WORDS[:, None].astype(object)}
    theirs, ours = reader(layer)(), reader(layer)()
    told = {"optimizer": "rmsprop", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    theirs.compile(**told)
    expected = step_by_step(theirs).fit(strings, Y, batch_size=16, shuffle=False, verbose=0).history
    x, y = (dataset(strings), None) if kind == "dataset" else (kinds[kind], Y)
    assert_same(ours, fit(ours, x, y, shuffle=False, **told), theirs, expected)


class Bag(keras.Model):
    def __init__(self):
        super().__init__()
        keras.utils.set_random_seed(1)
        self.table, self.dense = layers.Embedding(5, 4), layers.Dense(3, activation="softmax")

    def call(self, x):
        return self.dense(tf.reduce_mean(self.table(x.to_tensor()), axis=1))


def test_ragged_samples():
    rows = tf.ragged.constant([[number % 5] * (1 + number % 3) for number in range(70)])
    assert_same(*both(Bag, rows, Y, jit=False))


@pytest.mark.parametrize("jit", [False, "auto"])
def test_samples_alone_train_an_autoencoder(jit):
    class Autoencoder(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(6, kernel_initializer=keras.initializers.GlorotUniform(3))

        def train_step(self, data):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(self.dense(data) - data))
            self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
            return {"error": loss}

    theirs, ours = Autoencoder(), Autoencoder()
    for model in (theirs, ours):
        model.compile("adam")
    expected = step_by_step(theirs).fit(X, batch_size=16, shuffle=False, epochs=2, verbose=0).history
    got = fit(ours, X, None, epochs=2, shuffle=False, jit=jit)
    assert got["error"] == pytest.approx(expected["error"], rel=1e-5)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"steps_per_epoch": 0}, OptionError, "steps_per_epoch must be a whole number of at least 1; got 0"),
        ({"validation_steps": 1.5}, OptionError, "validation_steps must be a whole number of at least 1; got 1.5"),
        ({"validation_freq": 0}, OptionError, "validation_freq must be a whole number of at least 1; got 0"),
        ({"validation_freq": [0]}, OptionError, "an epoch in validation_freq must be a whole number of at least 1"),
        ({"verbose": 3}, OptionError, "verbose must be .*; got 3"),
        ({"jit": "on"}, OptionError, "jit must be True, False or \"auto\"; got 'on'"),
        ({"check": 1}, OptionError, "check must be true or false; got 1"),
        ({"run_eagerly": "yes"}, OptionError, "run_eagerly must be true or false; got 'yes'"),
        ({"class_weight": {0: "a"}}, OptionError, r"class_weight\[0\] must be a number; got 'a'"),
        ({"class_weight": {0.5: 1}}, OptionError, "a class in class_weight must be a whole number of at least 0; go"),
        ({"sample_weight": np.ones(7)}, ShapeError, "samples differ: x 70, y 70, sample_weight 7"),
        ({"x": scipy.sparse.csr_matrix(X), "seed": 1}, OptionError, "a seed cannot order sparse or ragged samples"),
        (
            {"x": scipy.sparse.csr_matrix(X), "y": Y[:9]},
            ShapeError,
            "do not go together: Data cardinality is ambiguous",
        ),
        ({"validation_data": dataset().repeat()}, OptionError, "end; end it with validation_data.take"),
    ],
)
def test_what_cannot_be_used_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        fit(small_net(), **options)
