"""The Clojure namespaces hold what the Python API holds."""

from __future__ import annotations

import importlib
import inspect

import pytest

from pybridge import clojure
from pybridge._names import kebab
from pybridge.clojure import codegen, docstrings

VAR = """
(fn [namespace-name var-name]
  (require (symbol namespace-name))
  (when-let [found (ns-resolve (symbol namespace-name) (symbol var-name))]
    (let [{:keys [doc arglists macro]} (meta found)]
      {:doc doc, :arglists (mapv pr-str arglists), :macro (boolean macro)})))
"""


def public() -> list[tuple[str, str]]:
    return [
        (subject, name)
        for subject in codegen.SUBJECTS
        for name in importlib.import_module(f"pybridge.{subject}").__all__
    ]


@pytest.fixture(scope="module")
def var():
    return clojure.eval(VAR)


@pytest.mark.parametrize(("subject", "name"), public(), ids=lambda part: part)
def test_a_public_function_has_its_var(subject: str, name: str, var):
    definition = getattr(importlib.import_module(f"pybridge.{subject}"), name)
    found = var(f"pybridge.{subject}", codegen.clojure_name(name, definition))
    assert found, f"pybridge.{subject} has no {name} in Clojure"
    summary = docstrings.sections(definition.__doc__)[""].split("\n\n")[0]
    speech = docstrings.Speech(codegen.vocabulary(), subject, list(inspect.signature(definition).parameters.values()))
    if subject != "naive":  # its loops are written by hand, docstrings too
        assert speech.say(summary) in " ".join(found["doc"].split())
    arguments = " ".join(found["arglists"])
    for parameter in inspect.signature(definition).parameters.values():
        assert kebab(parameter.name) in arguments


def test_what_changes_something_ends_in_a_mark():
    assert codegen.clojure_name("fit", importlib.import_module("pybridge.training").fit) == "fit!"


def test_a_name_of_clojures_core_is_left_out():
    tensors = codegen.namespace("tensors", frozenset({"max", "min", "cast", "map"}))
    assert "(:refer-clojure :exclude [cast max min])" in tensors


def test_a_function_of_any_number_of_arguments_takes_options_by_name_alone():
    def by_name(x, *xs, axis=None):
        """Sum."""

    source = codegen._function("tensors", "by_name", by_name, "by-name")
    assert "[x & more]\n  (let [[xs options] (split-with (complement keyword?) more)]" in source
    assert "(runtime/invoke-with :tensors/by_name (into [x] xs) [] [:axis] options)" in source

    def by_place(x, y=1, *xs):
        """Sum."""

    with pytest.raises(TypeError, match="a function of any number of arguments takes options by name alone"):
        codegen._function("tensors", "by_place", by_place, "by-place")
