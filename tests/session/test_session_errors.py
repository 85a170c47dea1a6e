"""What a session tells of a block that raises."""

from __future__ import annotations

import pytest
from session_client import failure


def test_a_python_error_says_type_message_and_where(session):
    error = failure(session.python, "print('before')\n\ndef f():\n    raise ValueError('bad')\n\nf()")
    assert str(error) == "ValueError: bad"
    assert error.data["type"] == "ValueError"
    assert error.data["message"] == "bad"
    assert error.data["output"] == "before\n"
    assert "line 4, in f\n    raise ValueError('bad')" in error.data["trace"]
    assert "pybridge/session" not in error.data["trace"]


def test_a_python_syntax_error_points_at_the_place(session):
    error = failure(session.python, "x = = 1")
    assert error.data["type"] == "SyntaxError"
    assert "x = = 1" in error.data["trace"]
    assert "^" in error.data["trace"]


def test_a_clojure_error_says_type_message_and_where(session):
    error = failure(session.clojure, '(defn f [] (throw (ex-info "bad" {:x 1})))\n(f)')
    assert error.data["type"] == "ExceptionInfo"
    assert error.data["message"] == "bad"
    assert "user$f" in error.data["trace"]


def test_a_clojure_name_that_is_not_there(session):
    error = failure(session.clojure, "\n(+ 1 nonsense)")
    assert "Unable to resolve symbol: nonsense in this context" in error.data["message"]
    assert "2:1" in error.data["message"]


def test_an_unfinished_form(session):
    assert "EOF" in failure(session.clojure, "(+ 1").data["message"]


def test_an_error_that_crosses_has_the_traces_of_both_languages(session):
    session.python("def lower(x):\n    raise ValueError(f'bad {x}')")
    session.clojure("(defn middle [x] ((pb/from-python :lower) x))")
    error = failure(session.clojure, "(middle 5)")
    assert (error.data["type"], error.data["message"]) == ("ValueError", "bad 5")
    assert "in lower" in error.data["trace"]
    error = failure(session.python, "def upper():\n    return clj.middle(6)\n\nupper()")
    assert (error.data["type"], error.data["message"]) == ("ValueError", "bad 6")
    assert "in upper" in error.data["trace"]
    assert "in lower" in error.data["trace"]


def test_a_clojure_error_in_python(session):
    session.clojure('(defn fail [] (throw (IllegalStateException. "bad")))')
    error = failure(session.python, "def upper():\n    clj.fail()\n\nupper()")
    assert (error.data["type"], error.data["message"]) == ("IllegalStateException", "bad")
    assert "in upper" in error.data["trace"]
    assert "user$fail" in error.data["trace"]


def test_endless_recursion_in_python_is_an_error(session):
    assert failure(session.python, "def f(n):\n    return f(n + 1)\n\nf(0)").data["type"] == "RecursionError"


def test_a_list_inside_itself_is_shown_in_part(session):
    shown = session.python("x = []\nx.append(x)\nx")
    assert shown["value"] is None
    assert shown["text"].startswith("[[[[")


def test_endless_recursion_in_clojure_is_an_error(session):
    assert failure(session.clojure, "(defn f [n] (inc (f (inc n))))\n(f 0)").data["type"] == "StackOverflowError"
    assert session.clojure("1")["value"] == 1


@pytest.mark.parametrize("code", ["import sys\nsys.exit(3)", "raise SystemExit(3)", "exit(3)"])
def test_a_block_that_asks_to_exit_fails_and_the_session_lives(session, code):
    error = failure(session.python, code)
    assert error.data["type"] == "SystemExit"
    assert error.data["message"] == "3"
    assert session.python("1")["value"] == 1
    assert failure(session.python, "input()").data["type"] == "EOFError"


def test_a_value_whose_repr_fails_is_an_error(session):
    error = failure(session.python, "class Shy:\n    def __repr__(self):\n        raise ValueError('shy')\n\nShy()")
    assert error.data["type"] == "ValueError"
    error = failure(session.clojure, '(map (fn [_] (throw (ex-info "lazy" {}))) [1])')
    assert error.data["message"] == "lazy"


def test_an_exception_whose_message_fails_is_still_reported(session):
    code = "class Mute(Exception):\n    def __str__(self):\n        raise ValueError\n\nraise Mute"
    assert failure(session.python, code).data["type"] == "Mute"
