"""Blocks that use up the memory or the stack: each is told what to do, and the session goes on."""

from __future__ import annotations

import contextlib
import re

import pytest
from session_client import RequestError, Session, failure, running

FILL = "(while true (swap! kept conj (byte-array 1000)))"
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
        session.clojure("(require '[pybridge.core :as pb]) (def kept (atom []))")
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


def test_what_fills_the_heap_can_be_let_go_of(small):
    for language, code in [
        ("clojure", FILL),
        ("clojure", f"(reset! kept []) {FILL}"),
        ("python", f"clojure.eval('(do (reset! user/kept []) {FILL.replace('kept', 'user/kept')})')"),
    ]:
        assert "OutOfMemoryError: Java heap space" in told(small, language, code)
    assert small.clojure("(< 1000 (count @kept))")["value"] is True
    small.clojure("(reset! kept [])")
    assert small.clojure("(count (mapv (fn [_] (byte-array 1000)) (range 30000)))")["value"] == 30000


def test_where_a_block_goes_on_when_the_heap_is_full_one_of_the_next_empties_it(small):
    with contextlib.suppress(RequestError):  # as the block ends, there is no memory either
        assert small.clojure(f"(reset! kept []) (try {FILL} (catch OutOfMemoryError _ :full))")["text"] == ":full"
    for _ in range(5):
        with contextlib.suppress(RequestError):
            small.clojure("(reset! kept [])")
    assert small.clojure("(+ 1 1)")["value"] == 2
