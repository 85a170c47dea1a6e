"""Graphs from programs written as data, and back; graphs that do not hold together."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pybridge import graphs
from pybridge import tensors as t
from pybridge.errors import GraphError

LINE = {
    "inputs": ["x"],
    "nodes": [
        {"id": "n0", "op": "constant", "args": [], "attrs": {"value": 2}},
        {"id": "n1", "op": "multiply", "args": ["n0", "x"]},
        {"id": "n2", "op": "constant", "args": [], "attrs": {"value": 3}},
        {"id": "n3", "op": "add", "args": ["n1", "n2"]},
    ],
    "outputs": ["n3"],
}


def value(form, **inputs):
    return t.to_list(graphs.evaluate(graphs.from_form(form), inputs))


def test_a_line_as_data():
    assert graphs.from_form(["+", ["*", 2, "x"], 3]) == LINE
    assert json.loads(json.dumps(LINE)) == LINE
    assert graphs.to_form(LINE) == ["+", ["*", 2, "x"], 3]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (["+", "x", 1, "y"], 12.0),
        (["+", "x"], 3.0),
        (["-", "x", "y", 1], -6.0),
        (["-", "x"], -3.0),
        (["*", "x", "y", 2], 48.0),
        (["/", "y", "x"], 8 / 3),
        (["/", "y"], 1 / 8),
        (["**", "x", 2], 9.0),
        (["max", "x", "y", 5], 8.0),
        (["min", "x", "y", 5], 3.0),
        (["max", ["stack", "x", "y"]], 8.0),
        (["abs", ["-", "x"]], 3.0),
        (["where", [">", "x", "y"], "x", "y"], 8.0),
        (["where", ["<", "x", "y"], "x", "y"], 3.0),
        (["where", ["=", "x", 3], 1.0, 0.0], 1.0),
        (["t/square", "x"], 9.0),
        (["not=", "x", 3], False),
        (["!=", "x", "y"], True),
        (["==", "x", 3], True),
        (["<=", "x", 3], True),
        ([">=", "x", "y"], False),
        (["and", ["<", "x", 4], [">", "y", 4], True], True),
        (["or", ["<", "x", 3], [">", "y", 8]], False),
        (["and", [">", "y", 4]], True),
        (["not", [">", "y", 4]], False),
        (["%", "y", "x"], 2.0),
        (["mod", ["-", "y"], "x"], 1.0),
        (["//", "y", "x"], 2.0),
        (["Math/pow", "x", 2], 9.0),
        (["atan2", ["Math/sin", 0.5], ["cos", 0.5]], 0.5),
        (["asin", ["sin", 0.5]], 0.5),
        (["+", ["acos", 1.0], ["atan", 0.0], ["signum", "x"], ["rint", 2.5]], 3.0),
        (["clip", "y", 0, 5], 5.0),
        (["clip", "y", {"high": "x"}], 3.0),
        (["clip", "x", "y"], 8.0),
        (["clip", "x", None, 2.5], 2.5),
        ("x", 3.0),
        (7, 7),
        (["@", [1.0, 2.0], ["stack", "x", "y"]], 19.0),
        (["sum", {"constant": [[1, 2], [3, 4]]}], 10),
    ],
    ids=str,
)
def test_short_names_read_as_clojure_reads_them(form, expected):
    names = graphs.from_form(form)["inputs"]
    inputs = {name: number for name, number in {"x": 3.0, "y": 8.0}.items() if name in names}
    assert value(form, **inputs) == pytest.approx(expected)


def test_what_is_no_tensor_stands_in_its_place_or_by_name():
    x = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert value(["sum", "x", 0], x=x) == value(["sum", "x", {"axis": 0}], x=x) == [5.0, 7.0, 9.0]
    assert value(["reshape", "x", [3, -1]], x=x) == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert value(["index", "x", None, [1, None]], x=x) == [[2.0, 3.0], [5.0, 6.0]]
    assert value(["index", "x", "...", 0], x=x) == [1.0, 4.0]
    assert value(["einsum", "ij->ji", "x"], x=x) == [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    assert value(["concatenate", ["x", "x"], 1], x=[[1.0], [2.0]]) == [[1.0, 1.0], [2.0, 2.0]]
    assert value(["concatenate", "x", "x", {"axis": 1}], x=[[1.0], [2.0]]) == [[1.0, 1.0], [2.0, 2.0]]
    assert value(["stack", ["x", ["+", "x", 1]]], x=1.0) == [1.0, 2.0]
    assert value(["cast", "x", "int64"], x=[1.5, -1.5]) == [1, -1]


def test_inputs_stand_in_the_order_of_reading():
    assert graphs.from_form(["+", ["*", "w", "x"], "b"])["inputs"] == ["w", "x", "b"]


def test_inputs_may_be_called_like_nodes():
    graph = graphs.from_form(["+", ["*", "n1", 2], "n0"])
    assert graph["inputs"] == ["n1", "n0"]
    assert t.to_list(graphs.evaluate(graph, {"n0": 1.0, "n1": 3.0})) == 7.0


def test_what_is_written_twice_is_one_node():
    graph = graphs.from_form(["+", ["exp", "x"], ["exp", "x"]])
    assert [node["op"] for node in graph["nodes"]] == ["exp", "add"]


def test_constants_keep_their_dtype_or_yield():
    single, double = np.float32(2), np.float64(2)
    assert graphs.evaluate(graphs.from_form(["*", 0.1, "x"]), {"x": double}).numpy() == np.float64(0.1) * 2
    strong = graphs.from_form(["*", {"constant": t.tensor(0.1, "float64")}, "x"])
    assert strong["nodes"][0]["attrs"] == {"value": 0.1, "dtype": "float64"}
    assert graphs.evaluate(strong, {"x": single}).dtype == "float64"
    listed = graphs.from_form(["*", [0.1, 0.2], "x"])
    assert listed["nodes"][0]["attrs"] == {"value": [0.1, 0.2]}
    assert t.to_list(graphs.evaluate(listed, {"x": double})) == [0.1 * 2, 0.2 * 2]
    weak = graphs.from_form(["*", {"constant": np.array(0.1)}, "x"])
    assert weak["nodes"][0]["attrs"] == {"value": 0.1, "dtype": "float64", "weak": True}
    assert graphs.evaluate(weak, {"x": t.tensor(2.0)}).dtype == "float32"
    for graph in (strong, weak):
        assert graphs.from_form(graphs.to_form(graph)) == graph
        assert json.loads(json.dumps(graph)) == graph


@pytest.mark.parametrize(
    "form",
    [
        "x",
        4.5,
        [1, 2, 3],
        True,
        ["-", "x"],
        ["/", ["max", "x"], ["sum", "x", {"axis": [0], "keepdims": True}]],
        ["index", "x", {"axes": [[None, None, -1], "..."]}],
        ["concatenate", "x", [1.0, 2.0], "y", {"axis": 1}],
        ["einsum", "x", "y", {"equation": "ij,jk->ik"}],
        ["where", ["less", "x", 0], "x", {"constant": [0.5], "dtype": "float64"}],
    ],
    ids=str,
)
def test_a_form_comes_back(form):
    assert graphs.to_form(graphs.from_form(form)) == form


def test_the_form_of_a_derivative_is_a_program_too():
    derived = graphs.derivative(graphs.from_form(["sum", ["matmul", "x", "w"]]), ["w"])
    again = graphs.from_form(graphs.to_form(derived))
    values = {"x": [[1.0, 2.0]], "w": [[1.0], [1.0]]}
    assert t.to_list(graphs.evaluate(again, values)) == [[1.0], [2.0]]


def test_a_form_that_would_be_endless_raises():
    doubled = "x"
    for _ in range(64):
        doubled = ["+", doubled, doubled]
    with pytest.raises(GraphError, match="written as a form this graph would repeat what it shares"):
        graphs.to_form(graphs.from_form(doubled))


def test_the_refusal_of_an_endless_form_takes_no_longer_than_reading():
    doubled = "x"
    for _ in range(15_000):  # the parts would number more than 4300 digits
        doubled = ["+", doubled, doubled]
    with pytest.raises(GraphError, match="in more than 1000000 parts; keep it"):
        graphs.to_form(graphs.from_form(doubled))


def test_several_outputs_have_no_form():
    with pytest.raises(GraphError, match="a form has one output; this graph has 2: x, y"):
        graphs.to_form({"inputs": ["x", "y"], "nodes": [], "outputs": ["x", "y"]})


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (["sqroot", "x"], "unknown operation 'sqroot'; did you mean 'sqrt'?"),
        (["zzz", "x"], "unknown operation 'zzz'; operations are the functions of pybridge.tensors"),
        (["add", "x"], r"add\(x, y\): y is missing in \[add, x\]"),
        (["+"], r"add\(x, y\): got 0 arguments in \[\+\]"),
        (["exp", "x", "y"], r"exp\(x\): 1 more given than it takes in \[exp, x, y\]"),
        (["sum", "x", {"axes": 0}], r"sum has no attribute 'axes' in \[sum, x, \{'axes': 0\}\]"),
        (["+", "x", 1, {"axis": 0}], "add takes x and y|add has no attribute 'axis'"),
        (["reshape", "x"], r"reshape\(x, shape\): shape is missing"),
        (["+", "x", None], "neither a call nor an input nor a constant: None"),
        (["+", "x", {"value": 3}, 4], 'a constant is {"constant": …}'),
        (["+", "x", [1, [2, 3]]], "neither a call nor an input nor a constant: .*ragged"),
        (["+", "x", [1, "y"]], "neither a call nor an input nor a constant"),
        (["+", "x", 1j], "a graph's constants are real numbers; got complex64"),
        (["unique", "x"], "graphs have no unique: how long its result is depends on the numbers"),
        (["split", "x", 2], r"split needs the attribute 'at' in \[split, x, 2\]"),
        (["clip", "x"], r"clip\(x, low, high\) takes x and at least one limit; got \[clip, x\]"),
        (["clip", "x", {"lo": 1}], r"clip\(x, low, high\) takes x and at least one limit"),
        (["sum", "x", {"axis": print}], "an attribute is a number, a string or a list of them"),
    ],
    ids=str,
)
def test_a_wrong_form_says_what_is_wrong(form, message):
    with pytest.raises(GraphError, match=message):
        graphs.from_form(form)


def test_a_form_that_holds_itself_raises():
    form = ["+", "x"]
    form.append(["exp", form])
    with pytest.raises(GraphError, match=r"a form holds itself: \[\+, x, \[…\]\]"):
        graphs.from_form(form)


def node(id, op, *args, **attrs):
    return {"id": id, "op": op, "args": list(args), "attrs": attrs}


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("a", "add", "x", "b"), node("b", "exp", "c"), node("c", "exp", "b")], "a cycle: node [bc] needs [bc]"),
        ([node("a", "exp", "a")], "a cycle: node a needs a"),
        ([node("a", "expp", "x")], "node a: unknown operation 'expp'; did you mean 'exp'"),
        ([node("a", None, "x")], "node a: unknown operation None"),
        ([node("a", ["exp"], "x")], r"node a: unknown operation \['exp'\]"),
        ([node("a", "top_k", "x")], "node a: graphs have no top_k: it returns a map"),
        ([node("a", "exp", "v")], r"node a \(exp\): 'v' is neither an input nor a node"),
        ([node("a", "add", "x")], "node a: add takes x and y; got x"),
        ([node("a", "constant", "x", value=1)], "node a: constant takes no argument; got x"),
        ([node("a", "concatenate")], r"node a: concatenate takes \*xs; got none"),
        ([node("a", "sum", "x", axes=1)], "node a: sum has no attribute 'axes'; it has axis, keepdims"),
        ([node("a", "exp", "x", axis=1)], "node a: exp has no attribute 'axis'; it has none"),
        ([node("a", "reshape", "x")], "node a: reshape needs the attribute 'shape'"),
        ([node("a", "exp", "x"), node("a", "log", "x")], "node a: a node has that name already"),
        ([node("x", "exp", "x"), node("a", "exp", "x")], "node x: an input has that name already"),
        ([{"id": "a", "op": "exp", "args": "x"}], "node a: args are a list of names; got 'x'"),
        ([{"id": "a", "op": "exp", "args": ["x"], "attrs": [1]}], r"node a: attrs are a map; got \[1\]"),
        ([{"id": "a", "op": "exp", "args": ["x"], "name": 1}], "node a: a node has no 'name'"),
        ([{"op": "exp", "args": ["x"]}], 'a node is {"id": …, "op": …, "args": \\[…\\]}'),
        ([node("a", "adjoint", "x", "x", of="exp", at=0)], "node a: exp of 1 arguments has no adjoint for argument 0"),
        ([node("a", "adjoint", "x", "x", of="sum", at=1)], "node a: sum of 1 arguments has no adjoint for argument 1"),
        ([node("b", "exp", "x")], "output 'a' is neither a node nor an input"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "use", [graphs.to_form, graphs.to_dot, graphs.simplify, graphs.compile, "evaluate", "derivative"]
)
def test_a_malformed_graph_raises_and_names_the_node(use, nodes, message):
    calls = {"evaluate": lambda g: graphs.evaluate(g, {"x": 1.0}), "derivative": lambda g: graphs.derivative(g, ["x"])}
    with pytest.raises(GraphError, match=message):
        calls.get(use, use)({"inputs": ["x"], "nodes": nodes, "outputs": ["a"]})


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        ({"nodes": [], "outputs": ["x"]}, "got no list of inputs"),
        ({"inputs": ["x"], "outputs": ["x"]}, "got no list of nodes"),
        (["+", "x", 1], "got no list of inputs"),
        ({"inputs": ["x", "x"], "nodes": [], "outputs": ["x"]}, r"inputs are names, each once; got \['x', 'x'\]"),
        ({"inputs": [1], "nodes": [], "outputs": [1]}, "inputs are names"),
        ({"inputs": ["x"], "nodes": [], "outputs": []}, "a graph has at least one output"),
        ({"inputs": ["x"], "nodes": [], "outputs": [["x"]]}, r"output \['x'\] is neither a node nor an input"),
    ],
    ids=str,
)
def test_what_is_no_graph_raises(graph, message):
    with pytest.raises(GraphError, match=message):
        graphs.evaluate(graph, {"x": 1.0})


def test_nodes_may_stand_in_any_order():
    shuffled = {**LINE, "nodes": LINE["nodes"][::-1]}
    assert t.to_list(graphs.evaluate(shuffled, {"x": 5.0})) == 13.0
    assert graphs.to_form(shuffled) == ["+", ["*", 2, "x"], 3]


@pytest.mark.parametrize(
    ("form", "option"),
    [
        (["mean", "x", "axis", 0], "axis"),
        (["clip", "x", "low", 0], "low"),
        (["sort", "x", "descending", True], "descending"),
        (["t/softmax", "x", "axis", -1], "axis"),
    ],
)
def test_an_option_by_keyword_is_refused(form, option):
    name = form[0].removeprefix("t/")
    with pytest.raises(GraphError) as refusal:
        graphs.from_form(form)
    assert str(refusal.value) == (
        f"from_form: {name}: options go into a map at the end, as in [{name}, …, {{{option}: …}}]; got {option} beside "
        "the arguments. An input of that name needs another one"
    )
