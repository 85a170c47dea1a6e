"""How the cost of crossings and of a session grows with their work, beside what does the same without the bridge.

`python -m benchmarks.growth` prints, for each row, the exponent of time against size (fitted over the larger sizes; 1
is linear), what a unit costs at the largest size here and with the peer, and ends with status 1 when a row grows faster
than it may or costs more of its peer than it may. Figures are the least of several rounds, the peer's of the same run.
"""

from __future__ import annotations

import ctypes
import json
import sys
import threading
from collections.abc import Callable

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
from benchmarks._measuring import verdict
from benchmarks._scaling import HEADINGS, Row, Side, call, counted, judged
from pybridge import clojure

DECADES = (1000, 10_000, 100_000, 1_000_000)
SMALL, LARGE = DECADES[:3], DECADES[1:]
TENS, THREADS = (10, 100, 1000), (1, 4, 16, 64)
ON_OWN_STACK, DEEPER = (10, 20, 50), (100, 200, 480)  # levels

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


def dumped(make: Callable[[int], object]) -> Side:
    """json's writing of what `make` gives."""
    return Side(make, json.dumps)


def loaded(make: Callable[[int], object]) -> Side:
    """json's reading of it."""
    return Side(lambda n: json.dumps(make(n)), json.loads)


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
        # json never asks how much of the stack is left. Past 50 levels a thread with a larger one does the work.
        Row("nesting to 50 levels, to Clojure", to_clojure(nested), dumped(nested), ON_OWN_STACK, ratio=5),
        Row("nesting to 50 levels, to Python", to_python(there.nested), dumped(nested), ON_OWN_STACK, ratio=5),
        Row("nesting past 50 levels, to Clojure", to_clojure(nested), dumped(nested), DEEPER, ratio=20),
        Row("nesting past 50 levels, to Python", to_python(there.nested), dumped(nested), DEEPER, ratio=20),
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
        # So many that starting the threads, half of the time of a tenth of them, does not count.
        Row("calls of Python, n threads", counted(there.platform(int, 64_000)), None, THREADS, 1),
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


def main() -> int:
    """Measure, print, and judge."""
    clojure.eval(CLOJURE)
    there = clojure.Namespace("benchmarks.growth")
    print(HEADINGS)
    missed = [name for row in data(there) + life(there) for name in judged(row)]
    session = Session()
    try:
        missed += [name for row in asked(session) for name in judged(row)]
    finally:
        session.end()
    return verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
