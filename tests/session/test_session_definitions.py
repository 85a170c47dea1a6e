"""What the answers of a session tell of the names that its blocks have defined."""

from __future__ import annotations

import pytest
from session_client import RequestError, running


def told(answer):
    return [(one["language"], one["name"]) for one in answer["defined"]["names"]], answer["defined"]["more"]


@pytest.fixture(scope="module")
def fresh():
    with running() as session:
        yield session


def evaluated(session, language, code):
    return told(session.request("evaluate", language=language, code=code))


def test_definitions_of_both_languages_in_the_order_in_which_they_came(fresh):
    assert evaluated(fresh, "python", "1") == ([], 0)
    assert evaluated(fresh, "python", "b = 1\ndef a(): pass\nclass C: pass")[0] == [
        ("python", name) for name in ("b", "a", "C")
    ]
    assert evaluated(fresh, "clojure", "(def z 1)\n(defn y [] 2)")[0][3:] == [("clojure", "z"), ("clojure", "y")]
    assert evaluated(fresh, "python", "late = 1; b = 5")[0][-1] == ("python", "late")


def test_imports_modules_and_private_names_are_none(fresh):
    before = evaluated(fresh, "python", "1")
    code = "import re, json as j\nfrom json import dumps, JSONDecoder\nfrom math import sqrt\n_x = 1; __y = 2"
    assert evaluated(fresh, "python", code) == before
    assert evaluated(fresh, "clojure", "(require '[clojure.set :refer [union]])") == before


def test_what_was_there_at_the_start_is_one_once_a_block_gives_it_a_value(fresh):
    assert ("python", "main") not in evaluated(fresh, "python", "1")[0]
    assert evaluated(fresh, "python", "main = 3")[0][-1] == ("python", "main")


def test_a_name_that_is_taken_back_is_none(fresh):
    evaluated(fresh, "python", "gone = 1")
    assert ("python", "gone") not in evaluated(fresh, "python", "del gone")[0]
    evaluated(fresh, "clojure", "(def gone 1)")
    assert ("clojure", "gone") not in evaluated(fresh, "clojure", "(ns-unmap *ns* 'gone)")[0]


def test_namespaces_that_blocks_went_to(fresh):
    evaluated(fresh, "clojure", "(ns elsewhere) (def here 1)")
    assert evaluated(fresh, "clojure", "(ns user)")[0][-1] == ("clojure", "elsewhere/here")


def test_a_block_that_raises_tells_what_it_has_defined(fresh):
    with pytest.raises(RequestError) as caught:
        fresh.request("evaluate", language="python", code="half = 1\n1 / 0")
    assert told(caught.value.data)[0][-1] == ("python", "half")


def test_only_the_newest_are_named():
    with running() as session:
        names, more = evaluated(session, "python", "for n in range(40): globals()[f'v{n}'] = n")
        assert names == [("python", f"v{n}") for n in range(28, 40)]
        assert more == 40 - 12 + 1  # and `n`


def test_no_code_of_anybodys_object_runs(fresh):
    code = """
class Curious:
    def __getattribute__(self, name):
        raise RuntimeError(name)
curious = Curious()"""
    assert evaluated(fresh, "python", code)[0][-1] == ("python", "curious")
