"""Derivatives by tensors that are concatenated or stacked: every one gets its part of the gradient."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from graphs_derived import by_tape, derivatives, results, squared, sum_of_squared_derivatives
from hypothesis import given
from hypothesis import strategies as st

from pybridge import graphs
from pybridge import tensors as t
from pybridge.errors import GraphError, ShapeError


@st.composite
def put_together(draw):
    """A form that concatenates or stacks inputs, some of them several times, and values of shapes that fit."""
    rank = draw(st.integers(0, 3))
    shape = draw(st.lists(st.integers(0, 3), min_size=rank, max_size=rank))
    together = draw(st.sampled_from(["concatenate", "stack"] if rank else ["stack"]))
    axis = draw(st.integers(-rank, rank - 1) if together == "concatenate" else st.integers(-rank - 1, rank))
    names = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5))
    dtypes = st.sampled_from(["float64", "float64", "float32"])
    values, random = {}, np.random.default_rng(draw(st.integers(0, 9)))
    for name in dict.fromkeys(names):
        lengths = list(shape)
        if together == "concatenate":
            lengths[axis] = draw(st.integers(0, 3))
        values[name] = tf.constant(random.normal(size=lengths), draw(dtypes))
    return [together, *names, {"axis": axis}], values


@given(put_together())
def test_first_and_second_derivatives_against_tapes(case):
    form, values = case
    graph = squared(["tanh", form])
    second = sum_of_squared_derivatives(graph)
    for order, got in ((1, derivatives(graph, values)), (2, derivatives(second, values))):
        expected = by_tape(graph, values, order)
        for name, value in values.items():
            assert (got[name].dtype, got[name].shape) == (value.dtype, value.shape)
            np.testing.assert_allclose(got[name], expected[name], rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize("form", [["concatenate", "a", "b", "a", {"axis": 1}], ["stack", "a", "b", {"axis": -1}]])
def test_compiled_derivatives_are_the_same(form, jit):
    values = {"a": np.arange(6.0).reshape(2, 3), "b": np.arange(6.0, 0.0, -1).reshape(2, 3)}
    second = sum_of_squared_derivatives(squared(["tanh", form]))
    for graph in (graphs.derivative(second, ["b"]), graphs.derivative(second, ["a", "b"])):
        got = graphs.compile(graph, jit=jit)(*(values[name] for name in graph["inputs"]))
        for one, other in zip(got if isinstance(got, list) else [got], results(graph, values), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-10)


@pytest.mark.parametrize("form", [["concatenate", "a", "b"], ["stack", "a", "b"]])
def test_lengths_known_only_when_it_runs(form):
    derived = graphs.derivative(sum_of_squared_derivatives(squared(["tanh", form])), ["a", "b"])
    values = {"a": tf.constant([1.0, 2.0]), "b": tf.constant([0.5, -1.0])}
    free = tf.TensorSpec([None], tf.float32)
    program = tf.function(lambda a, b: graphs.evaluate(derived, {"a": a, "b": b}), input_signature=[free, free])
    for one, other in zip(program(**values), graphs.evaluate(derived, values), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def edges(graph):
    return sum(len(node["args"]) for node in graph["nodes"])


@pytest.mark.parametrize("together", ["concatenate", "stack"])
def test_n_parts_take_edges_that_grow_as_n(together):
    def first_and_second(n):
        graph = squared([together, *[["reshape", f"x{place}", [1]] for place in range(n)]])
        first = graphs.derivative(graph, graph["inputs"])
        total = graphs.trace(lambda *xs: sum(map(t.square, xs)), *first["outputs"])
        nodes = [*first["nodes"], *({**node, "id": f"second {node['id']}"} for node in renamed(total))]
        last = f"second {total['outputs'][0]}"
        second = graphs.derivative({"inputs": graph["inputs"], "nodes": nodes, "outputs": [last]}, graph["inputs"])
        values = {name: float(place) for place, name in enumerate(graph["inputs"])}
        assert t.to_list(graphs.evaluate(first, values)) == [2.0 * place for place in range(n)]
        assert t.to_list(graphs.evaluate(second, values)) == [8.0 * place for place in range(n)]
        return np.array([edges(first), edges(second)])

    def renamed(graph):
        own = {node["id"] for node in graph["nodes"]} - set(graph["inputs"])
        return [
            {**node, "args": [f"second {arg}" if arg in own else arg for arg in node["args"]]}
            for node in graph["nodes"]
        ]

    ten, twenty, forty = map(first_and_second, (10, 20, 40))
    assert ((forty - twenty) == 2 * (twenty - ten)).all()


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"op": "part", "args": ["g", "e", "x"], "attrs": {"at": 2}}, "there are 2 parts, from 0 on; got 2"),
        ({"op": "part", "args": ["g", "e", "x"], "attrs": {"at": "x"}}, "there are 2 parts, from 0 on; got 'x'"),
        ({"op": "placed", "args": ["g", "e", "x"], "attrs": {"at": [-1]}}, "there are 2 parts, from 0 on; got -1"),
        (
            {"op": "placed", "args": ["g", "e", "x"], "attrs": {"at": [0, 1]}},
            r"place for each of 1 parts, .* \[0, 1\]",
        ),
        ({"op": "placed", "args": ["g", "e", "x"], "attrs": {"at": 0}}, "place for each of 1 parts, .* got 0"),
        ({"op": "placed", "args": ["g", "e"], "attrs": {"at": []}}, r"placed takes g and ends and \*parts; got g, e"),
        ({"op": "part", "args": ["g", "g", "x"], "attrs": {"at": 0}}, "shapes .* do not fit this operation"),
        ({"op": "part", "args": ["g", "e", "x"], "attrs": {"at": 0, "axis": 1}}, "shapes .* do not fit this operation"),
        (
            {"op": "part", "args": ["g", "e", "g"], "attrs": {"at": 0}},
            r"node y \(part of g, e, g\): shapes \(2,\), \(2,\), \(2,\) do not fit this operation",
        ),
    ],
    ids=str,
)
def test_parts_that_are_not_there(node, message):
    ends = {"id": "e", "op": "constant", "args": [], "attrs": {"value": [1, 2], "dtype": "int64"}}
    graph = {"inputs": ["g", "x"], "nodes": [ends, {"id": "y", **node}], "outputs": ["y"]}
    with pytest.raises((GraphError, ShapeError), match=message):
        graphs.evaluate(graph, {"g": [1.0, 2.0], "x": [1.0]})
