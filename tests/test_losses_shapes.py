"""Losses and accuracy on every pair of shapes and dtypes: Keras's number, or refused."""

import itertools
import math

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import autodiff, losses
from pybridge.errors import CallError, DtypeError, OptionError, PybridgeError, ShapeError

SHAPES = [(), (1,), (3,), (3, 1), (3, 3), (3, 2), (2, 3), (2, 3, 2), (2, 3, 1), (2, 2, 2), (0,), (0, 3), (3, 0)]
CLASSES = {
    "mean_squared_error": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
    "huber": "Huber",
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "kl_divergence": "KLDivergence",
}
OF_CLASSES = {"categorical_crossentropy", "kl_divergence"}


def kerases(name, y_true, y_pred, **options):
    if name.startswith("sparse"):  # the class takes a single class for yes or no
        return float(np.mean(getattr(keras.losses, name)(y_true, tf.constant(y_pred), **options)))
    loss = getattr(keras.losses, CLASSES[name])(dtype=y_pred.dtype.name, **options)
    return float(loss(tf.constant(y_true), tf.constant(y_pred)))


def labels(name, shape, pred, random, dtype):
    if name in OF_CLASSES and len(shape) and shape[-1]:
        return random.dirichlet(np.ones(shape[-1]), shape[:-1]).astype(dtype)
    classes = pred[-1] if name.startswith("sparse") and pred else 2
    return random.integers(max(classes, 1), size=shape).astype(dtype)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_pair_of_shapes_is_kerases_number_or_refused(name, dtype):
    random = np.random.default_rng(3)
    taken = 0
    for true, pred in itertools.product(SHAPES, repeat=2):
        y_true = labels(name, true, pred, random, dtype)
        y_pred = random.random(pred).astype(dtype) / max(pred[-1] if pred else 1, 1)
        try:
            ours = getattr(losses, name)(y_true, y_pred)
        except ShapeError as error:
            assert str(error).startswith(f"{name}: ")
            paired = true == pred and 0 not in pred
            assert not paired or (name in OF_CLASSES and pred in [(), (1,), (3, 1), (2, 3, 1)]) or name.startswith("sp")
            continue
        taken += 1
        assert ours.dtype == dtype
        assert ours.shape == ()
        if name == "sparse_categorical_crossentropy" or true == pred:
            expected = kerases(name, np.atleast_1d(y_true), np.atleast_1d(y_pred))
        else:
            expected = kerases(name, y_true.reshape(-1, 1), y_pred.reshape(-1, 1))
        assert float(ours) == pytest.approx(expected, rel=1e-5, abs=1e-7)
    assert taken >= 6


OPTIONS = {
    "huber": [{"delta": 0.3}, {"delta": 2.0}],
    "binary_crossentropy": [
        {"from_logits": True},
        {"label_smoothing": 0.2},
        {"from_logits": True, "label_smoothing": 1},
    ],
    "categorical_crossentropy": [{"from_logits": True}, {"label_smoothing": 0.2}],
    "sparse_categorical_crossentropy": [{"from_logits": True}],
}


@settings(max_examples=settings.default.max_examples // 2)
@given(st.integers(0, 2**32), st.sampled_from([(name, options) for name in OPTIONS for options in OPTIONS[name]]))
def test_options_are_those_of_keras_and_slopes_those_of_central_differences(seed, named):
    name, options = named
    random = np.random.default_rng(seed)
    scores = random.normal(size=(3, 4)) * 2
    y_pred = scores if options.get("from_logits") or name == "huber" else scipy.special.softmax(scores, -1)
    numbers = random.integers(4, size=3)
    y_true = numbers if name.startswith("sparse") else np.eye(4)[numbers]
    loss = getattr(losses, name)
    assert float(loss(y_true, y_pred, **options)) == pytest.approx(kerases(name, y_true, y_pred, **options), rel=1e-6)
    gradient = autodiff.gradient(lambda p: loss(y_true, p, **options), tf.constant(y_pred)).numpy()
    for place in np.ndindex(3, 4):
        ends = []
        for step in (1e-6, -1e-6):
            moved = y_pred.copy()
            moved[place] += step
            ends.append(float(loss(y_true, moved, **options)))
        assert gradient[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-6)


def test_new_losses_by_hand():
    assert losses.huber([0.0, 0.0], [0.5, -3.0]).numpy() == (0.125 + 2.5) / 2
    assert losses.huber([0.0], [3.0], 2.0).numpy() == 4
    assert autodiff.gradient(lambda p: losses.huber([0.0], p), [math.inf]).numpy() == [1]
    p, q = [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]
    expected = pytest.approx(scipy.special.rel_entr(p, q).sum(), rel=1e-6)
    assert losses.kl_divergence([p], [q]).numpy() == expected
    assert losses.kl_divergence(p, q).numpy() == expected
    assert losses.kl_divergence([[1.0, 0.0]], [[1.0, 0.0]]).numpy() == 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_floats_are_summed_in_float32_and_kept(dtype):
    y_true, y_pred = tf.zeros(100_000, dtype), tf.fill([100_000], tf.constant(3.0, dtype))
    for loss, expected in [(losses.mean_squared_error, 9), (losses.mean_absolute_error, 3), (losses.huber, 2.5)]:
        assert loss(y_true, y_pred).dtype == dtype
        assert float(loss(y_true, y_pred)) == expected
    assert float(losses.mean_squared_error(tf.zeros(4, dtype), tf.constant([300, 0, 0, 0], dtype))) == pytest.approx(
        22500, rel=1e-2
    )
    certain = losses.binary_crossentropy(tf.constant([1.0, 0.0], dtype), tf.constant([1.0, 0.0], dtype))
    assert float(certain) == pytest.approx(0, abs=1e-6)
    assert losses.sparse_categorical_crossentropy([1], tf.constant([[0.5, 0.5]], dtype)).dtype == dtype


@pytest.mark.parametrize("name", [*CLASSES, "accuracy"])
@pytest.mark.parametrize(
    "complex", [([1j, 0], [0.5, 0.5]), ([1, 0], [0.5j, 0.5]), (tf.constant(["a", "b"]), [0.5, 0.5])]
)
def test_what_is_no_real_number_is_refused(name, complex):
    with pytest.raises(
        DtypeError, match=f"^{name}: (labels and predictions are real numbers; got|.*a tensor of string)"
    ):
        getattr(losses, name)(*complex)


PROBABILITIES = [[0.2, 0.3, 0.5], [0.5, 0.4, 0.1]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: losses.binary_crossentropy([0, 2], [0.5, 0.5]),
            OptionError,
            "binary_crossentropy: y_true is made of numbers from 0 to 1; got 2.0; 1 is for yes and 0 for no; "
            "class numbers go with sparse_categorical_crossentropy",
        ),
        (
            lambda: losses.binary_crossentropy([0, 2], PROBABILITIES),
            ShapeError,
            "binary_crossentropy: y_true (2,) and y_pred (2, 3) do not pair; "
            "class numbers go with sparse_categorical_crossentropy",
        ),
        (
            lambda: losses.categorical_crossentropy([[0, 1, 2], [2, 0, 0]], PROBABILITIES),
            OptionError,
            "categorical_crossentropy: y_true is made of numbers from 0 to 1; got 2.0; a row holds a probability for "
            "each class; class numbers go with sparse_categorical_crossentropy",
        ),
        (
            lambda: losses.kl_divergence([0, 2], PROBABILITIES),
            ShapeError,
            "kl_divergence: y_true (2,) and y_pred (2, 3) do not pair; "
            "class numbers go with sparse_categorical_crossentropy",
        ),
        (
            lambda: losses.categorical_crossentropy([[1], [0]], [[0.9], [0.2]]),
            ShapeError,
            "categorical_crossentropy: y_pred (2, 1) has a single class, whose probability is always 1; "
            "one column of yes or no goes with binary_crossentropy",
        ),
        (
            lambda: losses.binary_crossentropy([math.nan], [0.5]),
            OptionError,
            "binary_crossentropy: y_true is made of numbers from 0 to 1; got nan; 1 is for yes and 0 for no; "
            "class numbers go with sparse_categorical_crossentropy",
        ),
        (
            lambda: losses.sparse_categorical_crossentropy([math.nan], [[0.5, 0.5]]),
            ShapeError,
            "sparse_categorical_crossentropy: y_pred (1, 2) has the classes 0 to 1; y_true names nan",
        ),
        (
            lambda: losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]], label_smoothing=0.1),
            CallError,
            "sparse_categorical_crossentropy: there is no option label_smoothing; "
            "there are from_logits, y_pred, y_true",
        ),
        (
            lambda: losses.mean_squared_error([], []),
            ShapeError,
            "mean_squared_error: there are no predictions in y_pred (0,)",
        ),
        (
            lambda: losses.huber([1.0], [2.0], delta=0),
            OptionError,
            "huber: delta must be a number above 0; got 0",
        ),
        (
            lambda: losses.binary_crossentropy([1], [0.5], from_logits="yes"),
            OptionError,
            "binary_crossentropy: from_logits must be true or false; got 'yes'",
        ),
        (
            lambda: losses.categorical_crossentropy([[1, 0]], [[0.5, 0.5]], label_smoothing=1.5),
            OptionError,
            "categorical_crossentropy: label_smoothing must be a number from 0 to 1; got 1.5",
        ),
    ],
)
def test_a_refusal_says_what_to_write(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


@given(st.lists(st.tuples(st.integers(-2, 4), st.integers(-2, 4)), min_size=1, max_size=8), st.data())
def test_class_numbers_are_compared_as_such(told, data):
    y_true, y_pred = np.array(told).T
    share = pytest.approx(float(keras.metrics.Accuracy()(y_true, y_pred)))
    dtypes = st.sampled_from(["int8", "int32", "int64"])
    y_true, y_pred = y_true.astype(data.draw(dtypes)), y_pred.astype(data.draw(dtypes))
    for one, other in itertools.product([y_true, y_true[:, None]], [y_pred, y_pred[:, None]]):
        assert float(losses.accuracy(one, other)) == share
    if len(told) % 2 == 0:
        true, pred = y_true.reshape(2, -1), y_pred.reshape(2, -1)
        if not (np.isin(true, (0, 1)).all() and (true.sum(-1) == 1).all()):
            assert float(losses.accuracy(true, pred)) == share
    assert float(losses.accuracy(y_true.astype(float), y_pred)) == share


def test_large_class_numbers_are_told_apart():
    assert losses.accuracy([2**24 + 1, 2**60], [2**24, 2**60 + 1]).numpy() == 0


@settings(max_examples=settings.default.max_examples // 2)
@given(
    st.integers(0, 2**32),
    st.sampled_from([(3,), (4, 1), (2, 3), (2, 3, 3), (3, 3)]),
    st.sampled_from(["float32", "float64"]),
)
def test_accuracy_is_kerases(seed, shape, dtype):
    random = np.random.default_rng(seed)
    y_pred = random.random(shape).astype(dtype)
    if len(shape) == 1 or shape[-1] == 1:
        y_true = random.integers(2, size=shape)
        expected = keras.metrics.BinaryAccuracy()(y_true, y_pred)
        assert float(losses.accuracy(y_true, y_pred)) == pytest.approx(float(expected))
        assert float(losses.accuracy(y_true.astype(dtype), y_pred)) == pytest.approx(float(expected))
        return
    numbers = random.integers(shape[-1], size=shape[:-1])
    expected = pytest.approx(float(keras.metrics.SparseCategoricalAccuracy()(numbers, y_pred)))
    for y_true in (numbers, numbers[..., None], np.eye(shape[-1])[numbers], np.eye(shape[-1], dtype=int)[numbers]):
        assert float(losses.accuracy(y_true, y_pred)) == expected


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        (
            [0, 1, 2],
            [0.0, 1.0, 2.0],
            "y_true holds 2; 1 is for yes and 0 for no; class numbers are compared where both are integers: "
            'write cast(y_pred, "int64")',
        ),
        (
            [0, 1, 1],
            [0.0, 1.0, 2.0],
            "one column of y_pred holds probabilities of yes; got 2.0; class numbers are compared where both are "
            'integers: write cast(y_pred, "int64")',
        ),
        ([0.5, 1.0], [0, 1], "y_true holds 0.5; a class number is whole"),
        (
            [[0.0, 1.0, 1.0]],
            [[0.2, 0.3, 0.9]],
            "a row of y_true sums to 1, as 0 and a single 1 do; got [0.0, 1.0, 1.0]; class numbers are compared where "
            "y_pred holds integers too, and several yes or no of a sample in the shape (1, 3, 1)",
        ),
        (
            [[1, 0, 0], [0, 1, 0]],
            [[1, 0, 0], [0, 0, 1]],
            "integers of one shape are class numbers, but each row of y_true has a single 1, as a row of classes has; "
            "write argmax(y_true, -1) and argmax(y_pred, -1) for rows of classes, and reshape class numbers to one "
            "axis",
        ),
        ([5], [[0.2, 0.8]], "y_pred (1, 2) has the classes 0 to 1; y_true names 5"),
        ([math.nan, 1], [[0.2, 0.8], [0.1, 0.9]], "y_pred (2, 2) has the classes 0 to 1; y_true names nan"),
    ],
)
def test_labels_that_do_not_go_with_the_predictions(y_true, y_pred, message):
    with pytest.raises(PybridgeError) as caught:
        losses.accuracy(y_true, y_pred)
    assert str(caught.value) == f"accuracy: {message}"


def test_a_traced_function_pairs_what_it_does_not_know():
    spec = [tf.TensorSpec([None, 1]), tf.TensorSpec([None])]
    for name in ("mean_squared_error", "binary_crossentropy", "accuracy"):
        loss = tf.function(getattr(losses, name), input_signature=spec, autograph=False)
        assert float(loss([[1.0], [0.0]], [0.75, 0.75])) == float(getattr(losses, name)([1.0, 0.0], [0.75, 0.75]))
    unknown = tf.function(losses.mean_squared_error, input_signature=[tf.TensorSpec(None)] * 2, autograph=False)
    assert float(unknown([1.0, 2.0], [1.0, 4.0])) == 2


def test_keras_trains_with_the_new_ones():
    for loss, units in [(losses.huber, 1), (losses.kl_divergence, 2)]:
        model = keras.Sequential(
            [keras.Input((2,)), keras.layers.Dense(units, activation="softmax" if units > 1 else None)]
        )
        model.compile("sgd", loss=loss, jit_compile=True)
        y = np.eye(2) if units > 1 else np.array([1.0, 2.0])
        history = model.fit(np.eye(2), y, epochs=20, verbose=0).history["loss"]
        assert history[-1] < history[0]
