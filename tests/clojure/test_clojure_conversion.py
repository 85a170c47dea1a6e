"""Every golden case, from Python's side."""

from __future__ import annotations

from pathlib import Path

import golden
import pytest

from pybridge import clojure
from pybridge.errors import ConversionError

CHECKS = Path(__file__).parents[2] / "clj" / "test" / "pybridge" / "golden.clj"
CASES = [case for case in golden.cases() if "refuses" not in case]
REFUSED = [case for case in golden.cases() if "refuses" in case]


@pytest.fixture(scope="module")
def checks():
    clojure.eval(f'(load-file "{CHECKS}")')
    return clojure.Namespace("pybridge.golden")


def named(cases: list[dict], *sides: str):
    chosen = [case for case in cases if case["from"] in sides]
    return pytest.mark.parametrize("case", chosen, ids=[case["id"] for case in chosen])


@named(CASES, "clojure", "both")
def test_from_clojure(checks, case):
    x = checks.value(case["clojure"])
    assert golden.difference(x, case["python"]) == ""
    assert checks.difference(x, case.get("back", case["clojure"])) == ""


@named(CASES, "python", "both")
def test_from_python(checks, case):
    x = golden.keep(case["python"])
    if "handle" in case:
        assert checks.handle_difference(x, case) == ""
        assert golden.is_kept(clojure.eval("identity")(x))
    else:
        assert checks.difference(x, case["clojure"]) == ""
        assert golden.difference(clojure.eval("identity")(x), case.get("back", case["python"])) == ""


@named(REFUSED, "clojure")
def test_refused_from_clojure(checks, case):
    with pytest.raises((ConversionError, TypeError, RuntimeError), match=case["refuses"]):
        checks.value(case["clojure"])


@named(REFUSED, "python")
def test_refused_from_python(checks, case):
    with pytest.raises(ConversionError, match=case["refuses"]):
        checks.difference(golden.value(case["python"]), "nil")
