"""The same crossings by libpython-clj, where that is on the class path: what a user would otherwise pick."""

from __future__ import annotations

from collections.abc import Callable

from pybridge import clojure

IS_THERE = '(some? (clojure.java.io/resource "libpython_clj2/python.clj"))'

PYTHON = """
def nothing(x): pass
def identity(x): return x
def failing(*_): raise ValueError("no")
def giving(x): return lambda: x
def calling(f, n):
    for _ in range(n): f(1)
class Counter:
    def add(self, x): return x
counter = Counter()
text, longs = "a" * 1_000_000, list(range(1_000_000))
import numpy
numbers = numpy.random.rand(1000, 1000)
"""

SETTING_UP = """
(ns benchmarks.libpython-clj
  (:require [libpython-clj2.python :as py]
            [libpython-clj2.python.np-array]
            [tech.v3.tensor :as dtt]))
(py/initialize!)
(defmacro per-call [n body]
  `(let [n# (long ~n), started# (System/nanoTime)]
     (dotimes [i# n#] ~body)
     (/ (double (- (System/nanoTime) started#)) n#)))
(fn [code] (py/run-simple-string code))
"""

CLOJURE = """
(in-ns 'benchmarks.libpython-clj)
(def main (py/import-module "__main__"))
(def np (py/import-module "numpy"))
(def tf (py/import-module "tensorflow"))
(defn attr [x] (py/get-attr main x))
(def text (apply str (repeat 1000000 "a")))
(def numbers (double-array 1000000 0.5))
(def longs-of-python (vec (range 1000000)))
(def rows (vec (repeatedly 1000 (fn [] (vec (repeatedly 1000 rand))))))
(def nothing (attr "nothing"))
(def identical (attr "identity"))
(def failing (attr "failing"))
(def calling (attr "calling"))
(def give-text ((attr "giving") (attr "text")))
(def give-longs ((attr "giving") (attr "longs")))
(def array (attr "numbers"))
(def counter (attr "counter"))
(def increment (py/->python inc))
(def tensor-add (py/get-attr tf "add"))
(def a (py/call-attr (py/get-attr tf "random") "normal" [10]))
{"1 MB of text to Python / JPype's" #(per-call 1 (nothing text))
 "1 MB of text to Clojure / JPype's" #(per-call 1 (give-text))
 "double[1e6] to an ndarray / JPype's" #(per-call 1 (py/->python (dtt/ensure-tensor numbers)))
 "ndarray 1000 x 1000 to vectors / tolist" #(per-call 1 (dtt/->jvm array))
 "list of 1e6 ints to Clojure / tolist" #(per-call 1 (py/->jvm (give-longs)))
 "vector of 1e6 longs to Python / tolist" #(per-call 1 (nothing longs-of-python))
 "vectors 1000 x 1000 to numpy.array / tolist, array" #(per-call 1 (py/call-attr np "array" rows))
 "Python raises, Clojure catches" #(per-call 500 (try (failing) (catch Exception e nil)))
 "call of Python, one number / a bare JPype proxy" #(per-call 20000 (identical 1))
 "callback, one number / a bare JPype proxy" #(/ (per-call 1 (calling increment 20000)) 20000)
 "method call through pb/.. / of the bound method" #(per-call 20000 (py/py. counter add 1))
 "t/add left to the collector / in Python" #(per-call 1000 (tensor-add a a))}
"""


def sides() -> dict[str, Callable[[], float]]:
    """The functions that measure libpython-clj, by the names of the rows that they belong to.

    They give nanoseconds. libpython-clj prints each exception that Clojure throws into Python, so no row has those.
    """
    if not clojure.eval(IS_THERE):
        return {}
    run = clojure.eval(SETTING_UP)
    run(PYTHON)
    return dict(clojure.eval(CLOJURE))
