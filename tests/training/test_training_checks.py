"""Labels and indices out of range are refused before the step that would use them, and good ones never."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from training_nets import X, Y, digest, small_net
from training_pairs import FUZZING, step_by_step

from pybridge import models, training
from pybridge.errors import DataError, ShapeError

layers = keras.layers
BAD = Y.copy()
BAD[40] = 5  # in the third batch of 16
TOKENS = np.arange(70 * 4).reshape(70, 4) % 5
JIT = [False, True, "auto"]


def fit(model, x=X, y=Y, **options):
    told = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": []}
    told |= {"epochs": 1, "batch_size": 16, "shuffle": False, "progress": False}
    return training.fit(model, x, y, **told | options)


def dataset(y, x=X):
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(16)


class Batches(keras.utils.PyDataset):
    def __init__(self, y):
        super().__init__()
        self.y = y

    def __len__(self):
        return 5

    def __getitem__(self, number):
        rows = slice(16 * number, 16 * number + 16)
        return X[rows], self.y[rows]


STREAMS = {
    "dataset": dataset,
    "dataset of unknown length": lambda y: dataset(y).filter(lambda x, y: True),
    "generator": lambda y: ((X[start : start + 16], y[start : start + 16]) for start in range(0, 70, 16)),
    "PyDataset": Batches,
}


@pytest.mark.parametrize("batch_size", [14, 16, 70, 200])
@pytest.mark.parametrize("jit", JIT)
def test_a_label_in_arrays_is_refused_before_anything_changes(jit, batch_size):
    model = small_net()
    before = digest(model)
    with pytest.raises(ShapeError, match=r"^the labels run from 0 to 2; y\[40\] is 5$"):
        fit(model, y=BAD, jit=jit, batch_size=batch_size)
    assert digest(model) == before


@pytest.mark.parametrize(("label", "shown"), [(-1, "-1"), (3, "3"), (np.nan, "nan"), (np.inf, "inf"), (2**40, "\\d+")])
@pytest.mark.parametrize("place", [0, 69])
def test_whatever_the_label_is(label, shown, place):
    model = small_net()
    y = Y.astype("float64" if isinstance(label, float) else "int64")
    y[place] = label
    with pytest.raises(ShapeError, match=rf"^the labels run from 0 to 2; y\[{place}\] is {shown}$"):
        fit(model, y=y)


@pytest.mark.parametrize("source", STREAMS)
@pytest.mark.parametrize("jit", [False, "auto"])
def test_of_a_stream_the_good_batches_before_have_been_learned(source, jit):
    model, alike = small_net(), small_net()
    with pytest.raises(ShapeError, match=r"^the labels run from 0 to 2; y\[8\] is 5 in batch 2$"):
        fit(model, STREAMS[source](BAD), None, jit=jit)
    alike.compile("adam", "sparse_categorical_crossentropy")
    step_by_step(alike).fit(X[:32], Y[:32], batch_size=16, shuffle=False, verbose=0)
    for weight, wanted in zip(model.get_weights(), alike.get_weights(), strict=True):
        np.testing.assert_allclose(weight, wanted, rtol=1e-5, atol=1e-6)
    assert model.optimizer.iterations == 2


@pytest.mark.filterwarnings("ignore:XLA cannot compile this model:UserWarning")
def test_so_it_is_in_xla():
    model = small_net()
    with pytest.raises(ShapeError, match=r"y\[8\] is 5 in batch 2"):
        fit(model, dataset(BAD).take(4), None, jit=True)
    assert model.optimizer.iterations == 2


class Own(keras.Model):
    """Looks tokens up, in a call and with a training step of its own."""

    def __init__(self):
        super().__init__()
        self.embedding, self.dense = layers.Embedding(5, 4, name="words"), layers.Dense(3)

    def call(self, tokens):
        return self.dense(keras.ops.mean(self.embedding(tokens), 1))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, self(x)))
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


def sequence():
    return keras.Sequential(
        [keras.Input((4,)), layers.Embedding(5, 4, name="words"), layers.Flatten(), layers.Dense(3, "softmax")]
    )


def two_inputs():
    words, numbers = keras.Input((4,), name="words"), keras.Input((6,), name="numbers")
    looked_up = layers.Flatten()(layers.Embedding(5, 4)(words))
    return keras.Model([words, numbers], layers.Dense(3, "softmax")(layers.concatenate([looked_up, numbers])))


@pytest.mark.parametrize("make", [sequence, Own])
@pytest.mark.parametrize("token", [5, -6])
@pytest.mark.parametrize("jit", JIT)
def test_an_index_outside_an_embedding_is_refused(make, token, jit):
    model, tokens = make(), TOKENS.copy()
    tokens[41, 2] = token
    model(TOKENS[:1])
    before = digest(model)
    with pytest.raises(ShapeError, match=rf"^the rows of words\w* run from 0 to 4; x\[41, 2\] is {token}$"):
        fit(model, tokens, jit=jit)
    assert digest(model) == before


def test_an_index_of_one_of_several_inputs_is_refused():
    tokens = TOKENS.copy()
    tokens[3, 1] = 9
    with pytest.raises(ShapeError, match=r"run from 0 to 4; x\[0\]\[3, 1\] is 9"):
        fit(two_inputs(), [tokens, X])
    with pytest.raises(ShapeError, match=r"run from 0 to 4; x\['words'\]\[3, 1\] is 9"):
        fit(two_inputs(), {"words": tokens, "numbers": X})


@pytest.mark.parametrize("form", ["list", "dict"])
def test_the_output_is_named(form):
    inputs = keras.Input((6,))
    outputs = {name: layers.Dense(3, "softmax", name=name)(inputs) for name in ("kind", "size")}
    model = keras.Model(inputs, outputs if form == "dict" else list(outputs.values()))
    y = {"kind": Y, "size": BAD} if form == "dict" else [Y, BAD]
    loss = ["sparse_categorical_crossentropy"] * 2
    place = r"\['size'\]" if form == "dict" else r"\[1\]"
    with pytest.raises(ShapeError, match=rf"^the labels of the output 'size' run from 0 to 2; y{place}\[40\] is 5$"):
        fit(model, y=y, loss=dict(zip(outputs, loss, strict=True)) if form == "dict" else loss)


@pytest.mark.parametrize("batch_size", [14, 16])
def test_a_label_of_a_time_step_is_refused(batch_size):
    model = keras.Sequential([keras.Input((6,)), layers.Reshape((3, 2)), layers.Dense(3, "softmax")])
    y = np.stack([Y, Y, BAD], axis=1)
    before = digest(model)
    with pytest.raises(ShapeError, match=r"^the labels run from 0 to 2; y\[40, 2\] is 5$"):
        fit(model, y=y, batch_size=batch_size)
    assert digest(model) == before


def test_a_label_beside_a_class_to_ignore_is_refused_by_its_place():
    with pytest.raises(ShapeError, match=r"the labels run from 0 to 2; y\[40\] is 5"):
        fit(small_net(), y=BAD, loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=-1))


@pytest.mark.parametrize("jit", JIT)
@pytest.mark.parametrize("data", [(X, BAD), dataset(BAD)], ids=["arrays", "dataset"])
def test_a_label_that_validates_is_refused(data, jit):
    with pytest.raises(
        ShapeError, match=r"^the labels run from 0 to 2; validation_y\[(40\] is 5|8\] is 5 in batch 2)$"
    ):
        fit(small_net(), validation_data=data, jit=jit)


@pytest.mark.parametrize("jit", JIT)
def test_a_step_of_ones_own_refuses_them_too(jit):
    model = small_net()
    step = training.compile_step(model, optimizer="sgd", loss="sparse_categorical_crossentropy", jit=jit)
    step(X[:16], Y[:16])
    before = digest(model)
    with pytest.raises(ShapeError, match=r"^the labels run from 0 to 2; y\[8\] is 5$"):
        step(X[32:48], BAD[32:48])
    assert digest(model) == before


@pytest.mark.parametrize("steps", [1, 2])
def test_a_model_compiled_for_xla_refuses_what_it_would_without(steps):
    model = small_net()
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=True, steps_per_execution=steps)
    with pytest.raises(ShapeError, match="the labels run from 0 to 2"):
        training.fit(model, X, BAD, progress=False)
    with pytest.raises(ShapeError, match="the labels run from 0 to 2; one is 5"):
        models.evaluate(model, X, BAD)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_a_model_with_chance_of_its_own_refuses_them_in_xla():
    class Drawing(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3, "softmax")

        def call(self, x):
            return self.dense(x + tf.random.normal(tf.shape(x)))

    model = Drawing()
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=True)
    with pytest.raises(ShapeError, match="the labels run from 0 to 2"):
        training.fit(model, X, BAD, progress=False)


@pytest.mark.parametrize("jit", [False, True])
def test_prediction_refuses_an_index(jit):
    model = sequence()
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=jit)
    with pytest.raises(ShapeError, match=r"run from 0 to 4; entry .* of a batch is \d"):
        models.predict(model, TOKENS + 5)


def test_four_parts_of_a_batch_are_a_matter_of_the_models_own_step():
    class Triplet(Own):
        def train_step(self, data):
            first, second, _, y = data
            return super().train_step((first + second * 0, y))

    model = Triplet()
    model.compile("sgd")
    batches = tf.data.Dataset.from_tensor_slices((TOKENS, TOKENS, TOKENS, Y)).batch(16)
    history = training.fit(model, batches, epochs=1, progress=False)
    assert np.isfinite(history["loss"]).all()


def test_without_checks_only_tensorflow_refuses():
    with pytest.raises((ShapeError, DataError)) as refused:
        fit(small_net(), y=BAD, jit=False, check=False)
    assert "y[" not in str(refused.value)
    assert np.isnan(fit(small_net(), y=BAD, jit=True, check=False)["loss"]).all()


@pytest.fixture(scope="module")
def fits():
    """Models that are compiled once."""
    ignoring = keras.losses.SparseCategoricalCrossentropy(ignore_class=255)
    embed = layers.Embedding(5, 4, mask_zero=True)
    masked = keras.Sequential([keras.Input((4,)), embed, layers.TimeDistributed(layers.Dense(3, "softmax"))])
    return {"plain": (small_net(), {}), "ignoring": (small_net(), {"loss": ignoring}), "masked": (masked, {})}


@settings(max_examples=8 if FUZZING else 4)
@given(labels=st.lists(st.integers(0, 2), min_size=21, max_size=21), data=st.data())
def test_good_data_is_never_refused(fits, labels, data):
    labels = np.array(labels)
    model, options = fits["plain"]
    given = data.draw(st.sampled_from([labels, labels[:, None], labels.astype("float32"), labels.astype("uint8")]))
    assert np.isfinite(fit(model, X[:21], given, **options)["loss"]).all()
    model, options = fits["ignoring"]
    ignored = np.where(data.draw(st.lists(st.booleans(), min_size=21, max_size=21)), 255, labels)
    fit(model, X[:21], ignored, **options)
    model, options = fits["masked"]
    tokens = data.draw(st.lists(st.integers(-5, 4), min_size=84, max_size=84))
    fit(model, np.reshape(tokens, (21, 4)), np.repeat(labels[:, None], 4, axis=1), **options)


def test_a_negative_index_counts_from_the_end_as_in_keras():
    theirs, ours = sequence(), sequence()
    ours.set_weights(theirs.get_weights())
    theirs.compile("adam", "sparse_categorical_crossentropy")
    expected = step_by_step(theirs).fit(TOKENS - 5, Y, batch_size=16, shuffle=False, verbose=0).history
    assert fit(ours, TOKENS - 5)["loss"] == pytest.approx(expected["loss"], rel=1e-5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "adagrad", "adadelta"])
def test_an_embedding_trains_in_xla_though_its_update_looks_rows_up(optimizer):
    def table():
        return keras.Sequential([keras.Input((2,)), layers.Embedding(5, 3), layers.GlobalAveragePooling1D()])

    told = {"optimizer": optimizer, "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}
    told |= {"epochs": 2, "batch_size": 4}
    losses = [fit(model, TOKENS[:9, :2], Y[:9], jit=jit, **told)["loss"] for model, jit in _alike(table)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


class Listed(keras.optimizers.schedules.LearningRateSchedule):
    """The rate of each step, from a list."""

    def __call__(self, step):
        return tf.gather(tf.constant([0.1, 0.1, 0.1]), step)


def test_what_a_schedule_looks_up_is_left_to_tensorflow():
    model = small_net(1)
    with (
        pytest.warns(UserWarning, match="looks up labels or rows by numbers that it computes itself"),
        pytest.raises(DataError, match=r"indices = 3 is not in \[0, 3\)"),
    ):
        fit(model, optimizer=keras.optimizers.RMSprop(Listed()), jit=True)


def _alike(make):
    first, second = make(), make()
    second.set_weights(first.get_weights())
    return [(first, False), (second, True)]
