"""What gradients refuse, and in which words."""

from __future__ import annotations

import contextlib
import datetime
import math

import numpy as np
import pytest
import tensorflow as tf

from pybridge import autodiff, linalg
from pybridge import tensors as t
from pybridge.errors import ConversionError, DtypeError, OptionError, PybridgeError, ShapeError

ONE = {
    "gradient": autodiff.gradient,
    "value_and_gradient": autodiff.value_and_gradient,
    "jacobian": autodiff.jacobian,
    "hessian": autodiff.hessian,
    "jvp": lambda f, x: autodiff.jvp(f, x, x),
    "vjp": lambda f, x: autodiff.vjp(f, x, x),
}


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize(
    "f",
    [
        np.sin,
        math.sin,
        lambda x: float(x) ** 2,
        lambda x: t.tensor(x.numpy() * 2),
        lambda x: t.sum(t.to_list(x)),
        lambda x: np.asarray(x) + 1,
        lambda x: linalg.describe([[x]])["determinant"],
    ],
)
def test_functions_that_leave_tensors(name, f):
    with pytest.raises(OptionError) as caught:
        ONE[name](f, 1.0)
    assert str(caught.value) == (
        f"{name}: the function takes plain numbers out of its tensors, as NumPy, math and Java's Math do, and no "
        "gradient passes through those; compute with pybridge.tensors, as in tensors.sin(x)"
    )


def test_what_truly_does_not_depend_on_x_is_not_refused():
    assert autodiff.gradient(lambda x: np.float32(3), 1.0) is None
    assert autodiff.gradient(lambda x: 1.0 if x > 0 else 0.0, 1.0) is None
    assert autodiff.gradient(autodiff.stop_gradient, 1.0) is None
    assert t.to_list(autodiff.jacobian(lambda x: 3.0, [1.0, 2.0])) == [0.0, 0.0]
    assert t.to_list(autodiff.jvp(lambda x: [3.0, 4.0], [1.0], [1.0])[1]) == [0.0, 0.0]
    assert t.to_list(autodiff.vjp(lambda x: 3, [1.0], 1.0)[1]) == [0.0]


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize(
    ("result", "error", "says"),
    [
        (None, DtypeError, "the function must return a number or a tensor of numbers; it returned None"),
        ("a", DtypeError, "the function must return a number or a tensor of numbers; it returned 'a'"),
        ({"a": 1.0}, DtypeError, "the function must return a number or a tensor of numbers; it returned {'a': 1.0}"),
        (
            tf.constant("a"),
            DtypeError,
            "the function must return a number or a tensor of numbers; it returned <tf.Tensor",
        ),
        (
            [[1.0], [2.0, 3.0]],
            ShapeError,
            "the function must return a number or a tensor of numbers; it returned a list, and a ragged list makes no",
        ),
    ],
)
def test_what_a_function_must_return(name, result, error, says):
    with pytest.raises(error) as caught:
        ONE[name](lambda x: result, 1.0)
    assert str(caught.value).startswith(f"{name}: {says}")


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: autodiff.gradient(lambda z: z * z, 1 + 2j),
            DtypeError,
            "gradient: the function must return real numbers to have a gradient; it returned complex64: "
            "take an absolute value, or tf.math.real or imag, of it",
        ),
        (lambda: autodiff.vjp(lambda z: z * z, 1j, 1.0), DtypeError, "vjp: the function must return real numbers to"),
        (lambda: autodiff.jacobian(lambda z: z, [1j]), DtypeError, "jacobian: the function must return real numbers"),
        (
            lambda: autodiff.hessian(t.absolute, 1j),
            DtypeError,
            "hessian: second derivatives are taken at real numbers; got complex64",
        ),
        (
            lambda: autodiff.check_gradient(t.absolute, 1j),
            DtypeError,
            "check_gradient: differences are taken at real numbers; got complex64",
        ),
        (lambda: autodiff.jvp(t.square, 1.0, 1j), DtypeError, "jvp: v must be real, as x is; got complex64"),
        (lambda: autodiff.jvp(t.square, [1.0, 2.0], 1.0), ShapeError, "jvp: v must have the shape of x, (2,); got ()"),
        (
            lambda: autodiff.vjp(t.square, [1.0, 2.0], 1.0),
            ShapeError,
            "vjp: v must have the shape of what the function returns, (2,); got ()",
        ),
        (
            lambda: autodiff.jvp(lambda p: p["a"][0], {"a": [t.tensor(1.0)]}, {"a": [[1.0]]}),
            ShapeError,
            "jvp: v['a'][0] must have the shape of x, (); got (1,)",
        ),
        (
            lambda: autodiff.jvp(lambda p: p["a"], {"a": 1.0, "b": 2.0}, {"a": 1.0}),
            ShapeError,
            "jvp: v must be a map of the keys a, b, as x is; got {'a': 1.0}",
        ),
        (
            lambda: autodiff.jvp(lambda p: p[0], [t.tensor(1.0), 2.0], 3.0),
            ShapeError,
            "jvp: v must be a list of 2, as x is; got 3.0",
        ),
        (lambda: autodiff.jvp(t.square, 1.0, None), DtypeError, "jvp: a tensor holds numbers; got None"),
        (lambda: autodiff.jvp(3.0, 1.0, 1.0), OptionError, "jvp: a function is wanted first; got 3.0"),
        (lambda: autodiff.vmap(None, [1.0]), OptionError, "vmap: a function is wanted first; got None"),
        (
            lambda: autodiff.vmap(t.square, 1.0),
            ShapeError,
            "vmap: a single number has no rows; give a tensor with an axis to run over",
        ),
        (lambda: autodiff.vmap(t.square, []), ShapeError, "vmap: there are no rows; got no tensors"),
        (
            lambda: autodiff.vmap(lambda r: r["a"], {"a": [1.0, 2.0], "b": [1.0]}),
            ShapeError,
            "vmap: as many rows are needed everywhere; got the shapes (2,) and (1,)",
        ),
        (
            lambda: autodiff.vmap(lambda r: None, [1.0]),
            DtypeError,
            "vmap: the function must return numbers, or lists and maps of tensors; got None",
        ),
        (
            lambda: autodiff.vmap(lambda r: tf.boolean_mask(r, r > 1), [[1.0, 2.0], [3.0, 4.0]]),
            ShapeError,
            "vmap: the function must return the same shapes, and dtypes, for each row",
        ),
        (lambda: autodiff.stop_gradient("a"), DtypeError, "stop_gradient: a tensor holds numbers; got 'a'"),
        (lambda: autodiff.check_gradient(t.log), OptionError, "check_gradient: at which point? give the function its"),
        (
            lambda: autodiff.check_gradient(t.log, 1.0, rtol=-1),
            OptionError,
            "check_gradient: rtol must be a number of at least 0; got -1",
        ),
        (
            lambda: autodiff.check_gradient(lambda x: x * tf.constant(2.0), 1.0),
            OptionError,
            "check_gradient: the function does not compute in float64, as it did with the dtype given: make its",
        ),
        (
            lambda: autodiff.jacobian(t.square, {"a": 1.0}),
            DtypeError,
            "jacobian: a tensor holds numbers; got a value of",
        ),
        (lambda: autodiff.tape(persistent="yes"), OptionError, "tape: persistent must be true or false; got 'yes'"),
        (lambda: autodiff.differentiate(3, 1.0, 1.0), OptionError, "differentiate: a tape is wanted first; got 3"),
    ],
)
def test_words(call, error, says):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(says)


def test_tapes_say_when_they_do_not_record():
    x = t.variable(3.0)
    tape = autodiff.tape()
    with pytest.raises(
        OptionError, match=r"^watch: this tape is not recording; open it, by `with` or Clojure's with-tape"
    ):
        tape.watch(x)
    with tape:
        y = x * x
        with pytest.raises(OptionError, match=r"^tape: this tape is recording already"):
            tape.__enter__()
        tape.gradient(y, x)
        with pytest.raises(OptionError, match="this tape is not recording"):
            tape.watch(x)
    with tape:
        y = x * x * x
    assert t.to_list(tape.gradient(y, x)) == 27.0
    z = t.variable(1j)
    with autodiff.tape() as tape:
        y = z * z
    with pytest.raises(
        DtypeError, match=r"^gradient: real numbers have a gradient; y holds complex64: take an absolute"
    ):
        tape.gradient(y, z)


ODD = [
    *(
        None,
        True,
        -0.0,
        math.nan,
        math.inf,
        10**400,
        1j,
        "abc",
        b"x",
        object(),
        set(),
        [None],
        ["1"],
        {"a": None},
        [[]],
    ),
    *([math.nan], [[1, 2], [3]], {}, {1: 2.0, "a": 3.0}, [{"a": [1.0]}], np.zeros((0, 3)), np.eye(2, dtype="float16")),
    *(np.array("x"), np.array([None]), np.datetime64("2026-01-01"), datetime.date(2026, 1, 1), tf.constant("a")),
    *(
        tf.Variable([2.0]),
        tf.Variable(3),
        tf.ragged.constant([[1.0], [2.0, 3.0]]),
        range(3),
        len,
        int,
        (x for x in [1]),
    ),
]
RETURNING = [lambda x, odd=odd: odd for odd in ODD]
CALLS = {
    "gradient": lambda f, x: autodiff.gradient(f, x),
    "jacobian": lambda f, x: autodiff.jacobian(f, x),
    "hessian": lambda f, x: autodiff.hessian(f, x),
    "jvp": lambda f, x: autodiff.jvp(f, x, x),
    "jvp along": lambda f, x: autodiff.jvp(f, [1.0], x),
    "vjp": lambda f, x: autodiff.vjp(f, x, x),
    "vjp weighed": lambda f, x: autodiff.vjp(f, [1.0], x),
    "vmap": lambda f, x: autodiff.vmap(f, x),
    "stop_gradient": lambda f, x: autodiff.stop_gradient(x),
    "check_gradient": lambda f, x: autodiff.check_gradient(f, x),
    "tape watch": lambda f, x: autodiff.tape(watch=x),
    "differentiate": lambda f, x: autodiff.differentiate(x, x, x),
    "as a function": lambda f, x: autodiff.gradient(x, 1.0),
    "as an option": lambda f, x: autodiff.check_gradient(f, 1.0, rtol=x),
}


@pytest.mark.parametrize("name", CALLS)
def test_odd_arguments_are_refused_or_pass(name):
    own = "as a function"
    for odd in ODD:
        try:
            CALLS[name](lambda x: t.sum(x), odd)
        except PybridgeError:
            pass
        except Exception:
            assert name == own and callable(odd), repr(odd)


@pytest.mark.parametrize("name", ["gradient", "jacobian", "hessian", "jvp", "vjp", "vmap", "check_gradient"])
def test_odd_results_are_refused_or_pass(name):
    for f in RETURNING:
        with contextlib.suppress(PybridgeError):
            CALLS[name](f, [1.0])


def test_a_gradient_is_checked_outside_of_traced_functions():
    with pytest.raises(ConversionError, match=r"^check_gradient: a traced function's tensor has no numbers yet"):
        tf.function(lambda x: autodiff.check_gradient(lambda x: x * x, x)["largest_difference"])(tf.constant(1.0))
