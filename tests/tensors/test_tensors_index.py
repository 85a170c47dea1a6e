"""`index` and `gather` against NumPy's own indexing."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pybridge import tensors as t
from pybridge.errors import DtypeError, OptionError, ShapeError

lengths = st.lists(st.integers(0, 4), min_size=0, max_size=4)
ends = st.none() | st.integers(-6, 6)
steps = st.integers(-3, 3).filter(bool)


@st.composite
def questions(draw: st.DrawFn) -> tuple[np.ndarray, list]:
    """An array, and for each of its first and last axes what to take, with "..." between them or not."""
    shape = draw(lengths)
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    asked = draw(st.integers(0, len(shape)))
    dots = draw(st.none() | st.integers(0, asked))
    places = range(asked) if dots is None else [*range(dots), *range(dots - asked, 0)]
    parts = []
    for place in places:
        forms = st.none() | st.tuples(ends, ends) | st.tuples(ends, ends, steps)
        length = shape[place]
        parts.append(draw(forms | st.integers(-length, length - 1) if length else forms))
    if dots is not None:
        parts.insert(dots, "...")
    return array, parts


def in_brackets(part: object) -> object:
    if part is None:
        return slice(None)
    if part == "...":
        return ...
    return slice(*part) if isinstance(part, tuple) else part


@given(questions())
def test_index_agrees_with_numpy(question):
    array, parts = question
    expected = array[tuple(in_brackets(part) for part in parts)]
    given_lists = [list(part) if isinstance(part, tuple) else part for part in parts]
    for axes in (parts, given_lists):
        result = t.index(array, *axes).numpy()
        np.testing.assert_array_equal(result, expected, strict=True)


def test_index_takes_the_slices_of_the_book():
    images = np.zeros((60000, 28, 28), np.uint8)
    assert t.shape(t.index(images, [10, 100])) == [90, 28, 28]
    assert t.shape(t.index(images, None, [14, None], [14, None])) == [60000, 14, 14]
    assert t.shape(t.index(images, None, [7, -7], [7, -7])) == [60000, 14, 14]
    assert t.shape(t.index(images, [128 * 3, 128 * 4])) == [128, 28, 28]


def test_index_takes_ends_past_any_length():
    assert t.to_list(t.index([1, 2, 3], [-(2**62), 2**62])) == [1, 2, 3]
    assert t.to_list(t.index([1, 2, 3], [2**62, -(2**62), -1])) == [3, 2, 1]


def test_index_takes_numbers_of_any_kind():
    x = t.tensor([10, 20, 30])
    for place in (np.int64(1), tf.constant(1), np.array(1)):
        assert t.to_list(t.index(x, place)) == 20
        assert t.to_list(t.index(x, [place, None])) == [20, 30]


def test_index_takes_pythons_own_dots():
    assert t.to_list(t.index([[1, 2], [3, 4]], ..., 0)) == [1, 3]


def test_index_inside_a_function_of_unknown_length():
    @tf.function(
        autograph=False, input_signature=[tf.TensorSpec([None, None], tf.float32), tf.TensorSpec([], tf.int32)]
    )
    def last_column_from(x, start):
        return t.index(x, [start, None], -1)

    x = np.arange(12, dtype="float32").reshape(4, 3)
    np.testing.assert_array_equal(last_column_from(x, 1), x[1:, -1])


@pytest.mark.parametrize(
    ("parts", "error", "says"),
    [
        ([3], ShapeError, r"index: there is no place 3 on axis 0 of \(3, 2\)"),
        ([0, -3], ShapeError, r"index: there is no place -3 on axis 1 of \(3, 2\)"),
        (["...", 2], ShapeError, r"index: there is no place 2 on axis 1 of \(3, 2\)"),
        ([0, 0, 0], ShapeError, r"index: \(3, 2\) has 2 axes; got parts for 3"),
        (["...", "..."], OptionError, r'index: "..." stands once; got it 2 times'),
        ([[0, 2, 0]], OptionError, r"index: a step of 0 never arrives; take another"),
        ([[1]], OptionError, r'\[start, stop, step\], None or "..."; got \[1\]'),
        ([1.0], OptionError, r"index: an axis takes a whole number, .* got 1.0"),
        ([True], OptionError, r"index: an axis takes a whole number, .* got True"),
        (["rows"], OptionError, r"index: an axis takes a whole number, .* got 'rows'"),
        ([[0, 1.5]], OptionError, r"index: an axis takes a whole number, .* got \[0, 1.5\]"),
    ],
)
def test_index_says_what_it_cannot_take(parts, error, says):
    with pytest.raises(error, match=says):
        t.index(np.zeros((3, 2)), *parts)


@given(st.data())
def test_gather_agrees_with_numpys_take(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    length = shape[axis]
    indices = data.draw(
        st.integers(-length, length - 1)
        | st.lists(st.lists(st.integers(-length, length - 1), min_size=2, max_size=2), min_size=1, max_size=3)
    )
    array = np.arange(np.prod(shape)).reshape(shape)
    expected = np.take(array, indices, axis)
    np.testing.assert_array_equal(t.gather(array, indices, axis), expected)

    traced = tf.function(lambda places: t.gather(array, places, axis), autograph=False)
    np.testing.assert_array_equal(traced(tf.constant(indices)), expected)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_gather_takes_indices_of_every_integer_kind(dtype):
    assert t.to_list(t.gather([10, 20, 30], np.array([2, 0], dtype))) == [30, 10]


def test_gather_names_what_is_missing():
    with pytest.raises(ShapeError, match=r"gather: there is no place 3 on axis 0 of \(3,\)"):
        t.gather([1, 2, 3], [0, 3])
    with pytest.raises(ShapeError, match=r"gather: there is no place -4 on axis 0 of \(3,\)"):
        t.gather([1, 2, 3], -4)
    with pytest.raises(DtypeError, match="gather: indices are whole numbers; got float32: cast them to int64"):
        t.gather([1, 2, 3], [0.0])
    with pytest.raises(ShapeError, match="gather: a single number has no axis 0"):
        t.gather(1, 0)


def test_gradients_pass_through_parts():
    x = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = t.sum(t.index(x, None, 0)) + t.sum(t.gather(x, [1, 1]))
    np.testing.assert_array_equal(tf.convert_to_tensor(tape.gradient(y, x)), [[1, 0], [3, 2]])
