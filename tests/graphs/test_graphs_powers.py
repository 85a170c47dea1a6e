"""Slopes of powers, at 0 above all: polynomials and their derivatives of every order are those of NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from graphs_derived import derivatives, results
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial import Polynomial

from pybridge import graphs
from pybridge import tensors as t

NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0])


def term_by_term(coefficients):
    """A polynomial as a form with a power for each coefficient."""
    return ["sum", ["+", 0.0, *(["*", c, ["**", "x", place]] for place, c in enumerate(coefficients))]]


def powers_at_once(coefficients):
    """A polynomial as a form with one power, of a vector of exponents."""
    return ["sum", ["*", list(coefficients), ["**", ["expand_dims", "x", -1], list(range(len(coefficients)))]]]


@pytest.mark.parametrize("write", [term_by_term, powers_at_once])
@settings(max_examples=settings.default.max_examples // 4)
@given(
    coefficients=st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=6),
    x=st.lists(NUMBERS, min_size=1, max_size=3),
)
def test_polynomials_of_every_degree(write, coefficients, x):
    """At x several numbers the sum's n-th derivative by x is each number's own."""
    x, graph = np.array(x), graphs.from_form(write(coefficients))
    polynomial = Polynomial(coefficients)
    for _ in range(4):
        graph = graphs.derivative(graph, ["x"])
        polynomial = polynomial.deriv()
        for each in (graph, graphs.simplify(graph)):
            (got,) = results(each, {"x": x})
            np.testing.assert_allclose(got, polynomial(x), rtol=1e-12, atol=1e-12)
        graph = graphs.compose(graphs.from_form(["sum", "slopes"]), graph)


@pytest.mark.parametrize(
    ("x", "y", "by_x", "by_y"),
    [
        (0.0, 0.0, 0.0, 0.0),
        (-0.0, 0.0, 0.0, 0.0),
        (0.0, 1.0, 1.0, 0.0),
        (0.0, 2.0, 0.0, 0.0),
        (0.0, 0.5, np.inf, 0.0),
        (2.0, 0.0, 0.0, np.log(2)),
        (-2.0, 0.0, 0.0, 0.0),
        (-2.0, 3.0, 12.0, 0.0),
        (-2.0, -1.0, -0.25, 0.0),
        (4.0, 0.5, 0.25, 2 * np.log(4)),
        (np.nan, 0.0, np.nan, 0.0),
        (np.nan, 2.0, np.nan, np.nan),
        (np.inf, 0.0, 0.0, np.inf),
        (np.inf, 1.0, 1.0, np.inf),
    ],
)
def test_slopes_of_one_power(x, y, by_x, by_y):
    got = derivatives(graphs.from_form(["**", "x", "y"]), {"x": np.float64(x), "y": np.float64(y)})
    np.testing.assert_allclose(got["x"], by_x, rtol=1e-12)
    np.testing.assert_allclose(got["y"], by_y, rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "by_x"),
    [
        (np.array([0, 2, 3]), np.array([0, 0, 2]), [0.0, 0.0, 6.0]),
        (np.array([0, 2, 3]), 2, [0.0, 4.0, 6.0]),
        (np.array([0, 2, 3]), 0, [0.0, 0.0, 0.0]),
        (np.array([0.0, 2.0]), np.array([0, 1]), [0.0, 1.0]),
        (np.array([4, 1]), 0.5, [0.25, 0.5]),
    ],
    ids=str,
)
def test_integers_have_slopes_too(x, y, by_x):
    for form, values in ((["**", "x", "y"], {"x": x, "y": y}), (["**", "x", {"constant": y}], {"x": x})):
        graph = graphs.from_form(["sum", form])
        np.testing.assert_allclose(graphs.evaluate(graphs.derivative(graph, ["x"]), values), by_x)


def test_an_exponent_keeps_the_digits_of_the_base():
    x = np.float64(3.0)
    for exponent, form in ((0.3, ["**", "x", 0.3]), (0.7, ["sum", ["**", "x", [0.7]]])):
        got = derivatives(graphs.from_form(form), {"x": x})["x"].numpy()
        assert got == pytest.approx(exponent * x ** (exponent - 1), rel=1e-15)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_slopes_keep_the_dtype(dtype):
    for y in (0, 3, 0.5, [0, 1], tf.constant([1, 0])):
        graph = graphs.from_form(["sum", ["**", "x", {"constant": y}]])
        got = derivatives(graph, {"x": tf.constant([0.0, 2.0], dtype)})["x"]
        assert got.dtype == dtype
        assert not np.isnan(t.to_numpy(t.cast(got, "float64"))).any()
