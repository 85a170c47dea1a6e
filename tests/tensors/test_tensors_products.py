"""Products against NumPy's and numbers by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pybridge import tensors as t
from pybridge.errors import OptionError, ShapeError

length = st.integers(0, 3)


def counting(*shape) -> np.ndarray:
    return np.arange(math.prod(shape), dtype="float64").reshape(shape) - 2


@st.composite
def chained(draw):
    """Two operands that matmul takes: vectors, matrices or batches that broadcast."""
    n, k, m = draw(length), draw(length), draw(length)
    batch = draw(st.lists(length, max_size=2))
    one, other = (
        [draw(st.sampled_from([1, axis])) for axis in batch[draw(st.integers(0, len(batch))) :]] for _ in range(2)
    )
    a = draw(st.sampled_from([[k], [n, k], [*one, n, k]]))
    b = draw(st.sampled_from([[k], [k, m], [*other, k, m]]))
    return counting(*a), counting(*b)


@given(chained())
def test_matmul_and_dot_agree_with_numpy(operands):
    a, b = operands
    np.testing.assert_array_equal(t.matmul(a, b), np.matmul(a, b), strict=True)
    np.testing.assert_array_equal(t.dot(a, b), np.dot(a, b))
    np.testing.assert_array_equal(t.dot(a, 3.0), np.dot(a, 3.0))
    np.testing.assert_array_equal(t.dot(3.0, a), np.dot(3.0, a))


@given(st.data())
def test_tensordot_agrees_with_numpy(data):
    lengths = data.draw(st.lists(st.integers(1, 3), max_size=2))
    left, right = data.draw(st.lists(length, max_size=2)), data.draw(st.lists(length, max_size=2))
    a, b = counting(*left, *lengths), counting(*lengths, *right)
    np.testing.assert_array_equal(t.tensordot(a, b, len(lengths)), np.tensordot(a, b, len(lengths)))
    order = data.draw(st.permutations(range(len(lengths))))
    axes = [[place - len(lengths) for place in order], list(order)]
    np.testing.assert_array_equal(t.tensordot(a, b, axes), np.tensordot(a, b, axes))
    np.testing.assert_array_equal(t.tensordot(a, b, 0), np.tensordot(a, b, 0))


def test_tensordot_takes_a_pair_of_axes():
    a, b = counting(2, 3), counting(3, 2)
    np.testing.assert_array_equal(t.tensordot(a, b, [1, 0]), a @ b)
    np.testing.assert_array_equal(t.tensordot(a, b, [-1, 0]), a @ b)
    np.testing.assert_array_equal(t.tensordot(a, a), np.sum(a * a))


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        (" i j , j k -> k i ", [(2, 3), (3, 4)]),
        ("i,j->ij", [(2,), (3,)]),
        ("ii->i", [(3, 3)]),
        ("ii", [(3, 3)]),
        ("ij->ji", [(2, 3)]),
        ("ij->", [(2, 3)]),
        ("b...i,i->b...", [(2, 3, 4), (4,)]),
        ("...ij,...jk->...ik", [(5, 1, 2, 3), (4, 3, 2)]),
        ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]),
        (",i->i", [(), (3,)]),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8"])
def test_einsum_agrees_with_numpy(equation, shapes, dtype):
    operands = [np.arange(math.prod(shape)).reshape(shape).astype(dtype) for shape in shapes]
    np.testing.assert_array_equal(t.einsum(equation, *operands), np.einsum(equation, *operands), strict=True)


def test_by_hand():
    x = [[1, 2], [3, 4]]
    assert t.to_list(t.matmul(x, x)) == [[7, 10], [15, 22]]
    assert t.to_list(t.dot([1, 2, 3], [4, 5, 6])) == 32
    assert t.to_list(t.matmul([1, 2, 3], [4, 5, 6])) == 32
    assert t.to_list(t.matmul([[True, True]], [[True], [True]])) == [[2]]
    assert t.to_list(t.relu(t.add(t.matmul([[1.0, 2.0]], [[1.0, -1.0], [1.0, -1.0]]), [0.5, 0.5]))) == [[3.5, 0.0]]


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda f: f(t.ones([2, 3]), t.ones([2, 3])),
            ShapeError,
            r"\(2, 3\) and \(2, 3\) do not chain: 3 columns meet 2 rows",
        ),
        (
            lambda f: f(t.ones([2, 1]), t.ones([2, 3])),
            ShapeError,
            r"\(2, 1\) and \(2, 3\) do not chain: 1 column meets 2 rows",
        ),
        (
            lambda f: f(t.ones([2]), t.ones([3])),
            ShapeError,
            r"\(2,\) and \(3,\) do not chain: 2 elements meet 3 elements",
        ),
        (lambda f: f(t.ones([2, 3]), [1.0]), ShapeError, r"\(2, 3\) and \(1,\) do not chain: 3 columns meet 1 element"),
        (
            lambda f: f([1.0, 2.0], t.ones([3, 2])),
            ShapeError,
            r"\(2,\) and \(3, 2\) do not chain: 2 elements meet 3 rows",
        ),
    ],
)
@pytest.mark.parametrize("function", [t.matmul, t.dot])
def test_matrices_that_do_not_chain(function, call, error, says):
    with pytest.raises(error, match=f"{function.__name__}: {says}"):
        call(function)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: t.matmul(2.0, t.ones([2, 2])),
            ShapeError,
            r"matmul: \(\) and \(2, 2\): a single number is no matrix; use multiply",
        ),
        (
            lambda: t.matmul(t.ones([2, 3, 3]), t.ones([4, 3, 3])),
            ShapeError,
            r"matmul: \(2, 3, 3\) and \(4, 3, 3\) do not broadcast: 2 meets 4 on axis -3",
        ),
        (
            lambda: t.tensordot(t.ones([2, 3]), t.ones([2, 3]), 1),
            ShapeError,
            r"tensordot: \(2, 3\) and \(2, 3\) do not pair: 3 on axis -1 of the first meets 2 on axis 0 of the second",
        ),
        (
            lambda: t.tensordot(t.ones([2]), t.ones([2]), 2),
            ShapeError,
            r"tensordot: axis -2 is out of range for \(2,\); take 0 or -1",
        ),
        (
            lambda: t.tensordot([1.0], [1.0], [[0], []]),
            ShapeError,
            "tensordot: axes pair up; got 1 of the first tensor and 0 of the second",
        ),
        (
            lambda: t.tensordot([1.0], [1.0], [0]),
            OptionError,
            r"tensordot: axes are a number, or a pair of axes or lists of them; got \[0\]",
        ),
        (lambda: t.tensordot([1.0], [1.0], -1), OptionError, "tensordot: a number of axes is not negative; got -1"),
        (lambda: t.tensordot([1.0], [1.0], [None, 0]), OptionError, "tensordot: axis is a whole number; got None"),
        (
            lambda: t.einsum("ij,jk->ik", t.ones([2, 3]), t.ones([2, 3])),
            ShapeError,
            r"einsum: j is 3 in \(2, 3\) and 2 in \(2, 3\)",
        ),
        (lambda: t.einsum("ij->ji", t.ones([3])), ShapeError, r"einsum: 'ij' names 2 axes; its operand is \(3,\)"),
        (lambda: t.einsum("ij,jk->ik", t.ones([3, 3])), OptionError, "einsum: 'ij,jk->ik' takes 2 operands; got 1"),
        (lambda: t.einsum("ij->k", t.ones([3, 3])), OptionError, "einsum: 'ij->k' is no equation: Output subscripts"),
        (lambda: t.einsum("i1->i", t.ones([3, 3])), OptionError, "einsum: 'i1->i' is no equation"),
    ],
)
def test_products_that_do_not_exist(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_gradients_pass_through_products_with_vectors():
    W, x = tf.Variable([[1.0, 2.0], [3.0, 4.0]]), tf.Variable([5.0, 6.0])
    with tf.GradientTape() as tape:
        y = t.sum(t.matmul(x, W)) + t.dot(x, x)
    of_w, of_x = tape.gradient(y, [W, x])
    assert t.to_list(of_w) == [[5.0, 5.0], [6.0, 6.0]]
    assert t.to_list(of_x) == [13.0, 19.0]
