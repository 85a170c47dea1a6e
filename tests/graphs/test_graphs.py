"""Graphs computed, composed, simplified, compiled and drawn."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from pybridge import graphs
from pybridge import tensors as t
from pybridge.errors import DtypeError, GraphError, ShapeError

SQUARE = {"inputs": ["x"], "nodes": [{"id": "y", "op": "square", "args": ["x"]}], "outputs": ["y"]}


def test_values_is_the_whole_forward_pass():
    graph = graphs.from_form(["+", ["*", 2, "x"], 3])
    assert {name: value.numpy() for name, value in graphs.values(graph, {"x": 5.0}).items()} == {
        "n0": 2,
        "n1": 10.0,
        "n2": 3,
        "n3": 13.0,
    }


@pytest.mark.parametrize("use", [graphs.evaluate, graphs.values])
def test_inputs_have_to_be_those_of_the_graph(use):
    with pytest.raises(GraphError, match="the graph needs a value for x; got none"):
        use(SQUARE, {})
    with pytest.raises(GraphError, match="input 'v' is not in the graph; there are x"):
        use(SQUARE, {"x": 1.0, "v": 1.0})
    with pytest.raises(GraphError, match=r"inputs are a map from names to values; got \[1.0\]"):
        use(SQUARE, [1.0])


def test_shapes_that_do_not_fit_name_the_node():
    graph = graphs.from_form(["matmul", "x", "w"])
    with pytest.raises(ShapeError, match=r"node n0 \(matmul of x, w\): matmul: \(2, 3\) and \(2, 3\) do not chain"):
        graphs.evaluate(graph, {"x": np.ones((2, 3)), "w": np.ones((2, 3))})


@pytest.mark.parametrize(
    ("attrs", "message"),
    [
        ({"value": 1, "dtype": "floaty"}, r"node y \(constant\): there is no dtype 'floaty' for numbers"),
        ({"value": [1, [2]], "dtype": "float32"}, r"node y \(constant\): a ragged list makes no tensor"),
        ({"value": 300, "dtype": "int8"}, r"node y \(constant\): 300 does not fit int8"),
    ],
)
def test_constants_that_do_not_fit_name_the_node(attrs, message):
    graph = {"inputs": [], "nodes": [{"id": "y", "op": "constant", "args": [], "attrs": attrs}], "outputs": ["y"]}
    with pytest.raises((DtypeError, ShapeError), match=message):
        graphs.evaluate(graph, {})


@pytest.mark.parametrize("jit", [True, False])
def test_a_compiled_graph_gives_what_evaluate_gives(jit):
    graph = graphs.trace(lambda x, w, b: t.mean(t.square(t.relu(t.matmul(x, w) + b))))
    both = graphs.derivative(graph, ["w", "b"])
    x, w, b = (np.random.default_rng(0).normal(size=shape) for shape in [(4, 3), (3, 2), (2,)])
    expected = graphs.evaluate(both, {"x": x, "w": w, "b": b})
    got = graphs.compile(both, jit=jit)(x, w, b)
    assert isinstance(got, list)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    loss = graphs.compile(graph, jit=jit)(x, w, b)
    np.testing.assert_allclose(loss, graphs.evaluate(graph, {"x": x, "w": w, "b": b}), rtol=1e-12)


def test_a_compiled_graph_knows_its_inputs():
    compiled = graphs.compile(graphs.from_form(["+", "x", "y"]))
    assert list(inspect.signature(compiled).parameters) == ["x", "y"]
    with pytest.raises(GraphError, match=r"compiled: the graph takes 2 inputs \(x, y\); got 1"):
        compiled(1.0)


def test_a_compiled_graph_is_traced_once_for_numbers():
    calls = []
    compiled = graphs.compile(SQUARE)
    program = inspect.getclosurevars(inspect.unwrap(compiled)).nonlocals["program"]
    for number in range(5):
        calls.append(compiled(float(number)).numpy())
    assert calls == [0.0, 1.0, 4.0, 9.0, 16.0]
    assert program.experimental_get_tracing_count() == 1


def test_composition_is_the_chain_of_functions():
    f, g = graphs.trace(lambda y: y**2), graphs.trace(lambda x: 3 * x + 1)
    chain = graphs.compose(f, g)
    assert chain["inputs"] == ["x"]
    assert graphs.evaluate(chain, {"x": 2.0}).numpy() == 49.0
    assert graphs.evaluate(graphs.derivative(chain, ["x"]), {"x": 2.0}).numpy() == 42.0


def test_composition_at_one_of_several_inputs():
    outer, inner = graphs.from_form(["+", "a", ["*", "b", "c"]]), graphs.from_form(["-", "x", "a"])
    chain = graphs.compose(outer, inner, "b")
    assert chain["inputs"] == ["a", "x", "c"]
    assert graphs.evaluate(chain, {"a": 1.0, "x": 4.0, "c": 10.0}).numpy() == 31.0
    with pytest.raises(GraphError, match="the outer graph has 3 inputs; say which: a, b, c"):
        graphs.compose(outer, inner)
    with pytest.raises(GraphError, match="input 'x' is not in the graph; there are a, b, c"):
        graphs.compose(outer, inner, "x")
    with pytest.raises(GraphError, match="an inner graph has one output; this graph has 2"):
        graphs.compose(outer, graphs.trace(lambda x: [x, x + 1]), "b")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (["+", ["*", 2, 3], "x"], ["+", 6, "x"]),
        (["+", 0, "x"], "x"),
        (["-", "x", 0], "x"),
        (["-", 0, "x"], ["-", "x"]),
        (["*", "x", 1], "x"),
        (["*", "x", -1], ["-", "x"]),
        (["/", "x", 1], "x"),
        (["power", "x", 1], "x"),
        (["power", "x", 2], ["square", "x"]),
        (["*", "x", "x"], ["square", "x"]),
        (["-", ["-", "x"]], "x"),
        (["+", "x", ["-", "y"]], ["-", "x", "y"]),
        (["-", "x", ["-", "y"]], ["+", "x", "y"]),
        (["*", ["-", "x"], ["-", "y"]], ["*", "x", "y"]),
        (["+", "x", "x", "x"], ["*", 3, "x"]),
        (["-", ["*", 5, "x"], "x"], ["*", 4, "x"]),
        (["*", 2, ["*", "x", 3]], ["*", 6, "x"]),
        (["*", ["*", 2, "x"], ["*", 3, "y"]], ["*", 6, ["*", "x", "y"]]),
        (["transpose", ["transpose", "x"]], "x"),
        (["reshape", ["reshape", "x", [3, 2]], [-1]], ["reshape", "x", {"shape": [-1]}]),
        (["/", 1, 0], ["/", 1, 0]),
        (["*", 1e200, 1e200], ["*", 1e200, 1e200]),
        (["power", 10, 1000], ["power", 10, 1000]),
        (["power", -8, 0.5], ["power", -8, 0.5]),
        (["-", "x", "x"], ["-", "x", "x"]),
        (["*", 0, "x"], ["*", 0, "x"]),
    ],
    ids=str,
)
def test_simplify(form, expected):
    simpler = graphs.simplify(graphs.from_form(form))
    assert graphs.to_form(simpler) == expected
    assert simpler["inputs"] == graphs.from_form(form)["inputs"]


def test_simplified_derivatives_read_like_those_of_a_textbook():
    def derived(form):
        return graphs.simplify(graphs.derivative(graphs.from_form(form), ["x"]))

    assert graphs.to_form(derived(["+", ["*", 2, "x"], 3])) == 2.0
    assert graphs.to_form(derived(["**", "x", 3])) == ["*", 3.0, ["square", "x"]]
    assert graphs.to_form(graphs.simplify(graphs.derivative(derived(["**", "x", 3]), ["x"]))) == ["*", 6.0, "x"]
    assert graphs.to_form(derived(["exp", "x"])) == ["exp", "x"]
    assert graphs.to_form(derived(["square", ["-", 30, "x"]])) == ["*", -2, ["-", 30, "x"]]


def test_dot_shows_operations_attributes_and_values():
    graph = graphs.from_form(["sum", ["*", 2, "x"], {"axis": 0}])
    shown = {**graphs.values(graph, {"x": [1.0, 2.5]}), "x": [1.0, 2.5]}
    assert graphs.to_dot(graph, shown).splitlines() == [
        "digraph {",
        r'  "x" [label="x\n[1. , 2.5]", shape=box];',
        r'  "n0" [label="2\n2", shape=plaintext];',
        r'  "n1" [label="multiply\n[2., 5.]", shape=ellipse];',
        r'  "n2" [label="sum\naxis 0\n7.", shape=ellipse, peripheries=2];',
        '  "n0" -> "n1";',
        '  "x" -> "n1";',
        '  "n1" -> "n2";',
        "}",
    ]
    assert 'label="x"' in graphs.to_dot(graph)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (3, "3"),
        (2.5, "2.5"),
        (7.0, "7."),
        (1 / 3, "0.3333"),
        (1e10, "1.e+10"),
        (-2e-7, "-2.e-07"),
        (0.0, "0."),
        (1e39, "1.e+39"),
        (float("nan"), "nan"),
        (-float("inf"), "-inf"),
        (True, "True"),
        ([1.0, 0.25], "[1.  , 0.25]"),
    ],
)
def test_dot_shows_constants_with_few_digits(number, shown):
    assert f'label="{shown}", shape=plaintext' in graphs.to_dot(graphs.from_form(["+", "x", number]))


def test_dot_shows_large_values_by_their_shape_and_quotes_names():
    graph = {"inputs": ['a "b"'], "nodes": [{"id": "y", "op": "exp", "args": ['a "b"']}], "outputs": ["y"]}
    text = graphs.to_dot(graph, {"y": np.zeros((3, 4))})
    assert r'"a \"b\"" -> "y";' in text
    assert r'label="exp\nfloat64 (3, 4)"' in text
    assert r"adjoint of sum\nargument 0" in graphs.to_dot(graphs.derivative(graphs.from_form(["sum", "x"]), ["x"]))
