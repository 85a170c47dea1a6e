"""What the reader of an error may have meant: names that are near, and what is not loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from session_client import Session, failure, running

import pybridge

DENSE = """(def dense (pb/run "
def dense(units, *, activation=None): return units
dense"))
(def main (pb/module "__main__"))"""
HINTS = [
    ("(dense :units 3)", "a keyword argument of Python's is written (pb/kw :units 3)"),
    ("(pb/call main :dense :units (+ 1 2))", "a keyword argument of Python's is written (pb/kw :units (+ 1 2))"),
    ('(dense 3 :activation "relu")', 'a keyword argument of Python\'s is written (pb/kw :activation "relu")'),
    ("(pb/call main :dense 3 (pb/kw :activatoin nil))", "did you mean activation?"),
    ('(pb/call (pb/module "math") :sqroot 4)', "did you mean sqrt?"),
    ("(math/sqroot 4)", "did you mean math/sqrt?"),
    ("(defn third [x] x)\n(thirdd 1)", "did you mean third?"),
]


@pytest.mark.parametrize("code, hint", HINTS)
def test_clojure_code_that_nearly_calls_python_is_told_how_to(session, code, hint):
    session.clojure(DENSE)
    session.clojure("(pb/require-python '[math :as math])")
    assert failure(session.clojure, code).data["brief"].splitlines()[-1] == f"  {hint}"


def test_a_misspelt_keyword_of_pythons_is_near_to_a_parameter(session):
    session.python("def fit(x, *, learning_rate=1, **more): pass\n\ndef step(x, *, learning_rate=1): pass")
    brief = failure(session.python, "step(1, learning_rat=2)").data["brief"]
    assert brief.startswith("TypeError: step() got an unexpected keyword argument 'learning_rat'")
    assert re.search(r"id you mean '?learning_rate'?\?$", brief, re.MULTILINE)
    assert "did you mean" not in failure(session.python, "step(1, nonsense=2)").data["brief"]


def test_a_name_is_looked_up_in_the_namespace_of_its_file(session, tmp_path):
    file = tmp_path / "somewhere.clj"
    file.write_text("(ns somewhere)\n(defn area [x] x)\n(defn volume [x] (areaa x))\n")
    brief = failure(session.clojure, f'(load-file "{file}")').data["brief"]
    assert f"\n  {file}, line 3\n    (defn volume [x] (areaa x))\n" in brief
    assert brief.endswith("\n  did you mean area?")
    assert session.clojure("(str *ns*)")["value"] == "user"


# ---- what is not loaded ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fresh() -> Iterator[Session]:
    with running() as session:
        yield session


@pytest.mark.parametrize("language", ["python", "clojure"])
def test_a_part_that_nobody_asked_for_is_named_by_the_line_that_asks_for_it(session, language):
    called, begin = {"tensors": "t", "core": "pb"}, getattr(session, language)
    for part in [part for part in pybridge.__all__ if part not in ("clojure", "errors", "glossary", "exercises")]:
        name = called.get(part, part)
        names = sorted(vars(import_module(f"pybridge.{part}"))["__all__"])
        own = next(
            name
            for name in names
            if f"(defn {name.replace('_', '-')}\n" in Path(f"clj/src/pybridge/{part}.clj").read_text()
        )
        if language == "python":
            session.python(f"globals().pop({name!r}, None)")
            code = f"{name}.{own}"
        else:
            session.clojure(f"(ns without.{part})")
            code = f"({name}/{own.replace('_', '-')})"
        line = failure(begin, code).data["brief"].splitlines()[-1]
        assert line.startswith("  is this missing? "), (code, line)
        begin(line.partition("? ")[2])
        if language == "python":
            begin(code)
        else:
            assert session.clojure(f"(boolean (resolve '{name}/{own.replace('_', '-')}))")["text"] == "true"
    session.clojure("(in-ns 'user)")


@pytest.mark.parametrize(
    "code, line",
    [
        ('(str/join "," [1])', "(require '[clojure.string :as str])"),
        ("(clojure.set/union #{1} #{2})", "(require 'clojure.set)"),
        ("(set/union #{1} #{2})", "(require '[clojure.set :as set])"),
        ("(pp/pprint 1)", "(require '[clojure.pprint :as pp])"),
        ('(io/file "x")', "(require '[clojure.java.io :as io])"),
        ("(data/diff 1 2)", "(require '[clojure.data :as data])"),
        ("(pybridge.naive/naive-add [[1.0]] [[2.0]])", "(require 'pybridge.naive)"),
    ],
)
def test_a_namespace_that_nobody_required_is_named_by_the_line_that_requires_it(fresh, code, line):
    fresh.clojure(f"(ns without{code.count('e')}{len(code)})")
    assert failure(fresh.clojure, code).data["brief"].splitlines()[-1] == f"  is this missing? {line}"
    fresh.clojure(line)
    fresh.clojure(code)


@pytest.mark.parametrize(
    "code", ["(t/nothing 1)", "(nothing/at-all 1)", "(data/nothing 1)", '(println "(t/tensor x)") (t/nothing 1)']
)
def test_a_namespace_without_the_name_is_not_offered(session, code):
    session.clojure("(ns without.all)")
    assert "missing?" not in failure(session.clojure, code).data["brief"]
    session.clojure("(in-ns 'user)")


@pytest.mark.parametrize(
    "code", ["t.sleep(1)", "models.Sequential()", "metrics.accuracy_score(1, 2)", "plot", "s = 't.zeros(1)'; t.nothing"]
)
def test_a_part_without_the_name_is_not_offered(session, code):
    session.python(f"globals().pop({re.match(r'[a-z]+', code)[0]!r}, None)")
    assert "missing?" not in failure(session.python, code).data["brief"]


@pytest.mark.parametrize(
    "language, code, near",
    [
        ("python", "from pybridge import tensrs", "tensors"),
        ("python", "import pybridge.tensrs", "pybridge.tensors"),
        ("python", "from math import sqroot", "sqrt"),
        ("python", "import ranndom", "random"),
        ("python", "import nunpy", "numpy"),
        ("clojure", "(require 'clojure.sett)", "clojure.set"),
        ("clojure", "(clojure.sett/union #{})", "clojure.set"),
        ("clojure", "(require 'pybridge.modles)", "pybridge.models"),
        ("clojure", "(require '[clojure.sting :as s])", "clojure.string"),
    ],
)
def test_what_cannot_be_loaded_has_the_nearest_that_can(session, language, code, near):
    assert failure(getattr(session, language), code).data["brief"].splitlines()[-1] == f"  did you mean {near}?"
