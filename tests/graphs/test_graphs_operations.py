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


@pytest.mark.parametrize("form", [["equal", "x", "z"], ["argmax", "y", 1], ["one_hot", ["argmin", "y"], 6]], ids=str)
def test_what_passes_no_gradient_has_derivative_zero(form):
    graph = graphs.from_form(["sum", ["cast", form, "float64"]])
    for name, gradient in derivatives(graph, tensors(graph)).items():
        np.testing.assert_array_equal(gradient, np.zeros_like(VALUES[name]))


def test_every_operation_of_tensors_that_computes_is_covered():
    used = json.dumps([*FORMS, ["equal"], ["argmax"], ["argmin"], ["one_hot"]])
    short = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "less": "<"}
    short |= {"maximum": "max", "minimum": "min"}
    others = {"tensor", "variable", "zeros", "ones", "full", "eye", "arange", "random_normal", "random_uniform"}
    others |= {"ndim", "shape", "size", "dtype", "describe", "to_list", "to_numpy", "allclose"}
    others |= {"assign", "assign_add", "assign_sub", "greater"}
    assert [op for op in t.__all__ if op not in others and f'"{short.get(op, op)}"' not in used] == []
