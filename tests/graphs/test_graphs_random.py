"""Derivatives of random graphs, held to TensorFlow's tape and to finite differences."""

from __future__ import annotations

import numpy as np
from graphs_derived import VALUES, by_differences, by_tape, derivatives, results, tensors
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import graphs

SMOOTH = ["tanh", "sigmoid", "negative", "square", "softmax"]
CORNERED = ["relu", "absolute"]


@st.composite
def forms(draw, corners):
    """A program of a few operations over VALUES, and the inputs it uses, whose shapes fit."""
    pool = [(name, VALUES[name].shape) for name in ("z", "x", "y", "w", "k")] + [(2.5, ()), ([1.0, -1.0, 0.5], (3,))]
    for _ in range(draw(st.integers(1, 8))):
        form, shape = draw(st.sampled_from(pool))
        other, second = draw(st.sampled_from(pool))
        choices = []
        for op in SMOOTH + (CORNERED if corners else []):
            if shape or op != "softmax":
                choices.append(([op, form], shape))
        try:
            together = np.broadcast_shapes(shape, second)
        except ValueError:
            pass
        else:
            choices += [([op, form, other], together) for op in ("add", "subtract", "multiply")]
            choices.append((["divide", form, ["+", 2, ["square", other]]], together))
            if corners:
                choices.append((["maximum", form, other], together))
                choices.append((["where", ["greater", form, other], other, ["tanh", form]], together))
        if len(shape) == 2 == len(second) and shape[1] == second[0]:
            choices.append((["matmul", form, other], (shape[0], second[1])))
        if shape and shape == second:
            choices.append((["concatenate", form, other], (2 * shape[0], *shape[1:])))
        if shape:
            axis = draw(st.integers(-len(shape), len(shape) - 1))
            keepdims = draw(st.booleans())
            place = axis % len(shape)
            reduced = (*shape[:place], *([1] if keepdims else []), *shape[place + 1 :])
            for op in ("sum", "mean", *(["max"] if corners else [])):
                choices.append(([op, form, {"axis": axis, "keepdims": keepdims}], reduced))
            choices.append((["transpose", form], shape[::-1]))
            choices.append((["reshape", form, [-1]], (int(np.prod(shape)),)))
            choices.append((["index", form, [None, None, -1]], shape))
            choices.append(
                (["expand_dims", form, axis], (*shape[: axis % (len(shape) + 1)], 1, *shape[axis % (len(shape) + 1) :]))
            )
        pool.append(draw(st.sampled_from(choices)))
    return ["sum", ["sigmoid", pool[-1][0]]]


@settings(max_examples=2 * settings.default.max_examples)
@given(form=forms(corners=True))
def test_random_graph_against_the_tape(form):
    graph = graphs.from_form(form)
    if graph["inputs"]:
        values = tensors(graph)
        got, expected = derivatives(graph, values), by_tape(graph, values)
        simplified = results(graphs.simplify(graphs.derivative(graph, graph["inputs"])), values)
        for name, simple in zip(graph["inputs"], simplified, strict=True):
            np.testing.assert_allclose(got[name], expected[name], rtol=1e-8, atol=1e-10)
            np.testing.assert_allclose(simple, expected[name], rtol=1e-8, atol=1e-10)


@given(form=forms(corners=False))
def test_random_graph_against_differences(form):
    graph = graphs.from_form(form)
    if graph["inputs"]:
        values = tensors(graph)
        got, expected = derivatives(graph, values), by_differences(graph, values)
        for name in graph["inputs"]:
            np.testing.assert_allclose(got[name], expected[name], rtol=1e-5, atol=1e-7)
