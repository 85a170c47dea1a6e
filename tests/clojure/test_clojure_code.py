"""Code and names of namespaces, as Python hands them to Clojure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pybridge import clojure

NAME = "the name of a namespace"


@pytest.mark.parametrize("x", [None, 5, b"1", ["1"]])
@pytest.mark.parametrize(
    "call, function, what",
    [
        (clojure.eval, "eval", "code"),
        (lambda x: clojure.eval("1", x), "eval", NAME),
        (clojure.require, "require", NAME),
        (clojure.Namespace, "Namespace", NAME),
    ],
)
def test_what_is_no_str_is_refused(call: Callable, function: str, what: str, x: object):
    with pytest.raises(TypeError) as info:
        call(x)
    assert str(info.value) == f"clojure.{function} takes {what} as a str, not {x!r} of type {type(x).__name__}"


def test_a_str_of_another_class_is_one():
    assert clojure.eval(type("Code", (str,), {})("(+ 1 2)")) == 3
