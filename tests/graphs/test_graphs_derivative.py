"""Derivatives of graphs by hand: what they hold, share and refuse."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tensorflow as tf
from graphs_derived import by_differences, derivatives, squared, tensors

from pybridge import graphs
from pybridge import tensors as t
from pybridge.errors import DtypeError, GraphError


def test_an_input_that_does_not_matter_has_derivative_zero():
    graph = graphs.trace(lambda x, y: t.sum(x) * 2)
    by_y = graphs.evaluate(graphs.derivative(graph, ["y"]), {"x": [1.0], "y": [[3.0, 4.0]]})
    assert t.to_list(by_y) == [[0.0, 0.0]]


def test_an_input_that_is_the_output_has_derivative_one():
    assert graphs.evaluate(graphs.derivative(graphs.from_form("x"), ["x"]), {"x": 5.0}).numpy() == 1.0


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
    "form",
    [
        ["sum", "z"],
        ["abs", ["sum", "z"]],
        ["cast", ["sum", ["*", "z", "z"]], "float32"],
        ["norm", "z"],
        ["norm", "z", 1],
        ["cast", ["sum", ["concatenate", "z", "z"]], "float64"],
        ["sum", ["abs", ["stack", "z", "z"]]],
    ],
    ids=str,
)
def test_complex_numbers_are_refused(form):
    graph = graphs.derivative(graphs.from_form(form), ["z"])
    z = np.array([1 + 2j, 3 - 1j])
    for use in (lambda: graphs.evaluate(graph, {"z": z}), lambda: graphs.compile(graph, jit=False)(z)):
        with pytest.raises((GraphError, DtypeError), match=r"real numbers; got complex128|have no order"):
            use()


def test_what_becomes_complex_has_no_derivative():
    graph = graphs.from_form(["cast", ["square", ["cast", "x", "complex64"]], "float32"])
    with pytest.raises(GraphError, match="by real numbers; cast makes them complex64: use autodiff"):
        graphs.derivative(graph, ["x"])


def test_casts_to_what_is_no_dtype_are_named():
    with pytest.raises(DtypeError, match="there is no dtype 'floaty'"):
        graphs.derivative(graphs.from_form(["cast", "x", "floaty"]), ["x"])


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
