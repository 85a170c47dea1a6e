"""Plain arguments: what counts as a whole number, a number, a switch, a seed, a choice, and how the rest is refused."""

from __future__ import annotations

import math
import subprocess
import sys
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import keras
import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pybridge import _arguments
from pybridge.errors import OptionError

INTEGERS = [np.dtype(code) for code in np.typecodes["AllInteger"]]
FLOATS = [np.dtype(code) for code in np.typecodes["Float"]]
# A number of each dtype as a scalar, an array and a tensor.
FORMS = [lambda x: x, np.asarray, tf.constant, tf.Variable]


class Size(IntEnum):
    SMALL = 3


class LooksLikeThree:
    def __repr__(self):
        return "3"


def of_dtype(draw, dtypes, numbers):
    """A number in one of NumPy's dtypes, in one of its forms."""
    scalar = draw.draw(st.sampled_from(dtypes)).type(draw.draw(numbers))
    holds_it = FORMS if scalar.dtype.char not in "gpPqQ" else FORMS[:2]  # TensorFlow lacks the others
    return scalar, draw.draw(st.sampled_from(holds_it))(scalar)


def refused(call, *args, **options):
    with pytest.raises(OptionError) as refusal:
        call(*args, **options)
    return str(refusal.value)


# ---- whole numbers and seeds


@given(draw=st.data(), wanted=st.integers(0, 127))
def test_every_integer_of_numpy_is_a_whole_number(draw, wanted):
    _, value = of_dtype(draw, INTEGERS, st.just(wanted))
    for read in (_arguments.whole_number("n", value), _arguments.seed(value), _arguments.whole(value)):
        assert (read, type(read)) == (wanted, int)


@given(st.integers(), st.integers())
def test_a_whole_number_has_a_least(value, least):
    if least <= value < 2**63:
        assert _arguments.whole_number("n", value, least) == value
    else:
        bounds = f"of at least {least}" if value < least else f"from {least} to {2**63 - 1}"
        assert refused(_arguments.whole_number, "n", value, least).startswith(
            f"n must be a whole number {bounds}; got "
        )


@pytest.mark.parametrize(
    "value", [Size.SMALL, keras.Variable(3, dtype="int32"), ml_dtypes.int4(3), tf.constant(3, "uint8")]
)
def test_other_whole_numbers(value):
    assert type(_arguments.whole_number("n", value)) is int
    assert _arguments.whole_number("n", value) == 3


@given(draw=st.data(), value=st.integers(0, 100))
def test_a_float_is_no_whole_number_even_if_it_has_no_fraction(draw, value):
    _, given = of_dtype(draw, FLOATS, st.just(float(value)))
    says = refused(_arguments.whole_number, "epochs", given)
    assert says.startswith("epochs must be a whole number of at least 0; got ")
    assert str(value) != says.removeprefix("epochs must be a whole number of at least 0; got ")
    assert refused(_arguments.seed, given).startswith("seed must be a whole number of at least 0, or None; got ")


NOT_WHOLE = [
    (True, "got True"),
    (np.True_, "got np.True_"),
    (np.array(True), r"got array(True)"),
    (tf.constant(True), "got <tf.Tensor: shape=(), dtype=bool, numpy=True>"),
    (None, "got None"),
    ("3", "got '3'"),
    (np.str_("3"), "got np.str_('3')"),
    (b"3", "got b'3'"),
    (3.0, "got 3.0: write 3"),
    (np.float64(3.0), "got np.float64(3.0): write 3"),
    (ml_dtypes.bfloat16(3), "got 3 of type bfloat16: write 3"),
    (tf.constant(3.0), "got <tf.Tensor: shape=(), dtype=float32, numpy=3.0>: write 3"),
    (2.5, "got 2.5"),
    (math.inf, "got inf"),
    (math.nan, "got nan"),
    (3j, "got 3j"),
    (Decimal(3), "got Decimal('3')"),
    (Fraction(3), "got Fraction(3, 1)"),
    ([3], "got [3]"),
    (np.array([3]), "got array([3])"),
    (tf.constant([3]), "got <tf.Tensor: shape=(1,), dtype=int32, numpy=array([3], dtype=int32)>"),
    (tf.constant("3"), "got <tf.Tensor: shape=(), dtype=string, numpy=b'3'>"),
    (np.timedelta64(3), "got np.timedelta64(3)"),
    (np.datetime64("2020"), "got np.datetime64('2020')"),
    (keras.KerasTensor((), name="x"), "got <KerasTensor shape=(), dtype=float32, sparse=False, ragged=False, name=x>"),
    (tf.TensorShape(None), "got TensorShape(None)"),
    (LooksLikeThree(), "got 3 of type LooksLikeThree"),
    (list(range(1000)), "got [0, 1, 2, 3, 4, 5, ...]"),
]


@pytest.mark.parametrize(("value", "got"), NOT_WHOLE, ids=lambda case: type(case).__name__)
def test_what_is_no_whole_number_is_shown_as_what_it_is(value, got):
    assert refused(_arguments.whole_number, "epochs", value, 1) == (
        f"epochs must be a whole number of at least 1; {got}"
    )
    if value is not None:
        assert refused(_arguments.seed, value) == f"seed must be a whole number of at least 0, or None; {got}"


def test_a_long_value_is_cut():
    says = refused(_arguments.whole_number, "n", {str(i): "x" * 1000 for i in range(1000)})
    assert len(says) < 200 and says.endswith("...")
    assert "\n" not in refused(_arguments.whole_number, "n", np.zeros((100, 100)))


def test_advice_is_given_only_where_it_helps():
    assert refused(_arguments.whole_number, "n", 0.0, least=1).endswith("got 0.0")
    assert refused(_arguments.whole_number, "n", 1.0, least=1).endswith("got 1.0: write 1")


def test_a_seed_may_be_none_and_not_negative():
    assert _arguments.seed(None) is None
    assert refused(_arguments.seed, -1) == "seed must be a whole number of at least 0, or None; got -1"
    assert refused(_arguments.seed, "a", "order_seed").startswith("order_seed must be")


def test_a_traced_tensor_is_refused():
    @tf.function
    def traced(x):
        for read in (_arguments.whole_number, _arguments.number):
            assert "got <tf.Tensor 'x:0' shape=() dtype=int32>" in refused(read, "n", x)
        return x

    traced(tf.constant(3))


# ---- numbers


@given(draw=st.data(), wanted=st.integers(0, 100))
def test_every_real_number_of_numpy_is_a_number(draw, wanted):
    scalar, value = of_dtype(draw, [*INTEGERS, *FLOATS], st.just(wanted) | st.sampled_from([0, 1]))
    read = _arguments.number("rate", value, least=0)
    assert (read, type(read)) == (float(scalar), float)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(-10, 10), st.floats(-10, 10))
def test_bounds(value, low, high):
    for bounds, inside in [
        ({}, True),
        ({"least": low}, value >= low),
        ({"most": high}, value <= high),
        ({"above": low}, value > low),
        ({"below": high}, value < high),
        ({"least": low, "most": high}, low <= value <= high),
        ({"above": low, "below": high}, low < value < high),
    ]:
        if inside:
            assert _arguments.number("rate", value, **bounds) == value
        else:
            assert refused(_arguments.number, "rate", value, **bounds).endswith(f"; got {value!r}")


@pytest.mark.parametrize(
    ("bounds", "wording"),
    [
        ({}, "a number"),
        ({"least": 0}, "a number of at least 0"),
        ({"most": 1}, "a number of at most 1"),
        ({"above": 0}, "a number above 0"),
        ({"below": 1}, "a number below 1"),
        ({"least": 0, "most": 1}, "a number from 0 to 1"),
        ({"least": 0, "below": 1}, "a number of at least 0 and below 1"),
        ({"above": 0, "below": 1}, "a number above 0 and below 1"),
        ({"above": 0, "most": 1}, "a number above 0 and at most 1"),
    ],
)
def test_bounds_are_named(bounds, wording):
    for value in (None, math.nan):
        assert refused(_arguments.number, "rate", value, **bounds) == f"rate must be {wording}; got {value!r}"


@pytest.mark.parametrize(
    ("value", "wording"),
    [
        (True, "a number of at least 0; got True"),
        (np.True_, "a number of at least 0; got np.True_"),
        (tf.constant(False), "a number of at least 0; got <tf.Tensor: shape=(), dtype=bool, numpy=False>"),
        ("0.5", "a number of at least 0; got '0.5'"),
        (np.str_("0.5"), "a number of at least 0; got np.str_('0.5')"),
        (tf.constant("0.5"), "a number of at least 0; got <tf.Tensor: shape=(), dtype=string, numpy=b'0.5'>"),
        (0.5j, "a number of at least 0; got 0.5j"),
        (np.complex64(1), "a number of at least 0; got np.complex64(1+0j)"),
        ([0.5], "a number of at least 0; got [0.5]"),
        (np.array([0.5]), "a number of at least 0; got array([0.5])"),
        (np.timedelta64(3), "a number of at least 0; got np.timedelta64(3)"),
        (math.inf, "a finite number of at least 0; got inf"),
        (-math.inf, "a finite number of at least 0; got -inf"),
        (np.float32("inf"), "a finite number of at least 0; got np.float32(inf)"),
        (np.float32("nan"), "a number of at least 0; got np.float32(nan)"),
        (Decimal("sNaN"), "a number of at least 0; got Decimal('sNaN')"),
        (-1, "a number of at least 0; got -1"),
        (np.int8(-1), "a number of at least 0; got np.int8(-1)"),
    ],
    ids=lambda case: "" if isinstance(case, str) else type(case).__name__,
)
def test_what_is_no_number(value, wording):
    assert refused(_arguments.number, "rate", value, least=0) == f"rate must be {wording}"


def test_other_numbers():
    assert _arguments.number("rate", Fraction(1, 4)) == _arguments.number("rate", Decimal("0.25")) == 0.25
    assert (
        _arguments.number("rate", keras.Variable(0.25)) == _arguments.number("rate", ml_dtypes.bfloat16(0.25)) == 0.25
    )
    assert _arguments.number("rate", tf.constant(0.25, "bfloat16")) == 0.25
    assert refused(_arguments.number, "rate", 10**400).startswith("rate must be a finite number; got 10^400 or so")


# ---- switches and choices


def test_a_switch_is_pythons_or_numpys():
    for value in (True, False, np.True_, np.False_):
        assert _arguments.flag("jit", value) is bool(value)
    for value in (1, 0, 1.0, None, "yes", np.int8(1), np.array(True), tf.constant(True), []):
        assert (
            refused(_arguments.flag, "jit", value) == f"jit must be true or false; got {' '.join(repr(value).split())}"
        )


@given(st.sampled_from(["ruder", "average", True, 0, None]))
def test_a_choice_is_one_of_those_allowed(value):
    allowed = ["ruder", "average", True, 0, None]
    assert _arguments.choice("form", value, allowed) is value
    assert _arguments.choice("form", value, dict.fromkeys(allowed)) is value


@pytest.mark.parametrize(
    ("value", "chosen"), [(np.str_("ruder"), "ruder"), (np.True_, True), (np.int64(2), 2), (np.array(2), 2)]
)
def test_a_choice_may_be_numpys(value, chosen):
    found = _arguments.choice("form", value, ["ruder", True, 2])
    assert (found, type(found)) == (chosen, type(chosen))


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (1, "got 1"),
        (2.0, "got 2.0"),
        (False, "got False"),
        (None, "got None"),
        ([], "got []"),
        ({"a": 1}, "got {'a': 1}"),
        ("Ruder", "got 'Ruder': did you mean \"ruder\"?"),
        ("rudder", "got 'rudder': did you mean \"ruder\"?"),
        ("keras", "got 'keras'"),
    ],
)
def test_a_choice_that_there_is_not(value, got):
    assert refused(_arguments.choice, "form", value, ["ruder", True, 2]) == f'form must be "ruder", True or 2; {got}'


def test_a_choice_of_one_and_of_something_else():
    assert refused(_arguments.choice, "form", 1, ["a"]) == 'form must be "a"; got 1'
    assert (
        refused(_arguments.choice, "form", 1, ["a"], otherwise="a function") == 'form must be "a" or a function; got 1'
    )


def test_suggestions():
    assert _arguments.suggestion("LSMT", ["lstm", "gru"]) == "did you mean lstm?"
    assert _arguments.suggestion("convolution", ["gru", "lstm", "gru"]) == "there are gru, lstm"


# ---- what it costs


def test_reading_arguments_needs_no_tensorflow():
    code = "import sys, pybridge._arguments; print('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
