"""The one dtype rule, as a table, and what is read as a tensor at all."""

from __future__ import annotations

import fractions
import itertools
import math
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from pybridge import tensors as t
from pybridge._arguments import shown
from pybridge.errors import DtypeError, ShapeError

NAMES = {
    "b": "bool",
    "u1": "uint8",
    "i4": "int32",
    "i8": "int64",
    "f2": "float16",
    "bf": "bfloat16",
    "f4": "float32",
    "f8": "float64",
}

# What two kinds become, written by hand from the rule. A is an array, T a tensor.
TABLE = """
         True  2   2.0 [2] [2.0] Au1 Ai4 Af8 Tb  Tu1 Ti4 Ti8 Tf2 Tbf Tf4 Tf8
True     b     i8  f4  i8  f4    u1  i4  f8  b   u1  i4  i8  f2  bf  f4  f8
2        .     i8  f4  i8  f4    u1  i4  f8  i8  u1  i4  i8  f2  bf  f4  f8
2.0      .     .   f4  f4  f4    f4  f4  f8  f4  f4  f4  f4  f2  bf  f4  f8
[2]      .     .   .   i8  f4    u1  i4  f8  i8  u1  i4  i8  f2  bf  f4  f8
[2.0]    .     .   .   .   f4    f4  f4  f8  f4  f4  f4  f4  f2  bf  f4  f8
Au1      .     .   .   .   .     u1  i4  f8  u1  u1  i4  i8  f2  bf  f4  f8
Ai4      .     .   .   .   .     .   i4  f8  i4  u1  i4  i8  f2  bf  f4  f8
Af8      .     .   .   .   .     .   .   f8  f8  f8  f8  f8  f2  bf  f4  f8
Tb       .     .   .   .   .     .   .   .   b   u1  i4  i8  f2  bf  f4  f8
Tu1      .     .   .   .   .     .   .   .   .   u1  i4  i8  f2  bf  f4  f8
Ti4      .     .   .   .   .     .   .   .   .   .   i4  i8  f2  bf  f4  f8
Ti8      .     .   .   .   .     .   .   .   .   .   .   i8  f2  bf  f4  f8
Tf2      .     .   .   .   .     .   .   .   .   .   .   .   f2  f4  f4  f8
Tbf      .     .   .   .   .     .   .   .   .   .   .   .   .   bf  f4  f8
Tf4      .     .   .   .   .     .   .   .   .   .   .   .   .   .   f4  f8
Tf8      .     .   .   .   .     .   .   .   .   .   .   .   .   .   .   f8
"""


def pairs() -> list[tuple[str, str, str]]:
    head, *rows = [line.split() for line in TABLE.split("\n") if line]
    met = [(row[0], column, dtype) for row in rows for column, dtype in zip(head, row[1:], strict=True) if dtype != "."]
    assert len(met) == len(head) * (len(head) + 1) / 2
    return met


def of_kind(kind: str, stored: type = tf.constant) -> object:
    """A value of this kind that is 1 or 2."""
    if kind[0] == "A":
        return np.array([2]).astype(NAMES[kind[1:]])
    if kind[0] == "T" and kind != "True":
        return stored(tf.cast([2], NAMES[kind[1:]]))
    return {"True": True, "2": 2, "2.0": 2.0, "[2]": [2], "[2.0]": [2.0]}[kind]


@pytest.mark.parametrize(("x", "y", "expected"), pairs())
@pytest.mark.parametrize("stored", [tf.constant, tf.Variable])
def test_two_kinds_meet_in_one_dtype_on_both_sides(x, y, expected, stored):
    expected = NAMES[expected]
    for one, other in itertools.permutations([of_kind(x, stored), of_kind(y, stored)]):
        assert t.dtype(t.where([True], one, other)) == expected
        assert t.dtype(t.equal(one, other)) == "bool"
        for operation in (t.add, t.subtract, t.multiply, t.power, t.maximum, t.dot):
            result = operation(one, other)
            assert t.dtype(result) == ("int64" if expected == "bool" else expected)
        assert t.dtype(t.divide(one, other)) == (expected if expected[:2] in ("fl", "bf") else "float32")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2, "int64"),
        (2.0, "float32"),
        (True, "bool"),
        (2j, "complex64"),
        ([1, 2], "int64"),
        ([1, 2.0], "float32"),
        ([True, 2], "int64"),
        ([], "float32"),
        (range(3), "int64"),
        (((1, 2), (3, 4)), "int64"),
        (np.array([1.0]), "float64"),
        (np.array([1], ">i2"), "int16"),
        (np.float64(1.0), "float64"),
        (np.uint8(1), "uint8"),
        ([np.float16(1), 2.0], "float16"),
        ([np.ones(2, "float32"), [1, 2]], "float32"),
        ([tf.constant(1.0, "float64"), 2], "float64"),
        ([[tf.constant(1, "int32"), 2.5]], "float32"),
        (tf.Variable([1], dtype=tf.int32), "int32"),
    ],
)
def test_alone(value, expected):
    assert t.dtype(value) == expected
    assert t.dtype(t.tensor(value)) == expected


def test_more_than_two_meet_as_one():
    small, whole = tf.constant([1.0], "float16"), tf.constant([1], "int64")
    for values in itertools.permutations([small, whole, [1.5], np.array([1.0])]):
        assert t.dtype(t.concatenate(values)) == "float16"
    for values in itertools.permutations([whole, [1.5], np.array([1])]):
        assert t.dtype(t.concatenate(values)) == "float32"


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ("uint8", "int8", "int16"),
        ("uint32", "int64", "int64"),
        ("uint64", "int64", "float64"),
        ("complex64", "float32", "complex64"),
        ("complex64", "float64", "complex128"),
        ("complex64", "int64", "complex64"),
        ("complex128", "bfloat16", "complex128"),
    ],
)
def test_tensors_of_rarer_dtypes(x, y, expected):
    one, other = tf.cast([1], x), tf.cast([1], y)
    assert t.dtype(t.add(one, other)) == t.dtype(t.add(other, one)) == expected


def test_complex_numbers_and_lists_yield_like_others():
    assert t.dtype(t.add(tf.constant(1.0), 2j)) == "complex64"
    assert t.dtype(t.add(tf.constant(1.0, "float64"), 2j)) == "complex128"
    assert t.dtype(t.add(tf.constant(1j, "complex64"), np.array([1.0]))) == "complex64"


def test_numbers_meet_a_wider_dtype_in_full_precision():
    assert t.to_list(t.add(tf.constant(0.0, "float64"), 0.1)) == 0.1
    assert t.to_list(t.add(np.zeros(1), [0.1])) == [0.1]
    assert t.to_list(t.tensor(0.1, dtype="float64")) == 0.1
    assert t.to_list(t.tensor([0.1], dtype="float64")) == [0.1]


@pytest.mark.parametrize(
    "lifting",
    [t.mean, t.sqrt, t.exp, t.log, t.relu, t.sigmoid, t.tanh, t.softmax, t.norm, lambda x: t.divide(x, x)],
)
def test_what_lifts_integers(lifting):
    for integer in ([1, 2], np.array([1, 2]), tf.constant([1, 2], "uint8"), [True, False], tf.Variable([1, 2])):
        assert t.dtype(lifting(integer)) == "float32"
    for kept in ("float16", "bfloat16", "float32", "float64"):
        assert t.dtype(lifting(tf.cast([1, 2], kept))) == kept
        assert t.dtype(lifting(tf.Variable(tf.cast([1, 2], kept)))) == kept


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float16", "float32", "float64"])
def test_pythons_operators_agree(dtype):
    x, y = tf.cast([7, 8], dtype), tf.cast([2, 3], dtype)
    for ours, theirs in [
        (t.add(x, y), x + y),
        (t.subtract(x, y), x - y),
        (t.multiply(x, y), x * y),
        (t.maximum(x, 3), tf.maximum(x, 3)),
        (t.add(x, 2), x + 2),
        (t.multiply(2, x), 2 * x),
        (t.greater(x, 7), x > 7),
    ]:
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def test_lists_of_tensors_are_stacked_and_stay_on_the_tape():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = t.sum(t.multiply([[x, 2.0], [1.0, x]], [[1.0, 10.0], [100.0, 1000.0]]))
    assert t.to_list(tape.gradient(y, x)) == 1001.0


def test_keras_variables_and_other_libraries_arrays_are_read():
    class Column:
        def __array__(self, dtype=None, copy=None):
            return np.array([1.0, 2.0], "float32")

    assert t.to_list(t.add(keras.Variable([1.0, 2.0]), [1, 1])) == [2.0, 3.0]
    assert t.to_list(t.add(Column(), 1)) == [2.0, 3.0]


def test_an_array_is_copied():
    array = np.ones(3)
    x = t.tensor(array)
    array[0] = 7.0
    assert t.to_list(x) == [1.0, 1.0, 1.0]
    t.to_numpy(x)[0] = 7.0
    assert t.to_list(x) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ([[1, 2], [3]], "a row of 2 and a row of 1"),
        ([[[1], [2, 3]], [[4], [5]]], "a row of 1 and a row of 2"),
        ([1, [2]], "a number and a row of 1"),
        ([[1], 2.0], "a row of 1 and a number"),
        ([np.ones(2), np.ones(3)], r"an array of shape \(2,\) and an array of shape \(3,\)"),
        ([tf.ones(2), [1.0]], r"an array of shape \(2,\) and an array of shape \(1,\)"),
    ],
)
def test_ragged_lists_are_no_tensors(value, held):
    with pytest.raises(ShapeError, match=f"a ragged list makes no tensor; side by side it holds {held}"):
        t.tensor(value)


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (None, "None"),
        ("abc", "'abc'"),
        (["abc"], "'abc'"),
        ([[1, None]], "None"),
        (b"abc", "b'abc'"),
        ({"a": 1}, "a value of type dict"),
        ([{"a": 1}], "a value of type dict"),
        ({1, 2}, "a value of type set"),
        (fractions.Fraction(1, 2), "a value of type Fraction"),
        (np.array(["abc"]), "an array of <U3"),
        (np.array([None]), "an array of object"),
        (np.array(["2020"], "datetime64[D]"), r"an array of datetime64\[D\]"),
        (tf.ragged.constant([[1], [2, 3]]), "a value of type RaggedTensor"),
    ],
)
def test_what_holds_no_numbers_is_no_tensor(value, got):
    with pytest.raises(DtypeError, match=f"a tensor holds numbers; got {got}"):
        t.tensor(value)


def test_text_does_not_meet_numbers():
    with pytest.raises(DtypeError, match="a tensor of string holds no numbers"):
        t.add(tf.constant("a"), 1)


@pytest.mark.parametrize(
    ("compute", "says"),
    [
        (lambda: t.tensor(2**63), "9223372036854775808 does not fit int64, which holds -9223372036854775808 to"),
        (lambda: t.tensor([2**63, -1]), "9223372036854775808 does not fit int64"),
        (lambda: t.tensor(2**200), f"{2**200} does not fit int64"),
        (lambda: t.tensor(np.array([2**63], "uint64"), dtype="int64"), "9223372036854775808 does not fit int64"),
        (lambda: t.tensor(np.array([1e30]), dtype="int64"), "1e\\+30 does not fit int64"),
        (lambda: t.tensor([1.0, float("inf")], dtype="int64"), "inf does not fit int64"),
        (lambda: t.add(tf.constant(1.0), 10**400), "an integer past the largest float does not fit float32"),
        (lambda: t.add(tf.constant([1.0]), [10**400]), "an integer past the largest float does not fit float32"),
        (lambda: t.tensor([1j], dtype="float32"), "complex numbers do not fit float32; take their real part first"),
        (lambda: t.tensor(300, dtype="uint8"), "300 does not fit uint8, which holds 0 to 255"),
        (lambda: t.tensor([1.5, 256.0], dtype="uint8"), "256.0 does not fit uint8"),
        (lambda: t.tensor(float("nan"), dtype="int32"), "nan does not fit int32"),
        (lambda: t.add(tf.constant([1], "uint8"), -1), "-1 does not fit uint8"),
        (lambda: t.add(tf.constant([1], "uint8"), np.array([300])), "300 does not fit uint8"),
        (lambda: t.tensor(1j, dtype="float32"), "complex numbers do not fit float32; take their real part first"),
    ],
)
def test_numbers_that_do_not_fit(compute, says):
    with pytest.raises(DtypeError, match=says):
        compute()


def test_numbers_that_fit_just_so():
    assert t.to_list(t.tensor(2**63 - 1)) == 2**63 - 1
    assert t.to_list(t.tensor(2**64 - 1, dtype="uint64")) == 2**64 - 1
    assert t.to_list(t.tensor([2**63, -1], dtype="float64")) == [2.0**63, -1.0]
    assert t.to_list(t.tensor([255.7, -0.7], dtype="uint8")) == [255, 0]
    assert (
        t.to_list(t.tensor([2.7, -2.7], dtype="int64"))
        == t.to_list(t.tensor(np.array([2.7, -2.7]), "int64"))
        == [2, -2]
    )
    assert t.to_list(t.add([0.5], [True, 2**70])) == [1.5, 2.0**70]
    assert t.to_list(t.tensor([0, 2], dtype="bool")) == [False, True]
    assert t.to_list(t.tensor(1e300)) == float("inf")
    assert t.to_list(t.tensor(1e6, dtype="float16")) == float("inf")


@pytest.mark.parametrize("name", ["float31", "string", "int", None, 3, True, 2.0, 1.0, np.float64(2.0), 2 + 0j])
def test_unknown_dtypes(name):
    text = re.escape(f"there is no dtype {shown(name)} for numbers; try float32, float64, int32")
    with pytest.raises(DtypeError, match=text):
        t.zeros([2], name)


def test_zero_keeps_its_sign():
    for _ in range(2):
        for zero in (-0.0, 0.0):
            for x in (t.tensor(zero), t.tensor(zero, "float16"), t.tensor([zero]), t.full([1], zero), t.variable(zero)):
                assert np.signbit(t.to_numpy(x)).all() == (math.copysign(1, zero) < 0)
