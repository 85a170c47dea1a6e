"""Directional derivatives, weighed gradients, rows at once, gradient checks: against central differences and loops."""

from __future__ import annotations

import collections
import functools
import math
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import autodiff, linalg
from pybridge import tensors as t

some = settings(max_examples=settings.default.max_examples // 2)

# A function of a vector in tensors, and the same in NumPy.
SMOOTH = {
    "square": (lambda x: x * x, lambda x: x * x),
    "tanh": (lambda x: t.tanh(t.multiply(x, 2)), lambda x: np.tanh(x * 2)),
    "sum": (lambda x: t.sum(t.exp(x)), lambda x: np.sum(np.exp(x))),
    "outer": (lambda x: t.tensordot(x, t.sigmoid(x), 0), lambda x: np.multiply.outer(x, 1 / (1 + np.exp(-x)))),
    "softmax": (t.softmax, lambda x: np.exp(x) / np.exp(x).sum()),
    "norm": (lambda x: t.norm(t.add(t.square(x), 1), 3), lambda x: np.linalg.norm(x * x + 1, 3)),
    "powers": (lambda x: t.power(t.expand_dims(x, 1), [0, 1, 2, 3]), lambda x: x[:, None] ** np.arange(4)),
    "stacked": (lambda x: t.stack([x, t.negative(x)]), lambda x: np.stack([x, -x])),
    "constant": (lambda x: t.tensor([1.0, 2.0], "float64"), lambda x: np.array([1.0, 2.0])),
}
numbers = st.sampled_from([0.0, -0.0, 1.0, -1.0]) | st.floats(-2, 2, width=16)
functions = st.sampled_from(sorted(SMOOTH))


@st.composite
def points(draw, vectors=1):
    n = draw(st.integers(1, 5))
    return [np.array(draw(st.lists(numbers, min_size=n, max_size=n))) for _ in range(vectors)]


def difference(f, x, step):
    """How fast f changes as x moves along step, in binary64."""
    h = 1e-6
    return (f(x + h * step) - f(x - h * step)) / (2 * h)


def by_differences(f, x):
    """The jacobian of f at x, the shape of f(x) followed by that of x."""
    columns = [difference(f, x, one.reshape(x.shape)) for one in np.eye(x.size)]
    return np.stack(columns, -1).reshape(*np.shape(columns[0]), *x.shape)


def close(found, expected, tolerance=1e-6):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@some
@given(functions, points(2))
def test_jvp_is_the_change_along_a_direction(name, pair):
    f, by_numpy = SMOOTH[name]
    x, v = pair
    value, slope = autodiff.jvp(f, x, v)
    close(value, by_numpy(x))
    close(slope, difference(by_numpy, x, v))
    assert slope.dtype == "float64"


@some
@given(functions, points(), st.integers(0, 99))
def test_vjp_weighs_the_jacobian(name, only, seed):
    f, by_numpy = SMOOTH[name]
    (x,) = only
    weights = np.random.default_rng(seed).normal(size=by_numpy(x).shape)
    value, slope = autodiff.vjp(f, x, weights)
    close(value, by_numpy(x))
    close(slope, np.tensordot(weights, by_differences(by_numpy, x), weights.ndim))


@some
@given(functions, points())
def test_jacobian_and_hessian_agree_with_differences(name, only):
    f, by_numpy = SMOOTH[name]
    (x,) = only
    close(autodiff.jacobian(f, x), by_differences(by_numpy, x))
    slopes = autodiff.gradient(f, x)
    close(np.zeros_like(x) if slopes is None else slopes, by_differences(lambda x: np.sum(by_numpy(x)), x))

    def slope(x):
        found = autodiff.gradient(f, x)
        return np.zeros_like(x) if found is None else found.numpy()

    close(autodiff.hessian(f, x), by_differences(slope, x))


@settings(max_examples=settings.default.max_examples // 4)
@given(functions, st.integers(1, 4), st.integers(1, 4), st.integers(0, 99))
def test_vmap_is_a_loop_over_rows(name, rows, columns, seed):
    f, by_numpy = SMOOTH[name]
    x = np.random.default_rng(seed).normal(size=(rows, columns))
    close(autodiff.vmap(f, x), np.stack([by_numpy(row) for row in x]), 1e-12)
    slopes = autodiff.vmap(lambda row: autodiff.vjp(lambda x: t.sum(f(x)), row, 1.0)[1], x)
    close(slopes, np.stack([by_differences(lambda x: np.sum(by_numpy(x)), row) for row in x]))


@some
@given(functions, points())
def test_check_gradient_agrees_with_right_gradients_and_no_wrong_one(name, only):
    f, _ = SMOOTH[name]
    (x,) = only
    assert autodiff.check_gradient(f, x)["agrees"]
    wrong = autodiff.check_gradient(lambda x: t.sum(f(x)) + t.sum(3 * autodiff.stop_gradient(x)), x)
    assert not wrong["agrees"]
    assert wrong["largest_difference"] == pytest.approx(3, rel=1e-4)


# ---- structures ----


STRUCTURE = {"w": [[1.0, 2.0], [3.0, 4.0]], "more": [t.tensor(5.0), (6.0, t.tensor([7.0]))], "unused": 8.0}


def of_structure(p):
    first, (second, third) = p["more"]
    return t.matmul(p["w"], [1.0, 10.0]) * first * second + third


def test_structures_along_a_direction_and_weighed():
    direction = {"unused": 1.0, "more": [1.0, (0.0, [2.0])], "w": [[0.0, 0.0], [1.0, 0.0]]}
    value, slope = autodiff.jvp(of_structure, STRUCTURE, direction)
    close(value, [637, 1297])  # 21 · 30 + 7, 43 · 30 + 7
    close(slope, [21 * 6 + 2, 43 * 6 + 30 + 2])
    value, slopes = autodiff.vjp(of_structure, STRUCTURE, [1.0, 0.0])
    assert list(slopes) == ["w", "more", "unused"]
    close(slopes["w"], [[30, 300], [0, 0]])
    close(slopes["more"][0], 126)
    close(slopes["more"][1][0], 105)
    close(slopes["more"][1][1], [1])
    close(slopes["unused"], 0)
    found = autodiff.check_gradient(of_structure, STRUCTURE)
    assert found["agrees"]
    assert autodiff.check_gradient(lambda p, q: p["a"] * autodiff.stop_gradient(q[0]), {"a": 1.0}, [2.0, [3.0]]) == {
        "agrees": False,
        "largest_difference": pytest.approx(1),
        "at": [1, 0],
    }


def test_named_tuples_stay_named():
    Line = collections.namedtuple("Line", "slope start")
    slopes = autodiff.gradient(lambda line: line.slope * 3 + line.start, Line(2.0, 1.0))
    assert isinstance(slopes, Line)
    close(slopes.slope, 3)


@pytest.mark.parametrize("make", [tf.Variable, keras.Variable])
def test_variables(make):
    w = make([1.0, 2.0])
    close(autodiff.jvp(lambda v: v * v, w, [1.0, 10.0])[1], [2, 40])
    close(autodiff.vjp(lambda v: v * v, w, [1.0, 10.0])[1], [2, 40])
    close(autodiff.hessian(lambda v: t.sum(v * v * v), w), [[6, 0], [0, 12]])
    assert autodiff.check_gradient(lambda v: t.sum(v * v), w)["agrees"]
    close(autodiff.vmap(lambda v: v * 2, w), [2, 4])
    close(autodiff.stop_gradient(w), [1, 2])


@pytest.mark.parametrize("x", [t.tensor(3.0), tf.Variable(3.0)])
def test_one_tensor_in_two_places_is_two_arguments(x):
    close(autodiff.gradient(lambda a, b: a * b * b, x, x), [9, 18])
    close(autodiff.jvp(lambda p: p[0] * p[1], [x, x], [1.0, 0.0])[1], 3)
    close(autodiff.vjp(lambda p: p[0] * p[1] * p[1], [x, x], 1.0)[1], [9, 18])


def test_a_tensor_that_is_closed_over_is_constant():
    x = t.tensor(3.0)
    close(autodiff.gradient(lambda a: a * x, x), 3)


# ---- rows at once ----


def test_vmap_takes_and_returns_lists_and_maps():
    rows = {"x": [[1.0, 2.0], [3.0, 4.0]], "y": [10, 20]}
    found = autodiff.vmap(lambda row: {"s": t.sum(row["x"]), "both": [row["y"], row["x"]], "c": 7, "v": [1, 2]}, rows)
    assert list(found) == ["s", "both", "c", "v"]
    close(found["s"], [3, 7])
    assert found["both"][0].dtype == "int64"
    close(found["both"][1], rows["x"])
    assert t.to_list(found["c"]) == [7, 7]
    assert t.to_list(found["v"]) == [[1, 2], [1, 2]]


def test_vmap_calls_a_function_once():
    calls = []
    autodiff.vmap(lambda row: calls.append(row) or t.sum(row), t.ones([50, 3]))
    assert len(calls) == 1


def test_vmap_goes_row_by_row_where_a_function_looks_at_its_numbers():
    close(autodiff.vmap(lambda x: x if x > 1 else -x, [1.0, 2.0]), [-1, 2])
    close(autodiff.vmap(np.sin, [1.0, 2.0]), np.sin([1, 2]))
    close(autodiff.vmap(lambda m: linalg.lu(m)["u"], [[[2.0]], [[4.0]]]), [[[2]], [[4]]])
    close(autodiff.gradient(lambda x: t.sum(autodiff.vmap(lambda x: x**3 if x > 2 else x, x)), [1.0, 3.0]), [1, 27])


def test_vmap_of_vmap_of_gradients_and_of_no_rows():
    close(autodiff.vmap(lambda row: autodiff.vmap(lambda x: x * x, row), [[1.0, 2.0], [3.0, 4.0]]), [[1, 4], [9, 16]])
    close(autodiff.gradient(lambda x: t.sum(autodiff.vmap(lambda row: t.sum(row**3), x)), [[1.0, 2.0]]), [[3, 12]])
    close(autodiff.jvp(lambda x: autodiff.vmap(lambda row: t.sum(row**3), x), [[1.0, 2.0]], [[1.0, 0.0]])[1], [3])
    assert autodiff.vmap(t.sum, t.zeros([0, 3])).shape == (0,)
    close(autodiff.vmap(lambda x: linalg.inv(x), [[[2.0]], [[4.0]]]), [[[0.5]], [[0.25]]])


# ---- complex numbers ----


@some
@given(st.complex_numbers(max_magnitude=2, min_magnitude=0.1), st.complex_numbers(max_magnitude=2))
def test_complex_points(z, v):
    z, v = np.complex128(z), np.complex128(v)
    value, slope = autodiff.jvp(lambda z: t.exp(z * z), z, v)
    close(value, np.exp(z * z))
    close(slope, difference(lambda z: np.exp(z * z), z, v), 1e-4)

    def growth(z):
        return np.abs(z * z * z + z)

    found = autodiff.gradient(lambda z: t.absolute(z * z * z + z), z)
    if growth(z) > 0.01:
        close(found, difference(growth, z, 1) + 1j * difference(growth, z, 1j), 1e-4)


# ---- in compiled functions ----


def test_in_compiled_functions():
    x = t.tensor([1.0, 2.0])
    for f, expected in [
        (lambda x: autodiff.jvp(lambda x: x**3, x, [1.0, 0.0])[1], [3, 0]),
        (lambda x: autodiff.vjp(lambda x: x**3, x, [0.0, 1.0])[1], [0, 12]),
        (lambda x: autodiff.hessian(lambda x: t.sum(x**3), x), [[6, 0], [0, 12]]),
        (lambda x: autodiff.jacobian(lambda x: x**3, x), [[3, 0], [0, 12]]),
        (lambda x: autodiff.vmap(lambda x: x**3, x), [1, 8]),
        (lambda x: autodiff.gradient(lambda x: t.sum(x * autodiff.stop_gradient(x)), x), [1, 2]),
        (lambda x: autodiff.hessian(lambda x: t.sum(t.power(x, [0, 1])), 0 * x), [[0, 0], [0, 0]]),
    ]:
        for jit in (False, True):
            close(tf.function(f, autograph=False, jit_compile=jit)(x), expected)


def test_threads_differentiate_side_by_side():
    found = {}

    def work(n):
        found[n] = [
            t.to_list(autodiff.jvp(lambda x: x**3, float(n), 1.0)[1]),
            t.to_list(autodiff.hessian(lambda x: x**3, float(n))),
            t.to_list(autodiff.vmap(lambda x: x**3, [float(n)])),
        ]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: [3.0 * n * n, 6.0 * n, [n**3]] for n in range(4)}


# ---- slopes at 0 ----


@pytest.mark.parametrize("n", range(5))
def test_powers_have_their_slopes_at_0(n):
    expected = [math.factorial(n) if order == n else 0 for order in range(1, 6)]

    def slopes(f, x):
        for _ in range(5):
            f = functools.partial(autodiff.gradient, f)
            yield t.to_list(f(x))

    assert list(slopes(lambda x: t.power(x, n), 0.0)) == expected
    assert list(slopes(lambda x: t.sum(t.power(x, [n])), 0.0)) == expected


def test_powers_with_exponents_that_vary():
    close(autodiff.gradient(t.power, [0.0, 2.0, -1.0], [2.0, 3.0, 2.0])[1], [0, 8 * math.log(2), 0])
    close(autodiff.gradient(t.power, 0.0, [0.0, 1.0, 2.0])[0], 1)
    assert t.to_list(autodiff.gradient(lambda x: t.power(x, 0.5), 0.0)) == math.inf
    close(autodiff.gradient(lambda z: t.absolute(t.power(z, 2)), [0j, 2j]), [0, 4j])


@pytest.mark.parametrize(
    "f",
    [
        lambda row: t.pad(row, 1, value=7),
        lambda row: autodiff.gradient(t.prod, row),
        lambda row: autodiff.gradient(lambda x: t.sum(t.cumprod(x)), row),
        lambda row: autodiff.hessian(t.prod, row),
        t.median,
        lambda row: t.quantile(row, 0.3),
        lambda row: t.concatenate(t.split(row, [1])),
    ],
)
@pytest.mark.parametrize("rows", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[0.0, 2.0, 3.0], [4.0, 0.0, 0.0]]])
def test_all_rows_at_once_are_the_rows_one_by_one(f, rows):
    np.testing.assert_allclose(autodiff.vmap(f, rows), np.stack([f(t.tensor(row)) for row in rows]), rtol=1e-6)


def test_large_numbers_are_checked_too():
    for x in (1e11, 1e15, 1e100):
        assert autodiff.check_gradient(lambda x: t.sum(x * x), np.array([x]))["agrees"]
