"""What a session tells of a block that raises."""

from __future__ import annotations

import re

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


def test_an_error_has_the_lines_that_a_reader_needs(session):
    code = '(defn half [x] ((pb/run "def half(x):\\n    return x / 2\\nhalf") x))\n(half :a)'
    error = failure(session.clojure, code)
    blocks = re.sub(r"<block \d+>", "<block>", error.data["brief"])
    assert blocks == (
        "TypeError: unsupported operand type(s) for /: 'str' and 'int'\n"
        "  <python>, line 2, in half\n    return x / 2\n"
        "  <block>, line 1, in user/half\n"
        f"    {code.splitlines()[0]}\n"
        "  <block>, line 2\n    (half :a)"
    )
    assert "at user$half" in error.data["trace"]


def test_a_syntax_error_of_python_says_where_clojure_asked_for_it(session):
    error = failure(session.clojure, '(pb/run "x = = 1")')
    assert re.fullmatch(
        r"  File \"<python>\", line 1\n    x = = 1\n        \^\nSyntaxError: invalid syntax\n"
        r"  <block \d+>, line 1\n    \(pb/run \"x = = 1\"\)",
        error.data["brief"],
    )


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
