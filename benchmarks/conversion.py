"""What data costs to cross: texts, arrays, vectors and long integers, each beside what does the same within Python.

`python -m benchmarks.conversion` prints a table and ends with status 1 when a row misses its target. The two sides of a
row take turns; figures are the least of several rounds, since whatever else the machine does only adds to them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from pybridge import clojure

ROUNDS = 15
CLOJURE = """
(ns benchmarks.conversion (:require [pybridge.core :as pb]))
(def text (apply str (repeat 1000000 "a")))
(def numbers (double-array 1000000 0.5))
(def longs (vec (range 1000000)))
(defmacro timed [body] `(let [started# (System/nanoTime)] ~body (/ (- (System/nanoTime) started#) 1e6)))
(defn text-to-python [f] (timed (f text)))
(defn array-to-python [f] (pb/with-scope (timed (f numbers))))
(defn list-to-python [f] (timed (f longs)))
(defn from-python [f] (timed (f)))
(defn vectors [x] (timed @x))
"""


def timed(f: Callable[[], object]) -> float:
    """Milliseconds that a call of `f` takes."""
    started = time.perf_counter()
    f()
    return (time.perf_counter() - started) * 1000


def rows() -> list[tuple[str, Callable[[], float], Callable[[], float], float]]:
    """Each row's name, both sides in milliseconds, and what their ratio may be at most."""
    clojure.eval(CLOJURE)
    there = clojure.Namespace("benchmarks.conversion")
    text, numbers, longs = "a" * 1_000_000, np.random.rand(1000, 1000), list(range(1_000_000))

    def nothing(_: object) -> None:
        return None

    def copied_text() -> float:
        return timed(lambda: text.encode().decode())

    def listed() -> float:
        return timed(numbers.tolist)

    return [
        ("1 MB of text to Python / encoded and decoded", lambda: there.text_to_python(nothing), copied_text, 8),
        ("1 MB of text to Clojure / the same", lambda: there.from_python(lambda: text), copied_text, 8),
        ("double[1e6] to an ndarray / a copy", lambda: there.array_to_python(nothing), lambda: timed(numbers.copy), 2),
        ("ndarray 1000 x 1000 to vectors / tolist", lambda: there.vectors(numbers), listed, 1.2),
        ("list of 1e6 ints to Clojure / tolist", lambda: there.from_python(lambda: longs), listed, 1.5),
        ("vector of 1e6 longs to Python / tolist", lambda: there.list_to_python(nothing), listed, 1.8),
    ]


def main() -> int:
    """Measure, print, and judge."""
    missed = []
    print(f"{'':52}{'ours, ms':>12}{'theirs, ms':>12}{'ratio':>8}{'target':>8}")
    for name, ours, theirs, target in rows():
        mine, other = (min(side) for side in zip(*((ours(), theirs()) for _ in range(ROUNDS)), strict=True))
        print(f"{name:52}{mine:12.3f}{other:12.3f}{mine / other:8.2f}{target:8.2f}")
        if mine / other > target:
            missed.append(name)
    if missed:
        print("missed: " + "; ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
