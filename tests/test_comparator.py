"""The comparator fails when it should: each way to be wrong, and each way to be right, by itself."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from pybridge.book.comparator import INVARIANTS, alike, differences, violations

NAN, INF = float("nan"), float("inf")


def tensor(value, dtype="float32"):
    return tf.constant(value, dtype)


def test_equal_values():
    assert differences([[7, 10], [15, 22]], tensor([[7, 10], [15, 22]]), dtype="float32") == []
    assert differences({"a": [1, 2.0, "x", None, True]}, {"a": [1, 2.0, "x", None, True]}) == []
    assert differences([True, False], tensor([True, False], "bool"), dtype="bool") == []
    assert differences([], tensor([]), dtype="float32") == []
    assert differences(2.5, tf.Variable(2.5), dtype="float32") == []
    assert differences([1, 2], (1, 2)) == []
    assert differences([1, 2], iter([1, 2])) == []


def test_an_array_may_leave_its_dtype_unstated_where_the_other_language_has_lists():
    assert differences([1.0, 2.0], np.array([1.0, 2.0])) == []
    assert differences([1.0, 2.0], [1.0, 2.0]) == []


def test_a_wrong_value_says_where_and_by_how_much():
    assert differences([[7, 10], [15, 22]], tensor([[7, 10], [15.5, 22]]), dtype="float32") == [
        "value[1][0]: expected 15, got 15.5 (off by 0.5, 0 allowed)"
    ]
    assert differences({"loss": [0.5, 0.25]}, {"loss": [0.5, 0.3]}, atol=0.01) == [
        "value['loss'][1]: expected 0.25, got 0.3 (off by 0.05, 0.01 allowed)"
    ]
    assert differences("relu", "tanh") == ["value: expected 'relu', got 'tanh' (str)"]


def test_many_differences_are_counted_and_the_first_shown():
    found = differences([0] * 9, [1] * 9)
    assert len(found) == 6
    assert found[-1] == "and 4 more differences"


@pytest.mark.parametrize("wrong", [[1, 2], [1, 2, 3, 4], []])
def test_a_wrong_length_is_not_hidden_by_the_shorter_one(wrong):
    assert differences([1, 2, 3], wrong) == [f"value: expected 3 elements, got {len(wrong)}"]
    assert differences([1, 2, 3], tensor(wrong), dtype="float32") == [
        f"value: expected shape (3,), got ({len(wrong)},)"
    ]


@pytest.mark.parametrize("shape", [(2, 2, 1), (1, 2, 2), (4,), (2, 1), (1, 2), ()])
def test_a_wrong_shape(shape):
    found = differences([[1, 1], [1, 1]], tf.ones(shape), dtype="float32")
    assert found == [f"value: expected shape (2, 2), got {shape}"]


def test_a_row_of_one_is_not_a_number():
    assert differences(1, tensor([1]), dtype="float32") == ["value: expected shape (), got (1,)"]
    assert differences([1], tensor(1), dtype="float32") == ["value: expected shape (1,), got ()"]
    assert differences(1, [1]) == ["value: expected 1 (int), got [1] (list)"]
    assert differences([1], 1) == ["value: expected a list of 1, got 1 (int)"]


def test_lists_of_different_lengths_are_no_array():
    assert differences([[1], [1, 2]], tensor([[1, 1], [1, 2]]), dtype="float32") == [
        "value: expected lists of different lengths, got an array of shape (2, 2)"
    ]


def test_a_wrong_dtype():
    assert differences([1, 2], tensor([1, 2], "int32"), dtype="int64") == ["value: expected dtype int64, got int32"]
    assert differences([1, 2], np.array([1.0, 2.0]), dtype="float32") == ["value: expected dtype float32, got float64"]
    assert differences({"l": 1}, {"l": tensor(1, "float64")}, dtype="float32") == [
        "value['l']: expected dtype float32, got float64"
    ]


def test_a_tensor_needs_a_stated_dtype_and_a_stated_dtype_a_tensor():
    assert differences(1, tensor(1)) == ["value: a tensor of dtype float32, but the case states no dtype"]
    assert differences([1.0], [1.0], dtype="float32") == [
        "value[0]: expected a tensor or array of dtype float32, got 1.0 (float)"
    ]
    assert differences({"n": 1}, {"n": 1}, dtype="float32") != []


def test_a_notebook_block_may_show_numbers_for_a_tensor():
    assert differences([2.0, [1]], [2, tensor([1], "int32")], dtype="int32", plain=True) == []
    assert differences(2.0, np.float32(2), dtype="float32", plain=True) == []
    assert differences(2.0, tensor(2.0), plain=True) == []
    assert differences(2.0, tensor(2.0), dtype="float64", plain=True) == ["value: expected dtype float64, got float32"]
    assert differences(2.0, True, plain=True) != []
    assert differences(2.0, [2.0], plain=True) != []
    assert differences(2.0, "2.0", plain=True) != []
    assert differences([2.0, 3.0], [2.0], plain=True) != []


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        *[(1, True), (True, 1), (0, False), (False, 0), (1, 1.0), (1.0, 1), (None, 0), (0, None), (1, "1"), ("1", 1)],
        *[(None, False), (1.0, np.float64(1)), (1, np.int64(1)), (True, np.True_), ("None", None), (None, [])],
        *[([], None), ([], {}), ({}, []), ("ab", ["a", "b"]), (["a", "b"], "ab")],
    ],
)
def test_kinds_of_plain_data_are_told_apart(expected, actual):
    assert len(differences(expected, actual)) == 1


@pytest.mark.parametrize(
    ("expected", "actual", "dtype"),
    [
        *[(1, True, "bool"), (True, 1, "int32"), ("1", 1, "int32"), (1, "1", "object"), (None, 1.0, "float32")],
        *[({"a": 1}, 1.0, "float32"), ([None], [1.0], "float32"), (["a"], [1.0], "float32"), ({}, 1.0, "float32")],
    ],
)
def test_kinds_of_elements_are_told_apart(expected, actual, dtype):
    assert len(differences(expected, np.array(actual, dtype), dtype=dtype)) == 1


def test_nan_equals_only_an_expected_nan():
    assert differences([NAN], tensor([NAN]), dtype="float32") == []
    assert differences(NAN, NAN) == []
    for expected, actual in [(1.0, NAN), (NAN, 1.0), (NAN, INF), (INF, NAN), (NAN, None)]:
        assert len(differences(expected, actual, rtol=0.05, atol=0.05)) == 1


def test_an_infinity_equals_only_itself():
    assert differences([INF, -INF], tensor([INF, -INF]), dtype="float32") == []
    for expected, actual in [(INF, -INF), (-INF, INF), (INF, 1e38), (1e38, INF), (-INF, 0.0)]:
        assert len(differences(expected, actual, rtol=0.05, atol=0.05)) == 1


def test_negative_zero_is_zero():
    assert differences(0.0, -0.0) == []
    assert differences([0, -0.0], tensor([-0.0, 0.0]), dtype="float32") == []


def test_tolerance_is_a_share_of_the_expected_number_and_an_addition():
    assert differences(100.0, 100.9, rtol=0.01) == []
    assert differences(100.0, 101.1, rtol=0.01) != []
    assert differences(0.0, 0.009, rtol=0.01) != []
    assert differences(0.0, 0.009, atol=0.01) == []
    assert differences(-100.0, -101.9, rtol=0.01, atol=1.0) == []
    assert differences(0.3, 0.1 + 0.2) != []
    assert differences(0.3, 0.1 + 0.2, rtol=1e-15) == []


def test_large_integers_are_compared_exactly():
    assert differences(2**62 + 1, tensor(2**62 + 1, "int64"), dtype="int64") == []
    assert differences(2**62 + 1, tensor(2**62, "int64"), dtype="int64") != []
    assert differences(10**400, 10**400 + 1) != []


def test_keys():
    assert differences({"a": 1, "b": 2}, {"a": 1}) == ["value: the key 'b' is missing"]
    assert differences({"a": 1}, {"a": 1, "b": 2}) == ["value: the key 'b' is not expected"]
    assert differences({"a": 1}, {"a": 2}) == ["value['a']: expected 1, got 2 (off by 1, 0 allowed)"]
    assert differences({"a": 1}, [("a", 1)]) == ["value: expected a dict with keys ['a'], got [('a', 1)] (list)"]


HALF_TURN = [[-1.0, 0.0], [0.0, -1.0]]
CYCLE = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]

HOLDS = {
    "orthogonal": CYCLE,
    "idempotent": [[0.5, 0.5], [0.5, 0.5]],
    "involution": HALF_TURN,
    "symmetric": [[1.0, 2.0], [2.0, 3.0]],
    "upper_triangular": [[1.0, 2.0], [0.0, 3.0]],
    "lower_triangular": [[1.0, 0.0], [2.0, 3.0]],
    "permutation": CYCLE,
    "sums_to_one": [[0.25, 0.75], [1.0, 0.0]],
    "in_unit_interval": [0.0, 0.5, 1.0],
    "decreasing": [3.0, 2.0, 1.5],
}

FAILS = {
    "orthogonal": [[1.0, 1.0], [0.0, 1.0]],
    "idempotent": HALF_TURN,
    "involution": CYCLE,
    "symmetric": CYCLE,
    "upper_triangular": HOLDS["lower_triangular"],
    "lower_triangular": HOLDS["upper_triangular"],
    "permutation": [[1.0, 0.0], [1.0, 0.0]],
    "sums_to_one": [[0.25, 0.75], [-0.5, 1.5]],
    "in_unit_interval": [0.5, 1.1],
    "decreasing": [3.0, 1.0, 1.0],
}


def test_every_invariant_has_a_matrix_that_holds_and_one_that_fails():
    assert HOLDS.keys() == FAILS.keys() == INVARIANTS.keys()


@pytest.mark.parametrize("name", INVARIANTS)
def test_invariants(name):
    assert violations(name, tensor(HOLDS[name]), dtype="float32", atol=1e-6) == []
    assert len(violations(name, tensor(FAILS[name]), dtype="float32", atol=1e-6)) >= 1
    assert violations(name, HOLDS[name]) == []
    assert len(violations(name, np.full_like(HOLDS[name], NAN), atol=0.05)) >= 1


def test_a_matrix_that_needs_tolerance():
    turned = tensor(np.linalg.qr(np.arange(9.0).reshape(3, 3) ** 2)[0])
    assert violations("orthogonal", turned, dtype="float32", atol=1e-6) == []
    assert len(violations("orthogonal", turned * 1.001, dtype="float32", atol=1e-6)) == 1


@pytest.mark.parametrize("permuted", [[[0.5, 0.5], [0.5, 0.5]], [[2.0, -1.0], [-1.0, 2.0]]])
def test_sums_alone_make_no_permutation(permuted):
    assert len(violations("permutation", permuted, atol=1e-6)) == 1


def test_invariants_check_the_dtype():
    assert violations("involution", tensor(HALF_TURN), dtype="float64") == [
        "value: expected dtype float64, got float32"
    ]
    assert violations("involution", tensor(HALF_TURN)) == [
        "value: a tensor of dtype float32, but the case states no dtype"
    ]


A = np.array([[4.0, 3.0], [6.0, 3.0]])


@pytest.mark.parametrize(
    "factors",
    [
        dict(zip(("q", "r"), np.linalg.qr(A), strict=True)),
        dict(zip(("values", "vectors"), map(np.real, np.linalg.eig(A)), strict=True)),
        dict(zip(("u", "s", "vh"), np.linalg.svd(A), strict=True)),
        {"p": np.eye(2)[::-1], "l": np.array([[1, 0], [2 / 3, 1]]), "u": np.array([[6, 3], [0, 1.0]])},
    ],
    ids=lambda factors: "".join(factors),
)
def test_factors_reconstruct(factors):
    assert violations("reconstructs", factors, of=A.tolist(), dtype="float64", atol=1e-12) == []
    assert len(violations("reconstructs", factors, of=(2 * A).tolist(), dtype="float64", atol=1e-12)) == 1
    assert len(violations("reconstructs", factors, of=A[:1].tolist(), dtype="float64", atol=1e-12)) == 1


def test_unknown_factors_and_invariants_are_refused():
    with pytest.raises(ValueError, match=r"no factorisation has the factors \['a', 'b'\]"):
        violations("reconstructs", {"a": A, "b": A}, of=A, dtype="float64")
    with pytest.raises(KeyError, match="beautiful"):
        violations("beautiful", A)


# ---- what is shown ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shown, other",
    [
        ("29.994907156105718", "29.99490715610572"),
        ("[1.0\n 2.5e-7]", "[1.0 0.0]"),
        ("#tensor[float32 (2) [0.09 -0.2447285]]", "#tensor[float32 (2)  [0.09 -0.2447286]]"),
        ("nothing to count", "nothing to count"),
    ],
)
def test_results_that_are_shown_alike(shown, other):
    assert alike(shown, other)


@pytest.mark.parametrize(
    "shown, other",
    [
        ("0.0900", "0.0901"),
        ("[1.0 2]", "[1.0 3]"),
        ("[1.0 2.0]", "[1.0 2.0 3.0]"),
        ("1.0", "-1.0"),
        ("1.0", "1"),
        ("a 1.0", "b 1.0"),
        ("nan", "0.0"),
    ],
)
def test_results_that_are_not(shown, other):
    assert not alike(shown, other)
