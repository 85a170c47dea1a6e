"""Graphs held to NumPy and TensorFlow on generated arrays: computed, differentiated, simplified, compiled."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import tensorflow as tf
from graphs_derived import by_tape, derivatives
from graphs_generated import arrays, broadcasting, with_axis
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import graphs
from pybridge import tensors as t

FLOATS = ("float32", "float64")
SOME = settings(max_examples=max(6, settings.default.max_examples // 16))  # of each of many operations

UNARY = {
    **{name: getattr(np, name) for name in ("negative", "absolute", "square", "sqrt", "exp", "expm1", "log", "log1p")},
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh")},
    **{name: getattr(np, name) for name in ("reciprocal", "sign", "floor", "ceil", "round")},
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": scipy.special.expit,
    "softplus": lambda x: np.logaddexp(x, 0),
    "silu": lambda x: x * scipy.special.expit(x),
    "gelu": lambda x: x * scipy.special.ndtr(x),
    "leaky_relu": lambda x: np.where(x > 0, x, np.asarray(0.2, x.dtype) * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "erf": scipy.special.erf,
    "erfc": scipy.special.erfc,
}
BINARY = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "arctan2", "mod", "power"]
ASKED = ["isnan", "isinf", "isfinite", "logical_not"]
COMPARED = ["equal", "not_equal", "greater", "greater_equal", "less", "less_equal"]
JOINED = ["logical_and", "logical_or", "logical_xor"]


def assert_close(actual, expected, digits=None):
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    tolerance = digits or (1e-5 if expected.dtype == np.float32 else 1e-11)
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def called(op, *arguments, **attrs):
    """A graph of one operation on the inputs x, y, z."""
    names = ["x", "y", "z"][: len(arguments)]
    form = [op, *names, attrs] if attrs else [op, *names]
    return graphs.from_form(form), dict(zip(names, arguments, strict=True))


def assert_derived(graph, values):
    """See that a graph's derivative is the tape's, as it is and simplified."""
    total = graphs.compose(graphs.from_form(["sum", "y"]), graph)
    values = {name: tf.constant(value) for name, value in values.items()}
    expected = by_tape(total, values)
    for name, gradient in derivatives(total, values).items():
        assert_close(gradient, expected[name], 1e-9)


@pytest.mark.parametrize("op", UNARY)
@SOME
@given(x=arrays(FLOATS))
def test_functions_of_one_number(op, x):
    graph, values = called(op, x)
    with np.errstate(all="ignore"):
        assert_close(graphs.evaluate(graph, values), UNARY[op](x))
        if op != "elu" or not np.isnan(x).any():  # of which a tape makes 0
            assert_derived(graph, {"x": x.astype("float64")})


@pytest.mark.parametrize("op", BINARY)
@SOME
@given(xs=broadcasting(FLOATS))
def test_functions_of_two_numbers(op, xs):
    graph, values = called(op, *xs)
    with np.errstate(all="ignore"):
        common = [x.astype(np.result_type(*xs)) for x in xs]
        assert_close(graphs.evaluate(graph, {n: tf.constant(x) for n, x in values.items()}), getattr(np, op)(*common))
        assert_derived(graph, {name: x.astype("float64") for name, x in values.items()})


@pytest.mark.parametrize("op", [*ASKED, *COMPARED, *JOINED])
@SOME
@given(xs=broadcasting(("float64", "int64", "bool")))
def test_questions(op, xs):
    graph, values = called(op, *xs[: 1 if op in ASKED else 2])
    assert_close(graphs.evaluate(graph, values), getattr(np, op)(*values.values()))


@pytest.mark.parametrize("op", ["sum", "mean", "max", "min", "std", "var", "prod", "median", "any", "all"])
@SOME
@given(case=with_axis(FLOATS, special=False, least=1), keepdims=st.booleans())
def test_reductions(op, case, keepdims):
    x, axis = case
    graph, values = called(op, x, axis=axis, keepdims=keepdims)
    axes = tuple(axis) if isinstance(axis, list) else axis
    assert_close(graphs.evaluate(graph, values), getattr(np, op)(x, axis=axes, keepdims=keepdims))
    if op not in ("any", "all", "std"):  # where nothing spreads, a root has no slope
        assert_derived(graph, {"x": x.astype("float64")})


@SOME
@given(case=with_axis(FLOATS, special=False, least=1), q=st.sampled_from([0.0, 0.25, 1.0, [0.5], [[0.1, 0.9]]]))
def test_quantiles(case, q):
    x, axis = case
    graph, values = called("quantile", x, q=q, axis=axis)
    axes = tuple(axis) if isinstance(axis, list) else axis
    assert_close(graphs.evaluate(graph, values), np.quantile(x, q, axis=axes).astype(x.dtype))
    assert_derived(graph, {"x": x.astype("float64")})


@pytest.mark.parametrize("op", ["cumsum", "cumprod", "sort", "argsort", "flip", "softmax"])
@SOME
@given(case=with_axis(FLOATS, several=False, special=False))
def test_along_an_axis(op, case):
    x, axis = case
    graph, values = called(op, x, axis=axis)
    reference = scipy.special.softmax if op == "softmax" else getattr(np, op)
    if op != "softmax" or x.size:
        stable = {"kind": "stable"} if "sort" in op else {}
        assert_close(graphs.evaluate(graph, values), reference(x, axis=axis, **stable))
    if op not in ("cumprod", "argsort"):  # TensorFlow's own cumprod has no slope at 0
        assert_derived(graph, {"x": x.astype("float64")})


@given(case=with_axis(several=False, special=False))
def test_products_are_differentiated_at_zero(case):
    """By definition: the slope of a product by a factor is the product of the others."""
    x, axis = case
    graph = graphs.from_form(["sum", ["cumprod", "x", axis]])
    expected = np.zeros_like(x)
    for place in range(x.shape[axis]):
        moved = x.copy()
        chosen = (*[slice(None)] * (axis % x.ndim), place)
        moved[chosen] = 1.0  # each product that holds this factor is linear in it
        from_here = np.cumprod(moved, axis)[(*[slice(None)] * (axis % x.ndim), slice(place, None))]
        expected[chosen] = from_here.sum(axis)
    np.testing.assert_allclose(derivatives(graph, {"x": tf.constant(x)})["x"], expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("form", [["prod", "x"], ["index", ["cumprod", "x"], -1]], ids=str)
def test_second_derivatives_of_products_at_zero(form):
    first = graphs.derivative(graphs.from_form(form), ["x"])
    hessian = []
    for row in range(4):
        slope = graphs.compose(graphs.from_form(["index", "y", row]), first)
        hessian.append(graphs.evaluate(graphs.derivative(slope, ["x"]), {"x": [0.0, 2.0, 3.0, 0.0]}))
    assert t.to_list(hessian) == [[0, 0, 0, 6], [0, 0, 0, 0], [0, 0, 0, 0], [6, 0, 0, 0]]


ARRANGED = [
    ["roll", "x", 2],
    ["roll", "x", -1, 0],
    ["repeat", "x", 2],
    ["repeat", "x", 3, -1],
    ["pad", "x", [1, 2], 5],
    ["tile", "x", 2],
    ["split", "x", 1, -1, {"at": 0}],
    ["meshgrid", "x", "x", {"at": 1}],
    ["outer", "x", "x"],
    ["expand_dims", "x", 0],
    ["reshape", "x", [-1]],
    ["transpose", "x"],
    ["stack", "x", "x", {"axis": -1}],
    ["concatenate", "x", "x", {"axis": -1}],
    ["index", "x", [None, None, -1]],
    ["clip", "x", -1, 1],
]


@pytest.mark.parametrize("form", ARRANGED, ids=str)
@SOME
@given(case=with_axis(FLOATS, several=False, special=False))
def test_arrangements(form, case):
    x, _ = case
    op, *rest = form
    traced = graphs.from_form(form)
    options = dict(rest.pop()) if isinstance(rest[-1], dict) else {}
    arguments = [x if each == "x" else each for each in rest]
    if op in ("stack", "concatenate"):
        arguments = [arguments]
    at = options.pop("at", None)
    expected = getattr(t, op)(*arguments, **options)
    assert_close(graphs.evaluate(traced, {"x": x}), expected if at is None else expected[at])
    if op != "repeat" or x.size:  # TensorFlow's tape fails there
        assert_derived(traced, {"x": x.astype("float64")})


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize(
    "form",
    [
        ["sum", ["*", ["sin", "x"], ["cumprod", "x", -1]]],
        ["sum", ["gelu", ["sort", "x", {"descending": True}]]],
        ["+", ["std", "x"], ["median", "x"], ["quantile", "x", 0.3], ["prod", "x"]],
        ["sum", ["square", ["pad", ["roll", ["tril", "x"], 1, 1], 1]]],
        ["sum", ["*", ["split", "x", 2, 1, {"at": 0}], ["split", "x", 2, 1, {"at": 1}]]],
        ["sum", ["where", ["and", [">", "x", 0], ["not", ["<=", "x", 0.5]]], ["%", "x", 0.3], ["clip", "x", -1, 0]]],
        ["sum", ["*", ["meshgrid", ["index", "x", 0], ["index", "x", 1], {"at": 0}], ["arctan2", "x", 2.0]]],
    ],
    ids=str,
)
def test_compiled_graphs(form, jit):
    x = np.random.default_rng(5).normal(size=(4, 4))
    graph = graphs.from_form(form)
    for each in (graph, graphs.derivative(graph, ["x"]), graphs.simplify(graphs.derivative(graph, ["x"]))):
        assert_close(graphs.compile(each, jit=jit)(x), graphs.evaluate(each, {"x": x}), 1e-9)


@st.composite
def arithmetic(draw):
    """A form of arithmetic with constants, such as rules of simplification look for."""
    constants = st.sampled_from([0, 1, -1, 2, 0.5, -3])
    form = st.recursive(
        st.one_of(st.sampled_from(["x", "y"]), constants),
        lambda parts: st.one_of(
            st.tuples(st.sampled_from(["+", "-", "*", "maximum", "minimum"]), parts, parts),
            st.tuples(st.sampled_from(["negative", "square", "absolute"]), parts),
            st.tuples(st.just("**"), parts, st.sampled_from([1, 2])),
            st.tuples(st.just("/"), parts, st.sampled_from([1, 2])),
        ),
        max_leaves=8,
    )
    return ["*", 1.0, draw(form)]


@given(form=arithmetic(), x=st.sampled_from([0.0, -0.0, 1.0, -2.0, 3.0, float("nan")]), y=st.sampled_from([0.0, 2.5]))
def test_what_is_simplified_computes_the_same(form, x, y):
    graph = graphs.from_form(form)
    values = {name: tf.constant(number, "float64") for name, number in (("x", x), ("y", y)) if name in graph["inputs"]}
    got, expected = graphs.evaluate(graphs.simplify(graph), values), graphs.evaluate(graph, values)
    np.testing.assert_allclose(t.to_numpy(got), t.to_numpy(expected), rtol=1e-6)
