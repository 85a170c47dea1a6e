"""Losses by hand, and against Keras's numbers; shapes that only seem to fit."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import losses
from pybridge.errors import DtypeError, ShapeError

PAIRWISE = [losses.mean_squared_error, losses.mean_absolute_error, losses.binary_crossentropy]
CLASSES = [losses.categorical_crossentropy, losses.sparse_categorical_crossentropy]


def name(loss):
    return loss.__name__


def near(expected):
    return pytest.approx(expected, rel=1e-6)


def test_by_hand():
    assert losses.mean_squared_error([[1, 2], [3, 4]], [[1, 4], [3, 8]]).numpy() == 5
    assert losses.mean_absolute_error([[1, 2], [3, 4]], [[1, 4], [3, 8]]).numpy() == 1.5
    assert losses.binary_crossentropy([1, 0], [0.25, 0.5]).numpy() == near((math.log(4) + math.log(2)) / 2)
    assert losses.categorical_crossentropy([[0, 1]], [[0.75, 0.25]]).numpy() == near(math.log(4))
    assert losses.sparse_categorical_crossentropy([1, 0], [[0.75, 0.25], [0.5, 0.5]]).numpy() == near(math.log(8) / 2)


def test_crossentropy_of_a_softmax_by_hand():
    probabilities = [[math.exp(z) / sum(map(math.exp, (1, 2, 3))) for z in (1, 2, 3)]]
    expected = -math.log(probabilities[0][2])
    assert losses.sparse_categorical_crossentropy([2], probabilities).numpy() == near(expected)
    assert losses.categorical_crossentropy([[0, 0, 1]], probabilities).numpy() == near(expected)


@settings(max_examples=settings.default.max_examples // 2)
@given(st.integers(0, 2**32), st.integers(1, 8), st.integers(2, 5), st.sampled_from(["float32", "float64"]))
def test_the_numbers_are_those_of_keras(seed, samples, classes, dtype):
    random = np.random.default_rng(seed)
    y_pred = random.dirichlet(np.ones(classes), samples).astype(dtype)
    labels = random.integers(classes, size=samples)
    one_hot = np.eye(classes, dtype=dtype)[labels]
    for loss in [*PAIRWISE, losses.categorical_crossentropy]:
        expected = np.mean(getattr(keras.losses, loss.__name__)(one_hot, y_pred))
        actual = loss(one_hot, y_pred)
        assert actual.dtype == dtype
        assert actual.numpy() == near(expected)
    expected = np.mean(keras.losses.sparse_categorical_crossentropy(labels, y_pred))
    assert losses.sparse_categorical_crossentropy(labels, y_pred).numpy() == near(expected)
    assert losses.sparse_categorical_crossentropy(labels[:, None], y_pred).numpy() == near(expected)
    for y_true in (labels, one_hot):
        metric = keras.metrics.CategoricalAccuracy() if y_true.ndim == 2 else keras.metrics.SparseCategoricalAccuracy()
        assert losses.accuracy(y_true, y_pred).numpy() == near(metric(y_true, y_pred).numpy())


def test_impossible_and_certain_predictions_stay_finite_as_in_keras():
    limit = -math.log(1e-7)
    assert losses.binary_crossentropy([1.0], [0.0]).numpy() == near(limit)
    assert losses.binary_crossentropy([1.0], [1.0]).numpy() == pytest.approx(0, abs=2e-7)
    assert losses.categorical_crossentropy([[1, 0]], [[0.0, 1.0]]).numpy() == near(limit)
    assert losses.sparse_categorical_crossentropy([0], [[0.0, 1.0]]).numpy() == near(limit)
    assert losses.sparse_categorical_crossentropy([1], [[0.0, 1.0]]).numpy() == pytest.approx(0, abs=2e-7)


def test_what_does_not_sum_to_one_is_brought_to_it():
    assert losses.categorical_crossentropy([[1, 0]], [[0.25, 0.25]]).numpy() == near(math.log(2))
    assert losses.sparse_categorical_crossentropy([0], [[0.25, 0.25]]).numpy() == near(math.log(2))


@pytest.mark.parametrize("loss", [*PAIRWISE, losses.accuracy], ids=name)
def test_a_column_and_a_vector_meet_pair_by_pair(loss):
    vector, column = [1.0, 0.0, 0.0], [[0.9], [0.2], [0.6]]
    expected = loss(vector, [0.9, 0.2, 0.6]).numpy()
    assert loss(vector, column).numpy() == expected
    assert loss([[x] for x in vector], [x for (x,) in column]).numpy() == expected
    assert loss([[x] for x in vector], column).numpy() == expected
    if loss is losses.accuracy:
        assert expected == near(2 / 3)
    else:
        keras_loss = getattr(keras.losses, "".join(part.title() for part in loss.__name__.split("_")))
        assert expected == near(keras_loss()(tf.constant(vector), tf.constant(column)).numpy())


@pytest.mark.parametrize("loss", [*PAIRWISE, losses.accuracy], ids=name)
def test_one_sample_may_be_a_single_number(loss):
    assert loss(1, 0.75).numpy() == near(loss([1.0], [0.75]).numpy())


def test_accuracy_thresholds_one_column_and_takes_the_largest_of_several():
    assert losses.accuracy([1, 0, 1, 0], [0.9, 0.1, 0.5, 0.51]).numpy() == 0.5
    assert losses.accuracy([[1], [0]], [[0.9], [0.9]]).numpy() == 0.5
    assert losses.accuracy([True, False], [0.9, 0.9]).numpy() == 0.5
    assert losses.accuracy([2, 0, 0, 1], np.eye(3)[[2, 0, 1, 1]]).numpy() == 0.75
    assert losses.accuracy([[2], [0], [0], [1]], np.eye(3)[[2, 0, 1, 1]]).numpy() == 0.75
    assert losses.accuracy(np.eye(3)[[2, 0, 0, 1]], np.eye(3)[[2, 0, 1, 1]]).numpy() == 0.75
    assert losses.accuracy(2, [0.1, 0.2, 0.7]).numpy() == 1
    assert losses.accuracy([[0, 1], [1, 1]], np.eye(3)[[[0, 1], [1, 2]]]).numpy() == 0.75


@pytest.mark.parametrize("loss", [*PAIRWISE, losses.categorical_crossentropy], ids=name)
def test_gradients_are_those_of_keras(loss):
    y_true, y_pred = tf.constant([[0.0, 1.0], [1.0, 0.0]]), tf.constant([[0.3, 0.7], [0.6, 0.4]])
    slopes = []
    for function in (loss, lambda t, p: tf.reduce_mean(getattr(keras.losses, loss.__name__)(t, p))):
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = function(y_true, y_pred)
        slopes.append(tape.gradient(value, y_pred))
    np.testing.assert_allclose(*slopes, rtol=1e-5)


def test_keras_trains_with_them():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", loss=losses.sparse_categorical_crossentropy, metrics=[losses.accuracy])
    history = model.fit(np.eye(2), np.array([0, 2]), epochs=30, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize("loss", [*PAIRWISE, losses.accuracy], ids=name)
@pytest.mark.parametrize(
    ("true", "pred"), [((3,), (2,)), ((1,), (3,)), ((3, 2), (2, 3)), ((3, 1), (3, 1, 1, 1)), ((1, 3), (3, 1))]
)
def test_nothing_broadcasts(loss, true, pred):
    with pytest.raises(
        ShapeError, match=rf"^{loss.__name__}: y_true \({true[0]}.* and y_pred \({pred[0]}.* do not pair"
    ):
        loss(np.zeros(true), np.zeros(pred))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: losses.mean_squared_error([1, 2], [[1, 2], [3, 4]]),
            r"^mean_squared_error: y_true \(2,\) and y_pred \(2, 2\) do not pair; they must have one shape$",
        ),
        (
            lambda: losses.categorical_crossentropy([0, 1], [[0.5, 0.5], [0.5, 0.5]]),
            r"^categorical_crossentropy: y_true \(2,\) and y_pred \(2, 2\) do not pair; "
            "class numbers go with sparse_categorical_crossentropy$",
        ),
        (
            lambda: losses.categorical_crossentropy([[0, 1, 0]], [[0.5, 0.5]]),
            r"^categorical_crossentropy: y_true \(1, 3\) and y_pred \(1, 2\) do not pair; they must have one shape$",
        ),
        (
            lambda: losses.sparse_categorical_crossentropy([[0, 1]], [[0.5, 0.5]]),
            r"^sparse_categorical_crossentropy: y_true \(1, 2\) and y_pred \(1, 2\) do not pair; "
            "classes as 0 and 1 go with categorical_crossentropy$",
        ),
        (
            lambda: losses.sparse_categorical_crossentropy([0, 1, 2], [[0.5, 0.5]]),
            r"^sparse_categorical_crossentropy: y_true \(3,\) and y_pred \(1, 2\) do not pair; "
            "each sample has one class number$",
        ),
        (
            lambda: losses.sparse_categorical_crossentropy([0, 2], [[0.5, 0.5], [0.5, 0.5]]),
            r"^sparse_categorical_crossentropy: y_pred \(2, 2\) has the classes 0 to 1; y_true names 2$",
        ),
        (
            lambda: losses.sparse_categorical_crossentropy([0.5], [[0.5, 0.5]]),
            r"^sparse_categorical_crossentropy: y_pred \(1, 2\) has the classes 0 to 1; y_true names 0.5$",
        ),
        (
            lambda: losses.sparse_categorical_crossentropy(0, 0.5),
            "^sparse_categorical_crossentropy: y_pred holds a probability for each class along its last axis; "
            "got a single number$",
        ),
        (
            lambda: losses.accuracy([0, 1, 2], [[0.5, 0.5]]),
            r"^accuracy: y_true \(3,\) and y_pred \(1, 2\) do not pair; "
            "y_true holds class numbers, or a row of 0 and 1 for each sample$",
        ),
    ],
)
def test_shapes_that_do_not_fit(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


def test_losses_are_made_of_numbers():
    with pytest.raises(DtypeError, match=r"^mean_squared_error: a tensor holds numbers; got .*'yes'"):
        losses.mean_squared_error(["yes"], [1.0])
