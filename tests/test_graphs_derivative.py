"""Derivatives of graphs, held to TensorFlow's tape and to finite differences."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import graphs
from pybridge import tensors as t
from pybridge.errors import GraphError

RANDOM = np.random.default_rng(7)
VALUES = {
    "z": np.array(0.7),
    "x": RANDOM.normal(size=3),
    "y": RANDOM.normal(size=(2, 3)),
    "w": RANDOM.normal(size=(3, 2)),
    "k": RANDOM.normal(size=(2, 1)),
    "b": RANDOM.normal(size=(4, 2, 3)),
    "c": RANDOM.normal(size=(1, 3, 5)),
    "s": RANDOM.normal(size=(3, 3)),
    "p": RANDOM.uniform(0.5, 2.0, size=(2, 3)),
}

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
]


def tensors(graph, values=VALUES):
    return {name: tf.constant(values[name]) for name in graph["inputs"]}


def by_tape(graph, values, order=1):
    """The gradient of a graph, and of the sum of its squares, by TensorFlow's tape through evaluate."""
    with tf.GradientTape() as tape:
        tape.watch(values)
        if order == 1:
            result = graphs.evaluate(graph, values)
        else:
            first = by_tape(graph, values)
            result = sum(tf.reduce_sum(tf.square(first[name])) for name in graph["inputs"])
    gradients = tape.gradient(result, values, unconnected_gradients="zero")
    return {name: tf.convert_to_tensor(gradient) for name, gradient in gradients.items()}


def by_differences(graph, values, step=1e-6):
    """The gradient of a graph by central differences."""
    gradients = {name: np.zeros_like(value.numpy()) for name, value in values.items()}
    for name, gradient in gradients.items():
        for place in np.ndindex(gradient.shape):
            moved = []
            for sign in (1, -1):
                value = np.array(values[name])
                value[place] += sign * step
                moved.append(graphs.evaluate(graph, {**values, name: value}).numpy())
            gradient[place] = (moved[0] - moved[1]) / (2 * step)
    return gradients


def results(graph, values):
    """A graph's outputs, always as a list."""
    outputs = graphs.evaluate(graph, values)
    return outputs if len(graph["outputs"]) > 1 else [outputs]


def derivatives(graph, values):
    return dict(zip(graph["inputs"], results(graphs.derivative(graph, graph["inputs"]), values), strict=True))


def squared(form):
    return graphs.from_form(["sum", ["square", form]])


def sum_of_squared_derivatives(graph):
    """The graph of the sum of the squares of a graph's derivatives, which has second derivatives of its own."""
    first = graphs.derivative(graph, graph["inputs"])
    total = graphs.from_form(["+", *(["sum", ["square", f"by {name}"]] for name in graph["inputs"])])
    for place, name in enumerate(graph["inputs"]):
        total = graphs.compose(total, {**first, "outputs": [first["outputs"][place]]}, f"by {name}")
    return total


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


def test_an_input_that_does_not_matter_has_derivative_zero():
    graph = graphs.trace(lambda x, y: t.sum(x) * 2)
    by_y = graphs.evaluate(graphs.derivative(graph, ["y"]), {"x": [1.0], "y": [[3.0, 4.0]]})
    assert t.to_list(by_y) == [[0.0, 0.0]]


def test_an_input_that_is_the_output_has_derivative_one():
    assert graphs.evaluate(graphs.derivative(graphs.from_form("x"), ["x"]), {"x": 5.0}).numpy() == 1.0


def test_every_operation_of_tensors_that_computes_is_covered():
    used = json.dumps([*FORMS, ["equal"], ["argmax"], ["argmin"], ["one_hot"]])
    short = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "less": "<"}
    short |= {"maximum": "max", "minimum": "min"}
    others = {"tensor", "variable", "zeros", "ones", "full", "eye", "arange", "random_normal", "random_uniform"}
    others |= {"ndim", "shape", "size", "dtype", "describe", "to_list", "to_numpy", "allclose"}
    others |= {"assign", "assign_add", "assign_sub", "greater"}
    assert [op for op in t.__all__ if op not in others and f'"{short.get(op, op)}"' not in used] == []


SMOOTH = ["tanh", "sigmoid", "negative", "square", "softmax"]
CORNERED = ["relu", "absolute"]


@st.composite
def forms(draw, corners):
    """A program of a few operations over VALUES, and the inputs it uses, whose shapes fit."""
    pool = [(name, VALUES[name].shape) for name in ("z", "x", "y", "w", "k")] + [(2.5, ()), ([1.0, -1.0, 0.5], (3,))]
    for _ in range(draw(st.integers(1, 8))):
        form, shape = draw(st.sampled_from(pool))
        other, second = draw(st.sampled_from(pool))
        choices = []
        for op in SMOOTH + (CORNERED if corners else []):
            if shape or op != "softmax":
                choices.append(([op, form], shape))
        try:
            together = np.broadcast_shapes(shape, second)
        except ValueError:
            pass
        else:
            choices += [([op, form, other], together) for op in ("add", "subtract", "multiply")]
            choices.append((["divide", form, ["+", 2, ["square", other]]], together))
            if corners:
                choices.append((["maximum", form, other], together))
                choices.append((["where", ["greater", form, other], other, ["tanh", form]], together))
        if len(shape) == 2 == len(second) and shape[1] == second[0]:
            choices.append((["matmul", form, other], (shape[0], second[1])))
        if shape and shape == second:
            choices.append((["concatenate", form, other], (2 * shape[0], *shape[1:])))
        if shape:
            axis = draw(st.integers(-len(shape), len(shape) - 1))
            keepdims = draw(st.booleans())
            place = axis % len(shape)
            reduced = (*shape[:place], *([1] if keepdims else []), *shape[place + 1 :])
            for op in ("sum", "mean", *(["max"] if corners else [])):
                choices.append(([op, form, {"axis": axis, "keepdims": keepdims}], reduced))
            choices.append((["transpose", form], shape[::-1]))
            choices.append((["reshape", form, [-1]], (int(np.prod(shape)),)))
            choices.append((["index", form, [None, None, -1]], shape))
            choices.append(
                (["expand_dims", form, axis], (*shape[: axis % (len(shape) + 1)], 1, *shape[axis % (len(shape) + 1) :]))
            )
        pool.append(draw(st.sampled_from(choices)))
    return ["sum", ["sigmoid", pool[-1][0]]]


@settings(max_examples=150)
@given(form=forms(corners=True))
def test_random_graph_against_the_tape(form):
    graph = graphs.from_form(form)
    if graph["inputs"]:
        values = tensors(graph)
        got, expected = derivatives(graph, values), by_tape(graph, values)
        simplified = results(graphs.simplify(graphs.derivative(graph, graph["inputs"])), values)
        for name, simple in zip(graph["inputs"], simplified, strict=True):
            np.testing.assert_allclose(got[name], expected[name], rtol=1e-8, atol=1e-10)
            np.testing.assert_allclose(simple, expected[name], rtol=1e-8, atol=1e-10)


@settings(max_examples=60)
@given(form=forms(corners=False))
def test_random_graph_against_differences(form):
    graph = graphs.from_form(form)
    if graph["inputs"]:
        values = tensors(graph)
        got, expected = derivatives(graph, values), by_differences(graph, values)
        for name in graph["inputs"]:
            np.testing.assert_allclose(got[name], expected[name], rtol=1e-5, atol=1e-7)


def test_chain_of_powers_by_hand():
    cube = graphs.from_form(["**", "x", 3])
    first = graphs.derivative(cube, ["x"])
    second = graphs.derivative(first, ["x"])
    third = graphs.derivative(second, ["x"])
    fourth = graphs.derivative(third, ["x"])
    powers = [graphs.evaluate(graph, {"x": 2.0}).numpy() for graph in (cube, first, second, third, fourth)]
    assert powers == [8.0, 12.0, 12.0, 6.0, 0.0]


def test_dense_layer_by_hand():
    graph = graphs.trace(lambda x, W, b: t.sum(t.matmul(x, W) + b))
    values = {"x": [[1.0, 2.0], [3.0, 4.0]], "W": [[1.0, 0.0], [0.0, 1.0]], "b": [0.0, 0.0]}
    by_w, by_b = graphs.evaluate(graphs.derivative(graph, ["W", "b"]), values)
    assert t.to_list(by_w) == [[4.0, 4.0], [6.0, 6.0]]
    assert t.to_list(by_b) == [2.0, 2.0]


def test_transposed_axes_may_count_from_the_end():
    graph = squared(["*", ["transpose", "b", [1, -1, 0]], [1.0, 2.0, 3.0, 4.0]])
    values = tensors(graph)
    np.testing.assert_allclose(derivatives(graph, values)["b"], by_differences(graph, values)["b"], rtol=1e-6)


def test_shared_subexpressions_stay_shared():
    doubled = "x"
    for _ in range(40):
        doubled = ["+", doubled, doubled]
    graph = graphs.derivative(graphs.from_form(doubled), ["x"])
    assert len(graph["nodes"]) < 200
    assert graphs.evaluate(graph, {"x": 1.0}).numpy() == 2.0**40


def test_forward_nodes_keep_their_names():
    graph = {
        "inputs": ["x"],
        "nodes": [{"id": "inner", "op": "square", "args": ["x"]}, {"id": "outer", "op": "exp", "args": ["inner"]}],
        "outputs": ["outer"],
    }
    derived = graphs.derivative(graph, ["x"])
    assert {"inner", "outer"} <= {node["id"] for node in derived["nodes"]}
    by_inner = graphs.derivative(graph, ["inner"])
    assert graphs.evaluate(by_inner, {"x": 1.0}).numpy() == pytest.approx(np.e)


def test_the_derivative_is_data():
    graph = graphs.derivative(graphs.from_form(["sum", ["gather", ["*", 2, "x"], [0, 0]]]), ["x"])
    again = json.loads(json.dumps(graph))
    assert again == graph
    assert t.to_list(graphs.evaluate(again, {"x": [1.0, 5.0]})) == [4.0, 0.0]


def test_gradients_of_integers_are_floats():
    graph = graphs.derivative(graphs.from_form(["*", "x", "x"]), ["x"])
    result = graphs.evaluate(graph, {"x": 3})
    assert (result.numpy(), result.dtype) == (6.0, tf.float32)


def test_each_input_has_the_gradient_in_its_own_dtype():
    graph = graphs.from_form(["sum", ["*", "x", "y"]])
    values = {"x": tf.constant([1.0, 2.0], "float32"), "y": tf.constant([3.0, 4.0], "float64")}
    by_x, by_y = graphs.evaluate(graphs.derivative(graph, ["x", "y"]), values)
    assert (by_x.dtype, by_y.dtype) == (tf.float32, tf.float64)


def test_an_output_that_is_no_number_raises():
    graph = graphs.derivative(graphs.from_form(["*", 2, "x"]), ["x"])
    with pytest.raises(GraphError, match=r"node n2 \(seed of n1\): .* one number; got shape \(2,\): sum it first"):
        graphs.evaluate(graph, {"x": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("graph", "wrt", "message"),
    [
        (graphs.from_form(["*", 2, "x"]), ["v"], "name 'v' is not in the graph; there are x, n0, n1"),
        (graphs.from_form(["*", 2, "x"]), [], "name at least one input"),
        (graphs.trace(lambda x: [x, x * x]), ["x"], "a graph to differentiate has one output; this graph has 2: x, n0"),
        (graphs.from_form(["norm", "m", {"axis": [0, 1]}]), ["m"], "the norm of order 2 of a matrix has no derivative"),
    ],
)
def test_what_cannot_be_differentiated(graph, wrt, message):
    with pytest.raises(GraphError, match=message):
        graphs.derivative(graph, wrt)
