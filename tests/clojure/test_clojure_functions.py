"""A Clojure function where Python takes functions: each use beside what a Python function does there."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import copy
import dataclasses
import enum
import functools
import gc
import inspect
import multiprocessing
import pickle
import subprocess
import sys
import typing
import warnings
import weakref
from collections.abc import Callable
from unittest import mock

import cloudpickle
import hypothesis.strategies as st
import joblib
import pytest
from hypothesis import given, settings

from pybridge import clojure


def add(a, b):
    """The sum of two things."""
    return [a, b]


SAME = '(ns functions-test (:require [pybridge.core :as pb])) (pb/defn add "The sum of two things." [a b] [a b]) add'


@pytest.fixture(scope="module")
def ours() -> Callable:
    return clojure.eval(SAME)


def as_method(f):
    class Thing:
        __repr__ = object.__repr__
        m = f

    thing = Thing()
    return [thing.m(2)[0] is thing, Thing.m is f, thing.m.__self__ is thing, thing.m.__func__ is f, Thing.m(1, 2)]


def as_attribute_holder(f):
    f.seen = [1]
    f.seen.append(2)
    try:
        return [f.seen, getattr(f, "unseen", None), hasattr(f, "unseen"), vars(f)]
    finally:
        del f.seen


def renamed(f):
    before = f.__name__, f.__qualname__, f.__doc__, f.__module__
    f.__name__, f.__qualname__, f.__doc__, f.__module__ = "n", "q.n", "d", "m"
    try:
        return [f.__name__, f.__qualname__, f.__doc__, f.__module__]
    finally:
        f.__name__, f.__qualname__, f.__doc__, f.__module__ = before


def outcome_of(change):
    try:
        return change()
    except (TypeError, AttributeError) as failure:
        return type(failure).__name__, str(failure).partition(" has no ")[2] or str(failure)


def changed(f):
    """Each attribute set to values of each kind, deleted, and deleted once more."""
    told = []
    special = ["name", "qualname", "doc", "module", "defaults", "kwdefaults", "annotations", "dict"]
    for name in [*(f"__{x}__" for x in special), "seen"]:
        changes = [functools.partial(setattr, f, name, x) for x in (5, None, "s", (1,), {}, {"a": 1})]
        for change in [*changes, functools.partial(delattr, f, name), functools.partial(delattr, f, name)]:
            told += [outcome_of(change), outcome_of(lambda name=name: getattr(f, name)), vars(f).copy()]
    return told


def wrapped(f):
    @functools.wraps(f)
    def g(*xs):
        return f(*xs)

    return [g(1, 2), g.__name__, g.__doc__, g.__wrapped__ is f, str(inspect.signature(g)), inspect.unwrap(g) is f]


def in_dataclass(f):
    @dataclasses.dataclass
    class Pair:
        first: list = dataclasses.field(default_factory=functools.partial(f, 1, 2))

    return Pair().first


def in_class(f):
    class Thing:
        static = staticmethod(f)
        of_class = classmethod(f)
        prop = property(functools.partial(f, 1))
        partial_method = functools.partialmethod(f, 7)

    thing = Thing()
    return [
        thing.static(1, 2),
        Thing.of_class(3)[0] is Thing,
        thing.prop[0],
        thing.partial_method()[1],
        Thing.__dict__["static"].__name__,
        Thing.__dict__["static"].__doc__,
    ]


def in_enum(f):
    return [member.name for member in enum.Enum("E", {"ONE": 1, "m": f})]


def as_decorator(f):
    @functools.partial(f, "decorated")
    def g():
        pass

    return [g[0], callable(g[1])]


def cached(f):
    return [functools.lru_cache(f)(1, 2), functools.cache(f)(1, b=2), functools.reduce(f, [1, 2, 3])]


def dispatched(f):
    g = functools.singledispatch(f)
    return [g(1, 2), g.__name__]


def inspected(f):
    return [
        str(inspect.signature(f)),
        [p.kind.name for p in inspect.signature(f).parameters.values()],
        inspect.getdoc(f),
        inspect.isroutine(f),
        inspect.isclass(f),
        inspect.iscoroutinefunction(f),
        inspect.signature(f).bind(1, b=2).arguments,
        inspect.getfullargspec(f).args,
        inspect.get_annotations(f),
        callable(f),
        isinstance(f, Callable),
    ]


def typed(f):
    return [
        typing.get_type_hints(f),
        typing.get_args(typing.Annotated[int, f])[1] is f,
        typing.cast(typing.Callable, f) is f,
    ]


def mocked(f):
    double = mock.create_autospec(f, return_value=5)
    return [double(1, b=2), double.mock_calls == [mock.call(1, b=2)]]


def patched(f):
    class Holder:
        g = staticmethod(f)

    with mock.patch.object(Holder, "g", autospec=True, return_value=5):
        first = Holder.g(1, 2)
    return [first, Holder.g(1, 2)]


def compared(f):
    return [f == f, f != f, f == add.__name__, hash(f) == hash(f), {f: 1}[f], len({f, f}), bool(f)]


def copied(f):
    return [copy.copy(f) is f, copy.deepcopy(f) is f, copy.deepcopy([f, {1: f}])[1][1] is f]


def weakly(f):
    return [weakref.ref(f)() is f, weakref.WeakSet([f]).pop() is f, weakref.WeakKeyDictionary({f: 1})[f]]


def awaited(f):
    async def main():
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        loop.call_soon(lambda: future.set_result(f(1, 2)))
        loop.call_soon(f, 1, 2)
        loop.call_later(0, f, 1, 2)
        done = asyncio.ensure_future(asyncio.sleep(0))
        done.add_done_callback(functools.partial(f, 1))
        return [await future, await loop.run_in_executor(None, f, 1, 2), await asyncio.to_thread(f, 1, b=2)]

    return asyncio.run(main(), debug=True)


def in_threads(f):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        by_pool = list(pool.map(f, range(3), range(3)))
    return [by_pool, joblib.Parallel(2, prefer="threads")(joblib.delayed(f)(i, i) for i in range(3))]


def exited(f):
    seen = []
    with contextlib.ExitStack() as stack:
        stack.callback(lambda *xs: seen.append(f(*xs)), 1, 2)
    return seen


def sorted_by(f):
    return [
        sorted([[2, 1], [1, 2]], key=lambda x: f(*x)),
        list(map(f, [1, 2], [3, 4])),
        max([1, 2], key=lambda x: f(x, 0)),
    ]


USES = [
    *(
        as_method,
        as_attribute_holder,
        renamed,
        wrapped,
        in_dataclass,
        in_class,
        in_enum,
        as_decorator,
        cached,
        dispatched,
    ),
    *(inspected, typed, mocked, patched, compared, copied, weakly, awaited, in_threads, exited, sorted_by),
]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
def test_it_does_what_a_python_function_does(use, ours):
    assert use(ours) == use(add)


def test_its_attributes_change_as_those_of_a_python_function():
    ours = clojure.eval('(pb/defn passing "Doc." [a b] [a b]) passing', "functions-test")

    def passing(a, b):
        """Doc."""

    passing.__qualname__, passing.__module__ = "passing", "functions-test"
    assert changed(ours) == changed(passing)


def test_a_signature_that_is_set_can_be_taken_back():
    f = clojure.eval("(pb/fn [a b] a)", "functions-test")
    f.__signature__ = inspect.signature(lambda x: x)
    assert str(inspect.signature(f)) == "(x)"
    del f.__signature__
    assert str(inspect.signature(f)) == "(a, b)"
    with pytest.raises(AttributeError, match=r"^a Clojure function has no attribute '__signature__' of its own$"):
        del f.__signature__


def test_what_is_only_a_functions(ours):
    assert type(ours).__name__ == "Function"
    assert type(ours).__module__ == "pybridge.clojure"
    assert type(ours).__doc__ == "A Clojure function."
    assert repr(type(ours)) == "<class 'pybridge.clojure.Function'>"
    assert repr(ours) == "<Clojure function functions-test/add>"
    for make in (type(ours), lambda: type(ours).__new__(type(ours)), lambda: type("Sub", (type(ours),), {})):
        with pytest.raises(TypeError):
            make()


def test_the_function_comes_back_to_clojure_from_wherever_it_was(ours):
    same = clojure.eval("(fn [f] (identical? f functions-test/add))")
    assert same(ours)
    assert same(type("K", (), {"m": ours}).m)
    assert same(functools.wraps(ours)(lambda: None).__wrapped__)


REFUSED = (
    r"the Clojure function functions-test/add cannot be pickled: it lives in this process's JVM; run it in threads: "
)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_refuses_and_says_what_to_do(protocol, ours):
    for held in (ours, [ours], functools.partial(ours, 1)):
        with pytest.raises(pickle.PicklingError, match=REFUSED):
            pickle.dumps(held, protocol)


def test_so_do_those_that_pickle_for_their_own_ends(ours):
    with pytest.raises(pickle.PicklingError, match=REFUSED):
        cloudpickle.dumps(ours)
    with pytest.raises(pickle.PicklingError, match=REFUSED):
        cloudpickle.dumps(lambda: ours(1, 2))
    with pytest.raises(pickle.PicklingError, match=REFUSED):
        multiprocessing.get_context("spawn").Process(target=ours).start()
    with pytest.raises(pickle.PicklingError) as failure:
        joblib.Parallel(2)(joblib.delayed(ours)(i, i) for i in range(2))
    assert "functions-test/add" in str(failure.value.__cause__) + str(failure.value)
    assert isinstance(pickle.dumps(joblib.delayed(add)(1, 2)[1:]), bytes)


def test_a_cycle_through_an_attribute_ends_with_the_function():
    keep = clojure.eval("(fn [n] (fn [x] (+ x n)))")
    f = keep(2)
    f.owner = owner = type("Owner", (), {})()
    owner.f = f
    assert owner.f(1) == 3
    seen = weakref.ref(owner)
    del f.owner, f, owner
    gc.collect()
    assert seen() is None


def test_it_has_no_name_but_what_the_class_says_in_a_forked_process():
    code = f"""
import os
from pybridge import clojure
f = clojure.eval({SAME!r})
if os.fork() == 0:
    print(repr(f).split(" at ")[0], flush=True)
    try:
        f(1, 2)
    except Exception as error:
        print(type(error).__name__, flush=True)
    os._exit(0)
os.wait()
"""
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "<Clojure function\nStartError\n"


@pytest.mark.parametrize("code", ["(fn [x] (* x x))", "(do (defn squared [x] (* x x)) #'squared)", "(partial * 3)"])
def test_tensorflow_takes_it_as_it_is(code):
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f = clojure.eval(
            f"(ns functions-test.tf (:refer-clojure :exclude [*]) (:require [pybridge.ops :refer [*]])) {code}"
        )
        compiled = tf.function(f)
        assert float(compiled(tf.constant(3.0))) == 9.0
        assert float(tf.function(lambda x: f(x) + 0.0)(tf.constant(3.0))) == 9.0
        assert list(tf.data.Dataset.range(3).map(f).as_numpy_iterator()) in ([0, 1, 4], [0, 3, 6])


def test_a_default_that_is_passed_is_as_if_left_out():
    f = clojure.eval("(pb/fn ([a] [a]) ([a b] [a b]) ([a b c] [a b c]))", "functions-test")
    bound = inspect.signature(f).bind(1)
    bound.apply_defaults()
    assert str(inspect.signature(f)) == "(a, b=..., c=...)"
    assert f(*bound.args, **bound.kwargs) == f(**bound.arguments) == [1]
    assert f(1, 2, bound.arguments["c"]) == [1, 2]
    assert pickle.loads(pickle.dumps(bound.arguments["c"])) is copy.deepcopy(bound.arguments["c"])


def test_numpy_takes_it():
    import numpy as np

    f = clojure.eval("(pb/fn [a b] (+ a b))", "functions-test")
    assert np.vectorize(f)([1, 2], 3).tolist() == [4, 5]
    assert np.frompyfunc(f, 2, 1)(np.array([1, 2]), 3).tolist() == [4, 5]


def test_keyword_arguments_go_to_their_names_or_into_a_map():
    assert clojure.eval("(fn [& {:as m}] (pr-str m))")(**{"x y": 1, "a-b": 2}) == '{"x y" 1, "a-b" 2}'
    assert clojure.eval("(defn opt ([a] [a]) ([a b] [a b]))", "functions-test")(1, b=2) == [1, 2]
    two = clojure.eval("(defn two [a b] [a b])", "functions-test")
    with pytest.raises(TypeError, match=r"^two\(\) got an unexpected keyword argument 'c'$"):
        two(1, c=3)
    with pytest.raises(TypeError, match=r"^two\(\) got multiple values for argument 'a'$"):
        two(1, a=3)
    with pytest.raises(TypeError, match=r"^clojure.core/when is a macro, which works on code and not on values; "):
        clojure.require("clojure.core").when(True, 1)


def test_a_var_that_holds_a_function_knows_its_arguments():
    clojure.eval("(def held (pb/fn [p] p))", "functions-test")
    assert clojure.eval("#'held", "functions-test")(p=5) == clojure.require("functions-test").held(p=5) == 5


UNNAMED = r"\(\) got an unexpected keyword argument 'y': .* define it with pb/fn or pb/defn, or pass its var$"


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("(fn [x & {:keys [y]}] y)", [(), (1, 2), (1, {"z": 1})]),
        ("(fn [& {:as m}] m)", [(1,), ({"x": 1},)]),
        ("(fn [& xs] xs)", [(), (1,), (1, 2)]),
        ("list", [(), (1,)]),
        ("(memoize (pb/fn [p] p))", [(), (1,)]),
        ("(partial str 1)", [(), (1,)]),
    ],
)
def test_options_that_might_be_lost_are_refused(code, given):
    f = clojure.eval(code, "functions-test")
    for xs in given:
        with pytest.raises(TypeError, match=UNNAMED):
            f(*xs, y=2)


# Signatures and calls at random

NAMES = ["a", "b_b", "c", "d_d_d", "e"]


@st.composite
def signatures(draw):
    return draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4)), draw(
        st.sampled_from(["", "rest", "options"])
    )


@st.composite
def calls(draw):
    values = st.none() | st.integers(-5, 5) | st.lists(st.booleans(), max_size=2)
    return draw(st.lists(values, max_size=6)), draw(
        st.dictionaries(st.sampled_from([*NAMES, "other"]), values, max_size=4)
    )


def outcome(f, xs, options):
    try:
        return f(*xs, **options)
    except TypeError as error:
        return str(error)


@settings(max_examples=200, deadline=None)
@given(signatures(), calls())
def test_it_binds_its_arguments_as_a_python_function(signature, call):
    names, ending = signature
    kebab = [name.replace("_", "-") for name in names]
    tail = {"": ("", "[]"), "rest": ("& more", "(vec more)"), "options": ("& {:as options}", "(into {} options)")}[
        ending
    ]
    theirs = {"": ([], "[]"), "rest": (["*more"], "list(more)"), "options": (["**options"], "options")}[ending]
    ours = clojure.eval(f"(pb/fn f [{' '.join(kebab)} {tail[0]}] [[{' '.join(kebab)}] {tail[1]}])", "functions-test")
    scope: dict = {}
    exec(f"def f({', '.join([*names, *theirs[0]])}):\n    return [[{', '.join(names)}], {theirs[1]}]", scope)
    assert outcome(ours, *call) == outcome(scope["f"], *call)
    assert str(inspect.signature(ours)) == str(inspect.signature(scope["f"]))


def test_what_python_calls_runs_in_the_namespace_user():
    where = clojure.eval("(fn [] (str *ns*))")
    assert where() == "user"
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        assert threads.submit(where).result() == "user"
    clojure.require("clojure.core").load_string("(defn defined-by-a-string [x] x)")
    found = clojure.eval("(mapv resolve '[user/defined-by-a-string clojure.core/defined-by-a-string])")
    assert [x is not None for x in found] == [True, False]
    elsewhere = clojure.eval("(fn [f] (binding [*ns* (create-ns 'elsewhere)] (f)))")
    assert [elsewhere(lambda: where()), where()] == ["elsewhere", "user"]
