"""What an exception costs that one language raises and the other catches, and what a look at it costs.

`python -m benchmarks.exceptions` prints a table and ends with status 1 when a row takes longer than its limit. The peer
is JPype, whose exceptions cross the same way in the same run. Figures are the least of many rounds, in which the
two sides take turns. An exception of Python's own class has Clojure's frames written into it each
time, which takes longer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import jpype

from benchmarks._bridges import Bridges, named, quicker
from benchmarks._measuring import per_call, rounds, taking_turns, verdict
from benchmarks._record import record
from pybridge import clojure

ROUNDS = rounds(40)
LIMIT = 40.0  # microseconds
CLOJURE = """
(ns benchmarks.exceptions
  (:require [pybridge.core :as pb])
  (:import (java.util.function LongUnaryOperator)))

(defmacro per-call [n body]
  `(let [started# (System/nanoTime)]
     (dotimes [i# ~n] (try ~body (catch Exception e# nil)))
     (/ (double (- (System/nanoTime) started#)) ~n)))

(defn catching [f n] (per-call n (f)))
(defn looking [f n] (per-call n (try (f) (catch Exception e (:py/traceback (ex-data e))))))
(defn catching-proxy [^LongUnaryOperator f n] (per-call (long n) (.applyAsLong f 1)))
(defn throwing [] (throw (ex-info "no" {:n 1})))
(defn throwing-io [] (throw (java.io.IOException. "no")))
(defn raising [cls] (fn [] (pb/raise cls "no")))
(defn passing [f] (fn [] (f)))
"""


@dataclass(frozen=True)
class Row:
    """Nanoseconds of an exception of ours and of the peer's, and the microseconds that ours may take."""

    name: str
    ours: Callable[[], float]
    theirs: Callable[[], float]
    limit: float = LIMIT


def failing(*_: object) -> None:
    raise ValueError("no")


def caught(f: Callable[[], object], look: Callable[[BaseException], object] = id) -> Callable[[], object]:
    """A function that calls `f` and looks at what it raises."""

    def catching() -> None:
        try:
            f()
        except Exception as error:
            look(error)

    return catching


def rows() -> list[Row]:
    clojure.eval(CLOJURE)
    there = clojure.Namespace("benchmarks.exceptions")
    proxy = jpype.JProxy("java.util.function.LongUnaryOperator", dict={"applyAsLong": failing})
    catching_proxy = jpype.JClass("clojure.java.api.Clojure").var("benchmarks.exceptions", "catching-proxy")
    java_integer = jpype.JClass("java.lang.Integer")
    throwing, throwing_io, raising = there.throwing, there.throwing_io, there.raising(KeyError)
    passing = there.passing(failing)

    def theirs_caught() -> float:
        return float(catching_proxy.invoke(proxy, 500))

    def theirs_raised() -> float:
        return per_call(caught(lambda: java_integer.parseInt("no")), 500)

    def python(f: Callable, look: Callable = id) -> Callable[[], float]:
        return lambda: per_call(caught(f, look), 500)

    return [
        Row("Python raises, Clojure catches", lambda: there.catching(failing, 500), theirs_caught),
        Row("the same, and reads :py/traceback", lambda: there.looking(failing, 500), theirs_caught, 100.0),
        Row("Clojure throws an exception of Java's, Python catches", python(throwing_io), theirs_raised),
        Row("Clojure throws an ex-info, Python catches", python(throwing), theirs_raised),
        Row("the same, and reads data", python(throwing, lambda error: error.data), theirs_raised, 400.0),
        Row("Clojure raises a KeyError, Python catches", python(raising), theirs_raised, 100.0),
        Row("Python raises through Clojure, Python catches", python(passing), theirs_raised, 100.0),
    ]


def main() -> int:
    """Measure, print, and judge."""
    missed = []
    bridges = Bridges()
    print(f"{'':56}{'ours, µs':>10}{'JPype, µs':>11}{'ratio':>7}{'limit, µs':>11}{bridges.headings('µs')}")
    for row in rows():
        beside = bridges.of(row.name)
        sides = [row.ours, row.theirs, *beside.values()]
        taking_turns(sides, 10)  # the JVM compiles what runs often
        mine, other, *figures = ([ns / 1000 for ns in side] for side in taking_turns(sides, ROUNDS))
        ours, theirs, *others = (min(side) for side in (mine, other, *figures))
        columns = bridges.columns(dict(zip(beside, others, strict=True)), 1)
        print(f"{row.name:56}{ours:10.1f}{theirs:11.1f}{ours / theirs:7.2f}{row.limit:11.0f}{columns}")
        held = ours <= min([row.limit, *others])
        if not held:
            missed.append(row.name)
        limit = ", ".join(filter(None, [f"at most {row.limit:g} µs", quicker(beside)]))
        peers = named("JPype", other, dict(zip(beside, figures, strict=True)))
        record(row.name, "µs", mine, peers=peers, by="least", limit=limit, held=held)
    return verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
