"""Graphs of many nodes: none is too long, and what n parts cost grows as n."""

from __future__ import annotations

import cProfile
import os

import pytest

from pybridge import graphs
from pybridge import tensors as t

# Of three nodes each: far more than Python may call into each other, and with `make fuzz` more than 100,000 nodes.
LEVELS = 34_000 if "PYBRIDGE_FUZZ_SEED" in os.environ else 3_000


def nested(levels):
    form = "x"
    for place in range(levels):
        form = ["+", ["*", 0.5, form], place]
    return form


def wide(count):
    return ["+", *(f"x{place}" for place in range(count))]


def repeated(levels):
    def f(x):
        y = x
        for _ in range(levels):
            y = t.tanh(y) + x
        return y

    return f


@pytest.fixture(scope="module")
def long_form():
    return nested(LEVELS)


@pytest.fixture(scope="module")
def long_graph(long_form):
    return graphs.from_form(long_form)


def derived_and_simplified(levels):
    return graphs.simplify(graphs.derivative(graphs.from_form(nested(levels)), ["x"]))


def composed_and_drawn(levels):
    graph = graphs.trace(repeated(levels))
    return graphs.to_dot(graphs.compose(graph, graph))


WORK = {
    "written": lambda levels: graphs.to_form(graphs.from_form(nested(levels))),
    "computed": lambda levels: graphs.evaluate(graphs.from_form(nested(levels)), {"x": 1.0}),
    "derived and simplified": derived_and_simplified,
    "derived from a trace": lambda levels: graphs.derivative(graphs.trace(repeated(levels)), ["x"]),
    "composed and drawn": composed_and_drawn,
    "a wide sum": lambda count: graphs.from_form(wide(count)),
}


@pytest.mark.parametrize("work", WORK)
def test_twice_the_parts_take_twice_the_calls(work):
    def calls(size):
        profile = cProfile.Profile()
        profile.runcall(WORK[work], size)
        return sum(entry.callcount for entry in profile.getstats())

    calls(10)
    assert calls(400) < 2.2 * calls(200)


def test_a_long_form_is_read_and_written(long_form, long_graph):
    assert len(long_graph["nodes"]) > 2.9 * LEVELS
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
    graph = graphs.trace(repeated(LEVELS))
    assert len(graph["nodes"]) == 2 * LEVELS
    derived = graphs.derivative(graph, ["x"])
    assert len(derived["nodes"]) < 10 * len(graph["nodes"])
    composed = graphs.compose(graph, graph)
    assert len(composed["nodes"]) == 4 * LEVELS
    assert graphs.to_dot(graph).count("->") == 3 * LEVELS


def test_a_wide_sum_is_read():
    form = wide(LEVELS)
    assert graphs.evaluate(graphs.from_form(form), dict.fromkeys(form[1:], 1.0)).numpy() == LEVELS
