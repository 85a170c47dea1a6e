"""What a session tells of a block that raises."""

from __future__ import annotations

import re

import pytest
from session_client import RequestError, failure, running


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


@pytest.mark.parametrize(
    "code", ["(t/tensor later)", '(pb/call (pb/module "builtins") :len [1 later])', "[(t/tensor [later])]"]
)
def test_what_is_declared_and_not_defined_does_not_reach_python(session, code):
    session.clojure("(require '[pybridge.tensors :as t])\n(declare later)")
    told = failure(session.clojure, code).data["message"]
    assert told.endswith("#'user/later is declared and has no value yet, so it has no form in Python; define it first")
    assert failure(session.python, "clj.later").data["message"].endswith("define it first")


def test_what_is_imported_from_the_future_holds_for_the_blocks_below():
    with running() as session:
        session.python("from __future__ import annotations")
        assert session.python("def f(x: nowhere): pass\n\nf.__annotations__")["text"] == "{'x': 'nowhere'}"
        session.clojure('(require \'[pybridge.core :as pb])\n(pb/run "def g(x: int): pass")')
        assert session.python("g.__annotations__")["text"] == "{'x': <class 'int'>}"


def test_a_cause_has_its_data_too(session):
    code = '(throw (ex-info "outer" {:a 1} (ex-info "inner" {:b 2})))'
    assert failure(session.clojure, code).data["brief"].splitlines()[:4] == [
        "ExceptionInfo: outer",
        "  with {:a 1}",
        "  caused by ExceptionInfo: inner",
        "    with {:b 2}",
    ]


@pytest.mark.parametrize(
    "language, code, above, places",
    [
        ("python", "a = 1\n1 / 0\nx = 1", 2, [""]),
        ("python", "def p(): 1 / 0\nx = 1\np()", 1, ["in p", "line 2"]),
        ("python", "x = 1\n\x0cy = 2\n1 / 0", 0, ["line 3"]),
        ("python", "s = 'a\u2028b'\nz = 3\n1 / 0", 1, ["line 2"]),
        ("python", "  class A:\n    __repr__ = 7\n  A()", 0, ["line 3"]),
        ("clojure", "(/ 1 0)\n1\n2", 1, [""]),
        ("clojure", "1\n(/ 1 0)\n1\n2", 3, [""]),
        ("clojure", "(foo)\n1\n2", 1, [""]),
        ("clojure", "1\n(foo)\n1\n2", 3, [""]),
        ("clojure", '(def s "a\u2028b")\n1\n(/ 1 0)', 1, ["line 2"]),
    ],
)
def test_lines_above_a_block_are_not_counted(session, language, code, above, places):
    with pytest.raises(RequestError) as raised:
        session.request("evaluate", language=language, code=code, above=above)
    brief = raised.value.data["brief"]
    assert re.findall(r"<block \d+>,? ?(.*)", brief) == places
    shown = re.findall(r"^    (.*)", brief, re.MULTILINE)
    lines = [int(place[5:]) for place in places if place.startswith("line")]
    assert shown == [code.split("\n")[line + above - 1].strip() for line in lines]


@pytest.mark.parametrize("form", ["zz", "[1 zz]", "{:a zz}", "#{zz}", "(inc zz)"])
@pytest.mark.parametrize("before", ["", "1\n", "; a\n\n  ", '"a\nb" ;; c\n', ",,\r\n"])
def test_what_does_not_compile_has_its_line_whatever_form_it_is(session, form, before):
    brief = failure(session.clojure, f"{before}{form}\n3").data["brief"]
    assert re.search(rf"<block \d+>, line {before.count(chr(10)) + 1}\n    {re.escape(form)}$", brief, re.MULTILINE), (
        brief
    )


@pytest.mark.parametrize("code, line", [("x = 1\ns = '''a\nb\nc", 3), ("x = 1\nx = 'abc\n", 1), ("x = 1\n(1,\n2", 1)])
def test_what_does_not_end_above_nothing_is_counted_from_the_blocks_first_line(session, code, line):
    with pytest.raises(RequestError) as raised:
        session.request("evaluate", language="python", code=code, above=1)
    assert set(re.findall(r"line (\d+)", raised.value.data["brief"])) <= {str(line), "1"}
