(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.plain
  "Python's numbers, texts, booleans and None: they are had without running Python, so that nothing changes meanwhile where they were found.
  The GIL is held in all of this."
  (:require [pybridge.native.env :as env :refer [api type-of types]]
            [pybridge.native.numbers :as numbers]
            [pybridge.native.platform :refer [peek-int]]
            [pybridge.native.sequences :as sequences]
            [pybridge.native.text :as text])
  (:import (clojure.lang LazilyPersistentVector)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def not-plain "Stands for what is not to be had without running Python." (Object.))

(defn- int->clojure
  "A long, or `not-plain` where it does not fit; borrowed."
  [^Env env ^long pointer]
  (let [small (numbers/small env pointer)]
    (if-not (== small numbers/not-small)
      small
      (let [overflow (.scratch env)
            value (.PyLong_AsLongLongAndOverflow (api env) pointer overflow)]
        (if (zero? (peek-int overflow)) value not-plain)))))

(defn value
  "The value of the object at `pointer`, borrowed, if it is had without running Python or its collector; else `not-plain`."
  [env ^long pointer]
  (let [known (types env)
        type (type-of env pointer)]
    (cond
      (== type (.int-type known)) (int->clojure env pointer)
      (== type (.float-type known)) (numbers/float->clojure env pointer)
      (== type (.str-type known)) (or (text/utf-8->clojure env pointer) not-plain)
      (== type (.none-type known)) nil
      (== type (.bool-type known)) (if (== pointer (.truth known)) true false)
      :else not-plain)))

(defn fill
  "Put the values of those of `elements` that come before any which is not plain into `values`; how many."
  ^long [env ^longs elements ^objects values]
  (let [n (alength elements)]
    (loop [i 0]
      (if (== i n)
        n
        (let [found (value env (aget elements i))]
          (if (identical? found not-plain)
            i
            (do
              (aset values i found)
              (recur (inc i)))))))))

(defn as-vector
  "The vector of the borrowed `elements`, of a list or tuple, if each is plain, and so nothing could change them meanwhile; else nil."
  [env ^longs elements]
  (let [values (object-array (alength elements))]
    (when (== (fill env elements values) (alength elements))
      (LazilyPersistentVector/createOwning values))))

(defn vector-at
  "The vector of the object at `pointer`, borrowed, if that is a list or tuple of numbers, texts, booleans and None alone; else nil."
  [env ^long pointer]
  (condp == (type-of env pointer)
    (.list-type (types env)) (as-vector env (sequences/list-elements env pointer))
    (.tuple-type (types env)) (as-vector env (sequences/elements env pointer))
    nil))
