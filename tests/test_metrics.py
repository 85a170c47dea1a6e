"""Metrics against scikit-learn's and Keras's numbers, as plain Python data."""

import keras
import numpy as np
import pytest
import sklearn.metrics
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import metrics
from pybridge.errors import ConversionError, OptionError, PybridgeError, ShapeError

# scikit-learn's own, for labels of one class.
pytestmark = pytest.mark.filterwarnings("ignore:A single label was found")
SCORES = ["precision", "recall", "f1"]
LABELS = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=12)
BINARY = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=12)


def near(expected):
    return pytest.approx(expected, rel=1e-12)


def of_sklearn(name, y_true, y_pred, average):
    score = getattr(sklearn.metrics, f"{name}_score")(y_true, y_pred, average=average, zero_division=0)
    return score.tolist() if average is None else float(score)


@settings(max_examples=100)
@given(LABELS, st.sampled_from(SCORES), st.sampled_from(["macro", "micro", "weighted", None]))
def test_scores_are_those_of_scikit_learn(told, name, average):
    y_true, y_pred = np.array(told).T
    expected = of_sklearn(name, y_true, y_pred, average)
    for true, pred in [(y_true, y_pred), (y_true.tolist(), tf.constant(y_pred)), (y_true[:, None], y_pred[:, None])]:
        score = getattr(metrics, name)(true, pred, average=average)
        assert score == near(expected)
        assert {type(each) for each in (score if average is None else [score])} == {float}


@settings(max_examples=60)
@given(BINARY, st.sampled_from(SCORES), st.sampled_from(["macro", "micro", "weighted", "binary", None]))
def test_one_column_is_thresholded_at_a_half(told, name, average):
    y_true, y_pred = np.array(told).T
    expected = near(of_sklearn(name, y_true, y_pred, average))
    column = np.where(y_pred, 0.75, 0.5)
    for pred in (y_pred, column, column[:, None], column.astype("float16")):
        assert getattr(metrics, name)(y_true, pred, average=average) == expected


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(2, 5), st.integers(1, 9), st.sampled_from(SCORES))
def test_of_several_columns_the_most_probable_counts(seed, classes, samples, name):
    random = np.random.default_rng(seed)
    numbers, y_pred = random.integers(classes, size=samples), np.float32(random.random((samples, classes)))
    told = y_pred.argmax(-1)
    matrix = sklearn.metrics.confusion_matrix(numbers, told).tolist()
    for y_true in (numbers, numbers[:, None], np.eye(classes)[numbers], np.eye(classes, dtype=int)[numbers]):
        assert getattr(metrics, name)(y_true, y_pred) == near(of_sklearn(name, numbers, told, "macro"))
        assert metrics.confusion_matrix(y_true, y_pred) == matrix
    for k in range(1, classes + 2):
        share = metrics.top_k_accuracy(numbers, y_pred, k)
        expected = keras.metrics.sparse_top_k_categorical_accuracy(numbers, np.float32(y_pred), k=k)
        assert share == near(float(np.mean(expected, dtype="float64")))
        assert share == metrics.top_k_accuracy(np.eye(classes)[numbers], y_pred, k=k)
        if classes > 2 and k < classes:
            labels = range(classes)
            assert share == near(sklearn.metrics.top_k_accuracy_score(numbers, y_pred, k=k, labels=labels))


@settings(max_examples=60)
@given(LABELS)
def test_the_confusion_matrix_is_that_of_scikit_learn(told):
    y_true, y_pred = np.array(told).T
    matrix = metrics.confusion_matrix(y_true, y_pred)
    assert matrix == sklearn.metrics.confusion_matrix(y_true, y_pred).tolist()
    assert {type(count) for row in matrix for count in row} == {int}


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_of_equals_all_are_among_the_top_as_in_keras(seed, k):
    random = np.random.default_rng(seed)
    numbers, y_pred = random.integers(4, size=5), random.integers(3, size=(5, 4)) / 4
    expected = keras.metrics.sparse_top_k_categorical_accuracy(numbers, np.float32(y_pred), k=k)
    assert metrics.top_k_accuracy(numbers, y_pred, k) == near(float(np.mean(expected, dtype="float64")))


def test_a_row_with_nan_is_wrong_and_infinity_is_a_number():
    nan, inf = float("nan"), float("inf")
    assert metrics.top_k_accuracy([0, 1, 0], [[0.5, nan, 0.1], [-inf, 0.3, inf], [-inf, 1, 0]], 2) == near(1 / 3)


def test_by_hand():
    y_true, y_pred = [0, 0, 1, 1, 2], [0, 1, 1, 1, 0]
    assert metrics.confusion_matrix(y_true, y_pred) == [[1, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert metrics.precision(y_true, y_pred, average=None) == near([1 / 2, 2 / 3, 0])
    assert metrics.recall(y_true, y_pred, average=None) == near([1 / 2, 1, 0])
    assert metrics.f1(y_true, y_pred, average="micro") == near(3 / 5)


@pytest.mark.parametrize("name", [*SCORES, "confusion_matrix"])
@pytest.mark.parametrize(
    ("y_true", "y_pred", "error", "message"),
    [
        ([], [], ShapeError, "there are no predictions in y_pred (0,)"),
        (
            [[0, 1], [2, 2]],
            [[0, 1], [2, 1]],
            ShapeError,
            "samples are along one axis; got y_true (2, 2) and y_pred (2, 2): "
            "reshape class numbers to [-1], and probabilities to [-1, classes]",
        ),
        (1, 1, ShapeError, None),
        ([0, 1], [0, 1, 1], ShapeError, None),
        (
            [0, 2],
            [0.1, 0.9],
            OptionError,
            "y_true holds 2; 1 is for yes and 0 for no; class numbers are compared where both are integers: "
            'write cast(y_pred, "int64")',
        ),
        (["a"], ["a"], PybridgeError, "a tensor holds numbers; got 'a'"),
    ],
)
def test_what_does_not_fit(name, y_true, y_pred, error, message):
    with pytest.raises(error) as caught:
        getattr(metrics, name)(y_true, y_pred)
    assert str(caught.value).startswith(f"{name}: ")
    assert message is None or str(caught.value) == f"{name}: {message}"


@pytest.mark.parametrize("name", SCORES)
def test_averages(name):
    score = getattr(metrics, name)
    with pytest.raises(OptionError) as caught:
        score([0, 1], [0, 1], average="samples")
    assert str(caught.value) == (
        f'{name}: average must be "macro", "micro", "weighted", "binary" or None; got \'samples\''
    )
    with pytest.raises(OptionError) as caught:
        score([0, 1, 2], [0, 1, 1], average="binary")
    assert str(caught.value) == (
        f'{name}: average "binary" is of class 1 and one other; got the classes [0, 1, 2]: '
        'choose "macro", "micro" or "weighted"'
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            ([0, 1], [0.2, 0.8]),
            ShapeError,
            "y_pred holds a row of probabilities for each sample, (n, classes); got (2,)",
        ),
        (([0, 3], [[0.2, 0.8]] * 2), ShapeError, "y_pred (2, 2) has the classes 0 to 1; y_true names 3"),
        (([0], [[0.2, 0.8]], 0), OptionError, "k must be a whole number of at least 1; got 0"),
        (([0], [[0.2, 0.8]], 1.5), OptionError, "k must be a whole number of at least 1; got 1.5"),
    ],
)
def test_what_does_not_fit_the_top(arguments, error, message):
    with pytest.raises(error) as caught:
        metrics.top_k_accuracy(*arguments)
    assert str(caught.value) == f"top_k_accuracy: {message}"


@pytest.mark.parametrize("name", metrics.__all__)
def test_a_traced_function_has_no_numbers(name):
    with pytest.raises(ConversionError, match=f"^{name}: a traced function's tensor has no numbers yet"):
        tf.function(getattr(metrics, name), autograph=False)(tf.constant([0, 1]), tf.eye(2))
