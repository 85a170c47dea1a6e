"""Gradients against arithmetic by hand and finite differences."""

from __future__ import annotations

import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pybridge import autodiff
from pybridge import tensors as t
from pybridge.errors import DtypeError, OptionError, ShapeError

small = st.floats(-2, 2, width=32)


def by_differences(f, x, width=1e-5):
    """The gradient of f at x, in binary64, from two calls per number."""
    slope = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += width
        down[place] -= width
        slope[place] = (f(up) - f(down)) / (2 * width)
    return slope


# ---- functions ----


def test_gradient_of_one_number_is_its_gradient_alone():
    assert t.to_list(autodiff.gradient(lambda x: 2 * x + 3, 5.0)) == 2.0
    assert t.to_list(autodiff.gradient(lambda x: x * x, 3)) == 6.0


def test_gradients_of_several_come_as_a_list():
    slopes = autodiff.gradient(lambda x, y: x * x * y, 3.0, 5.0)
    assert isinstance(slopes, list)
    assert [t.to_list(slope) for slope in slopes] == [30.0, 9.0]


def test_a_list_of_numbers_is_one_tensor():
    slope = autodiff.gradient(lambda x: t.sum(x * x), [1.0, 2.0])
    assert isinstance(slope, tf.Tensor)
    assert t.to_list(slope) == [2.0, 4.0]


def test_gradients_keep_lists_and_maps():
    layers = {"layers": [{"w": [[1.0, 2.0]], "b": 0.5}, (t.tensor([3.0]), 4.0)], "unused": 1.0}

    def f(p):
        first, (v, c) = p["layers"]
        return t.sum(t.matmul(first["w"], [[1.0], [10.0]])) + 2 * first["b"] + t.sum(v) * c

    slopes = autodiff.gradient(f, layers)
    assert list(slopes) == ["layers", "unused"]
    assert slopes["unused"] is None
    first, second = slopes["layers"]
    assert t.to_list(first["w"]) == [[1.0, 10.0]]
    assert t.to_list(first["b"]) == 2.0
    assert isinstance(second, tuple)
    assert [t.to_list(slope) for slope in second] == [[4.0], 3.0]


def test_a_ragged_list_of_numbers_is_several_parameters():
    slopes = autodiff.gradient(lambda p: t.sum(p[0]) * p[1], [[1.0, 2.0], 3.0])
    assert [t.to_list(slope) for slope in slopes] == [[3.0, 3.0], 3.0]


def test_no_parameters_have_no_gradients():
    assert autodiff.gradient(lambda p, x: x * x, [], 3.0)[0] == []


@pytest.mark.parametrize("x", [3, True, np.int32(3), t.tensor(3), np.array(3, "uint8")])
def test_integers_are_lifted(x):
    slope = autodiff.gradient(lambda x: 2 * x, x)
    assert (t.dtype(slope), t.to_list(slope)) == ("float32", 2.0)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_gradients_have_the_dtype_of_what_they_belong_to(dtype):
    x = t.tensor([1.0, 2.0], dtype=dtype)
    assert t.dtype(autodiff.gradient(lambda x: t.sum(x * x), x)) == dtype
    assert t.dtype(autodiff.jacobian(lambda x: x * x, x)) == dtype
    assert t.dtype(autodiff.hessian(lambda x: t.sum(x * x), x)) == dtype


def test_several_numbers_count_as_their_sum():
    w = t.variable([[1.0, 2.0], [3.0, 4.0]])
    assert t.to_list(autodiff.gradient(lambda w: 2 * w + 3, w)) == [[2.0, 2.0], [2.0, 2.0]]
    assert t.to_list(autodiff.gradient(lambda x: [x, x * x], 3.0)) == 7.0


def test_variables_are_followed_given_or_closed_over():
    w = t.variable(3.0)
    assert t.to_list(autodiff.gradient(lambda _: w * w, w)) == 6.0
    assert t.to_list(autodiff.gradient(lambda v: v * w, w)) == 6.0
    fixed = tf.Variable(3.0, trainable=False)
    assert t.to_list(autodiff.gradient(lambda v: v * v, fixed)) == 6.0


@pytest.mark.parametrize("trainable", [True, False])
def test_keras_variables_are_variables(trainable):
    w = keras.Variable([1.0, 2.0], trainable=trainable)
    assert t.to_list(autodiff.gradient(lambda v: t.sum(v * w), w)) == [2.0, 4.0]
    with autodiff.tape(watch=[w]) as tape:
        y = t.sum(t.square(w))
    assert t.to_list(autodiff.differentiate(tape, y, {"w": w})["w"]) == [2.0, 4.0]


@pytest.mark.parametrize("constant", [1.0, 1, [1, 2], t.tensor(2.0), np.ones(2), True])
def test_what_does_not_depend_on_x_has_no_gradient(constant):
    assert autodiff.gradient(lambda x: constant, 3.0) is None
    assert autodiff.gradient(lambda x: t.argmax(x), [3.0, 4.0]) is None


def test_value_and_gradient_give_both():
    value, slopes = autodiff.value_and_gradient(lambda x, y: x * y, 3.0, 5)
    assert (t.dtype(value), t.to_list(value)) == ("float32", 15.0)
    assert [t.to_list(slope) for slope in slopes] == [5.0, 3.0]
    value, slope = autodiff.value_and_gradient(lambda x: 7, 3.0)
    assert (t.dtype(value), t.to_list(value), slope) == ("int64", 7, None)


def test_a_lookup_has_a_tensor_for_its_gradient():
    table = t.variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    slope = autodiff.gradient(lambda w: t.sum(t.gather(w, [2, 2, 0])), table)
    assert isinstance(slope, tf.Tensor)
    assert t.to_list(slope) == [[1.0, 1.0], [0.0, 0.0], [2.0, 2.0]]


def test_gradients_of_gradients():
    def slope(x):
        return autodiff.gradient(lambda x: x**4, x)

    def curvature(x):
        return autodiff.gradient(slope, x)

    assert t.to_list(slope(2.0)) == 32.0
    assert t.to_list(curvature(2.0)) == 48.0
    assert t.to_list(autodiff.gradient(curvature, 2.0)) == 48.0


def test_gradients_inside_a_compiled_function():
    @tf.function(autograph=False, jit_compile=True)
    def slope(x):
        return autodiff.gradient(lambda x: t.sum(x**3), x)

    assert t.to_list(slope(t.tensor([1.0, 2.0]))) == [3.0, 12.0]


@given(st.lists(small, min_size=6, max_size=6), st.lists(small, min_size=3, max_size=3))
def test_gradient_agrees_with_finite_differences(w, x):
    w, x = np.array(w).reshape(2, 3), np.array(x)

    def by_numpy(w):
        z = w @ x
        return np.sum(np.tanh(z) * z) + np.log(np.sum(np.exp(w)))

    def by_tensors(w):
        z = t.matmul(w, x)
        return t.sum(t.tanh(z) * z) + t.log(t.sum(t.exp(w)))

    slope = autodiff.gradient(by_tensors, w)
    np.testing.assert_allclose(slope, by_differences(by_numpy, w), rtol=1e-5, atol=1e-8)


def test_jacobian_has_the_shape_of_the_result_then_of_x():
    matrix = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "float32")
    np.testing.assert_array_equal(autodiff.jacobian(lambda x: t.matmul(matrix, x), [1.0, 1.0, 1.0]), matrix)
    assert t.shape(autodiff.jacobian(lambda x: t.matmul(x, [[1.0], [2.0]]), t.ones([3, 2]))) == [3, 1, 3, 2]
    assert t.to_list(autodiff.jacobian(lambda x: x * x, 3)) == 6.0


def test_jacobian_of_many_numbers():
    x = np.linspace(-1, 1, 100)
    np.testing.assert_allclose(autodiff.jacobian(t.tanh, x), np.diag(1 - np.tanh(x) ** 2), rtol=1e-12)


def test_jacobian_of_what_does_not_depend_on_x_is_zero():
    np.testing.assert_array_equal(autodiff.jacobian(lambda x: [1.0, 2.0], [1.0, 2.0, 3.0]), np.zeros((2, 3)))
    np.testing.assert_array_equal(autodiff.jacobian(lambda x: 1, 2.0), 0)
    np.testing.assert_array_equal(autodiff.jacobian(lambda x: t.argmax(x), [1.0, 2.0]), [0, 0])


def test_hessian_is_the_second_derivative():
    assert t.to_list(autodiff.hessian(lambda x: x[0] ** 2 * x[1], [3.0, 5.0])) == [[10.0, 6.0], [6.0, 0.0]]
    assert t.to_list(autodiff.hessian(lambda x: 4.9 * x**2, t.variable(2.0, dtype="float64"))) == pytest.approx(9.8)
    assert t.to_list(autodiff.hessian(lambda x: t.sum(3 * x), [1.0, 2.0])) == [[0.0, 0.0], [0.0, 0.0]]
    assert t.to_list(autodiff.hessian(lambda x: 1.0, [1.0])) == [[0.0]]
    assert t.to_list(autodiff.hessian(lambda x: t.sum(t.gather(x, [0, 0]) ** 2), [3.0, 1.0])) == [
        [4.0, 0.0],
        [0.0, 0.0],
    ]


def test_functions_say_what_they_cannot_differentiate():
    count = t.variable(3)
    with pytest.raises(DtypeError, match=r"gradients need floats; write 3\.0, not 3: this variable holds int64"):
        autodiff.gradient(lambda x: x * 2.0, count)
    with pytest.raises(DtypeError, match=r"gradients need floats; write 3\.0"):
        autodiff.jacobian(lambda x: x, count)
    with pytest.raises(DtypeError, match="the function must return a number or a tensor of numbers; it returned None"):
        autodiff.gradient(lambda x: None, 3.0)
    with pytest.raises(DtypeError, match="a tensor holds numbers; got 'w'"):
        autodiff.gradient(lambda x: x, {"a": "w"})
    with pytest.raises(OptionError, match="gradient: with respect to what"):
        autodiff.gradient(lambda: 3.0)
    with pytest.raises(ShapeError, match="ragged"):
        autodiff.jacobian(lambda x: x, [[1.0], [2.0, 3.0]])


def test_an_error_in_the_function_leaves_nothing_recording():
    x = t.variable(3.0)
    with autodiff.tape() as outer:
        with pytest.raises(ZeroDivisionError):
            autodiff.gradient(lambda v: 1 // 0, x)
        y = x * x
    assert t.to_list(outer.gradient(y, x)) == 6.0


# ---- the tape ----


def test_the_tape_of_the_book():
    x = t.variable(0.0)
    with autodiff.tape() as tape:
        y = 2 * x + 3
    assert t.to_list(tape.gradient(y, x)) == 2.0

    x = t.variable(t.zeros([2, 2]))
    with autodiff.tape() as tape:
        y = 2 * x + 3
    assert t.to_list(tape.gradient(y, x)) == [[2.0, 2.0], [2.0, 2.0]]

    W, b, x = t.variable(t.ones([2, 2])), t.variable(t.zeros([2])), t.tensor([[1.0, 2.0], [3.0, 4.0]])
    with autodiff.tape() as tape:
        y = t.matmul(x, W) + b
    slopes = autodiff.differentiate(tape, y, [W, b])
    assert [t.to_list(slope) for slope in slopes] == [[[4.0, 4.0], [6.0, 6.0]], [2.0, 2.0]]


@pytest.mark.parametrize("inside", [True, False])
def test_two_nested_tapes_give_speed_and_acceleration(inside):
    time = t.variable(2.0)
    with autodiff.tape() as outer:
        with autodiff.tape() as inner:
            position = 4.9 * time**2
            if inside:
                speed = autodiff.differentiate(inner, position, time)
        if not inside:
            speed = inner.gradient(position, time)
        if inside:
            acceleration = autodiff.differentiate(outer, speed, time)
    if not inside:
        acceleration = outer.gradient(speed, time)
    assert t.to_list(speed) == pytest.approx(19.6)
    assert t.to_list(acceleration) == pytest.approx(9.8)


def test_a_tape_driven_by_enter_and_exit_from_another_thread():
    x, slopes = t.variable(3.0), []

    def differentiate():
        tape = autodiff.tape()
        assert tape.__enter__() is tape
        y = x * x
        slopes.append(autodiff.differentiate(tape, y, x))
        assert tape.__exit__(None, None, None) is None

    thread = threading.Thread(target=differentiate)
    thread.start()
    thread.join()
    assert t.to_list(slopes[0]) == 6.0


def test_a_constant_needs_watching():
    x = t.tensor(3.0)
    with autodiff.tape() as tape:
        y = x * x
    assert tape.gradient(y, x) is None
    with autodiff.tape(watch=x) as tape:
        y = x * x
    assert t.to_list(tape.gradient(y, x)) == 6.0
    with autodiff.tape() as tape:
        tape.watch([x])
        y = x * x
    assert t.to_list(tape.gradient(y, {"x": [x]})["x"][0]) == 6.0


def test_a_tape_is_spent_unless_it_is_persistent():
    x = t.variable(3.0)
    with autodiff.tape() as tape:
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(
        OptionError, match="this tape has given its gradients; make it persistent to ask it more than once"
    ):
        tape.gradient(y, x)
    with pytest.raises(OptionError, match="persistent"):
        tape.jacobian(y, x)
    with autodiff.tape(persistent=True) as tape:
        y = x * x
        z = y * x
    assert t.to_list(tape.gradient(y, x)) == 6.0
    assert t.to_list(tape.gradient(z, x)) == 27.0
    assert t.to_list(tape.gradient([y, z], x)) == 33.0


def test_a_persistent_tape_differentiates_its_own_gradient():
    x = t.variable(3.0)
    with autodiff.tape(persistent=True) as tape:
        slope = tape.gradient(x**3, x)
    assert t.to_list(slope) == 27.0
    assert t.to_list(tape.gradient(slope, x)) == 18.0


@pytest.mark.parametrize("persistent", [True, False])
def test_a_tape_gives_jacobians(persistent):
    x, other = t.variable([1.0, 2.0]), t.variable(1.0)
    with autodiff.tape(persistent=persistent) as tape:
        y = x * x
    of_x, of_other = tape.jacobian(y, [x, other])
    assert t.to_list(of_x) == [[2.0, 0.0], [0.0, 4.0]]
    assert of_other is None


def test_what_the_tape_has_not_seen_has_no_gradient():
    x, other = t.variable(3.0), t.variable(1.0)
    with autodiff.tape(persistent=True) as tape:
        y = x * x
    late = y * 2
    assert tape.gradient(late, x) is None
    assert tape.gradient(y, other) is None
    assert tape.gradient(3.0, x) is None
    assert tape.gradient(np.float32(3.0), [x]) == [None]
    assert tape.gradient(t.tensor(3), x) is None
    assert tape.jacobian(t.tensor([3]), x) is None


def test_a_tape_says_what_it_cannot_follow():
    count = t.variable(3)
    with autodiff.tape() as tape:
        y = t.cast(count, "float32")
    with pytest.raises(DtypeError, match=r"gradients need floats; write 3\.0, not 3: this variable holds int64"):
        tape.gradient(y, count)
    with pytest.raises(DtypeError, match=r"gradients need floats; write 3\.0, not 3: this tensor holds int64"):
        autodiff.tape(watch=[t.tensor(3)])
    with pytest.raises(DtypeError, match=r"a tape follows tensors and variables; got \[3.0\]: make a variable of it"):
        tape.gradient(y, [3.0])
    with pytest.raises(DtypeError, match="jacobian: y is one tensor that the tape has recorded; got a list"):
        tape.jacobian([y], t.variable(3.0))
    with pytest.raises(OptionError, match="this tape has recorded nothing yet"):
        autodiff.tape().gradient(y, t.variable(3.0))
