"""How the cost of crossings and of a session grows with their work, beside what does the same without the bridge.

`python -m benchmarks.growth` prints, for each row, the exponent of time against size (fitted over the larger sizes; 1
is linear), what a unit costs at the largest size here and with the peer, and ends with status 1 when a row grows faster
than it may or costs more of its peer than it may. Figures are the least of several rounds, the peer's of the same run.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import math
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks._growth import (
    Session,
    at_50,
    integers,
    keyed,
    nested,
    numbers,
    pairs,
    piped,
    power,
    singles,
    strings,
    text,
    truths,
)
from pybridge import clojure

ROUNDS, ENOUGH = 4, 0.6  # rounds of a size, fewer once they have taken so many seconds
DECADES = (1000, 10_000, 100_000, 1_000_000)
SMALL, LARGE = DECADES[:3], DECADES[1:]
TENS, DEPTHS, THREADS = (10, 100, 1000), (10, 50, 200, 480), (1, 4, 16, 64)

CLOJURE = r"""
(ns benchmarks.growth (:require [pybridge.core :as pb]))
(def kept (atom nil))
(defn take-it [x] nil)
(defn give-it [make n] (let [x (make n)] (fn [] x)))
(defn numbers [n] (vec (range n)))
(defn strings [n] (mapv str (range n)))
(defn keywords [n] (mapv #(keyword (str "k" %)) (range n)))
(defn maps [n] (mapv (fn [i] {:a i :b i}) (range n)))
(defn nested [d] (nth (iterate vector 1) d))
(defn lists-at-50 [n] (nth (iterate vector (vec (repeat n [1]))) 48))
(defn text [n] (apply str (repeat n "x")))
(defn digits [n] (.pow (biginteger 10) (int n)))
(defn deref-it [x] (fn [] (count @x)))
(defn booleans [n] (boolean-array n true))
(defn doubles [n] (double-array n))
(defn reading-list [n] (let [x (pb/->py (vec (range n)))] (fn [] (reduce (fn [n _] (inc n)) 0 (seq x)))))
(defn take-new [] (let [x (Object.)] (fn [] x)))
(defn nothing [] nil)
(defn holding [make n] (fn [] (reset! kept nil) (reset! kept (vec (repeatedly n make))) nil))
(defn scoped [f n] (fn [] (count (pb/with-scope (f n)))))
(defn unscoped [f n] (fn [] (count (f n))))
(defn calling-from [start f each]
  (fn [n]
    (let [done (java.util.concurrent.CountDownLatch. n)]
      (dotimes [_ n] (start (fn [] (dotimes [_ (quot each n)] (f)) (.countDown done))))
      (.await done))))
(defn platform [f each] (calling-from #(.start (Thread. ^Runnable %)) f each))
(defn virtual [f each] (calling-from #(Thread/startVirtualThread %) f each))
"""


@dataclass(frozen=True)
class Side:
    """What is timed: `work` on what `make` gives for a size."""

    make: Callable[[int], object]
    work: Callable[[object], object]

    def prepared(self, n: int) -> Callable[[], object]:
        value = self.make(n)
        return lambda: self.work(value)


@dataclass(frozen=True)
class Row:
    """Two sides, how fast the time of ours may grow with the size, and how much of the peer's a unit may cost."""

    name: str
    ours: Side
    peer: Side | None = None
    sizes: tuple[int, ...] = DECADES
    exponent: float = 1.25
    ratio: float = 2.0


def least(f: Callable[[], object]) -> float:
    """Seconds that a call of `f` takes, the least of some."""
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < ENOUGH:
        started = time.perf_counter()
        f()
        times.append(time.perf_counter() - started)
    return min(times)


def warm(f: Callable[[], object]) -> None:
    """Have the JVM compile what `f` runs."""
    end = time.perf_counter() + 0.4
    for _ in itertools.takewhile(lambda _: time.perf_counter() < end, range(2000)):
        f()


def fitted(sizes: tuple[int, ...], times: list[float]) -> float:
    """The exponent of time against size, by least squares over the larger sizes."""
    xs, ys = ([math.log(value) for value in values[-3:]] for values in (sizes, times))
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def call(f: Callable[[], object]) -> object:
    return f()


def dumped(make: Callable[[int], object]) -> Side:
    """json's writing of what `make` gives."""
    return Side(make, json.dumps)


def loaded(make: Callable[[int], object]) -> Side:
    """json's reading of it."""
    return Side(lambda n: json.dumps(make(n)), json.loads)


def counted(work: Callable[[int], object]) -> Side:
    """What takes the size itself."""
    return Side(int, work)


def from_threads(f: Callable[[], object], calls: int) -> Side:
    """So many calls of `f` in all, from n threads."""

    def run(n: int) -> None:
        threads = [threading.Thread(target=lambda: [f() for _ in range(calls // n)]) for _ in range(n)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return counted(run)


def data(there: clojure.Namespace) -> list[Row]:
    def to_clojure(make: Callable[[int], object]) -> Side:
        return Side(make, there.take_it)

    def to_python(make: Callable[[int], object]) -> Side:
        return Side(lambda n: there.give_it(make, n), call)

    def dereffed(make: Callable[[int], object]) -> Side:
        return Side(lambda n: there.deref_it(make(n)), call)

    def of_numbers(n: int) -> Callable[[], object]:
        return there.give_it(there.numbers, n)

    hexadecimal, tolist = Side(power, lambda x: int(hex(x), 16)), Side(np.ones, np.ndarray.tolist)
    lines = SMALL
    return [
        Row("list of ints to Clojure", to_clojure(numbers), loaded(numbers)),
        Row("list of ints to Python", to_python(there.numbers), dumped(numbers)),
        Row("list of strings to Clojure", to_clojure(strings), loaded(strings), lines),
        # json writes one text; here each string is an object of its own, of another encoding.
        Row("list of strings to Python", to_python(there.strings), dumped(strings), lines, ratio=4),
        Row("list of distinct keywords to Python", to_python(there.keywords), dumped(strings), lines, ratio=16),
        Row("list of maps to Clojure", to_clojure(pairs), loaded(pairs), lines, 1.4),
        Row("list of maps to Python", to_python(there.maps), dumped(pairs), lines, 1.4),
        Row("map to Clojure", to_clojure(keyed), loaded(keyed), lines, 1.4),
        # A copy in Python takes the hashes along; a Clojure set hashes and places each element.
        Row("set to Clojure", to_clojure(integers), Side(integers, set), lines, 1.5, 100),
        # json never asks how much of the stack is left.
        Row("nesting to Clojure", to_clojure(nested), dumped(nested), DEPTHS, ratio=20),
        Row("nesting to Python", to_python(there.nested), dumped(nested), DEPTHS, ratio=20),
        Row("small lists at depth 50 to Clojure", to_clojure(at_50), loaded(at_50), TENS, ratio=5),
        Row("small lists at depth 50 to Python", to_python(there.lists_at_50), dumped(at_50), TENS, ratio=5),
        Row("string to Clojure", to_clojure(text), loaded(text), LARGE),
        Row("string to Python", to_python(there.text), dumped(text), LARGE),
        # Through an array of the JVM's, whose new memory is zeroed first.
        Row("bytes to Clojure", to_clojure(bytes), Side(bytes, bytearray), LARGE, ratio=6),
        Row("int of n digits to Clojure", to_clojure(power), hexadecimal, lines),
        Row("int of n digits to Python", to_python(there.digits), hexadecimal, lines),
        # Clojure boxes each number.
        Row("float64 array to vectors", dereffed(np.ones), tolist, ratio=4),
        Row("float32 array to vectors", dereffed(singles), tolist, lines, ratio=8),
        Row("double-array to NumPy", to_python(there.doubles), Side(np.ones, np.copy), LARGE, ratio=6),
        # Booleans of Java's cannot be copied as a block of memory.
        Row("boolean-array to NumPy", to_python(there.booleans), Side(truths, np.copy), LARGE, ratio=40),
        Row("numbers to ndarray", Side(of_numbers, lambda f: np.array(f())), Side(numbers, np.array), ratio=3),
    ]


def life(there: clojure.Namespace) -> list[Row]:
    thing, platform = type("Thing", (), {}), there.platform(int, 6400)
    return [
        # Each element, or each hundred, is a crossing.
        Row("seq over a list's handle", Side(there.reading_list, call), Side(numbers, list), SMALL, ratio=400),
        # A handle is an object of both languages and a reference that the JVM's collector looks at.
        Row(
            "handles alive",
            Side(lambda n: there.holding(thing, n), call),
            counted(lambda n: [thing() for _ in range(n)]),
            SMALL,
            ratio=15,
        ),
        Row(
            "callbacks alive",
            counted(lambda n: [there.take_new() for _ in range(n)]),
            counted(lambda n: [(lambda: thing) for _ in range(n)]),
            SMALL,
            1.4,
            100,
        ),
        Row(
            "with-scope around n numbers",
            Side(lambda n: there.scoped(numbers, n), call),
            Side(lambda n: there.unscoped(numbers, n), call),
        ),
        Row(
            "calls of Clojure, n Python threads",
            from_threads(there.nothing, 32_000),
            from_threads(ctypes.CDLL(None).getpid, 32_000),
            THREADS,
            1,
            4,
        ),
        Row("calls of Python, n threads", counted(platform), None, THREADS, 1),
        # Each call moves to a thread of the system's and back.
        Row("calls of Python, n virtual threads", counted(there.virtual(int, 6400)), counted(platform), THREADS, 1, 40),
    ]


def asked(session: Session) -> list[Row]:
    def block(code: str, language: str = "python") -> Side:
        return Side(lambda n: session.block(code.format(n=n), language), call)

    return [
        Row("session: a round trip of n bytes", block("len('{n:0{n}}')"), None, SMALL),
        # It is shown as it comes, and only the first million characters.
        Row("session: printed bytes", block("print('a' * {n})"), counted(piped), LARGE, ratio=10),
        Row("session: value of a list", block("list(range({n}))"), dumped(numbers)),
        Row(
            "session: end of an endless seq",
            block("(drop {n} (range))", "clojure"),
            block("(take 200 (drop {n} (range)))", "clojure"),
            SMALL,
        ),
    ]


def judged(row: Row) -> bool:
    """Measure a row and print it; whether it holds."""
    warm(row.ours.prepared(row.sizes[0]))
    times = [least(row.ours.prepared(n)) for n in row.sizes]
    exponent, largest = fitted(row.sizes, times), row.sizes[-1]
    theirs = least(row.peer.prepared(largest)) if row.peer else None
    ratio = times[-1] / theirs if theirs else 0.0
    holds = exponent <= row.exponent and ratio <= row.ratio
    peer = f"{theirs / largest * 1e9:14.1f}{ratio:8.1f}{row.ratio:8.1f}" if theirs else f"{'-':>14}{'-':>8}{'-':>8}"
    told = f"{row.name:40}{exponent:6.2f}{row.exponent:6.2f}{times[-1] / largest * 1e9:14.1f}{peer}"
    print(told + ("" if holds else "  missed"), flush=True)
    return holds


def main() -> int:
    """Measure, print, and judge."""
    clojure.eval(CLOJURE)
    there = clojure.Namespace("benchmarks.growth")
    print(f"{'':40}{'exp.':>6}{'most':>6}{'unit, ns':>14}{'peer, ns':>14}{'ratio':>8}{'most':>8}")
    held = [judged(row) for row in data(there) + life(there)]
    session = Session()
    try:
        held += [judged(row) for row in asked(session)]
    finally:
        session.end()
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
