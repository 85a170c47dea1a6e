"""Every Clojure docstring has an example, and it returns what the docstring says."""

from __future__ import annotations

import inspect
import re

import pytest

from pybridge import clojure
from pybridge.clojure import codegen, examples, forms

# Where the examples run: the subjects under their aliases, arithmetic over tensors.
SETTING = f"""
(ns pybridge.docstring-examples
  (:refer-clojure :exclude [+ - * / max min abs])
  (:require {" ".join(f"[pybridge.{s} :as {'t' if s == 'tensors' else s}]" for s in ("core", *codegen.SUBJECTS))}
            [pybridge.core :as pb]
            [pybridge.ops :refer [+ - * / max min abs]]))
"""

# Reads a docstring's example and what it says of it, and evaluates it; `≈` allows for the digits that are left out.
CHECK = r"""
(fn [code sign wanted]
  (let [space (the-ns 'pybridge.docstring-examples)
        found (binding [*ns* space] (eval (read-string code)))
        wanted (binding [*ns* space] (read-string wanted))
        digits (fn [x] (count (second (re-find #"\.(\d+)$" (str x)))))
        decimals (reduce clojure.core/max 0 (map digits (filter number? (tree-seq coll? seq wanted))))
        near (/ 0.51 (Math/pow 10 decimals))
        same (fn same [x y]
               (cond
                 (and (number? x) (number? y))
                 (or (= x y) (and (NaN? (double x)) (NaN? (double y)))
                     (and (= sign "≈") (<= (abs (- (double x) (double y))) near)))
                 (and (map? x) (map? y)) (and (= (keys x) (keys y)) (same (vals x) (vals y)))
                 (and (sequential? x) (sequential? y)) (and (= (count x) (count y)) (every? true? (map same x y)))
                 :else (= x y)))]
    (when-not (same found wanted) (pr-str found))))
"""

DOCSTRINGS = """
(fn [subjects]
  (into {} (for [n (map symbol subjects), [_ v] (do (require n) (ns-publics n))]
             [(str (symbol v)) (:doc (meta v))])))
"""


def read(docstring: str) -> list[tuple[str, str, str]]:
    """The examples of a docstring: the code, `=>` or `≈`, and the value."""
    text = inspect.cleandoc(docstring)
    return [
        (code, sign, value.replace("\n;;", "\n"))
        for part in re.split(r"\n\s*\n", text)
        for code, sign, value in re.findall(r"(?s)(.*?)\n;; (=>|≈) (.*?)(?=\n[^;]|\Z)", part)
    ]


def named() -> list[str]:
    """Every function of the generated namespaces, found in their sources, so that collecting starts no JVM."""
    return [
        f"pybridge.{subject}/{name}"
        for subject in codegen.SUBJECTS
        for name in re.findall(
            r"^\(def(?:n|macro) (\S+)", (codegen.place("clj") / "pybridge" / f"{subject}.clj").read_text(), re.MULTILINE
        )
    ]


@pytest.fixture(scope="module")
def docstrings():
    return clojure.eval(DOCSTRINGS)([f"pybridge.{subject}" for subject in codegen.SUBJECTS])


@pytest.fixture(scope="module")
def check():
    clojure.eval(f"(do (binding [*ns* *ns*] (eval '(do {SETTING}))) nil)")
    return clojure.eval(CHECK)


@pytest.mark.parametrize("name", named())
def test_a_docstring_has_an_example_that_runs(name: str, docstrings, check):
    found = read(docstrings[name])
    assert found, (
        f"{name} has no example in Clojure: {reason(name)}; "
        f"write one into pybridge/clojure/examples.clj under `;;; {name.removeprefix('pybridge.')}`"
    )
    for code, sign, value in found:
        assert check(code, sign, value) is None, code


def reason(name: str) -> str:
    subject, _, clojure_name = name.removeprefix("pybridge.").partition("/")
    for dotted, definition in codegen.vocabulary().functions.items():
        if codegen.clojure_name(dotted.rpartition(".")[2], definition) == clojure_name and dotted.startswith(subject):
            try:
                examples.derived(inspect.getdoc(definition), codegen.vocabulary(), subject)
            except forms.Untranslated as error:
                return str(error)
    return "there is no doctest"
