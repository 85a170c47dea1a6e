"""Tests of the split into parts: what always holds of it, and scikit-learn's sizes and proportions."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.model_selection import train_test_split

from pybridge.data import split
from pybridge.errors import CallError, DtypeError, OptionError, PybridgeError, ShapeError

shares = st.floats(0, 1, exclude_min=True, exclude_max=True)
seeds = st.integers(0, 2**63 - 1)


@st.composite
def labels(draw: st.DrawFn) -> np.ndarray:
    """Labels of a few classes, each of which has two samples or more, in any order."""
    sizes = draw(st.lists(st.integers(2, 60), min_size=1, max_size=8))
    made = np.repeat(np.arange(len(sizes)), sizes)
    return np.random.default_rng(draw(seeds)).permutation(made)


# ---- what always holds


@given(samples=st.integers(2, 300), test=shares | st.integers(1, 299), seed=st.none() | seeds)
def test_each_sample_is_in_one_part_beside_its_label_and_the_sizes_are_scikit_learns(samples, test, seed):
    x, y = np.arange(samples), np.arange(samples) * 10.0
    try:
        wanted = train_test_split(x, test_size=test)
    except ValueError:
        with pytest.raises(OptionError):
            split(x, y, test=test)
        return
    (x_train, y_train), (x_test, y_test) = split(x, y, test=test, seed=seed)
    assert [len(x_train), len(x_test)] == [len(part) for part in wanted]
    assert sorted([*x_train, *x_test]) == list(range(samples))
    assert np.array_equal(y_train, x_train * 10.0)
    assert np.array_equal(y_test, x_test * 10.0)
    assert (x_train.dtype, y_test.dtype) == (x.dtype, y.dtype)


@given(y=labels(), test=shares | st.integers(1, 400), seed=seeds)
def test_stratified_parts_hold_every_class_to_within_one_of_its_share(y, test, seed):
    x, sizes = np.arange(len(y)), np.bincount(y)
    try:
        count = len(train_test_split(x, test_size=test)[1])
    except ValueError:
        assume(False)
    lowest, highest = np.maximum(1, sizes * count // len(y)), np.minimum(sizes - 1, -(-sizes * count // len(y)))
    if not lowest.sum() <= count <= highest.sum():  # no split has both
        with pytest.raises(OptionError, match="are too few for a share of each of"):
            split(x, y, test=test, seed=seed, stratify=True)
        return
    (x_train, y_train), (x_test, y_test) = split(x, y, test=test, seed=seed, stratify=True)
    assert (len(x_test), len(y_test)) == (count, count)
    assert sorted([*x_train, *x_test]) == list(range(len(y)))
    assert np.array_equal(y_train, y[x_train])
    assert np.array_equal(y_test, y[x_test])
    in_test = np.bincount(y_test, minlength=len(sizes))
    assert (in_test >= 1).all()
    assert (in_test < sizes).all()
    assert (np.abs(in_test - sizes * count / len(y)) < 1).all()


@given(y=labels(), test=shares, seed=seeds)
def test_stratified_parts_are_as_far_from_their_share_as_scikit_learns(y, test, seed):
    sizes = np.bincount(y)
    try:
        (_, _), (_, y_test) = split(y, y, test=test, seed=seed, stratify=True)
        theirs = train_test_split(y, test_size=test, stratify=y)[1]
    except (PybridgeError, ValueError):
        assume(False)
    theirs = np.bincount(theirs, minlength=len(sizes))
    assume((theirs >= 1).all() and (theirs < sizes).all())  # theirs may leave a class out of a part
    exact = sizes * len(y_test) / len(y)
    ours = np.bincount(y_test, minlength=len(sizes))
    assert np.abs(ours - exact).sum() == pytest.approx(np.abs(theirs - exact).sum())


@given(y=labels(), seed=seeds, stratify=st.booleans())
def test_the_same_seed_makes_the_same_split(y, seed, stratify):
    try:
        first = split(np.arange(len(y)), y, seed=seed, stratify=stratify)
    except OptionError:
        assume(False)
    again = split(np.arange(len(y)), y, seed=np.array(seed % 2**63) if seed < 2**63 else seed, stratify=stratify)
    for one, other in zip([*first[0], *first[1]], [*again[0], *again[1]], strict=True):
        assert np.array_equal(one, other)


# ---- chance


def test_every_order_of_a_part_is_drawn():
    drawn = {tuple(split(range(3), range(3), test=1, seed=seed)[0][0].tolist()) for seed in range(200)}
    assert drawn == {(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)}
    y = [0, 0, 1, 1]
    drawn = {tuple(split(range(4), y, test=2, seed=seed, stratify=True)[1][0].tolist()) for seed in range(200)}
    assert drawn == {(a, b) for a, b in [(0, 2), (0, 3), (1, 2), (1, 3), (2, 0), (3, 0), (2, 1), (3, 1)]}


def test_without_a_seed_each_split_is_another_and_numpys_own_seed_stays():
    np.random.seed(3)
    first = np.random.random()
    np.random.seed(3)
    drawn = {tuple(split(range(50), range(50))[1][0].tolist()) for _ in range(5)}
    assert len(drawn) == 5
    assert np.random.random() == first


# ---- what may be given


@pytest.mark.parametrize("stratify", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        np.asarray,
        tf.constant,
        tf.Variable,
        pd.Series,
        lambda values: np.array(values, np.uint8),
        lambda values: np.array(values).astype(str),
        lambda values: np.array(values, object),
        lambda values: np.array(values).astype("datetime64[D]"),
        lambda values: tf.constant([str(each) for each in values]),
        lambda values: np.ma.masked_array(values),
    ],
)
def test_labels_of_any_kind(make, stratify):
    y = make([0, 1] * 10)
    (x_train, y_train), (x_test, y_test) = split(np.arange(20), y, seed=1, stratify=stratify)
    assert np.array_equal(y_train, np.asarray(y)[x_train])
    assert np.array_equal(y_test, np.asarray(y)[x_test])
    assert type(y_test) is np.ndarray
    if stratify:
        assert sorted(x_test % 2) == [0, 0, 1, 1]


@pytest.mark.parametrize("shape", [(8,), (8, 1), (8, 3), (8, 4, 5), (8, 0), (8, 2, 0, 3)])
def test_samples_of_any_shape(shape):
    x = np.random.default_rng(0).random(shape, np.float32)
    (x_train, numbers), (x_test, numbers_test) = split(x, range(8), test=0.25, seed=3)
    assert (x_train.shape, x_test.shape) == ((6, *shape[1:]), (2, *shape[1:]))
    assert np.array_equal(x_train, x[numbers])
    assert np.array_equal(x_test, x[numbers_test])
    (_, y_train), (_, y_test) = split(range(8), x * 0, test=0.25, seed=3, stratify=True)
    assert (y_train.shape, y_test.shape) == ((6, *shape[1:]), (2, *shape[1:]))


def test_a_frame_is_its_values():
    frame = pd.DataFrame({"a": [1, 2, 3, 4], "b": [0.5, 1.5, 2.5, 3.5]})
    (x_train, _), (x_test, y_test) = split(frame, frame["a"], test=1, seed=0)
    assert np.array_equal(x_test, frame.to_numpy()[y_test - 1])
    assert x_train.shape == (3, 2)


def test_rows_are_classes_as_one_hot_labels_are():
    y = np.eye(3, dtype=np.float32)[[0] * 4 + [1] * 8 + [2] * 12]
    for made in (y, y.tolist(), tf.constant(y), y.astype(object), y.reshape(24, 3, 1)):
        (_, y_train), (_, y_test) = split(range(24), made, test=0.25, seed=0, stratify=True)
        assert np.asarray(y_test, float).sum(axis=0).reshape(-1).tolist() == [1, 2, 3]
        assert np.asarray(y_train, float).sum(axis=0).reshape(-1).tolist() == [3, 6, 9]


def test_both_zeros_are_one_class():
    split(range(4), [0.0, -0.0, 0.0, -0.0], test=2, stratify=True)
    split(range(4), np.array([[0.0, -0.0], [-0.0, 0.0]] * 2), test=2, stratify=True)


@pytest.mark.parametrize(
    "test",
    [0.2, np.float16(0.2), np.float32(0.2), np.float64(0.2), np.array(0.2, np.float32), Decimal("0.2"), Fraction(1, 5)],
)
def test_a_share_of_any_precision(test):
    assert len(split(range(10), range(10), test=test)[1][0]) == 2


@pytest.mark.parametrize("test", [3, np.int64(3), np.uint8(3), np.array(3)])
def test_a_number_of_samples(test):
    assert len(split(range(10), range(10), test=test)[1][0]) == 3
    assert len(split(range(10), range(10), test=1)[1][0]) == 1


def test_a_tensor_as_share_or_number():
    assert len(split(range(10), range(10), test=tf.constant(0.2))[1][0]) == 2
    assert len(split(range(10), range(10), test=tf.constant(3))[1][0]) == 3


def test_the_parts_are_copies():
    x = np.zeros((4, 2))
    for part in split(x, x):
        for array in part:
            array[:] = 1
    assert x.max() == 0


# ---- what is refused


TEN = list(range(10))


@pytest.mark.parametrize("test", [0, -1, 10, 0.0, 1.0, 1.5, -0.1, np.nan, np.inf, True, None, "0.2", [0.2], 2**80, 1j])
def test_test_is_a_share_or_a_number(test):
    wording = "split: test must be a share above 0 and below 1, or a number of samples from 1 to 9; got "
    with pytest.raises(OptionError, match=f"^{re.escape(wording)}"):
        split(TEN, TEN, test=test)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "wording"),
    [
        ((TEN, TEN), {"test": 0.95}, OptionError, "test=0.95 of 10 samples leaves none to train on; make it smaller"),
        (([], []), {}, ShapeError, "there must be at least two samples, one for each part; got 0"),
        (([1], [1]), {}, ShapeError, "there must be at least two samples, one for each part; got 1"),
        ((TEN, TEN[1:]), {}, ShapeError, "x and y must hold equally many samples; got 10 and 9"),
        ((None, TEN), {}, DtypeError, "x must be an array, a list or a tensor of samples; got None"),
        ((TEN, None), {}, DtypeError, "y must be an array, a list or a tensor of labels; got None"),
        ((3, 3), {}, DtypeError, "x must be an array, a list or a tensor of samples; got 3"),
        (("ab", "ab"), {}, DtypeError, "x must be an array, a list or a tensor of samples; got 'ab'"),
        (({"a": TEN}, TEN), {}, DtypeError, "x must be an array, a list or a tensor of samples; got {'a': [0, 1, "),
        (([[1], [2, 3]], [1, 2]), {}, ShapeError, "x must hold samples of one shape; got [[1], [2, 3]]"),
        ((sparse.eye(3), [1, 2, 3]), {}, DtypeError, "x must be dense; got <"),
        ((np.ma.masked_less(TEN, 3), TEN), {}, DtypeError, "x must be dense; got masked_array"),
        ((tf.ragged.constant([[1], [2, 3]]), [1, 2]), {}, DtypeError, "[[1], [2, 3]]>: write x.to_tensor()"),
        ((tf.sparse.eye(3), [1, 2, 3]), {}, DtypeError, ": write tf.sparse.to_dense(x)"),
        ((TEN, TEN), {"seed": -1}, OptionError, "seed must be a whole number of at least 0, or None; got -1"),
        ((TEN, TEN), {"stratify": "y"}, OptionError, "stratify must be true or false; got 'y'"),
        ((TEN, TEN), {"tests": 0.2}, CallError, "there is no option tests; did you mean test?"),
        ((TEN,), {}, CallError, "y is missing"),
    ],
)
def test_what_cannot_be_split(arguments, options, error, wording):
    with pytest.raises(error, match=f"^split: .*{re.escape(wording)}"):
        split(*arguments, **options)


@pytest.mark.parametrize(
    ("y", "test", "error", "wording"),
    [
        ([0] * 9 + [1], 0.2, OptionError, "needs at least two samples of each class; only one has the label 1"),
        (["a"] * 9 + ["b"], 0.2, OptionError, "only one has the label 'b'"),
        ([[0, 1]] * 9 + [[1, 0]], 0.2, OptionError, "only one has the label [1, 0]"),
        (np.arange(10.0), 0.2, OptionError, "only one has the label 0.0"),
        ([0, 1] * 5, 1, OptionError, "1 of 10 samples to test with are too few for a share of each of 2 classes; make"),
        ([0, 1] * 5, 9, OptionError, "1 of 10 samples to train on are too few for a share of each of 2 classes; make"),
        ([0, 1] * 5, 1, OptionError, "make test larger, or leave out stratify"),
        ([0, 1] * 5, 9, OptionError, "make test smaller, or leave out stratify"),
        ([np.nan] * 5 + [1.0] * 5, 0.2, DtypeError, "y holds labels that are NaN, which are of no class"),
        (np.array(["NaT"] * 5 + ["2026"] * 5, "M8[D]"), 0.2, DtypeError, "y holds labels that are NaN"),
        (np.array([float("nan"), "a"] * 5, object), 0.2, DtypeError, "y holds labels that are NaN"),
    ],
)
def test_labels_that_cannot_be_stratified(y, test, error, wording):
    with pytest.raises(error, match=f"^split: .*{re.escape(wording)}"):
        split(TEN, y, test=test, stratify=True)


def test_labels_that_cannot_be_told_apart():
    y = np.empty(10, object)
    y[:] = [[1]] * 10
    with pytest.raises(DtypeError, match=r"^split: y holds labels that cannot be told apart: unhashable type: 'list'"):
        split(TEN, y, stratify=True)
