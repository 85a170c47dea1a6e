"""Each operation's derivative, held to TensorFlow's tape and to finite differences; the second to nested tapes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from graphs_derived import (
    VALUES,
    by_differences,
    by_tape,
    derivatives,
    squared,
    sum_of_squared_derivatives,
    tensors,
)

from pybridge import graphs
from pybridge import tensors as t

FORMS = [
    ["+", "x", "y"],
    ["+", "z", "b", "k"],
    ["-", "y", "x"],
    ["-", "k", "b"],
    ["*", "x", "y"],
    ["*", "y", "y"],
    ["*", "z", "k", "x"],
    ["/", "y", "p"],
    ["/", "x", "p"],
    ["/", "p"],
    ["**", "p", "z"],
    ["**", "p", "x"],
    ["**", "y", 3],
    ["**", 2, "y"],
    ["max", "x", "y"],
    ["min", "k", "y"],
    ["where", ["<", "x", 0], "y", "z"],
    ["where", ["=", "y", "y"], "x", "k"],
    ["negative", "y"],
    ["absolute", "y"],
    ["square", "y"],
    ["sqrt", "p"],
    ["exp", "y"],
    ["log", "p"],
    ["relu", "y"],
    ["sigmoid", "y"],
    ["tanh", "y"],
    ["softmax", "y"],
    ["softmax", "b", 0],
    ["matmul", "y", "w"],
    ["matmul", "y", "x"],
    ["matmul", "x", "w"],
    ["matmul", "x", "x"],
    ["matmul", "b", "c"],
    ["matmul", "b", "w"],
    ["matmul", "x", "c"],
    ["dot", "y", "w"],
    ["dot", "x", "x"],
    ["dot", "z", "y"],
    ["dot", "b", "w"],
    ["dot", "y", "c"],
    ["dot", "b", "x"],
    ["tensordot", "b", "y", 2],
    ["tensordot", "x", "y", 0],
    ["tensordot", "b", "c", [[2], [1]]],
    ["tensordot", "y", "b", [-1, 2]],
    ["einsum", "ij,jk->ik", "y", "w"],
    ["einsum", "ij,jk", "y", "w"],
    ["einsum", "ij->i", "y"],
    ["einsum", "ij->", "y"],
    ["einsum", "ij,ij,j->i", "y", "p", "x"],
    ["einsum", "ii->i", "s"],
    ["einsum", "ii", "s"],
    ["einsum", "ii,ij->j", "s", "w"],
    ["einsum", "...ij,...jk->...ik", "b", "c"],
    ["einsum", "...j,j->...", "b", "x"],
    ["sum", "b", 1],
    ["sum", "b", {"axis": [0, -1]}],
    ["sum", "b", {"axis": 1, "keepdims": True}],
    ["sum", "b"],
    ["mean", "b", 1],
    ["mean", "b", [0, 2], True],
    ["mean", "b"],
    ["max", "b", {"axis": 1}],
    ["min", "b", {"axis": [0, 1], "keepdims": True}],
    ["max", ["stack", "x", "x"]],
    ["min", ["stack", "x", "x"], {"axis": 0}],
    ["norm", "b"],
    ["norm", "b", 2, -1],
    ["norm", "b", 1, 1],
    ["norm", "b", float("inf"), 1],
    ["norm", "b", 3, 0],
    ["norm", "b", "fro", [0, 2]],
    ["norm", "b", 1, [0, 2]],
    ["norm", "b", float("inf"), [2, 0]],
    ["norm", "b", -2.5, 1],
    ["norm", "b", 0, 1],
    ["norm", "b", float("-inf"), 1],
    ["norm", "b", -1, [0, 2]],
    ["norm", "b", float("-inf"), [2, 0]],
    ["reshape", "b", [6, -1]],
    ["transpose", "b"],
    ["transpose", "b", [1, 2, 0]],
    ["expand_dims", "y", 1],
    ["squeeze", "k"],
    ["squeeze", "c", 0],
    ["concatenate", ["y", "k", "p"], 1],
    ["concatenate", "x", "x"],
    ["stack", ["y", "p"], -1],
    ["tile", "y", [2, 3]],
    ["broadcast_to", "k", [4, 2, 3]],
    ["index", "b", 1, None, [0, None, 2]],
    ["index", "b", "...", [None, None, -1]],
    ["gather", "b", [2, 0, 2], 2],
    ["gather", "y", [[1, 1], [0, -1]]],
    ["cast", "y", "float32"],
    ["reciprocal", "p"],
    ["expm1", "y"],
    ["log1p", "p"],
    ["sin", "y"],
    ["cos", "y"],
    ["tan", "u"],
    ["arcsin", "u"],
    ["arccos", "u"],
    ["arctan", "y"],
    ["arctan2", "y", "p"],
    ["arctan2", "x", "y"],
    ["sinh", "y"],
    ["cosh", "y"],
    ["softplus", "y"],
    ["gelu", "y"],
    ["silu", "y"],
    ["leaky_relu", "y"],
    ["leaky_relu", "y", 0.3],
    ["elu", "y"],
    ["elu", "y", 1.5],
    ["erf", "y"],
    ["erfc", "y"],
    ["mod", "b", "p"],
    ["clip", "y", -0.5, 0.5],
    ["clip", "b", "u", "p"],
    ["clip", "y", None, "x"],
    ["var", "b"],
    ["var", "b", 1],
    ["var", "b", [0, 2], True],
    ["std", "b"],
    ["std", "b", {"axis": -1, "keepdims": True}],
    ["prod", "b"],
    ["prod", "b", 1],
    ["prod", "b", {"axis": [0, -1]}],
    ["prod", "b", {"axis": [2, 1], "keepdims": True}],
    ["cumsum", "b", 1],
    ["cumsum", "y"],
    ["cumprod", "b", 1],
    ["cumprod", "y", -1],
    ["median", "b"],
    ["median", "b", 0],
    ["median", "b", {"axis": [0, 2], "keepdims": True}],
    ["quantile", "b", 0.3],
    ["quantile", "b", [0.1, 0.9], 1],
    ["quantile", "b", [[0.0, 0.5], [0.25, 1.0]], {"axis": [0, 1]}],
    ["sort", "b"],
    ["sort", "b", {"axis": 0, "descending": True}],
    ["flip", "b"],
    ["flip", "b", [0, 2]],
    ["roll", "b", 2],
    ["roll", "b", -1, 1],
    ["roll", "b", [1, 2], [0, 2]],
    ["repeat", "y", 2],
    ["repeat", "y", [1, 0, 2], 1],
    ["pad", "y", 1],
    ["pad", "y", [[1, 0], [0, 2]], 3],
    ["diag", "x"],
    ["diag", "x", -1],
    ["diag", "y", 1],
    ["tril", "b", -1],
    ["triu", "y"],
    ["outer", "y", "x"],
    ["outer", "z", "x"],
    ["split", "b", 2, {"at": 1}],
    ["split", "b", 3, -1, {"at": 0}],
    ["+", *(["split", "y", 3, 1, {"at": at}] for at in (0, 2, 2))],
    ["meshgrid", "x", "z", "y", {"at": 0}],
    ["meshgrid", "x", "z", "y", {"at": 2}],
    ["meshgrid", "y", {"at": 0}],
]

LOCALLY_CONSTANT = [
    ["equal", "x", "z"],
    ["not_equal", "x", "z"],
    ["greater", "x", "z"],
    ["greater_equal", "x", "z"],
    ["less", "x", "z"],
    ["less_equal", "x", "z"],
    ["logical_and", "x", "z"],
    ["logical_or", "x", "z"],
    ["logical_xor", "x", "z"],
    ["logical_not", "x"],
    ["isnan", "x"],
    ["isinf", "x"],
    ["isfinite", "x"],
    ["any", "y", 1],
    ["all", "y", {"axis": 0, "keepdims": True}],
    ["sign", "y"],
    ["floor", "y"],
    ["ceil", "y"],
    ["round", "y"],
    ["round", "y", {"decimals": 1}],
    ["floor_divide", "y", "x"],
    ["argmax", "y", 1],
    ["argsort", "y"],
    ["one_hot", ["argmin", "y"], 6],
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_operation_against_the_tape_and_differences(form):
    graph = squared(form)
    values = tensors(graph)
    got = derivatives(graph, values)
    tape, differences = by_tape(graph, values), by_differences(graph, values)
    tolerance = 1e-3 if "float32" in form else 1e-6
    for name, value in values.items():
        assert got[name].shape == value.shape
        assert got[name].dtype == value.dtype
        np.testing.assert_allclose(got[name], tape[name], rtol=1e-9, atol=1e-12)
        if tolerance < 1e-3:  # a difference in float32 says nothing
            np.testing.assert_allclose(got[name], differences[name], rtol=tolerance, atol=1e-7)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_second_derivative_against_nested_tapes(form):
    graph = squared(form)
    values = tensors(graph)
    second = sum_of_squared_derivatives(graph)
    expected = by_tape(graph, values, order=2)
    got = derivatives(second, {name: values[name] for name in second["inputs"]})
    for name, gradient in got.items():
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("form", LOCALLY_CONSTANT, ids=str)
def test_what_passes_no_gradient_has_derivative_zero(form):
    graph = graphs.from_form(["sum", ["cast", form, "float64"]])
    for name, gradient in derivatives(graph, tensors(graph)).items():
        np.testing.assert_array_equal(gradient, np.zeros_like(VALUES[name]))


def test_every_operation_of_tensors_that_computes_is_covered():
    used = json.dumps([FORMS, LOCALLY_CONSTANT])
    short = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**"}
    short |= {"maximum": "max", "minimum": "min"}
    others = {"tensor", "variable", "zeros", "ones", "full", "eye", "arange", "random_normal", "random_uniform"}
    others |= {"linspace", "ndim", "shape", "size", "dtype", "describe", "to_list", "to_numpy", "allclose"}
    others |= {"assign", "assign_add", "assign_sub", "top_k", "unique", "boolean_mask"}
    assert [op for op in t.__all__ if op not in others and f'"{short.get(op, op)}"' not in used] == []
