"""Chapter 2's loops against tensors and NumPy, number by number: dtypes, NaN, infinities, zeros, integers that wrap."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pybridge import naive
from pybridge import tensors as t
from pybridge.errors import ConversionError, DtypeError, ShapeError

FLOATS, COMPLEX = ["float16", "float32", "float64"], ["complex64", "complex128"]
WHOLE = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
SIZES = st.integers(0, 5)


def numbers(dtype):
    """Numbers of a dtype, each of its special ones often; TensorFlow makes 0 of what is too small to be normal."""
    special = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0])
    if dtype in FLOATS:
        width = 8 * np.dtype(dtype).itemsize
        return st.one_of(special, st.floats(width=width, allow_subnormal=False))
    return arrays.from_dtype(np.dtype(dtype), allow_subnormal=False)


def summable(dtype):
    """Numbers whose products add up exactly in every dtype and order."""
    if dtype == "bool":
        return st.booleans()
    small = st.integers(0 if dtype.startswith("u") else -4, 4)
    if dtype in FLOATS:
        return st.one_of(small.map(lambda n: n / 2), st.sampled_from([-0.0, np.nan, np.inf, -np.inf]))
    return st.builds(complex, small, small) if dtype in COMPLEX else small


def matrices(dtype, rows, columns, elements=numbers):
    return arrays.arrays(dtype, (rows, columns), elements=elements(dtype))


def assert_same(found, wanted, *, apart_from=False):
    """See that dtype, shape and bits agree, NaN being one number; too small for a normal float is 0 to TensorFlow."""
    wanted = np.asarray(wanted)
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    found, wanted = (np.stack([x.real, x.imag]) if x.dtype.kind == "c" else x.copy() for x in (found, wanted))
    if found.dtype.kind == "f":
        small = too_small(found)
        found[np.isnan(found)] = wanted[np.isnan(wanted)] = np.nan
        for x in (found, wanted):
            x[apart_from & (x == 0) | small] = 0
    assert found.tobytes() == wanted.tobytes()


def too_small(x):
    return (x != 0) & (np.abs(x) < np.finfo(x.dtype).tiny)


# ---- against tensors


@settings(max_examples=60)
@given(draw=st.data(), dtype=st.sampled_from(FLOATS + WHOLE), rows=SIZES, columns=SIZES)
def test_element_by_element_the_loops_are_tensors_bit_for_bit(draw, dtype, rows, columns):
    x, y = (draw.draw(matrices(dtype, rows, columns)) for _ in range(2))
    v = draw.draw(arrays.arrays(dtype, columns, elements=numbers(dtype)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same(naive.naive_add(x, y), t.add(x, y))
        assert_same(naive.naive_multiply(x, y), t.multiply(x, y))
        assert_same(naive.naive_add_matrix_and_vector(x, v), t.add(x, v))
        # which zero TensorFlow takes depends on the place
        assert_same(naive.naive_relu(x), t.relu(x), apart_from=x == 0)
        assert_same(naive.naive_maximum(x, y), t.maximum(x, y), apart_from=(x == 0) & (y == 0))


@settings(max_examples=20)
@given(draw=st.data(), dtype=st.sampled_from(COMPLEX), rows=SIZES, columns=SIZES)
def test_complex_numbers_are_added_and_multiplied_as_tensors_are(draw, dtype, rows, columns):
    x, y = (draw.draw(matrices(dtype, rows, columns, summable)) for _ in range(2))
    assert_same(naive.naive_add(x, y), t.add(x, y))
    assert_same(naive.naive_multiply(x, y), t.multiply(x, y))


@settings(max_examples=60)
@given(draw=st.data(), dtype=st.sampled_from(FLOATS + WHOLE + COMPLEX), rows=SIZES, shared=SIZES, columns=SIZES)
def test_exact_sums_of_products_are_tensors_bit_for_bit(draw, dtype, rows, shared, columns):
    a = draw.draw(matrices(dtype, rows, shared, summable))
    b = draw.draw(matrices(dtype, shared, columns, summable))
    v = draw.draw(arrays.arrays(dtype, shared, elements=summable(dtype)))
    floating = dtype if dtype in FLOATS + COMPLEX else "float64"
    assert_same(naive.naive_matrix_dot(a, b), t.to_numpy(t.matmul(a, b)).astype(floating))
    assert_same(naive.naive_matrix_vector_dot(a, v), t.to_numpy(t.matmul(a, v)).astype(floating))
    total = naive.naive_vector_dot(v, v)
    assert type(total) is (complex if dtype in COMPLEX else float)
    assert_same(np.array(total, floating), t.to_numpy(t.dot(v, v)).astype(floating))


@settings(max_examples=30)
@given(draw=st.data(), dtypes=st.lists(st.sampled_from(FLOATS + WHOLE + COMPLEX), min_size=2, max_size=2))
def test_the_dtype_of_two_matrices_is_that_of_tensors(draw, dtypes):
    x, y = (np.abs(draw.draw(matrices(dtype, 2, 2, summable))).astype(dtype) for dtype in dtypes)
    for other in (y, tf.constant(y), tf.Variable(y)):
        assert_same(naive.naive_add(x, other), t.add(x, other))
    assert_same(naive.naive_add(x, [[1.5, 2], [3, 4]]), t.add(x, [[1.5, 2], [3, 4]]))


def test_bfloat16_is_a_dtype_like_the_others():
    x = tf.constant([[1.5, -2.0], [np.nan, 3e38]], "bfloat16")
    for loop, operation in [
        (naive.naive_add, t.add),
        (naive.naive_maximum, t.maximum),
        (naive.naive_matrix_dot, t.matmul),
    ]:
        found, wanted = loop(x, x), operation(x, x).numpy()
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found.astype("float32"), wanted.astype("float32"))


# ---- what tensors leave open


def test_of_two_zeros_the_first_is_the_larger():
    zeros, negative = [[0.0, -0.0, 0.0, -0.0]], [[-0.0, 0.0, 0.0, -0.0]]
    assert np.signbit(naive.naive_maximum(zeros, negative)).tolist() == [[False, True, False, True]]
    assert np.signbit(naive.naive_relu(negative)).tolist() == [[True, False, False, True]]


def test_a_float_too_small_to_be_normal_stays():
    tiny = 5e-324
    assert naive.naive_add([[tiny]], [[tiny]]).tolist() == [[2 * tiny]]
    assert naive.naive_relu(np.array([[1e-45]], "float32")).tolist() == [[np.float32(1e-45)]]


@settings(max_examples=30)
@given(draw=st.data(), dtype=st.sampled_from(FLOATS), length=st.integers(0, 30))
def test_a_dot_product_is_summed_in_order_and_rounded_once(draw, dtype, length):
    x, y = (draw.draw(arrays.arrays(dtype, length, elements=numbers(dtype))) for _ in range(2))
    total = 0.0
    for a, b in zip(x.astype("float64"), y.astype("float64"), strict=True):
        with np.errstate(all="ignore"):
            total += a * b
    with np.errstate(all="ignore"):
        wanted = np.array(total, dtype)
    assert_same(np.array(naive.naive_vector_dot(x, y), dtype), wanted)


@settings(max_examples=30)
@given(pairs=st.lists(st.tuples(*[st.integers(-(2**63), 2**63 - 1)] * 2), max_size=6))
def test_the_dot_product_of_integers_is_the_float_of_the_exact_sum(pairs):
    x, y = [a for a, _ in pairs], [b for _, b in pairs]
    assert naive.naive_vector_dot(x, y) == float(sum(a * b for a, b in pairs))
    assert (
        naive.naive_matrix_vector_dot([x], y).tolist()
        == naive.naive_matrix_dot([x], [[b] for b in y] or np.zeros((0, 1))).tolist()[0]
    )


def test_half_floats_are_summed_in_wider_ones():
    ones = np.ones(4000, "float16")
    assert naive.naive_vector_dot(ones, ones) == 4000.0
    assert naive.naive_vector_dot(ones * 300, ones * 300) == np.inf == t.dot(ones * 300, ones * 300).numpy()


def test_lists_of_floats_stay_float64():
    assert naive.naive_add([[0.1]], [[0.2]]).tolist() == [[0.1 + 0.2]]
    assert naive.naive_matrix_dot([[0.1]], [[0.2]]).tolist() == [[0.1 * 0.2]]
    assert [loop([[1, 2]]).dtype.name for loop in (naive.naive_relu,)] == ["float64"]
    assert naive.naive_add([[1]], [[2]]).dtype == "int64"
    assert naive.naive_add([[True]], [[True]]).tolist() == [[2]]
    rows = [np.array([0.1, 0.2], "float32")]
    assert_same(naive.naive_add(rows, rows), t.add(rows, rows))


def test_complex_numbers_have_a_dot_product_of_their_own():
    assert naive.naive_vector_dot([1j, 2], [1j, 1 - 1j]) == 1 - 2j
    assert naive.naive_matrix_dot([[1j]], [[1j]]).tolist() == [[-1 + 0j]]


def test_loops_without_numbers():
    assert naive.naive_vector_dot([], []) == 0.0
    assert naive.naive_relu([[]]).shape == naive.naive_add([[]], [[]]).shape == (1, 0)
    assert naive.naive_matrix_dot(np.zeros((2, 0)), np.zeros((0, 3))).tolist() == np.zeros((2, 3)).tolist()


# ---- refusals

M, V = [[1, 2, 3], [4, 5, 6]], [1, 2]


@pytest.mark.parametrize(
    ("operation", "args", "message"),
    [
        (naive.naive_relu, [V], r"naive_relu: a matrix has 2 axes, rows and columns; got shape \(2,\)$"),
        (naive.naive_relu, [3], r"naive_relu: a matrix has 2 axes, rows and columns; got shape \(\)$"),
        (naive.naive_relu, [[]], r"naive_relu: a matrix has 2 axes, rows and columns; got shape \(0,\)$"),
        (
            naive.naive_relu,
            [[[1, 2], [3]]],
            "naive_relu: a ragged list .*; side by side it holds a row of 2 and a row of 1$",
        ),
        (naive.naive_add, [M, [[1, 2]]], r"naive_add: \(2, 3\) and \(1, 2\) differ; give two matrices of one shape$"),
        (naive.naive_multiply, [M, V], r"naive_multiply: a matrix has 2 axes, rows and columns; got shape \(2,\)$"),
        (
            naive.naive_maximum,
            [M, [[1]]],
            r"naive_maximum: \(2, 3\) and \(1, 1\) differ; give two matrices of one shape$",
        ),
        (
            naive.naive_add_matrix_and_vector,
            [M, V],
            r"naive_add_matrix_and_vector: \(2, 3\) and \(2,\) do not fit: 3 columns meet 2 elements$",
        ),
        (naive.naive_add_matrix_and_vector, [M, M], r"a vector has 1 axis; got shape \(2, 3\)$"),
        (naive.naive_vector_dot, [V, [1]], r"naive_vector_dot: \(2,\) and \(1,\) do not fit: 2 elements meet 1$"),
        (naive.naive_vector_dot, [3, 4], r"naive_vector_dot: a vector has 1 axis; got shape \(\)$"),
        (naive.naive_matrix_vector_dot, [M, V], "naive_matrix_vector_dot: .* 3 columns meet 2 elements$"),
        (
            naive.naive_matrix_dot,
            [M, M],
            r"naive_matrix_dot: \(2, 3\) and \(2, 3\) do not chain: 3 columns meet 2 rows$",
        ),
    ],
)
def test_wrong_shapes_raise(operation, args, message):
    with pytest.raises(ShapeError, match=message):
        operation(*args)


@pytest.mark.parametrize(
    ("operation", "args", "message"),
    [
        (naive.naive_relu, [[["a"]]], "naive_relu: a tensor holds numbers; got 'a'"),
        (naive.naive_vector_dot, [V, [None, 1]], "naive_vector_dot: a tensor holds numbers; got None"),
        (naive.naive_relu, [None], "naive_relu: a tensor holds numbers; got None"),
        (naive.naive_relu, [[[1j]]], "naive_relu: complex numbers have no order; take absolute values first"),
        (naive.naive_maximum, [[[1]], [[1j]]], "naive_maximum: complex numbers have no order"),
        (naive.naive_add, [[[2**63]], [[1]]], "naive_add: 9223372036854775808 does not fit int64"),
        (naive.naive_vector_dot, [[10**400], [0.5]], "naive_vector_dot: .* does not fit"),
    ],
)
def test_what_is_not_made_of_numbers_is_refused(operation, args, message):
    with pytest.raises(DtypeError, match=message):
        operation(*args)


def test_a_traced_function_has_no_numbers_to_go_through():
    with pytest.raises(ConversionError, match="naive_relu: a traced function's tensor has no numbers yet"):
        tf.function(naive.naive_relu, autograph=False)(tf.ones([1, 1]))
