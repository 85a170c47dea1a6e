"""`evaluate` and `predict` of everything that trains, and losses of several outputs that add up to the whole."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from models_nets import X, Y, small_net

from pybridge import models, training
from pybridge.errors import DtypeError, OptionError, ShapeError

layers = keras.layers
COUNT = len(X)
random = np.random.default_rng(4)
WEIGHTS = random.uniform(0.1, 3, COUNT).astype("float32")
OTHER_WEIGHTS = random.uniform(0.1, 3, COUNT).astype("float32")
SIZE = random.normal(size=(COUNT, 2)).astype("float32")


@pytest.fixture(scope="module")
def trained():
    model = small_net()
    training.fit(model, X, Y, epochs=1, progress=False)
    return model


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return -(-COUNT // 16)

    def __getitem__(self, number):
        rows = slice(16 * number, 16 * number + 16)
        return X[rows], Y[rows]


def dataset(*parts):
    return tf.data.Dataset.from_tensor_slices(parts).batch(16)


SOURCES = {
    "dataset": lambda: dataset(X, Y),
    "generator": lambda: ((X[start : start + 16], Y[start : start + 16]) for start in range(0, COUNT, 16)),
    "iterator of lists": lambda: iter([[X[:16], Y[:16]], [X[16:], Y[16:]]]),
    "PyDataset": Batches,
}


@pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning")
@pytest.mark.parametrize("source", SOURCES)
def test_what_gives_batches_itself_is_measured_and_predicted(trained, source):
    expected = trained.evaluate(X, Y, batch_size=16, verbose=0, return_dict=True)
    assert models.evaluate(trained, SOURCES[source]()) == pytest.approx(expected, rel=1e-4)
    got = models.predict(trained, SOURCES[source]())
    np.testing.assert_allclose(got, trained.predict(X, verbose=0), rtol=1e-5, atol=1e-6)


def test_steps_end_what_has_no_end(trained):
    endless = dataset(X, Y).repeat()
    expected = trained.evaluate(X, Y, batch_size=16, verbose=0, return_dict=True)
    assert models.evaluate(trained, endless, steps=np.int64(2)) == pytest.approx(expected, rel=1e-4)
    assert models.predict(trained, endless, steps=2).shape == (COUNT, 3)
    for use in (models.evaluate, models.predict):
        with pytest.raises(OptionError, match=r"x is a dataset without end; end it with x\.take"):
            use(trained, endless)


def test_callbacks_are_called(trained):
    class Counting(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.seen = []

        def on_test_batch_end(self, batch, logs=None):
            self.seen.append(batch)

        def on_predict_batch_end(self, batch, logs=None):
            self.seen.append(batch)

    counting = Counting()
    models.evaluate(trained, X, Y, batch_size=8, callbacks=[counting])
    models.predict(trained, X, batch_size=8, callbacks=[counting])
    assert counting.seen == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"y": Y}, "leave out y"), ({"sample_weight": WEIGHTS}, "leave out sample_weight")],
)
def test_a_dataset_brings_its_own_targets(trained, options, message):
    with pytest.raises(OptionError, match=message):
        models.evaluate(trained, dataset(X, Y), **options)


@pytest.mark.parametrize("x", [X, tf.sparse.from_dense(X)])
def test_weights_without_targets_are_refused(trained, x):
    with pytest.raises(OptionError, match=r"^sample_weight needs y, for it weighs the loss of each target$"):
        models.evaluate(trained, x, sample_weight=WEIGHTS)


def test_strings_are_no_targets_here_either(trained):
    with pytest.raises(DtypeError, match="holds strings"):
        models.evaluate(trained, X, np.array(["a", "b", "c"])[Y])


def test_labels_out_of_range_are_refused(trained):
    for data in [(X, Y + 5), (dataset(X, Y + 5),)]:
        with pytest.raises(ShapeError, match="the labels run from 0 to 2; one is"):
            models.evaluate(trained, *data)


def test_an_index_out_of_range_is_refused_in_prediction():
    model = keras.Sequential([keras.Input((2,)), layers.Embedding(5, 4)])
    with pytest.raises(ShapeError, match=r"run from 0 to 4; entry .* is 7"):
        models.predict(model, np.full((3, 2), 7))


def several(form):
    keras.utils.set_random_seed(2)
    inputs = keras.Input((6,))
    outputs = {
        "kind": layers.Dense(3, activation="softmax", name="kind")(inputs),
        "size": layers.Dense(2, name="size")(inputs),
    }
    return keras.Model(inputs, outputs if form == "dict" else list(outputs.values()))


def arranged(form, kind, size):
    return {"kind": kind, "size": size} if form == "dict" else [kind, size]


def told(form):
    losses = arranged(form, "sparse_categorical_crossentropy", "mean_squared_error")
    return {"optimizer": keras.optimizers.SGD(0.0), "loss": losses, "metrics": None}


def by_numpy(model, form, weights):
    """The losses of the outputs as their definitions have them: sums over samples, divided by their number."""
    predicted = model(X)
    kind, size = (np.asarray(each) for each in (predicted.values() if form == "dict" else predicted))
    losses = -np.log(kind[np.arange(COUNT), Y]), ((size - SIZE) ** 2).mean(axis=1)
    pairs = zip(losses, weights or (1, 1), strict=True)
    means = [float((each * weight).mean()) for each, weight in pairs]
    return {"kind_loss": means[0], "size_loss": means[1], "loss": sum(means)}


@pytest.mark.parametrize("form", ["list", "dict"])
@pytest.mark.parametrize("weights", [None, (WEIGHTS, OTHER_WEIGHTS)], ids=["unweighted", "weighted"])
def test_losses_of_several_outputs_are_means_over_all_samples(form, weights):
    model = several(form)
    weight = None if weights is None else arranged(form, *weights)
    y = arranged(form, Y, SIZE)
    size = 16
    data = (X, y) if weight is None else (X, y, weight)
    options = {"epochs": 1, "batch_size": size, "progress": False, "sample_weight": weight}
    history = training.fit(model, X, y, validation_data=data, **told(form), **options)
    expected = by_numpy(model, form, weights)
    for prefix in ("", "val_"):
        for name, value in expected.items():
            assert history[prefix + name] == pytest.approx([value], rel=1e-4), prefix + name
    got = models.evaluate(model, X, y, batch_size=size, sample_weight=weight)
    assert got == pytest.approx(expected, rel=1e-4)
    stream = tf.data.Dataset.from_tensor_slices(
        (X, tuple(y) if form == "list" else y) if weight is None else (X, *map(_tuple, (y, weight)))
    )
    assert models.evaluate(model, stream.batch(size)) == pytest.approx(expected, rel=1e-4)


def _tuple(part):
    return tuple(part) if isinstance(part, list) else part


def test_so_they_are_after_keras_has_measured_the_model():
    model = several("list")
    model.compile(**told("list"))
    size = 16
    model.evaluate(X, [Y, SIZE], batch_size=size, verbose=0)
    got = models.evaluate(model, X, [Y, SIZE], batch_size=size)
    assert got == pytest.approx(by_numpy(model, "list", None), rel=1e-4)


def test_one_weight_for_all_outputs():
    model = several("list")
    model.compile(**told("list"))
    got = models.evaluate(model, X, [Y, SIZE], sample_weight=WEIGHTS, batch_size=16)
    assert got == pytest.approx(by_numpy(model, "list", (WEIGHTS, WEIGHTS)), rel=1e-4)


@pytest.mark.parametrize("kind", ["U", "S", object])
def test_arrays_of_strings_are_looked_up_as_in_training(kind):
    words = np.array(["a", "b b", "c"])[Y]
    given = keras.Input((), dtype="string")
    numbers = layers.StringLookup(vocabulary=["a", "b b", "c"], output_mode="one_hot")(given)
    model = keras.Model(given, layers.Dense(3, activation="softmax")(numbers))
    training.fit(model, words, Y, epochs=1, loss="sparse_categorical_crossentropy", progress=False)
    strings, expected = words.astype(kind), model.predict(tf.constant(words), verbose=0)
    np.testing.assert_array_equal(models.predict(model, strings), expected)
    assert models.evaluate(model, strings, Y) == models.evaluate(model, tf.constant(words), Y)
