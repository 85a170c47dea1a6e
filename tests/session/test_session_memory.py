"""Blocks that use up the memory or the stack: each is told what to do, and the session goes on."""

from __future__ import annotations

import re

import pytest
from session_client import Session, failure, running

FULL = (
    r"  the JVM's heap of \d+ MB is full: let go of what fills it, \(def name nil\), or give it more as it starts, "
    r"JAVA_TOOL_OPTIONS=-Xmx\d+m"
)
LONG = "  an array or a string of Java's has at most 2,147,483,645 elements: work on a part at a time"
DEEP = "  calls nest too deeply: have recur or reduce repeat what a function does by calling itself"
MUCH = "  there is not so much memory: work on a part at a time, or let go of what is not needed, del name"
CLASSES = "  the JVM has no room for more classes, which evaluating code makes: start again, or without its limit"


@pytest.fixture(scope="module")
def small():
    """A session whose JVM has a small heap."""
    with running(JAVA_TOOL_OPTIONS="-Xmx64m") as session:
        session.clojure("(require '[pybridge.core :as pb])")
        session.python("from pybridge import clojure")
        yield session


def told(session: Session, language: str, code: str) -> str:
    """What is said of a block that fails, behind which both languages go on."""
    error = failure(session.clojure if language == "clojure" else session.python, code)
    assert session.clojure("(reduce + (map inc (range 1000)))")["value"] == 500500
    assert session.python("sum(range(1001))")["value"] == 500500
    return error.data["brief"]


@pytest.mark.parametrize(
    "language, code, first, advice",
    [
        ("clojure", "(loop [xs []] (recur (conj xs (byte-array 1000000))))", "OutOfMemoryError: Java heap space", FULL),
        ("clojure", "@(future (loop [xs []] (recur (conj xs (byte-array 1000000)))))", "ExecutionException: ", FULL),
        (
            "clojure",
            "(defmacro endless [] (long-array 1e8)) (endless)",
            "Syntax error: Java heap space",
            FULL,
        ),
        ("clojure", "(repeatedly #(byte-array 1000000))", "OutOfMemoryError: Java heap space", FULL),
        ("clojure", "(long-array Integer/MAX_VALUE)", "OutOfMemoryError: Requested array size", LONG),
        ("clojure", '(throw (OutOfMemoryError. "Metaspace"))', "OutOfMemoryError: Metaspace", CLASSES),
        ("clojure", "((fn f [n] (inc (f (inc n)))) 0)", "StackOverflowError", DEEP),
        ("clojure", "(hash (reduce (fn [x _] [x]) [] (range 100000)))", "StackOverflowError", DEEP),
        ("clojure", "(pb/call (pb/module :builtins) :bytes 1000000000000000)", "MemoryError", MUCH),
        ("python", "clojure.eval('(doall (repeatedly #(byte-array 1000000)))')", "OutOfMemoryError: ", FULL),
        ("python", "clojure.eval('count')('x' * 100_000_000)", "OutOfMemoryError: ", FULL),
        ("python", "bytes(10**15)", "MemoryError", MUCH),
        ("python", "import numpy\nnumpy.ones(10**13)", "MemoryError: Unable to allocate", MUCH),
        ("python", "def f(n): return 1 + f(n + 1)\nf(0)", "RecursionError: maximum recursion depth exceeded", ""),
    ],
)
def test_what_is_used_up_is_told_and_what_to_do(small, language, code, first, advice):
    brief = told(small, language, code)
    assert brief.startswith(first)
    assert re.search(f"^{advice}$" if advice == FULL else re.escape(advice), brief, re.MULTILINE)
