"""Graphs traced from functions."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest
import tensorflow as tf

from pybridge import graphs, linalg
from pybridge import tensors as t
from pybridge.errors import GraphError, ShapeError


def traced(f, *values):
    """What the graph of a function gives, beside what the function itself gives."""
    graph = json.loads(json.dumps(graphs.trace(f)))
    got = graphs.evaluate(graph, dict(zip(graph["inputs"], values, strict=True)))
    return got, f(*map(t.tensor, values))


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
        lambda x, y: t.where((x != y) & ~(x > 2) | (y >= x) ^ (x <= 1), x, y) + x // y + y % x + 7 // x + 7 % x,
        lambda x, y: t.where(t.logical_and(x > y, t.logical_not(t.isnan(x))), t.sin(x), t.arctan2(x, y)),
        lambda x, y: np.sin(x) + np.maximum(x, y) % 3 + np.array([7.0, 5.0], "float32") % y,
        lambda x, y: t.where(np.array([True, False]) & (x > 0), np.float32(7) - x, np.ones(2, "float32") / y),
        lambda x, y: t.clip(x, 1.5, y) + t.clip(y, high=2.5) + t.clip(2.0, low=x, high=y),
        lambda x, y: sum(t.split(t.concatenate([x, y]), 2)) + t.split(x, [1, 1])[0] + t.split([x, y], 2, axis=-1)[1],
        lambda x, y: t.meshgrid(x, y)[0] + t.meshgrid(x, y)[1] + t.outer(x, y) + t.diag(x) + t.tril(t.outer(x, x)),
        lambda x, y: t.sort(x, descending=True) + t.cumsum(y) + t.quantile(x, 0.5) + t.std([x, y], axis=0),
        lambda x, y: t.pad(x, [0, 1], 2.0) + t.repeat(y, [2, 1]) + t.roll(t.flip(t.pad(y, [1, 0])), 1),
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
        (lambda x: t.allclose(x, 1.0), (), "allclose needs numbers, and <symbol x> has none"),
        (lambda x: t.unique(x), (), "graphs have no unique: how long its result is depends on the numbers"),
        (lambda x: t.top_k(x, 2), (), "graphs have no top_k: it returns a map; sort and argsort return tensors"),
        (lambda x: t.boolean_mask(x, x > 0), (), "graphs have no boolean_mask: .* where keeps the shape"),
        (
            lambda x: linalg.inv(x),
            (),
            "inv needs numbers, .* a graph is made of Python.s operators and the functions",
        ),
        (lambda x: t.split(x, x), (), "an attribute is a number, a string or a list of them; got <symbol x>"),
        (lambda x: linalg.det(x + 1), (), r"det needs numbers, and <symbol add\(x, 1\)> has none"),
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


def test_a_list_that_holds_itself_is_refused():
    cyclic = [1.0]
    cyclic.append(cyclic)
    for f in (lambda x: x + cyclic, lambda x: t.sum(x, axis=cyclic), lambda x: t.stack([x, cyclic])):
        with pytest.raises((GraphError, ShapeError), match="a list is nested too deeply, or holds itself"):
            graphs.trace(f)
    with pytest.raises(ShapeError, match="compiled: a list is nested too deeply, or holds itself"):
        graphs.compile(graphs.from_form(["exp", "x"]))(cyclic)


def test_symbols_do_not_mix_between_graphs():
    kept = []
    graphs.trace(lambda x: kept.append(x) or x)
    with pytest.raises(GraphError, match="<symbol x> belongs to another graph"):
        graphs.trace(lambda y: y + kept[0])


def test_a_symbol_is_not_iterated_over():
    with pytest.raises(GraphError, match=r"<symbol x> has no length .* take its parts with tensors.index"):
        graphs.trace(lambda x: [row for row in x])
