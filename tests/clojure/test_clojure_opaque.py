"""Objects of the JVM in a Python that hosts it: Clojure's own, and those that JPype holds."""

from __future__ import annotations

import copy
import pickle

import jpype
import pytest
from programs import python

from pybridge import clojure

identical = "(fn [x y] (identical? x y))"


@pytest.fixture(scope="module", autouse=True)
def _started():
    clojure.start()


def java(name: str):
    return jpype.JClass(name)


def test_defining_a_type_is_no_error():
    assert repr(clojure.eval("(defrecord Celsius [degrees])")) == "user.Celsius"


def test_it_is_one_object_as_long_as_it_is_held():
    clojure.eval("(def held (atom 1))")
    held = clojure.clj.held
    assert held is clojure.clj.held
    assert clojure.eval("[held held]") == [held, held]
    assert clojure.eval("#(swap! % inc)")(held) == 2
    assert "{:status :ready, :val 2}" in repr(held)


def test_equality_and_hash_in_sets_and_dicts():
    clojure.eval("(defrecord Place [x y])")
    first, second, other = clojure.eval("[(->Place 1 2) (->Place 1 2) (->Place 1 3)]")
    assert first == second and first is not second and first != other
    assert {first, second, other} == {second, other}
    assert {first: "here"}[second] == "here"
    assert first != {"x": 1, "y": 2} and first != "user.Place"


def test_text():
    assert repr(clojure.eval('#"[a-z]+"')) == '#"[a-z]+"'
    assert str(clojure.eval('#"[a-z]+"')) == "[a-z]+"
    assert f"{clojure.eval('String')}" == "class java.lang.String"
    assert f"{clojure.eval('String')!r}" == "java.lang.String"


def test_it_is_not_pickled_and_copied_as_itself():
    x = clojure.eval("(atom 1)")
    with pytest.raises(TypeError, match=r"Atom .* lives in this process's JVM and cannot be pickled; pickle"):
        pickle.dumps([x])
    assert copy.copy(x) is x
    assert copy.deepcopy({"x": x})["x"] is x


def test_what_jpype_holds_is_the_object_itself():
    made = java("java.util.ArrayList")()
    clojure.eval("(fn [^java.util.List x] (.add x 7) nil)")(made)
    assert list(made) == [7]
    same = clojure.eval(identical)
    assert same(made, made) is True
    assert same(made, java("java.util.ArrayList")()) is False
    assert clojure.eval("class")(java("java.util.Random")(1)) == clojure.eval("java.util.Random")


@pytest.mark.parametrize("around", ["[{}]", "({},)", "{{'k': {}}}", "[[{}]]"])
def test_it_is_so_inside_data(around):
    made = java("java.util.Random")(1)
    given = eval(around.replace("{}", "made").replace("{{", "{").replace("}}", "}"), {"made": made})
    found = clojure.eval("(fn [x] (first (filter #(instance? java.util.Random %) (tree-seq coll? seq x))))")(given)
    assert clojure.eval(identical)(found, made)


def test_values_of_jpype_arrive_by_value():
    kinds = clojure.eval("(fn [& xs] (mapv #(some-> % class .getName) xs))")
    integers = [jpype.JInt(5), jpype.JLong(5), jpype.JShort(5), java("java.lang.Integer")(5)]
    assert kinds(*integers) == ["java.lang.Long"] * 4
    assert kinds(jpype.JFloat(0.5), jpype.JDouble(0.5)) == ["java.lang.Double"] * 2
    assert kinds(jpype.JBoolean(True), jpype.JChar("x")) == ["java.lang.Boolean", "java.lang.Character"]
    assert kinds(java("java.lang.String")("a"), jpype.JObject(None)) == ["java.lang.String", None]
    assert clojure.eval("=")(java("java.math.BigDecimal")("1.50"), clojure.eval("(atom 1)")) is False
    assert kinds(java("java.math.BigDecimal")("1.50")) == ["java.math.BigDecimal"]


def test_arrays_classes_and_exceptions_of_jpype():
    array = jpype.JArray(jpype.JInt)([1, 2, 3])
    clojure.eval("(fn [^ints x] (aset x 0 (int 9)) nil)")(array)
    assert list(array) == [9, 2, 3]
    assert clojure.eval("(fn [c] (.getName ^Class c))")(java("java.util.List")) == "java.util.List"
    assert clojure.eval("(fn [c] (identical? c Integer/TYPE))")(jpype.JInt) is True
    assert clojure.eval("ex-message")(java("java.lang.RuntimeException")("told")) == "told"


def test_an_object_that_holds_another():
    made = jpype.JClass("java.util.Optional").of(jpype.JObject("text"))
    assert clojure.eval("(fn [^java.util.Optional x] (.get x))")(made) == "text"


def test_a_java_exception_is_caught_as_itself():
    thrown = java("java.lang.IllegalStateException")("told")

    def fail() -> None:
        raise thrown

    caught = clojure.eval("(fn [f] (try (f) (catch IllegalStateException e [(ex-message e) e])))")(fail)
    assert caught[0] == "told"
    assert clojure.eval(identical)(caught[1], thrown)


def test_a_java_exception_is_caught_as_the_cause_of_anothers():
    def fail() -> None:
        raise ValueError("wrapped") from java("java.lang.IllegalStateException")("told")

    cause = clojure.eval("(fn [f] (try (f) (catch Exception e (ex-cause e))))")
    assert clojure.eval("#(instance? IllegalStateException (% %2))")(cause, fail)


def test_the_throwable_of_an_error():
    with pytest.raises(RuntimeError, match="told") as caught:
        clojure.eval('(throw (ex-info "told" {}))')
    assert str(caught.value.throwable) == "clojure.lang.ExceptionInfo: told {}"


def test_nothing_is_kept_of_what_was_handed_over():
    kept = clojure.eval("(fn [] (.size ^java.util.Map @(resolve 'pybridge.native.jpype/received)))")
    touch = clojure.eval("(fn [x] nil)")
    for _ in range(100):
        touch(java("java.lang.Object")())
    assert kept() == 0


def test_a_forked_process_can_still_show_it():
    done = python("""
        import os
        from pybridge import clojure
        x = clojure.eval("(atom 1)")
        if not (child := os.fork()):
            print(repr(x), flush=True)
            os._exit(0)
        os.waitpid(child, 0)
    """)
    assert done.stdout.startswith("<Clojure object that cannot be printed here: a forked process has no JVM of its own")
