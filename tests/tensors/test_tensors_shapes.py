"""Reshaping, joining and repeating, against NumPy and numbers by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pybridge import tensors as t
from pybridge.errors import DtypeError, OptionError, ShapeError

shapes = st.lists(st.integers(1, 3), max_size=3)


def counting(shape) -> np.ndarray:
    return np.arange(math.prod(shape)).reshape(shape)


@given(shapes, st.permutations([2, 3, 4]))
def test_reshape_agrees_with_numpy(rest, lengths):
    x = counting([24, *rest])
    for shape in ([*lengths, *rest], [-1], [lengths[0], -1], -1, x.size):
        np.testing.assert_array_equal(t.reshape(x, shape), np.reshape(x, shape), strict=True)


@given(st.data())
def test_transpose_agrees_with_numpy(data):
    x = counting(data.draw(shapes))
    axes = data.draw(st.permutations(range(x.ndim)))
    axes = [axis - x.ndim if data.draw(st.booleans()) else axis for axis in axes]
    np.testing.assert_array_equal(t.transpose(x, axes), np.transpose(x, axes), strict=True)
    np.testing.assert_array_equal(t.transpose(x), np.transpose(x), strict=True)


@given(shapes, st.lists(st.integers(0, 2), max_size=4))
def test_tile_agrees_with_numpy(shape, repeats):
    x = counting(shape)
    np.testing.assert_array_equal(t.tile(x, repeats), np.tile(x, repeats), strict=True)
    np.testing.assert_array_equal(t.tile(x, 2), np.tile(x, 2), strict=True)


@given(st.data())
def test_new_and_dropped_axes_agree_with_numpy(data):
    x = counting(data.draw(shapes))
    axis = data.draw(st.integers(-x.ndim - 1, x.ndim))
    wider = np.expand_dims(x, axis)
    np.testing.assert_array_equal(t.expand_dims(x, axis), wider, strict=True)
    np.testing.assert_array_equal(t.squeeze(wider, axis), x, strict=True)
    np.testing.assert_array_equal(t.squeeze(wider, [axis]), x, strict=True)
    np.testing.assert_array_equal(t.squeeze(wider), np.squeeze(x), strict=True)


@given(st.data())
def test_joining_agrees_with_numpy(data):
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    lengths = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    parts = []
    for length in lengths:
        part = list(shape)
        part[axis] = length
        parts.append(counting(part))
    np.testing.assert_array_equal(t.concatenate(parts, axis), np.concatenate(parts, axis), strict=True)
    place = data.draw(st.integers(-len(shape) - 1, len(shape)))
    same = [counting(shape) + number for number in range(3)]
    np.testing.assert_array_equal(t.stack(same, place), np.stack(same, place), strict=True)


@given(st.data())
def test_broadcast_to_agrees_with_numpy(data):
    shape = data.draw(st.lists(st.integers(0, 3), max_size=3))
    kept = [data.draw(st.sampled_from([1, length])) for length in shape[data.draw(st.integers(0, len(shape))) :]]
    x = counting(kept)
    np.testing.assert_array_equal(t.broadcast_to(x, shape), np.broadcast_to(x, shape), strict=True)


def test_the_shapes_of_the_book():
    x = t.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    assert t.shape(t.reshape(x, [6, 1])) == [6, 1]
    assert t.to_list(t.reshape(t.reshape(x, [6, 1]), [2, 3])) == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert t.shape(t.transpose(t.zeros([300, 20]))) == [20, 300]


def test_joining_takes_a_tensor_of_rows_and_mixed_dtypes():
    assert t.to_list(t.concatenate(t.tensor([[1, 2], [3, 4]]))) == [1, 2, 3, 4]
    assert t.to_list(t.stack(tf.Variable([1, 2]))) == [1, 2]
    assert t.to_list(t.concatenate([[1], [2.5]])) == [1.0, 2.5]
    assert t.dtype(t.stack([t.tensor(1.0, dtype="float64"), 2])) == "float64"


def test_one_hot_by_hand():
    assert t.to_list(t.one_hot([0, 2], 3)) == [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    assert t.to_list(t.one_hot(np.array([[1]], "uint8"), 2)) == [[[0.0, 1.0]]]
    assert t.to_list(t.one_hot([-1, 2], 2)) == [[0.0, 0.0], [0.0, 0.0]]
    assert t.dtype(t.one_hot(1, 2)) == "float32"


def test_cast_by_hand():
    assert t.to_list(t.cast([1.7, -1.7], "int32")) == [1, -1]
    assert t.to_list(t.cast([0, 0.5, 2], "bool")) == [False, True, True]
    assert t.to_list(t.cast(tf.constant([300]), "uint8")) == [44]
    assert t.dtype(t.cast(1, "float64")) == "float64"


def test_shapes_take_numbers_of_any_kind():
    x = t.arange(6)
    for shape in ((2, 3), np.array([2, 3]), tf.constant([2, 3]), [np.int64(2), tf.constant(3)], t.zeros([2, 3]).shape):
        assert t.shape(t.reshape(x, shape)) == [2, 3]


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda x: t.reshape(x, [4, 2]),
            ShapeError,
            r"reshape: the 6 numbers of \(2, 3\) do not fill \(4, 2\), which holds 8",
        ),
        (lambda x: t.reshape(x, [4, -1]), ShapeError, r"do not fill \(4, -1\), whose known lengths hold 4"),
        (lambda x: t.reshape(x, [0, -1]), ShapeError, r"do not fill \(0, -1\), whose known lengths hold 0"),
        (
            lambda x: t.reshape(x, [-1, -1]),
            ShapeError,
            "reshape: a shape holds whole numbers from 0 on, and -1 at most once",
        ),
        (
            lambda x: t.reshape(x, [-2, 3]),
            ShapeError,
            "reshape: a shape holds whole numbers from 0 on, and -1 at most once",
        ),
        (lambda x: t.reshape(x, [2.0, 3]), OptionError, r"reshape: a length in a shape is a whole number; got 2\.0"),
        (lambda x: t.transpose(x, [0]), ShapeError, r"transpose: \(2, 3\) has 2 axes; got 1 in \[0\]"),
        (lambda x: t.transpose(x, [0, 0]), ShapeError, r"transpose: axes \[0, 0\] name one axis of \(2, 3\) twice"),
        (lambda x: t.transpose(x, [0, 2]), ShapeError, r"transpose: axis 2 is out of range for \(2, 3\); take -2 to 1"),
        (lambda x: t.expand_dims(x, 3), ShapeError, r"expand_dims: axis 3 is out of range for \(2, 3\); take -3 to 2"),
        (lambda x: t.squeeze(x, 1), ShapeError, r"squeeze: axis 1 of \(2, 3\) has length 3; only 1 can go"),
        (
            lambda x: t.concatenate([x, t.ones([3, 3])], 1),
            ShapeError,
            r"concatenate: \(2, 3\) and \(3, 3\) differ outside of axis 1: 2 and 3 on axis 0",
        ),
        (
            lambda x: t.concatenate([x, t.ones([3])]),
            ShapeError,
            r"concatenate: \(2, 3\) and \(3,\) differ in their number of axes",
        ),
        (lambda x: t.concatenate([]), ShapeError, "concatenate: needs at least one tensor; got none"),
        (lambda x: t.concatenate([1, 2]), ShapeError, "concatenate: a single number has no axis 0"),
        (lambda x: t.stack([x, t.ones([2, 2])]), ShapeError, r"stack: \(2, 3\) and \(2, 2\) differ: 3 and 2 on axis 1"),
        (lambda x: t.tile(x, [2, -1]), ShapeError, r"tile: a shape holds whole numbers from 0 on; got \[2, -1\]"),
        (
            lambda x: t.broadcast_to(x, [2, 4]),
            ShapeError,
            r"broadcast_to: \(2, 3\) does not reach \(2, 4\): 3 cannot become 4",
        ),
        (
            lambda x: t.broadcast_to(x, [3]),
            ShapeError,
            r"broadcast_to: \(2, 3\) does not reach \(3,\): axes cannot be dropped",
        ),
        (
            lambda x: t.one_hot([1.0], 2),
            DtypeError,
            "one_hot: labels are whole numbers; got float32: cast them to int64",
        ),
        (lambda x: t.one_hot([1], 2.0), OptionError, r"one_hot: depth is a whole number; got 2\.0"),
    ],
)
def test_shapes_that_do_not_fit(call, error, says):
    with pytest.raises(error, match=says):
        call(t.ones([2, 3]))


UNKNOWN = tf.TensorSpec([None, None], tf.float32)
ANY_RANK = tf.TensorSpec(None, tf.float32)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: t.add(x, [1.0, 2.0, 3.0]),
        lambda x: t.where(t.greater(x, 1.0), x, 0.0),
        lambda x: t.softmax(x),
        lambda x: t.sum(x, axis=-1, keepdims=True),
        lambda x: t.max(x, axis=0),
        lambda x: t.argmax(x),
        lambda x: t.mean(x, axis=[0, 1]),
        lambda x: t.norm(x, axis=-1),
        lambda x: t.matmul(x, t.transpose(x)),
        lambda x: t.matmul(x, [1.0, 2.0, 3.0]),
        lambda x: t.dot(x, [1.0, 2.0, 3.0]),
        lambda x: t.tensordot(x, x, [[0], [0]]),
        lambda x: t.einsum("ij,kj->ik", x, x),
        lambda x: t.reshape(x, [-1]),
        lambda x: t.reshape(x, [3, -1, 1]),
        lambda x: t.expand_dims(x, -1),
        lambda x: t.squeeze(t.expand_dims(x, 0), 0),
        lambda x: t.concatenate([x, x], axis=1),
        lambda x: t.stack([x, x]),
        lambda x: t.tile(x, [2, 1]),
        lambda x: t.broadcast_to(x, [2, 2, 3]),
        lambda x: t.index(x, None, [1, None]),
        lambda x: t.gather(x, [0, -1], axis=-1),
        lambda x: t.one_hot(t.argmax(x, axis=1), 3),
        lambda x: t.cast(x, "int32"),
        lambda x: t.reshape(t.tensor([t.sum(x), t.max(x)]), [2, 1]),
    ],
)
def test_operations_work_where_extents_are_not_known(f):
    x = np.arange(6, dtype="float32").reshape(2, 3)
    expected = f(t.tensor(x))
    for spec in (UNKNOWN, ANY_RANK):
        result = tf.function(f, autograph=False, input_signature=[spec])(x)
        np.testing.assert_allclose(result, expected, rtol=1e-6)
    compiled = tf.function(f, autograph=False, jit_compile=True)(t.tensor(x))
    np.testing.assert_allclose(compiled, expected, rtol=1e-6)


def test_extents_that_are_not_known_are_none():
    seen = []

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, 3], tf.float32)])
    def look(x):
        seen.append(t.describe(x))
        return x

    look(t.ones([2, 3]))
    assert seen[0] == {"ndim": 2, "shape": [None, 3], "dtype": "float32", "size": None, "nbytes": None}


def test_shapes_take_lengths_that_are_not_known_yet():
    @tf.function(autograph=False, input_signature=[UNKNOWN])
    def flat(x):
        rows = tf.shape(x)[0]
        return t.concatenate([t.reshape(x, [rows, -1]), t.zeros([rows, 1]), t.broadcast_to(1.0, [rows, 1])], axis=1)

    @tf.function(autograph=False, input_signature=[UNKNOWN])
    def copies(x):
        return t.add(t.tile(x, 2), t.tile(x, [1, 1, 2])[0])

    assert t.to_list(copies(t.full([2, 1], 5.0))) == [[10.0, 10.0], [10.0, 10.0]]
    assert t.to_list(flat(t.full([2, 1], 5.0))) == [[5.0, 0.0, 1.0], [5.0, 0.0, 1.0]]


def test_shapes_that_do_not_fit_say_so_while_tracing():
    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, 3], tf.float32)])
    def clash(x):
        return t.add(x, [1.0, 2.0])

    with pytest.raises(ShapeError, match=r"add: \(None, 3\) and \(2,\) do not broadcast: 3 meets 2 on axis -1"):
        clash(t.ones([2, 3]))
