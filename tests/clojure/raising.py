"""What is raised in Clojure and caught in Python."""

from __future__ import annotations

from collections.abc import Callable

from pybridge import clojure


def thrower(code: str) -> Callable:
    """A Clojure function that throws what `code` evaluates to."""
    return clojure.eval(f"(fn [] (throw {code}))")


def caught(f: Callable, *arguments: object) -> BaseException:
    try:
        f(*arguments)
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")
