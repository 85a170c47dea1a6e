"""Graphs of many nodes: none is too long, and what n parts cost grows as n."""

from __future__ import annotations

import pytest

from pybridge import graphs
from pybridge import tensors as t

LEVELS = 34_000  # of three nodes each: above 100,000


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
