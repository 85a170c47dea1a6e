"""Graphs traced from functions, computed, composed, simplified, compiled and drawn."""

from __future__ import annotations

import functools
import inspect
import json

import numpy as np
import pytest
import tensorflow as tf

from pybridge import graphs
from pybridge import tensors as t
from pybridge.errors import GraphError, ShapeError

LEVELS = 34_000  # of three nodes each: above 100,000
SQUARE = {"inputs": ["x"], "nodes": [{"id": "y", "op": "square", "args": ["x"]}], "outputs": ["y"]}


def traced(f, *values):
    """What the graph of a function gives, beside what the function itself gives."""
    graph = json.loads(json.dumps(graphs.trace(f)))
    got = graphs.evaluate(graph, dict(zip(graph["inputs"], values, strict=True)))
    return got, f(*map(t.tensor, values))


# ---- trace


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: (x + y) * (x - y) / (x * y) ** 2,
        lambda x, y: 2 + x - (3 - y) * 4,
        lambda x, y: (5 / x) ** y + 2**x,
        lambda x, y: -x + y + abs(x),
        lambda x, y: t.where(x <= y, x, y) + t.where(x >= y, 1.0, 0.0) + t.where(x != y, 1.0, 0.0),
        lambda x, y: t.where(x < y, x, y) + t.where(x > y, 1.0, 0.0) + t.where(x == y, 1.0, 0.0),
        lambda x, y: np.float32(2) * x + np.array([1.0, 2.0], "float32") * y,
        lambda x, y: tf.constant([1.0, 2.0]) * x - tf.Variable([1.0, 2.0]) + y,
        lambda x, y: t.concatenate([x, y, [7.0]]),
        lambda x, y: t.sum([x, y], axis=0) + t.sum([[x, 1.0 * y]], axis=1),
        lambda x, y: t.stack([x, y])[0, 1:] + x[-1] + t.stack([x, y])[..., ::-1],
        lambda x, y: t.einsum("i,j->ij", x, y) @ np.ones((2, 1), "float32"),
        lambda x, y: np.ones((1, 2), "float32") @ t.expand_dims(x, axis=1) + t.softmax(y, axis=0),
        lambda x, y: t.index(x, [None, 1]) + t.gather(y, [1, 0]),
        lambda x, y: t.tensor(x) + t.tensor(y, dtype="float32") + t.cast(t.argmax(x), "float32"),
        lambda x, y: t.broadcast_to(t.mean(x, keepdims=True), [3, 2]) + t.reshape(y, [-1]),
    ],
)
def test_tracing_keeps_what_a_function_computes(f):
    got, expected = traced(f, [1.0, 3.0], [2.0, 3.0])
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_inputs_are_named_after_the_arguments_or_as_told():
    assert graphs.trace(lambda speed, time: speed * time)["inputs"] == ["speed", "time"]
    assert graphs.trace(lambda *xs: xs[0] * xs[1], "speed", "time")["inputs"] == ["speed", "time"]
    assert graphs.trace(functools.partial(lambda a, b: a * b, 2.0))["inputs"] == ["b"]


def test_a_function_of_several_values_has_several_outputs():
    graph = graphs.trace(lambda x: [x + 1, 5, x])
    one, five, x = graphs.evaluate(graph, {"x": 2.0})
    assert (one.numpy(), five.numpy(), x.numpy()) == (3.0, 5, 2.0)


def test_what_nobody_uses_is_left_out():
    def f(x):
        t.exp(x)
        return x + x

    assert [node["op"] for node in graphs.trace(f)["nodes"]] == ["add"]


def test_a_plus_sign_changes_nothing():
    assert graphs.to_form(graphs.trace(lambda x: +x)) == "x"


def test_a_function_without_symbols_gives_a_constant():
    assert graphs.to_form(graphs.trace(lambda x: 3)) == 3


@pytest.mark.parametrize(
    ("f", "names", "message"),
    [
        (lambda x: x if x > 0 else -x, (), r"<symbol greater\(x, 0\)> has no value .* choose with tensors.where"),
        (lambda x: float(x), (), "<symbol x> has no value"),
        (lambda x: t.shape(x), (), "shape needs numbers, and <symbol x> has none"),
        (lambda x: tf.exp(x + 1), (), r"<symbol add\(x, 1\)> has no value .* only pybridge.tensors' functions"),
        (lambda x: t.sum(x, axis=x), (), "an attribute is a number, a string or a list of them; got <symbol x>"),
        (lambda x: x[None], (), "a new axis comes from tensors.expand_dims"),
        (lambda x: None, (), "returns a tensor or a list of them; this one gave None"),
        (lambda x: {"y": x}, (), "returns a tensor or a list of them"),
        (lambda x: x + 1j, (), "a graph's constants are real numbers"),
        (lambda *xs: xs[0], (), "does not name its arguments"),
        (lambda x: x, ("x", "y"), r"the function takes \(x\), not 2 inputs"),
        (lambda x, y: x, ("x", "x"), "inputs are names, each once"),
        (lambda x: t.concatenate(x), (), "<symbol x> has no length while a function is traced"),
    ],
)
def test_what_cannot_be_traced_says_why(f, names, message):
    with pytest.raises(GraphError, match=message):
        graphs.trace(f, *names)


def test_symbols_do_not_mix_between_graphs():
    kept = []
    graphs.trace(lambda x: kept.append(x) or x)
    with pytest.raises(GraphError, match="<symbol x> belongs to another graph"):
        graphs.trace(lambda y: y + kept[0])


def test_a_symbol_is_not_iterated_over():
    with pytest.raises(GraphError, match=r"<symbol x> has no length .* take its parts with tensors.index"):
        graphs.trace(lambda x: [row for row in x])


# ---- evaluate, values, compile


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


def test_shapes_that_do_not_fit_name_the_node():
    graph = graphs.from_form(["matmul", "x", "w"])
    with pytest.raises(ShapeError, match=r"node n0 \(matmul of x, w\): matmul: \(2, 3\) and \(2, 3\) do not chain"):
        graphs.evaluate(graph, {"x": np.ones((2, 3)), "w": np.ones((2, 3))})


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
    with pytest.raises(GraphError, match=r"the compiled graph takes 2 inputs \(x, y\); got 1"):
        compiled(1.0)


def test_a_compiled_graph_is_traced_once_for_numbers():
    calls = []
    compiled = graphs.compile(SQUARE)
    program = inspect.getclosurevars(compiled).nonlocals["program"]
    for number in range(5):
        calls.append(compiled(float(number)).numpy())
    assert calls == [0.0, 1.0, 4.0, 9.0, 16.0]
    assert program.experimental_get_tracing_count() == 1


# ---- compose, simplify, to_dot


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


def test_dot_shows_large_values_by_their_shape_and_quotes_names():
    graph = {"inputs": ['a "b"'], "nodes": [{"id": "y", "op": "exp", "args": ['a "b"']}], "outputs": ["y"]}
    text = graphs.to_dot(graph, {"y": np.zeros((3, 4))})
    assert r'"a \"b\"" -> "y";' in text
    assert r'label="exp\nfloat64 (3, 4)"' in text
    assert r"adjoint of sum\nargument 0" in graphs.to_dot(graphs.derivative(graphs.from_form(["sum", "x"]), ["x"]))


# ---- size


@pytest.fixture(scope="module")
def long_form():
    form = "x"
    for place in range(LEVELS):
        form = ["+", ["*", 0.5, form], place]
    return form


@pytest.fixture(scope="module")
def long_graph(long_form):
    return graphs.from_form(long_form)


def test_a_long_form_is_read_and_written(long_form, long_graph):
    assert len(long_graph["nodes"]) > 100_000
    again = graphs.to_form(long_graph)
    for _ in range(LEVELS):
        assert again[0] == "+"
        assert again[1][:2] == ["*", 0.5]
        assert again[2] == long_form[2]
        again, long_form = again[1][2], long_form[1][2]
    assert again == "x"


def test_a_long_graph_is_differentiated_and_computed(long_graph):
    assert graphs.evaluate(long_graph, {"x": 1.0}).numpy() == pytest.approx(2 * (LEVELS - 2), rel=1e-5)
    derived = graphs.derivative(long_graph, ["x"])
    assert graphs.evaluate(derived, {"x": 1.0}).numpy() == 0.0
    assert len(graphs.simplify(derived)["nodes"]) < 10


def test_a_long_function_is_traced():
    def f(x):
        y = x
        for _ in range(LEVELS):
            y = t.tanh(y) + x
        return y

    graph = graphs.trace(f)
    assert len(graph["nodes"]) == 2 * LEVELS
    derived = graphs.derivative(graph, ["x"])
    assert len(derived["nodes"]) < 10 * len(graph["nodes"])
    composed = graphs.compose(graph, graph)
    assert len(composed["nodes"]) == 4 * LEVELS
    assert graphs.to_dot(graph).count("->") == 3 * LEVELS


def test_a_wide_sum_is_read():
    names = [f"x{place}" for place in range(20_000)]
    graph = graphs.from_form(["+", *names])
    assert graphs.evaluate(graph, dict.fromkeys(names, 1.0)).numpy() == 20_000.0
