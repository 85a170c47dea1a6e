"""Completion and description of names."""

from __future__ import annotations

import pytest
from session_client import RequestError


@pytest.mark.parametrize(
    "language, code, found",
    [
        ("python", "import math\nmath.sq", "math.sqrt"),
        ("python", "prin", "print"),
        ("python", "x = learning_r", "learning_rate"),
        ("clojure", "(clojure.string/upp", "clojure.string/upper-case"),
        ("clojure", "(reduc", "reduce"),
        ("clojure", "(def x learning-r", "learning-rate"),
        ("clojure", "(pb/from-p", "pb/from-python"),
    ],
)
def test_completion(session, language, code, found):
    session.python("import math\nlearning_rate = 0.1")
    session.clojure("(def learning-rate 0.1)")
    assert found in session.request("complete", language=language, code=code)


@pytest.mark.parametrize("language", ["python", "clojure"])
@pytest.mark.parametrize("code", ["", " ", "nothing_begins_like_this", "nope/nope", "nope.nope", "map "])
def test_completion_of_nothing(session, language, code):
    assert session.request("complete", language=language, code=code) == []


def test_documentation(session):
    python = session.request("describe", language="python", name="len")
    assert python["signature"].startswith("len(obj")
    assert "number of items" in python["doc"]
    clojure = session.request("describe", language="clojure", name="map")
    assert clojure["name"] == "clojure.core/map"
    assert "[f coll]" in clojure["signature"]
    assert "lazy sequence" in clojure["doc"]


def test_documentation_of_a_function_of_this_session(session):
    session.python('def area(width, height=1):\n    """The area of a rectangle."""\n    return width * height')
    told = session.request("describe", language="python", name="area")
    assert told == {"name": "area", "signature": "area(width, height=1)", "doc": "The area of a rectangle."}


@pytest.mark.parametrize("language", ["python", "clojure"])
@pytest.mark.parametrize("name", ["no_such_name", "no.such.name", "no/such", "", "(", "1"])
def test_documentation_of_nothing(session, language, name):
    with pytest.raises(RequestError, match="the session has no") as refused:
        session.request("describe", language=language, name=name)
    assert refused.value.code == -32602
