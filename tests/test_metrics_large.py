"""Class numbers that only integers of 64 bits tell apart, of dtypes that NumPy would join to floats."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import losses, metrics
from pybridge.errors import OptionError

EDGES = [0, 1, 2**24, 2**53, 2**63, 2**64]
DTYPES = ["int8", "uint8", "int32", "uint32", "int64", "uint64", "float32", "float64", "bool"]


@st.composite
def labels(draw, dtypes, size):
    """Numbers beside the ends of what the dtypes hold."""
    kind = np.dtype(draw(st.sampled_from(dtypes)))
    near = st.builds(
        lambda edge, sign, step: sign * edge + step,
        st.sampled_from(EDGES),
        st.sampled_from([1, -1]),
        st.integers(-2, 2),
    )
    if kind.kind == "b":
        numbers = st.booleans()
    elif kind.kind == "f":
        numbers = near.map(lambda number: float(kind.type(number)))
    else:
        numbers = near.filter(lambda number: np.iinfo(kind).min <= number <= np.iinfo(kind).max)
    return np.array(draw(st.lists(numbers, min_size=size, max_size=size)), kind)


@st.composite
def told(draw):
    size = draw(st.integers(1, 6))
    return draw(labels(DTYPES, size)), draw(labels([each for each in DTYPES if "float" not in each], size))


def exact(numbers):
    return [Fraction(number) for number in numbers.tolist()]


@settings(max_examples=200)
@given(told())
def test_classes_are_counted_apart(given_labels):
    y_true, y_pred = given_labels
    true, pred = map(exact, given_labels)
    occurring = sorted({*true, *pred})
    pairs = list(zip(true, pred, strict=True))
    expected = [[pairs.count((row, column)) for column in occurring] for row in occurring]
    assert metrics.confusion_matrix(y_true, y_pred) == expected
    assert len(metrics.recall(y_true, y_pred, average=None)) == len(occurring)


@settings(max_examples=60)
@given(told())
def test_accuracy_compares_what_the_numbers_are(given_labels):
    share = np.float32(np.mean([true == pred for true, pred in zip(*map(exact, given_labels), strict=True)]))
    for accuracy in (losses.accuracy, tf.function(losses.accuracy)):
        assert accuracy(*map(tf.constant, given_labels)).numpy() == pytest.approx(share)


def test_by_hand():
    signed, unsigned = np.array([2**53 + 1, -1]), np.array([2**53, 2**64 - 1], np.uint64)
    assert metrics.confusion_matrix(signed, unsigned) == [[0, 0, 0, 1], [0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert metrics.precision(signed, unsigned) == 0.0
    assert losses.accuracy(signed, unsigned).numpy() == 0.0


def test_infinity_is_no_class():
    with pytest.raises(OptionError, match=r"y_true holds inf; a class number is whole$"):
        metrics.confusion_matrix([np.inf, 1.0], [1, 0])
