"""Values made at random cross from Python and come back as the table says."""

from __future__ import annotations

import collections
import datetime
import enum
import math
import os
import pathlib
import re
import threading
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pybridge import clojure
from pybridge.errors import ConversionError

trials = settings(max_examples=150 if "PYBRIDGE_FUZZ_SEED" in os.environ else 50)

HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
TEXT = st.text(alphabet=st.characters()).filter(lambda text: not HALVES.search(text))  # lone surrogates too
NUMBERS = st.one_of(st.integers(), st.integers(-(2**70), 2**70), st.floats())
KEYS = st.one_of(st.integers(), TEXT, st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", fullmatch=True))
OFFSETS = st.timedeltas(datetime.timedelta(hours=-18), datetime.timedelta(hours=18)).map(
    lambda offset: datetime.timezone(datetime.timedelta(seconds=int(offset.total_seconds())))
)
COUNTERPARTS = st.one_of(
    st.dates(),
    st.times(),
    st.datetimes(),
    st.datetimes(timezones=st.one_of(OFFSETS, st.timezones(no_cache=True)), allow_imaginary=False),
    st.timedeltas(),
    st.decimals(allow_nan=False, allow_infinity=False).filter(lambda x: x or not x.is_signed()),
    st.uuids(),
    st.text(st.characters(codec="ascii", exclude_characters="/\0"), min_size=1).map(pathlib.Path),
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT, st.binary(), COUNTERPARTS)
PLAIN = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.one_of(KEYS, COUNTERPARTS), inner, max_size=30)),
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
        return list(map(repr, x)) == list(map(repr, y)) and all(map(alike, x.values(), y.values()))
    if isinstance(x, datetime.datetime):
        return (x.replace(tzinfo=None), x.fold, x.utcoffset(), str(x.tzinfo)) == (
            (y.replace(tzinfo=None), y.fold, y.utcoffset(), str(y.tzinfo))
        )
    if isinstance(x, float):
        return (math.isnan(x) and math.isnan(y)) or (x == y and math.copysign(1, x) == math.copysign(1, y))
    return x == y


@trials
@given(PLAIN)
def test_plain_data_round_trips(identity, x):
    assert alike(identity(x), x)


def subclassed(x: object) -> object:
    """`x` as an instance of a class below its own, where Python allows one."""
    return type("Sub", (type(x),), {})(x) if isinstance(x, int | float | str | bytes | list | dict | set) else x


class Colour(enum.IntEnum):
    RED = 1


Point = collections.namedtuple("Point", "x y")

KEPT = st.one_of(
    st.one_of(st.integers(), st.floats(), TEXT, st.binary(), st.lists(st.integers()), st.sets(st.integers()))
    .map(subclassed)
    .filter(lambda x: not isinstance(x, bool)),
    st.builds(Point, st.integers(), TEXT),
    st.just(Colour.RED),
    st.dictionaries(TEXT, st.integers()).map(types.MappingProxyType),
    st.dictionaries(TEXT, st.integers()).map(collections.OrderedDict),
    st.lists(TEXT).map(collections.Counter),
    st.lists(st.integers()).map(collections.deque),
    st.builds(range, st.integers(-5, 5), st.integers(0, 5)),
    st.complex_numbers(),
)


@trials
@given(st.one_of(KEPT, st.lists(KEPT), st.dictionaries(KEYS, KEPT)))
def test_what_is_no_built_in_type_comes_back_as_the_very_same_object(identity, x):
    def same(x: object, y: object) -> bool:
        if type(x) is list:
            return len(x) == len(y) and all(map(same, x, y))
        if type(x) is dict:
            return list(x) == list(y) and all(map(same, x.values(), y.values()))
        return x is y

    assert same(identity(x), x)


@trials
@given(KEPT)
def test_a_handle_can_do_what_collections_abc_says(x):
    can = clojure.eval(
        "(fn [x] [(counted? x) (indexed? x) (seqable? x) (instance? clojure.lang.ILookup x) (sequential? x)])"
    )
    abc = collections.abc
    iterable, sequence = isinstance(x, abc.Iterable), isinstance(x, abc.Sequence)
    expected = [isinstance(x, abc.Sized), sequence, iterable, isinstance(x, abc.Mapping), iterable and not sequence]
    assert can(x) == expected


@trials
@given(KEPT.filter(lambda x: isinstance(x, collections.abc.Iterable)))
def test_nth_first_and_destructuring_agree_with_seq(x):
    read = clojure.eval(
        """(fn [x]
             (let [[a b & more] x]
               [(vec (seq x)) (first x) (nth x 0 :none) (nth x 1 :none) a b (vec more) (reduce conj [] x)]))"""
    )
    elements = [e if isinstance(x, bytes | str) or not isinstance(e, tuple) else list(e) for e in x]
    padded = [*elements, None, None]
    first, second = (padded[i] if i < len(elements) else "none" for i in (0, 1))
    assert read(x) == [elements, padded[0], first, second, padded[0], padded[1], elements[2:], elements]


@trials
@given(st.lists(st.one_of(st.complex_numbers(allow_nan=False), st.builds(Point, st.integers(0, 2), TEXT)), max_size=8))
def test_objects_with_a_hash_of_their_own_are_equal_as_python_says(xs):
    frequencies = clojure.eval("(fn [xs] (vec (frequencies xs)))")
    assert {x: n for x, n in frequencies(xs)} == collections.Counter(xs)


@trials
@given(st.lists(st.builds(Point, st.integers(0, 3), TEXT), max_size=8))
def test_objects_that_order_themselves_are_sorted_by_it(xs):
    assert clojure.eval("(fn [xs] (vec (sort xs)))")(xs) == sorted(xs)


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
@given(st.text(alphabet=st.sampled_from("a\ud83d\ude00\U0001f600é")))
def test_text_comes_back_or_is_refused(identity, text):
    if HALVES.search(text):
        with pytest.raises(ConversionError, match="holds a character as two surrogates one after the other"):
            identity(text)
    else:
        assert identity(text) == text


@trials
@given(st.lists(st.tuples(st.sampled_from([float, np.float16, np.float32]), st.sampled_from([0.1, 0.5]))))
def test_a_set_keeps_every_element_or_is_refused(identity, made):
    sent = {kind(x) for kind, x in made}
    try:
        assert len(identity(sent)) == len(sent)
    except ConversionError as refused:
        assert "elements of a set are equal in Clojure: 0." in str(refused)
        assert {float, np.float32} <= {type(x) for x in sent}  # whose shortest digits alone are equal


@trials
@given(st.text(alphabet=st.sampled_from("/a.\0é\udcff"), min_size=1).map(pathlib.Path))
def test_a_path_comes_back_as_it_went(identity, path):
    assert (type(identity(path)), str(identity(path))) == (type(path), str(path))


@trials
@given(st.lists(st.integers(), max_size=40))
def test_arguments_arrive_in_order(xs):
    assert clojure.eval("vector")(*xs) == xs


@trials
@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", fullmatch=True), st.integers(), min_size=1))
def test_keyword_arguments_arrive_as_a_map(options):
    assert clojure.eval("(fn [& {:as options}] options)")(**options) == options


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
