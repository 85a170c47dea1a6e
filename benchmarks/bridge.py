"""What crossing between the languages costs: calls, callbacks, operations, a tape, data and shared memory.

`python -m benchmarks.bridge` prints a table and ends with status 1 when a row misses its target. The two sides of a row
take turns, so that whatever else the machine does meets both; figures are medians of several rounds, the ratio that of
each round's own. libpython-clj and py4j, where they are installed, have columns of their own. A bare JPype proxy
is a Java interface of one method whose implementation is a Python function.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import jpype
import numpy as np
import tensorflow as tf

from benchmarks._bridges import Bridges, named, quicker, split
from benchmarks._measuring import per_call, rounds, taking_turns, verdict, warm_up
from benchmarks._record import record
from pybridge import autodiff, clojure
from pybridge import tensors as t

ROUNDS = rounds(15)
TWENTY_THOUSAND_CALLS = 30.0  # seconds, of a gradient
CLOJURE = """
(ns benchmarks.bridge
  (:require [pybridge.autodiff :as autodiff]
            [pybridge.core :as pb]
            [pybridge.tensors :as t])
  (:import (java.util.function LongUnaryOperator)))

(defmacro per-call [n body]
  `(let [started# (System/nanoTime)]
     (dotimes [i# ~n] ~body)
     (/ (double (- (System/nanoTime) started#)) ~n)))

(defn calling [f n] (per-call n (f 1)))
(defn calling-proxy [^LongUnaryOperator f n] (per-call (long n) (.applyAsLong f 1)))
(defn increment [x] (inc x))
(defn calling-bound [counter n] (let [add (pb/attr counter :add)] (per-call n (add 1))))
(defn walking [counter n] (per-call n (pb/.. counter (add 1))))
(defn adding-in-scope [a b n] (per-call n (pb/with-scope (t/add a b) nil)))
(defn adding [a b n] (per-call n (t/add a b)))
(defn loss [w x y] (t/mean (t/square (t/subtract (t/matmul x w) y))))
(defn slope [w x y] (autodiff/with-tape [tape] (autodiff/differentiate tape (loss w x y) w)))
(defn sloping [w x y n] (per-call n (slope w x y)))
(defn sloping-in-scope [w x y n] (per-call n (pb/with-scope (slope w x y) nil)))
(def numbers (vec (repeatedly 1000 (fn [] (vec (repeatedly 1000 rand))))))
(defn converting [] (pb/with-scope (per-call 1 (pb/->py numbers)))) ; the list is let go after it is timed
(defn sharing [x n] (per-call n (pb/buffer x)))
"""


@dataclass(frozen=True)
class Row:
    """One comparison: nanoseconds of two sides, what their ratio may be at most, and how many seconds warm ours up."""

    name: str
    ours: Callable[[], float]
    theirs: Callable[[], float]
    target: float
    warm_up: float = 4.0


def identity(x: object) -> object:
    return x


class Counter:
    """An object with a method."""

    def add(self, x: int) -> int:
        return x


def loss(w: tf.Variable, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    return t.mean(t.square(t.subtract(t.matmul(x, w), y)))


def slope(w: tf.Variable, x: tf.Tensor, y: tf.Tensor, of: Callable = loss) -> tf.Tensor:
    with autodiff.tape() as tape:
        value = of(w, x, y)
    return tape.gradient(value, w)


def rows() -> list[Row]:
    clojure.eval(CLOJURE)
    there = clojure.Namespace("benchmarks.bridge")
    proxy = jpype.JProxy("java.util.function.LongUnaryOperator", dict={"applyAsLong": identity})
    calling_proxy = jpype.JClass("clojure.java.api.Clojure").var("benchmarks.bridge", "calling-proxy")
    calling, increment, converting, sharing = there.calling, there.increment, there.converting, there.sharing
    adding, adding_in_scope = there.adding, there.adding_in_scope
    sloping, sloping_in_scope, clojure_loss = there.sloping, there.sloping_in_scope, there.loss
    a, b = tf.random.normal([10]), tf.random.normal([10])
    w, x, y = tf.Variable(tf.random.normal([5, 1])), tf.random.normal([20, 5]), tf.random.normal([20, 1])
    compiled = tf.function(slope, autograph=False)
    numbers = clojure.eval("benchmarks.bridge/numbers")
    counter = Counter()
    small, large = np.zeros(2**20, np.uint8), np.zeros(2**30, np.uint8)

    def bare_proxy() -> float:
        return float(calling_proxy.invoke(proxy, 20_000))

    def in_python(of: Callable) -> Callable[[], float]:
        return lambda: per_call(lambda: of(w, x, y), 200)

    return [
        Row("call of Python, one number / a bare JPype proxy", lambda: calling(identity, 100_000), bare_proxy, 0.25),
        Row(
            "callback, one number / a bare JPype proxy",
            lambda: per_call(lambda: increment(1), 100_000),
            bare_proxy,
            0.25,
        ),
        Row(
            "method call through pb/.. / of the bound method",
            lambda: there.walking(counter, 100_000),
            lambda: there.calling_bound(counter, 100_000),
            1.2,
        ),
        Row(
            "t/add in a scope / in Python",
            lambda: adding_in_scope(a, b, 2000),
            lambda: per_call(lambda: t.add(a, b), 2000),
            1.1,
        ),
        Row(
            "t/add left to the collector / in Python",
            lambda: adding(a, b, 2000),
            lambda: per_call(lambda: t.add(a, b), 2000),
            1.3,
        ),
        Row(
            "gradient of a loss in a scope / in Python",
            lambda: sloping_in_scope(w, x, y, 200),
            in_python(slope),
            1.15,
            TWENTY_THOUSAND_CALLS,
        ),
        Row(
            "gradient of a loss, left / in Python",
            lambda: sloping(w, x, y, 200),
            in_python(slope),
            1.3,
            TWENTY_THOUSAND_CALLS,
        ),
        Row(
            "the same, compiled / compiled in Python",
            in_python(lambda *xs: compiled(*xs, clojure_loss)),
            in_python(compiled),
            1.1,
        ),
        Row(
            "1,000 x 1,000 vector to a list / numpy.array of it",
            converting,
            lambda: per_call(lambda: np.array(numbers), 1),
            1.5,
        ),
        Row("buffer of a gigabyte / of a megabyte", lambda: sharing(large, 2000), lambda: sharing(small, 2000), 1.25),
    ]


def main() -> int:
    """Measure, print, and judge."""
    missed = []
    bridges = Bridges()
    print(f"{'':52}{'ours, µs':>12}{'theirs, µs':>12}{'ratio':>8}{'target':>8}{bridges.headings('µs')}")
    for row in rows():
        beside = bridges.of(row.name)
        sides = [row.ours, row.theirs, *beside.values()]
        warm_up(sides, row.warm_up)
        mine, other, *figures = taking_turns(sides, ROUNDS)
        ours, theirs, *others = (statistics.median(side) / 1000 for side in (mine, other, *figures))
        ratio = statistics.median(a / b for a, b in zip(mine, other, strict=True))
        columns = bridges.columns(dict(zip(beside, others, strict=True)), 3)
        print(f"{row.name:52}{ours:12.3f}{theirs:12.3f}{ratio:8.2f}{row.target:8.2f}{columns}")
        held = ratio <= row.target and ours <= min(others, default=ours)
        if not held:
            missed.append(row.name)
        name, peer = split(row.name)
        peers = named(peer, other, dict(zip(beside, figures, strict=True)))
        record(name, "ns", mine, peers=peers, most=row.target, limit=quicker(beside), held=held)
    return verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
