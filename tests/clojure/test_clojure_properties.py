"""Values made at random cross from Python and come back as the table says."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pybridge import clojure

trials = settings(max_examples=150)

TEXT = st.text(alphabet=st.characters())  # every code point, lone surrogates too
NUMBERS = st.one_of(st.integers(), st.integers(-(2**70), 2**70), st.floats())
KEYS = st.one_of(st.integers(), TEXT, st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", fullmatch=True))
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT, st.binary()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(KEYS, inner)),
    max_leaves=30,
)
DTYPES = st.one_of(
    arrays.boolean_dtypes(),
    arrays.integer_dtypes(endianness="="),
    arrays.unsigned_integer_dtypes(endianness="="),
    arrays.floating_dtypes(endianness="=", sizes=(16, 32, 64)),
)


@pytest.fixture(scope="module")
def identity():
    return clojure.eval("identity")


def alike(x: object, y: object) -> bool:
    """Equal, with the same types throughout, and the sign of a zero."""
    if type(x) is not type(y):
        return False
    if isinstance(x, list):
        return len(x) == len(y) and all(map(alike, x, y))
    if isinstance(x, dict):
        return x.keys() == y.keys() and all(alike(x[key], y[key]) for key in x)
    if isinstance(x, float):
        return (math.isnan(x) and math.isnan(y)) or (x == y and math.copysign(1, x) == math.copysign(1, y))
    return x == y


@trials
@given(PLAIN)
def test_plain_data_round_trips(identity, x):
    assert alike(identity(x), x)


@trials
@given(NUMBERS)
def test_numbers_round_trip(identity, x):
    assert alike(identity(x), x)


@trials
@given(TEXT)
def test_text_round_trips_and_has_utf16_length(identity, text):
    assert identity(text) == text
    assert clojure.eval("count")(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


@trials
@given(st.sets(st.one_of(st.integers(), TEXT, st.tuples(st.integers(), TEXT), st.frozensets(st.integers()))))
def test_sets_round_trip(identity, x):
    assert identity(x) == x


@trials
@given(st.integers(), st.integers())
def test_integer_arithmetic_agrees(x, y):
    assert clojure.eval("+'")(x, y) == x + y
    assert clojure.eval("*'")(x, y) == x * y


@trials
@given(arrays.arrays(DTYPES, arrays.array_shapes(max_dims=3, max_side=4)))
def test_an_array_is_the_same_object_and_derefs_to_its_elements(identity, x):
    assert identity(x) is x
    elements = np.asarray(clojure.eval("deref")(x), x.dtype)
    assert elements.shape == x.shape
    assert np.array_equal(elements, x, equal_nan=x.dtype.kind == "f")


@trials
@given(st.lists(st.integers(), max_size=40))
def test_arguments_arrive_in_order(xs):
    assert clojure.eval("vector")(*xs) == xs


@trials
@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", fullmatch=True), st.integers(), min_size=1))
def test_keyword_arguments_arrive_as_a_map(options):
    assert clojure.eval("(fn [options] options)")(**options) == options


@trials
@given(st.lists(PLAIN, min_size=1, max_size=8))
def test_threads_do_not_mix_up_what_they_send(identity, values):
    received = [None] * len(values)

    def send(i: int) -> None:
        received[i] = identity(values[i])

    threads = [threading.Thread(target=send, args=(i,)) for i in range(len(values))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(map(alike, received, values))
