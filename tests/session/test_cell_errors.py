"""What Jupyter says of a cell that fails, in a real kernel."""

from __future__ import annotations

import re

import pytest


def shown(error: dict) -> str:
    """The text of an error below its cell, without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error["traceback"]))


def test_an_error_arrives_with_its_lines_and_the_trace_when_asked(kernel):
    kernel.run('%%clojure\n(defn fail [x]\n  (throw (ex-info "bad" {:x x})))')
    error = kernel.run("%%clojure\n(fail 5)").error
    assert (error["ename"], error["evalue"]) == ("ClojureError", "bad")
    trace = shown(error)
    cells = re.findall(r"Cell In\[(\d+)\]", trace)
    assert int(cells[1]) == int(cells[0]) + 1
    assert trace == (
        f"ExceptionInfo: bad\n  with {{:x 5}}\n  Cell In[{cells[0]}], line 3, in user/fail\n"
        f'    (throw (ex-info "bad" {{:x x}})))\n'
        f"  Cell In[{cells[1]}], line 2\n    (fail 5)\n\n%trace shows the whole trace"
    )
    trace = kernel.run("%trace").printed
    assert "clojure.lang.ExceptionInfo: bad {:x 5}" in trace
    assert "at user$fail" in trace
    assert "pybridge/session" not in trace


def test_an_error_of_clojure_in_a_python_cell_has_the_traces_of_both_languages(kernel):
    kernel.run('%%clojure\n(defn fail [x] (throw (ex-info "bad" {:x x})))')
    error = kernel.run("def upper(x):\n    clj.fail(x)\n\nupper(6)").error
    trace = shown(error)
    assert "clj.fail(x)" in trace
    assert "clojure.lang.ExceptionInfo: bad {:x 6}" in trace
    assert "at user$fail" in trace


def test_an_error_of_python_in_a_clojure_cell_is_pythons(kernel):
    kernel.run("def divide(x):\n    return x / 0")
    error = kernel.run("%%clojure\n((pb/from-python :divide) 5)").error
    assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "division by zero")
    assert "in divide" in "\n".join(error["traceback"])


def test_python_can_catch_what_a_line_throws(kernel):
    code = 'try:\n    %clojure (throw (ex-info "bad" {:x 1}))\nexcept Exception as error:\n    print(error, error.data)'
    assert kernel.run(code).printed == "bad {'x': 1}\n"


def test_a_word_beside_the_magic_is_refused(kernel):
    said = kernel.run("%%clojure (+ 1 2)\n3").printed
    assert said == "UsageError: %%clojure stands alone on its line, and the code below it; got '(+ 1 2)' beside it\n"


@pytest.mark.parametrize(
    "code, hint",
    [
        ("def dense(*, units): pass\ndense(unitz=3)", "did you mean units?"),
        ("length = 1\nlengthh", "did you mean length?"),
        ("import math\nmath.sqroot(4)", "did you mean sqrt?"),
        ("del_me = 1\nnaive.naive_add(1, 2)", "is this missing? from pybridge import naive"),
    ],
)
def test_an_error_of_python_ends_with_the_hint(kernel, code, hint):
    assert re.search(r"^Cell In\[\d+\], line 2$", trace := shown(kernel.run(code).error), re.MULTILINE)
    assert trace.splitlines()[-1] == f"  {hint}"


def test_the_traceback_of_a_python_cell_has_no_frame_of_the_bridge(kernel):
    calls = [
        ("t.zeros([2, 2], dtpe='int32')", "CallError: zeros: there is no option dtpe; did you mean dtype?"),
        ("t.matmul([[1, 2]], [[1, 2]])", "ShapeError: matmul: (1, 2) and (1, 2) do not chain: 2 columns meet 1 row"),
        ("clj.nothing_such", "AttributeError: Clojure's namespace user has no nothing-such"),
        ("list(map(clojure.eval, ['(/ 1 0)']))", "ClojureError: ArithmeticException: Divide by zero"),
    ]
    kernel.run("from pybridge import clojure, tensors as t")
    for code, said in calls:
        trace = shown(kernel.run(code).error)
        assert f"----> 1 {code}\n" in trace
        assert re.findall(r"pybridge/(?:_boundary|clojure/|session/)", trace) == [], trace
        assert said in trace.splitlines()


def test_each_line_of_clojure_has_its_own_place(kernel):
    kernel.run("one = 1\n%clojure (defn once [x] (/ x 0))\n%clojure (defn twice [x] (once (* 2 x)))")
    trace = shown(kernel.run("if one:\n    %clojure (twice 1)").error)
    assert re.sub(r"In\[\d+\]", "In[]", trace) == (
        "ArithmeticException: Divide by zero\n"
        "  Cell In[], line 2, in user/once\n    (defn once [x] (/ x 0))\n"
        "  Cell In[], line 3, in user/twice\n    (defn twice [x] (once (* 2 x)))\n"
        "  Cell In[], line 2\n    (twice 1)\n\n%trace shows the whole trace"
    )
