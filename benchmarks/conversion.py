"""What data costs to cross: texts, arrays, vectors and lists, each beside what does the same otherwise.

`python -m benchmarks.conversion` prints a table and ends with status 1 when a row takes more of its peer's time than it
may, or more than libpython-clj's or py4j's where those are installed; the limits in milliseconds are a quiet
machine's. The peer is JPype where it does the thing, else Python or NumPy alone. The sides take turns; figures are the
least of several rounds, since whatever else the machine does only adds to them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import jpype
import numpy as np

from benchmarks._bridges import Bridges, named, quicker, split
from benchmarks._measuring import per_call, rounds, taking_turns, verdict
from benchmarks._record import record
from pybridge import clojure

ROUNDS = rounds(25)
CLOJURE = """
(ns benchmarks.conversion (:require [pybridge.core :as pb] [pybridge.tensors :as t]))
(def text (apply str (repeat 1000000 "a")))
(def numbers (double-array 1000000 0.5))
(def longs-of-python (vec (range 1000000)))
(def rows (vec (repeatedly 1000 (fn [] (vec (repeatedly 1000 rand))))))
(def np (pb/module "numpy"))
(def kept (pb/->py longs-of-python))
(defmacro timed [body] `(let [started# (System/nanoTime)] ~body (/ (- (System/nanoTime) started#) 1e6)))
(defn text-to-python [f] (timed (f text)))
(defn array-to-python [f] (pb/with-scope (timed (f numbers))))
(defn list-to-python [f] (timed (f longs-of-python)))
(defn rows-to-array [] (pb/with-scope (timed (pb/call np :array rows))))
(defn rows-to-tensor [] (pb/with-scope (timed (t/tensor rows))))
(defn from-python [f] (timed (f)))
(defn from-kept [] (timed (pb/->clj kept)))
(defn vectors [x] (timed @x))
"""


@dataclass(frozen=True)
class Row:
    """Two sides in milliseconds, what their ratio may be at most, and ours on a quiet machine, if that has a limit."""

    name: str
    ours: Callable[[], float]
    theirs: Callable[[], float]
    ratio: float
    limit: float | None = None


def rows() -> list[Row]:
    clojure.eval(CLOJURE)
    there = clojure.Namespace("benchmarks.conversion")
    text, numbers, longs = "a" * 1_000_000, np.random.rand(1000, 1000), list(range(1_000_000))
    of_java, doubles = jpype.JClass("java.lang.StringBuilder")(text), jpype.JArray(jpype.JDouble)(numbers.ravel())

    def nothing(_: object) -> None:
        return None

    def side(f: Callable[[], object]) -> Callable[[], float]:
        return lambda: per_call(f) / 1e6

    listed, arrayed = side(numbers.tolist), side(lambda: np.array(numbers.tolist()))
    return [
        Row(
            "1 MB of text to Python / JPype's",
            lambda: there.text_to_python(nothing),
            side(lambda: str(of_java.toString())),
            1,
            0.44,
        ),
        Row(
            "1 MB of text to Clojure / JPype's",
            lambda: there.from_python(lambda: text),
            side(lambda: jpype.JString(text)),
            1,
            0.35,
        ),
        Row(
            "double[1e6] to an ndarray / JPype's",
            lambda: there.array_to_python(nothing),
            side(lambda: np.array(doubles)),
            1.5,
        ),
        Row("ndarray 1000 x 1000 to vectors / tolist", lambda: there.vectors(numbers), listed, 1.2),
        Row("list of 1e6 ints to Clojure / tolist", lambda: there.from_python(lambda: longs), listed, 1.5, 25),
        Row("a kept list of 1e6 ints to Clojure / tolist", there.from_kept, listed, 1.5, 25),
        Row("vector of 1e6 longs to Python / tolist", lambda: there.list_to_python(nothing), listed, 1.8, 25),
        # A Python function is given a list, which NumPy reads again.
        Row("vectors 1000 x 1000 to numpy.array / tolist, array", there.rows_to_array, arrayed, 1.3, 26),
        Row("vectors 1000 x 1000 to a tensor / tolist, array", there.rows_to_tensor, arrayed, 2, 26),
    ]


def main() -> int:
    """Measure, print, and judge."""
    missed = []
    bridges = Bridges()
    print(f"{'':52}{'ours, ms':>10}{'limit, ms':>11}{'theirs, ms':>12}{'ratio':>8}{'most':>8}{bridges.headings('ms')}")
    for row in rows():
        beside = bridges.of(row.name)
        ours, theirs, *figures = taking_turns([row.ours, row.theirs, *beside.values()], ROUNDS)
        mine, other = min(ours), min(theirs)
        others = [min(each) / 1e6 for each in figures]
        limit = f"{row.limit:11.2f}" if row.limit else f"{'-':>11}"
        columns = bridges.columns(dict(zip(beside, others, strict=True)), 3)
        ratios = f"{mine / other:8.2f}{row.ratio:8.2f}"
        print(f"{row.name:52}{mine:10.3f}{limit}{other:12.3f}{ratios}{columns}")
        held = mine <= min([row.ratio * other, *others])
        if not held:
            missed.append(row.name)
        name, peer = split(row.name)
        peers = named(peer, theirs, dict(zip(beside, figures, strict=True)), 1e6)
        quiet = f"a quiet machine: {row.limit} ms" if row.limit else ""
        record(name, "ms", ours, peers=peers, by="least", most=row.ratio, limit=quicker(beside), held=held, note=quiet)
    return verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
