"""Element-wise operations and reductions, against NumPy and numbers by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pybridge import tensors as t
from pybridge.errors import ConversionError, DtypeError, OptionError, ShapeError

BROADCASTING = [t.add, t.subtract, t.multiply, t.divide, t.maximum, t.minimum, t.equal, t.greater, t.less]
shapes = st.lists(st.integers(0, 3), max_size=3)


def numpys(function):
    """NumPy's function of the same name."""
    return getattr(np, function.__name__)


@st.composite
def arrays(draw, shape=None, low=1):
    shape = draw(st.lists(st.integers(low, 3), max_size=3)) if shape is None else shape
    numbers = st.integers(-4, 4).map(float)
    count = math.prod(shape)
    return np.array(draw(st.lists(numbers, min_size=count, max_size=count))).reshape(shape)


@st.composite
def broadcasting_arrays(draw, count=2):
    full = draw(st.lists(st.integers(0, 3), max_size=3))

    def part():
        kept = full[draw(st.integers(0, len(full))) :]
        return [draw(st.sampled_from([1, length])) for length in kept]

    return [draw(arrays(part())) for _ in range(count)]


@given(broadcasting_arrays(), st.sampled_from(BROADCASTING))
def test_broadcasting_operations_agree_with_numpy(operands, function):
    x, y = operands
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(function(x, y), numpys(function)(x, y), strict=True)


@given(broadcasting_arrays(3))
def test_where_agrees_with_numpy(operands):
    condition, x, y = operands
    np.testing.assert_array_equal(t.where(condition, x, y), np.where(condition, x, y), strict=True)


def test_by_hand():
    assert t.to_list(t.add([[1, 2], [3, 4]], [10, 20])) == [[11, 22], [13, 24]]
    assert t.to_list(t.subtract(1, [3, 4])) == [-2, -3]
    assert t.to_list(t.divide([1, 2, 0], [4, 0, 0]))[:2] == [0.25, math.inf]
    assert t.to_list(t.power([2, 3], [3, 2])) == [8, 9]
    assert t.to_list(t.power(2.0, -1)) == 0.5
    assert t.to_list(t.relu([[1, -2], [-3, 4]])) == [[1.0, 0.0], [0.0, 4.0]]
    assert t.to_list(t.sigmoid(0)) == 0.5
    assert t.to_list(t.tanh(0)) == 0.0
    assert t.to_list(t.square([-3, 2])) == [9, 4]
    assert t.to_list(t.negative([-3, 2])) == [3, -2]
    assert t.to_list(t.absolute([-3, 2])) == [3, 2]
    assert t.to_list(t.absolute(tf.constant(3 + 4j))) == 5.0
    assert t.to_list(t.sqrt([4, 9])) == [2.0, 3.0]
    assert math.isnan(t.to_list(t.sqrt(-1)))
    assert t.to_list(t.log(0)) == -math.inf
    assert t.to_list(t.maximum([1, math.nan], 2)) == [2.0, pytest.approx(math.nan, nan_ok=True)]
    assert t.shape(t.maximum(t.ones([64, 3, 32, 10]), t.ones([32, 10]))) == [64, 3, 32, 10]


def test_softmax_by_hand_and_of_large_scores():
    np.testing.assert_allclose(t.softmax([1, 2, 3]), [0.09003057, 0.24472847, 0.66524096], rtol=1e-6)
    np.testing.assert_allclose(t.softmax([1000, 1001]), [0.26894142, 0.73105858], rtol=1e-6)
    np.testing.assert_allclose(t.softmax([[1, 2], [1, 5]], axis=0), [[0.5, 0.04742587], [0.5, 0.95257413]], rtol=1e-6)


@given(arrays(), st.sampled_from([t.negative, t.absolute, t.square, t.exp, t.tanh]))
def test_operations_on_one_tensor_agree_with_numpy(x, function):
    np.testing.assert_allclose(function(x), numpys(function)(x), rtol=1e-12, strict=True)


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint8", "uint16", "uint32", "uint64"])
def test_small_and_unsigned_integers_wrap_around_as_numpys_do(dtype):
    x, y = np.array([3, 5], dtype), np.array([200 if dtype[0] == "u" else 100, 2], dtype)
    for function in (t.add, t.multiply, t.power, t.maximum, t.dot, t.matmul, t.equal):
        np.testing.assert_array_equal(function(x, y), numpys(function)(x, y), strict=True)
    for function in (t.negative, t.absolute, t.square, t.sum, t.max, t.argmax):
        result, expected = function(x), np.asarray(numpys(function)(x))
        np.testing.assert_array_equal(result, expected)
        assert t.dtype(result) == expected.dtype


def test_booleans_count():
    yes = tf.constant([True, True, False])
    assert t.to_list(t.sum(yes)) == 2
    assert t.to_list(t.add(yes, yes)) == [2, 2, 0]
    assert t.to_list(t.negative(yes)) == [-1, -1, 0]
    assert t.to_list(t.mean(yes)) == pytest.approx(2 / 3)
    assert t.to_list(t.argmax(yes)) == 0
    assert t.to_list(t.max(yes)) == 1
    assert t.to_list(t.greater(yes, False)) == [True, True, False]


def test_where_takes_numbers_for_booleans():
    assert t.to_list(t.where([2, 0, 0.5], [1, 2, 3], -1)) == [1, -1, 3]


@pytest.mark.parametrize("function", [*BROADCASTING, t.power, t.allclose])
def test_shapes_that_do_not_broadcast(function):
    says = rf"{function.__name__}: \(2, 3\) and \(2, 1, 2\) do not broadcast: 3 meets 2 on axis -1"
    with pytest.raises(ShapeError, match=says):
        function(t.ones([2, 3]), t.ones([2, 1, 2]))


def test_where_names_the_two_shapes_that_clash():
    with pytest.raises(ShapeError, match=r"where: \(2, 1\) and \(3, 1\) do not broadcast: 2 meets 3 on axis -2"):
        t.where(t.ones([2, 1]), 1.0, t.ones([3, 1]))


def test_an_integer_to_a_negative_power():
    with pytest.raises(
        DtypeError, match=r"power: an integer to a negative power is a fraction; write the base as 2\.0"
    ):
        t.power(2, -1)


@pytest.mark.parametrize("function", [t.greater, t.less, t.maximum, t.minimum, t.max, t.argmin, t.relu, t.softmax])
def test_complex_numbers_have_no_order(function):
    z = tf.constant([1j, 2j])
    with pytest.raises(DtypeError, match=f"{function.__name__}: complex numbers have no order; take absolute values"):
        function(z, z) if function in BROADCASTING else function(z)


def test_allclose():
    assert t.allclose([0.1, 0.2], [0.1, 0.2000001]) is True
    assert t.allclose([0.1, 0.2], [0.1, 0.21]) is False
    assert t.allclose(100.0, 101.0, rtol=0.01) is True
    assert t.allclose(100.0, 101.0, rtol=0.0, atol=0.5) is False
    assert t.allclose([1, 2], [1, 2]) is True
    assert t.allclose(math.nan, math.nan) is False
    assert t.allclose(math.inf, math.inf) is True
    assert t.allclose([[1.0], [1.0]], 1.0) is True


# ---- reductions ----


@st.composite
def reductions(draw):
    x = draw(arrays())
    axes = st.integers(-x.ndim, x.ndim - 1)
    several = st.lists(axes, max_size=x.ndim, unique_by=lambda axis: axis % x.ndim).map(tuple)
    return x, draw(st.none() | axes | several if x.ndim else st.none())


@given(reductions(), st.booleans(), st.sampled_from([t.sum, t.mean, t.max, t.min]))
def test_reductions_agree_with_numpy(question, keepdims, function):
    x, axis = question
    expected = numpys(function)(x, axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(function(x, axis, keepdims), expected, rtol=1e-12, atol=1e-12)
    if isinstance(axis, tuple):
        assert t.shape(function(x, list(axis), keepdims=keepdims)) == list(expected.shape)


@given(reductions(), st.sampled_from([t.argmax, t.argmin]))
def test_places_agree_with_numpy(question, function):
    x, axis = question
    axis = axis[0] if isinstance(axis, tuple) and axis else None if axis == () else axis
    result = function(x, axis)
    assert t.dtype(result) == "int64"
    np.testing.assert_array_equal(result, numpys(function)(x, axis))


@pytest.mark.parametrize("function", [t.max, t.min, t.argmax, t.argmin])
def test_nan_is_found_as_numpy_finds_it(function):
    x = np.array([[1, math.inf, math.nan, -math.inf], [math.nan, 2, math.nan, 3], [1, 3, 2, 3]], "float32")
    for axis in (None, 0, 1):
        np.testing.assert_array_equal(function(x, axis), numpys(function)(x, axis))


def test_sums_of_small_integers_do_not_wrap_around():
    images = np.full((100, 28, 28), 255, "uint8")
    assert t.to_list(t.sum(images)) == 100 * 28 * 28 * 255
    assert t.to_list(t.mean(images)) == 255.0
    assert t.dtype(t.sum(tf.constant([1], "int32"))) == "int64"


def test_nothing_to_reduce():
    assert t.to_list(t.sum([])) == 0.0
    assert math.isnan(t.to_list(t.mean([])))
    assert t.shape(t.max(t.zeros([0, 3]), axis=1)) == [0]
    for function in (t.max, t.min, t.argmax, t.argmin):
        with pytest.raises(
            ShapeError, match=rf"{function.__name__}: there is nothing to choose from in shape \(0, 3\)"
        ):
            function(t.zeros([0, 3]), axis=0)
        with pytest.raises(ShapeError, match="nothing to choose from"):
            function(t.zeros([0, 3]))


@pytest.mark.parametrize(
    ("axis", "error", "says"),
    [
        (2, ShapeError, r"axis 2 is out of range for \(2, 3\); take -2 to 1"),
        (-3, ShapeError, r"axis -3 is out of range for \(2, 3\); take -2 to 1"),
        (1.0, OptionError, r"axis is a whole number; got 1\.0"),
        ("rows", OptionError, "axis is a whole number; got 'rows'"),
    ],
)
@pytest.mark.parametrize("function", [t.sum, t.mean, t.max, t.min, t.argmax, t.argmin, t.norm, t.softmax, t.squeeze])
def test_axes_that_do_not_exist(function, axis, error, says):
    with pytest.raises(error, match=f"^{function.__name__}: {says}$"):
        function(t.ones([2, 3]), axis=axis)


def test_an_axis_named_twice_and_one_that_a_number_lacks():
    with pytest.raises(ShapeError, match=r"sum: axes \[0, -2\] name one axis of \(2, 3\) twice"):
        t.sum(t.ones([2, 3]), axis=[0, -2])
    with pytest.raises(ShapeError, match="sum: a single number has no axis 0"):
        t.sum(1.0, axis=0)


# ---- looking ----


def test_describe_is_plain_data():
    x = t.zeros([3, 4], dtype="float64")
    assert t.describe(x) == {"ndim": 2, "shape": [3, 4], "dtype": "float64", "size": 12, "nbytes": 96}
    assert all(type(value) in (int, str, list) for value in t.describe(x).values())
    assert [type(length) for length in t.shape(x)] == [int, int]


def test_the_ranks_of_the_book():
    assert [t.ndim(x) for x in (12, [12, 3, 6], [[5, 78], [6, 79]], [[[5], [6]]])] == [0, 1, 2, 3]
    assert t.size([[1, 2], [3, 4]]) == 4


def test_numbers_come_out_plain():
    assert t.to_list(3.5) == 3.5
    assert t.to_list(tf.constant([[1, 2]], "uint8")) == [[1, 2]]
    assert t.to_list(tf.constant([0.5], "bfloat16")) == [0.5]
    assert t.to_list(tf.Variable([True])) == [True]
    assert [type(number) for number in t.to_list([1.0, 2.0])] == [float, float]
    assert isinstance(t.to_numpy(1.0), np.ndarray)
    assert t.to_numpy(1.0).shape == ()


def test_a_traced_tensor_has_no_numbers():
    says = "a traced function's tensor has no numbers yet; call this outside of it"
    for function in (t.to_list, t.to_numpy, lambda x: t.allclose(x, 1.0)):
        with pytest.raises(ConversionError, match=says):
            tf.function(function, autograph=False)(t.ones([2]))


@pytest.mark.parametrize("x", [[2.0, 0.0, 3.0], [0.0, 2.0, 3.0, 0.0], [0.0, 0.0, 0.0], [1.5, -2.0], [0.0], [1e30, 0.0]])
@pytest.mark.parametrize("traced", [False, True])
def test_products_have_their_slopes_where_a_number_is_0(x, traced):
    """A product's slope by one number is the product of the others, and by two of them that of the rest."""
    x = tf.constant(x, tf.float64)
    count = len(x)

    def without(*places):
        return math.prod(float(each) for place, each in enumerate(x) if place not in places)

    def slopes(x):
        with tf.GradientTape(persistent=True) as outer:
            outer.watch(x)
            with tf.GradientTape(persistent=True) as inner:
                inner.watch(x)
                product, last = t.prod(x), t.cumprod(x)[-1]
            first = inner.gradient(product, x), inner.gradient(last, x)
        return *first, *(outer.jacobian(each, x, experimental_use_pfor=False) for each in first)

    by_one, by_last, by_two, by_two_of_last = (tf.function(slopes) if traced else slopes)(x)
    expected = [without(place) for place in range(count)]
    np.testing.assert_allclose(by_one, expected)
    np.testing.assert_allclose(by_last, expected)
    twice = [[0 if i == j else without(i, j) for i in range(count)] for j in range(count)]
    np.testing.assert_allclose(by_two, twice)
    np.testing.assert_allclose(by_two_of_last, twice)
