"""What an exception of Clojure's tells when somebody looks: its data, its trace and its notes."""

from __future__ import annotations

import copy
import functools
import re
import traceback

import pytest
from raising import caught, thrower

from pybridge import clojure
from pybridge.errors import ClojureError

LATE = r"^#object\[clojure.lang.LazySeq whose printing takes too long\]$"
BUFFER = "(java.nio.ByteBuffer/allocate 1)"  # which has no form in Python
ENDLESS = {
    "an endless seq": ("(range)", r"^\(0 1 2 .* 98 99 \.\.\.\)$"),
    "endless seqs in one": ("(repeat (range))", r"^\(\(0 1 2 "),
    "an endless seq of what does not convert": (
        "(repeat (java.nio.ByteBuffer/allocate 1))",
        r"^\(#object\[java.nio.Heap",
    ),
    "an element that blocks": (
        "(map deref [(promise)])",
        LATE,
    ),
    "an element that never comes": (
        "(let [end (+ 5e9 (System/nanoTime))] (drop-while (fn [_] (< (System/nanoTime) end)) (range)))",
        LATE,
    ),
    "a list that holds itself": ("(doto (java.util.ArrayList.) (as-> xs (.add xs xs)))", r"^\[\["),
    "an element that throws": (
        "(map #(/ 1 %) [1 0])",
        r"^#object\[clojure.lang.LazySeq whose printing throws ArithmeticException\]$",
    ),
    "a long string beside what does not convert": (
        f"[{BUFFER} (apply str (repeat 1000000 \\x))]",
        r'^\[#object\[java.nio.HeapByteBuffer .*\] "x{9000,} …$',
    ),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_data_without_end(what):
    value, shown = ENDLESS[what]
    clojure.eval(f"(def endless (ex-info (str 'endless) {{:n 1 :xs {value}}}))")
    error = caught(thrower("endless"))
    assert str(error) == "endless" and repr(error) == "ClojureError('endless')"
    text = "".join(traceback.format_exception(error))
    assert "ClojureError: endless" in text and "raising.py" in text
    assert error.trace.startswith("clojure.lang.ExceptionInfo: endless {:n 1, :xs ") and len(error.trace) < 20_000
    assert error.data["n"] == 1 and re.search(shown, error.data["xs"])
    assert clojure.eval("(fn [e] (identical? (ex-data endless) (ex-data e)))")(error)


def test_a_system_that_holds_itself_is_data():
    error = caught(
        thrower("""
        (let [system (atom {}), later (agent nil)]
          (reset! system {:system system :later later :delayed (delay @system) :n 1})
          (send later (constantly system))
          (await later)
          (ex-info "cyclic" @system))""")
    )
    assert str(error) == "cyclic" and error.data["n"] == 1
    assert clojure.eval("(fn [x] (instance? clojure.lang.Atom x))")(error.data["system"])
    assert len(repr(error.data)) < 2000 and len(error.trace) < 20_000


def test_data_may_call_python_on_other_threads():
    fail = clojure.eval('(fn [f] (throw (ex-info "parallel" {:xs (pmap f (range 50))})))')
    assert caught(fail, lambda x: x * x).data == {"xs": [x * x for x in range(50)]}


def test_an_exception_crosses_without_its_data():
    clojure.eval("(def looks (atom 0))")
    looks = clojure.eval("(fn [] @looks)")
    error = caught(thrower('(ex-info "lazy" {:xs (map #(do (swap! looks inc) %) (list 1 2 3))})'))
    assert str(error) == "lazy" and "lazy" in repr(error) and looks() == 0
    assert caught(clojure.eval("(fn [f] (f))"), functools.partial(raise_it, error)) is error and looks() == 0
    assert error.data == {"xs": [1, 2, 3]} and error.data is error.data and looks() == 3


def raise_it(error: BaseException) -> None:
    raise error


def test_data_of_anybodys_class():
    blocked = """(proxy [Exception clojure.lang.IExceptionInfo] ["blocked"]
                   (getData [] @(promise)) (toString [] @(promise)))"""
    error = caught(thrower(blocked))
    assert str(error).endswith(": blocked") and re.match(r"\S+Exception\S+\n    at ", error.trace)
    assert re.fullmatch(r"#object\[\S+ whose data takes too long\]", error.data["data"])
    clojure.eval("(defrecord Situation [place n])")
    assert caught(thrower('(ex-info "record" (->Situation "here" 1))')).data == {"place": "here", "n": 1}


def test_notes_are_strings_that_can_be_added_to():
    error = caught(thrower('(ex-info "noted" {})'))
    error.add_note("mine")
    assert [type(note) for note in error.__notes__] == [str, str] and error.__notes__[1] == "mine"
    assert "mine" in "".join(traceback.format_exception(error))
    assert not hasattr(error, "nothing") and not hasattr(ClojureError("python's"), "__notes__")
    with pytest.raises(AttributeError, match=r"^'ClojureError' object has no attribute 'nothing'$"):
        error.nothing  # noqa: B018 (reading it is what raises)


def test_what_is_set_on_an_error_stays():
    error = caught(thrower('(ex-info "set" {:n 1})'))
    error.data = {"n": 2}
    assert error.data == {"n": 2} and copy.copy(error).data == {"n": 2}
    assert ClojureError("python's", data={"n": 3}).data == {"n": 3} and ClojureError("python's").data == {}
