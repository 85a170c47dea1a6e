"""The reference: every public name in both languages, and every example of it runs."""

from __future__ import annotations

import doctest
import importlib

import pytest
from test_docstring_examples import CHECK, SETTING, read

from pybridge import clojure
from pybridge.book.reference import bridge_examples, read_reference
from pybridge.clojure import codegen

SUBJECTS = list(read_reference())
ENTRIES = {entry.id: (subject, entry) for subject in SUBJECTS for entry in subject.entries}
INSTALLS = {"core.setup!"}  # pip and a new environment: tests/test_setup_clojure.py has it


@pytest.fixture(scope="module")
def check():
    names = " ".join(
        f"[pybridge.{s} :as {'t' if s == 'tensors' else s}]" for s in ("core", "ops", "internal", *codegen.SUBJECTS)
    )
    clojure.eval(f"(do (binding [*ns* *ns*] (eval '(do {SETTING} (require {names.replace('[', chr(39) + '[')})))) nil)")
    return clojure.eval(CHECK)


def test_every_public_name_of_python_is_there():
    for subject in (*codegen.SUBJECTS, "clojure"):
        for name in importlib.import_module(f"pybridge.{subject}").__all__:
            assert ENTRIES[f"{subject}.{name}"][1].python


def test_every_public_name_of_clojure_is_there():
    found = {half.name for _, entry in ENTRIES.values() if (half := entry.clojure)}
    ask = (
        "(fn [space] (require (symbol space)) (for [[k v] (ns-publics (symbol space)) :when (:doc (meta v))] (name k)))"
    )
    public = clojure.eval(f"(comp vec {ask})")
    for subject in ("core", "ops", *codegen.SUBJECTS):
        assert {f"{subject}/{name}" for name in public(f"pybridge.{subject}")} <= found


def test_every_name_has_an_example_in_each_of_its_languages():
    without = [
        half.name
        for _, entry in ENTRIES.values()
        for half in entry.halves.values()
        if half.forms and not half.example and entry.id not in INSTALLS and "." not in half.name.partition(".")[2]
    ]
    assert without == []


@pytest.mark.parametrize("id", [id for id, (_, entry) in ENTRIES.items() if entry.clojure and entry.clojure.example])
def test_an_example_in_clojure_runs(id, check):
    _, entry = ENTRIES[id]
    found = read(entry.clojure.example)
    assert found or id in INSTALLS, f"{id} has an example without a value"
    for code, sign, value in found:
        assert check(code, sign, value) is None, code


@pytest.mark.parametrize("id", [id for id, (_, entry) in ENTRIES.items() if entry.python and entry.python.example])
def test_an_example_in_python_runs(id, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    subject, entry = ENTRIES[id]
    names: dict[str, object] = {}
    exec(subject.setting.get("python", ""), names)
    test = doctest.DocTestParser().get_doctest(entry.python.example + "\n", names, id, None, None)
    said: list[str] = []
    failed, _ = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=said.append)
    assert not failed, "".join(said)


def test_the_examples_of_the_bridge_are_of_names_that_there_are():
    assert {name.replace("/", ".", 1) for name in bridge_examples()} <= ENTRIES.keys()


def test_a_function_is_told_once_where_both_languages_say_the_same():
    assert len(ENTRIES["tensors.square"][1].told) == 1
    assert [when for _, when in ENTRIES["tensors.tensor"][1].told] == ["python both", "clojure"]


@pytest.mark.parametrize(
    "id, alias", [("tensors.matmul", "t"), ("autodiff.with-tape", "autodiff"), ("core.call", "pb"), ("ops.+", "ops")]
)
def test_an_entry_is_found_by_all_its_names(id, alias):
    _, _, name = id.partition(".")
    assert {name, id, f"{alias}.{name}"} == {*ENTRIES[id][1].names}
