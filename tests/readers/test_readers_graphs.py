"""Graphs and forms, and answers to exercises: plain data of any kind, deep, cyclic and shared among it."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from reader_inputs import ODD, odd
from reader_rule import FUZZ, found, inputs, tried

from pybridge import exercises, graphs
from pybridge import tensors as t
from pybridge.errors import GraphError, OptionError, PybridgeError, ShapeError

pytestmark = pytest.mark.timeout(0 if FUZZ else 300)

GRAPH = {
    "inputs": ["x", "w"],
    "nodes": [
        {"id": "c", "op": "constant", "args": [], "attrs": {"value": [1.0, 2.0], "dtype": "float64"}},
        {"id": "y", "op": "multiply", "args": ["x", "c"]},
        {"id": "s", "op": "sum", "args": ["y"], "attrs": {"axis": 0, "keepdims": True}},
        {"id": "t", "op": "adjoint", "args": ["s", "y"], "attrs": {"of": "sum", "at": 0, "attrs": {"axis": 0}}},
    ],
    "outputs": ["s", "t"],
}
LONG_NAMES = json.loads(re.sub('"([xwcyst])"', lambda found: f'"{found[1] * 5000}"', json.dumps(GRAPH)))
FORMS = [
    ["+", ["*", 2, "x"], ["sum", "x", {"axis": 0}], {"constant": [1.0, 2.0], "dtype": "float64"}],
    ["clip", ["concatenate", ["x", "x"], 0], 0, 1],
]
ANSWERS = [[64, 1, 32, 10], 0.25, [[1.0, 2.0], [3.0, 4.0]]]
OPERATIONS = [*ODD, "sum", "x", "constant", "add", "stack", "reshape", "einsum", "where", 3]


def evaluate(graph: Any) -> None:
    tried(lambda: graphs.evaluate(graph, {"x": [1.0, 2.0], "w": 1.0}))


def read_form(form: Any) -> None:
    if (graph := tried(lambda: graphs.from_form(form))) is not None:
        assert graph["outputs"]
        json.dumps(graph)  # plain data
        tried(lambda: graphs.from_form(graphs.to_form(graph)))


def answer(value: Any) -> None:
    checked = tried(lambda: exercises.check("ch02/broadcast-shape", value))
    assert checked is None or not checked["right"] or np.array_equal(value, ANSWERS[0])


READERS = {
    "graph": (evaluate, odd([GRAPH, LONG_NAMES], OPERATIONS)),
    "form": (read_form, odd(FORMS, OPERATIONS)),
    "answer": (answer, odd(ANSWERS)),
}


@pytest.mark.parametrize("reader", READERS)
def test_what_was_found_is_read_or_refused(reader):
    for file in found(reader):
        READERS[reader][0](json.loads(file.read_text()))


@pytest.mark.parametrize("reader", READERS)
def test_readers(reader):
    check, values = READERS[reader]

    @inputs
    @given(value=values)
    def tries(value):
        check(value)

    tries()


def deep(depth: int) -> Any:
    held: Any = 1.0
    for _ in range(depth):
        held = [held]
    return held


def cyclic() -> list[Any]:
    held: list[Any] = [1.0]
    held.append(held)
    return held


def cyclic_map() -> dict[str, Any]:
    held: dict[str, Any] = {}
    held["axis"] = held
    return held


def shared(depth: int = 60, leaf: Any = 1.0) -> Any:
    """A list of few parts, which written out has 2 ** depth."""
    held = [leaf]
    for _ in range(depth):
        held = [held, held]
    return held


def shared_map() -> Any:
    held: Any = {"a": 1}
    for _ in range(60):
        held = {"a": held, "b": held}
    return held


TOO_DEEP = "a list is nested too deeply, or holds itself"
TOO_LONG = "a nested list of more than 262,144 rows is too long; make an array of it first"
ENDLESS = {
    "cyclic": (cyclic(), TOO_DEEP),
    "65 deep": (deep(65), TOO_DEEP),
    "300 deep": (deep(300), TOO_DEEP),  # by which TensorFlow would end the process
    "100,000 deep": (deep(100_000), TOO_DEEP),
    "shared": (shared(), TOO_LONG),
    "shared and NumPy's": (shared(leaf=np.float32(1)), TOO_LONG),
}
ENDLESS_MAPS = {"cyclic map": (cyclic_map(), TOO_DEEP), "shared map": (shared_map(), TOO_LONG)}


def attributed(attrs: Any) -> dict[str, Any]:
    return {"inputs": ["x"], "nodes": [{"id": "y", "op": "sum", "args": ["x"], "attrs": attrs}], "outputs": ["y"]}


@pytest.mark.parametrize("case", ENDLESS)
def test_lists_without_an_end(case):
    value, says = ENDLESS[case]
    for refusal, call in (
        (ShapeError, lambda: t.tensor(value)),
        (GraphError, lambda: graphs.from_form(value)),
        (GraphError, lambda: graphs.from_form(["+", "x", {"constant": value}])),
        (ShapeError, lambda: graphs.evaluate(attributed({}), {"x": value})),
    ):
        with pytest.raises(refusal, match=says):
            call()
    assert says in exercises.check("ch02/broadcast-shape", value)["says"]


@pytest.mark.parametrize("case", ENDLESS | ENDLESS_MAPS)
def test_attributes_without_an_end(case):
    value, says = (ENDLESS | ENDLESS_MAPS)[case]
    with pytest.raises(GraphError, match=says):
        graphs.from_form(["sum", "x", {"axis": value}])
    with pytest.raises(GraphError, match=f"node y: {says}"):
        graphs.evaluate(attributed({"axis": value}), {"x": [1.0]})


@pytest.mark.parametrize("part", ["inputs", "nodes", "outputs"])
def test_parts_without_an_end_are_shown_by_their_beginning(part):
    for value in (cyclic(), shared(), [10**10_000], [shared_map()]):
        with pytest.raises(GraphError) as raised:
            graphs.evaluate(attributed({}) | {part: value}, {})
        assert len(str(raised.value)) < 500


def test_a_form_that_holds_itself():
    for form in (["add", "x", 1], ["clip", "x", 0], ["sum", "x"]):
        form[1] = form
        with pytest.raises(GraphError, match="a form holds itself: "):
            graphs.from_form(form)


def test_calls_may_be_as_deep_as_they_like():
    form: Any = "x"
    for _ in range(10_000):
        form = ["negative", form]
    assert len(graphs.from_form(form)["nodes"]) == 10_000


def test_lists_of_64_axes_are_read():
    assert t.tensor(deep(64)).shape.rank == 64


@pytest.mark.parametrize("number", [10**400, -(10**400), 10**1_000_000], ids=["large", "negative", "a million digits"])
def test_numbers_that_no_dtype_holds(number):
    for form in (number, ["+", "x", number], ["sum", "x", number], {"constant": [number]}):
        with pytest.raises(GraphError):
            graphs.from_form(form)
    with pytest.raises(GraphError, match=r"no dtype holds -?10\^400 or so|no dtype holds 10\^1000000 or so"):
        graphs.from_form(number)
    with pytest.raises(PybridgeError):
        graphs.evaluate(attributed({}), {"x": number})
    assert not exercises.check("ch02/broadcast-shape", number)["right"]


@pytest.mark.parametrize("id", [None, 3, 10**10_000, shared(), "x" * 10**6, "\0"], ids=range(6))
def test_an_exercise_that_there_is_not(id):
    with pytest.raises(OptionError, match=r"there is no exercise .*; (there are|did you mean) "):
        exercises.check(id, 1)


def test_numbers_that_are_none_stay_what_they_are():
    value = graphs.evaluate(graphs.from_form(["+", "x", math.nan]), {"x": 1.0})
    assert math.isnan(value.numpy())
