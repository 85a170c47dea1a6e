"""Exceptions as a Python program meets them that calls Clojure."""

from __future__ import annotations

import concurrent.futures
import copy
import functools
import logging
import pickle
import random
import traceback
from collections.abc import Callable

import pytest
from raising import caught, thrower

from pybridge import clojure
from pybridge.errors import ClojureError, ConversionError, PybridgeError, ShapeError


def raiser(form: str) -> Callable:
    return clojure.eval(f"(do (require '[pybridge.core :as pb]) (fn [class & xs] (apply pb/raise {form} class xs)))")


def test_clojure_raises_what_except_catches():
    raising = raiser("")
    with pytest.raises(KeyError) as info:
        raising(KeyError, "k")
    assert info.value.args == ("k",)
    with pytest.raises(LookupError):
        raising(KeyError, "k")
    text = "".join(traceback.format_exception(info.value))
    assert "test_clojure_exceptions.py" in text and "pybridge/clojure" not in text
    assert text.rstrip().splitlines()[-1].startswith("    at ")
    assert info.value.__notes__[0].startswith("Clojure's trace:\n")


def test_from_any_depth():
    deep = clojure.eval("""
        (do (require '[pybridge.core :as pb])
            (fn deep [call class n] (if (pos? n) (call deep call class (dec n)) (pb/raise class n))))""")
    with pytest.raises(UserWarning, match=r"^0\n"):
        deep(lambda f, *xs: f(*xs), UserWarning, 30)


def test_a_throwable_is_an_exception_as_a_value():
    made = clojure.eval('(fn [] (ex-info "made" {:n 1} (IllegalStateException. "below")))')()
    assert isinstance(made, ClojureError) and isinstance(made, RuntimeError)
    assert str(made) == "made" and made.data == {"n": 1} and made.__traceback__ is None
    assert str(made.__cause__) == "IllegalStateException: below"
    assert type(made).__mro__[:3] == (ClojureError, PybridgeError, RuntimeError)
    with pytest.raises(ClojureError, match=r"^made\n") as info:
        raise made
    assert info.value is made
    assert "IllegalStateException: below" in "".join(traceback.format_exception(made))
    assert clojure.eval("(fn [e] (.getName (class e)))")(made) == "clojure.lang.ExceptionInfo"
    assert clojure.eval("(fn [e] (.getMessage e))")(made.throwable) == "made"


def test_the_same_throwable_is_the_same_exception():
    clojure.eval('(def once (ex-info "once" {}))')
    first, throw = clojure.eval("once"), thrower("once")
    assert clojure.eval("once") is first
    assert caught(throw) is first
    assert clojure.eval("(fn [e] (identical? e once))")(first)


def test_a_future_and_a_log_take_it(caplog):
    made = clojure.eval('(ex-info "later" {})')
    future = concurrent.futures.Future()
    future.set_exception(made)
    assert caught(future.result) is made
    try:
        raise made
    except ClojureError:
        logging.getLogger("pybridge.test").exception("heard")
    assert "ClojureError: later" in caplog.text and "Clojure's trace:" in caplog.text


def test_another_process_gets_the_text():
    error = caught(thrower('(ex-info "sent" {:n 1 :f inc} (RuntimeException. "below"))'))
    received = pickle.loads(pickle.dumps(error))
    assert type(received) is ClojureError and received.args == ("sent",)
    assert received.throwable is None and received.trace == error.trace and received.__notes__ == error.__notes__
    assert received.data["n"] == 1 and isinstance(received.data["f"], str)
    assert clojure.eval("(fn [e] (instance? Throwable e))")(received) is False
    assert str(caught(clojure.eval("(fn [f] (f))"), thrower("(ex-info (str 1) {})"))) == "1"
    refused = caught(clojure.eval("(fn [] (repeat 1))"))
    assert type(pickle.loads(pickle.dumps(refused))) is ConversionError


def test_pickling_keeps_pybridges_other_errors():
    error = pickle.loads(pickle.dumps(ShapeError("shapes")))
    assert type(error) is ShapeError and error.args == ("shapes",)


def test_a_copy_is_the_same_throwable():
    error = caught(thrower('(ex-info "copied" {:xs [1]})'))
    same = clojure.eval("(fn [a b] (identical? a b))")
    for copied in (copy.copy(error), copy.deepcopy(error)):
        assert copied is not error and str(copied) == "copied" and copied.data == {"xs": [1]}
    assert same(copy.copy(error), error)


def test_raised_from_a_throwable():
    error = caught(thrower('(ex-info "below" {})'))
    call = clojure.eval("(fn [f] (try (f) (catch Throwable e (.getCause e))))")

    def above():
        raise ValueError("above") from error

    assert call(above) is error


def test_exceptions_with_attributes_of_these_names_are_their_own():
    class Odd(Exception):
        throwable = "text"
        data = 3

    def fail():
        raise Odd("odd")

    told = clojure.eval("(fn [f] (try (f) (catch clojure.lang.ExceptionInfo e (ex-message e))))")
    assert told(fail) == "Odd: odd"
    assert told(lambda: (_ for _ in ()).throw(ClojureError("mine", throwable="text"))) == "ClojureError: mine"


def test_an_exception_that_takes_no_attributes():
    class Frozen(Exception):
        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

    assert type(caught(raiser(""), Frozen, 1)) is Frozen
    assert type(caught(clojure.eval("(fn [f] (f))"), raiser(""))) is not Frozen


PLACE = ("f.py", 1, 2, "x = = 1")


def tree(rng: random.Random, depth: int = 0) -> BaseException:
    """An exception with causes, contexts, groups and notes at random, each raised so that it has a traceback."""
    classes = [
        ValueError,
        KeyError,
        ZeroDivisionError,
        NameError,
        SystemExit,
        functools.partial(SyntaxError, "x", PLACE),
    ]
    if depth < 3 and rng.random() < 0.3:
        members = [tree(rng, depth + 2) for _ in range(rng.randint(1, 3))]
        error: BaseException = BaseExceptionGroup(f"group {depth}", members)
    else:
        make = rng.choice(classes)
        error = make(*rng.sample(["a", "two\nlines", "é", ""], rng.randint(0, 2) if isinstance(make, type) else 0))
    if rng.random() < 0.3:
        error.add_note("a note\nof two lines")
    if depth < 4 and rng.random() < 0.7:
        source = tree(rng, depth + 1)
        if rng.random() < 0.5:
            error.__cause__ = source
        else:
            error.__context__ = source
            error.__suppress_context__ = rng.random() < 0.2
    return raised(error, rng.randint(0, 5))


def raised(error: BaseException, depth: int) -> BaseException:
    context, suppress = error.__context__, error.__suppress_context__
    try:
        descend(error, depth)
    except BaseException as same:
        same.__context__, same.__suppress_context__ = context, suppress
        return same
    return error


def descend(error: BaseException, depth: int) -> None:
    if depth:
        descend(error, depth - 1)
    raise error


def source(error: BaseException) -> BaseException | None:
    if error.__cause__ is not None:
        return error.__cause__
    return None if error.__suppress_context__ else error.__context__


TOLD = """(fn told [e]
            {:message (ex-message e) :type (:py/type (ex-data e)) :exception (:py/exception (ex-data e))
             :traceback (:py/traceback (ex-data e)) :notes (:py/notes (ex-data e))
             :cause (some-> (ex-cause e) told) :members (mapv told (:py/exceptions (ex-data e)))})"""


def check(told: dict, error: BaseException) -> None:
    assert told["exception"] is error
    assert told["type"] == type(error).__name__
    assert told["message"] == (f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
    assert told["traceback"] == "".join(traceback.format_exception(error))
    assert told["notes"] == getattr(error, "__notes__", None)
    assert (told["cause"] is None) == (source(error) is None)
    if told["cause"]:
        check(told["cause"], source(error))
    members = getattr(error, "exceptions", ())
    assert len(told["members"]) == len(members)
    for part, member in zip(told["members"], members, strict=True):
        check(part, member)


@pytest.mark.parametrize("seed", range(60))
def test_what_clojure_is_told_is_what_python_says(seed):
    error = tree(random.Random(seed))
    told = clojure.eval(f"(let [told {TOLD}] (fn [f] (try (f) (catch Throwable e (told e)))))")

    def fail():
        context, suppress = error.__context__, error.__suppress_context__
        try:
            raise error
        finally:
            error.__context__, error.__suppress_context__ = context, suppress

    check(told(fail), error)


def test_the_text_of_recursion_and_of_long_tracebacks():
    def forever(n: int) -> None:
        if n:
            forever(n - 1)
        raise ValueError(n)

    text = clojure.eval("(fn [f n] (try (f n) (catch Throwable e (:py/traceback (ex-data e)))))")
    for n in (0, 2, 3, 4, 5, 60):
        error = caught(forever, n)
        expected = "".join(traceback.format_exception(error)).split("in forever", 1)[1]
        assert text(forever, n).split("in forever", 1)[1] == expected
