"""Slopes of powers on a tape: polynomials, and their derivatives of every order, are NumPy's, at 0 too."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial import Polynomial

from pybridge import autodiff
from pybridge import tensors as t

NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0])


def term_by_term(coefficients):
    return lambda x: t.sum(sum(c * t.power(x, place) for place, c in enumerate(coefficients)))


def powers_at_once(coefficients):
    return lambda x: t.sum(coefficients * t.power(t.expand_dims(x, -1), list(range(len(coefficients)))))


@pytest.mark.parametrize("write", [term_by_term, powers_at_once])
@settings(max_examples=settings.default.max_examples // 5)
@given(
    coefficients=st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=5),
    x=st.lists(NUMBERS, min_size=1, max_size=3),
)
def test_polynomials_of_every_degree(write, coefficients, x):
    x, polynomial, f = tf.constant(x, "float64"), Polynomial(coefficients), write(coefficients)
    for _ in range(4):
        f = (lambda before: lambda x: autodiff.gradient(before, x))(f)
        polynomial = polynomial.deriv()
        np.testing.assert_allclose(f(x), polynomial(x.numpy()), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("jit", [True, False])
def test_slopes_in_a_compiled_function(jit):
    def slopes(x):
        return autodiff.gradient(lambda x: t.sum(t.power(x, [0.0, 1.0, 2.0]) + t.power(x, 0)), x)

    assert t.to_list(tf.function(slopes, jit_compile=jit, autograph=False)(t.tensor([0.0, 0.0, 0.0]))) == [
        0.0,
        1.0,
        0.0,
    ]


def slopes(power, *xs):
    return autodiff.gradient(lambda *xs: tf.reduce_sum(tf.abs(power(*xs)) ** 2), *xs)


@pytest.mark.parametrize(("x", "y"), [((2, 3), (3,)), ((), (2, 2)), ((2, 1), (1, 3)), ((0, 3), (1,)), ((2,), (2,))])
def test_shapes_that_broadcast_against_tensorflow(x, y):
    random = np.random.default_rng(3)
    x, y = tf.constant(random.uniform(0.5, 2, x)), tf.constant(random.normal(size=y))
    for got, expected in zip(slopes(t.power, x, y), slopes(tf.pow, x, y), strict=True):
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("y", [2 + 0j, 0.5 + 0j, 1 + 1j])
def test_complex_numbers_against_tensorflow(y):
    z = tf.constant([1 + 2j, 0.5 - 1j])
    for got, expected in zip(
        slopes(t.power, z, tf.constant(y, z.dtype)), slopes(tf.pow, z, tf.constant(y, z.dtype)), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_numbers_are_those_of_tensorflow_while_a_tape_is_open():
    x = tf.constant([-2.0, -0.0, 0.0, 0.3, 7.0, np.inf, np.nan])
    for y in (-1.0, 0.0, 0.5, 1.0, 2.0, 3.7):
        with tf.GradientTape() as tape:
            tape.watch(x)
            got = t.power(x, y)
        np.testing.assert_array_equal(got, tf.pow(x, y))
        assert got.dtype == x.dtype
