(ns pybridge.native.to-python
  "Clojure's values as Python's, as the table in the documentation says: each gives a new reference. The GIL is held in all of this."
  (:require [pybridge.handle]
            [pybridge.native.doubles :as doubles]
            [pybridge.native.handle :as handle]
            [pybridge.native.interpreter :as python :refer [api known new-reference]]
            [pybridge.native.limits :as limits :refer [at-depth deeper refuse]]
            [pybridge.native.platform :as platform :refer [with-memory]]
            [pybridge.native.text :as text])
  (:import (clojure.lang BigInt IPersistentMap IPersistentSet Keyword RT Ratio Sequential Symbol)
           (java.math BigDecimal BigInteger)
           (java.nio.charset StandardCharsets)
           (pybridge.handle Handle)
           (pybridge.native.interpreter Known)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const longest-uncounted 10000000)

(defprotocol Foreign
  "Values whose conversion other namespaces know: functions, arrays, buffers, exceptions."
  (foreign->python [x] "A new reference, as a Long."))

(extend-protocol Foreign
  Object
  (foreign->python [x]
    (refuse (str "a " (.getName (class x)) " has no form in Python; pass its parts as numbers, strings, vectors or maps,"
                 (if (instance? clojure.lang.IDeref x) " or deref it first" " or a function that works on it"))
            {:class (class x)})))

;; ---- numbers -------------------------------------------------------------------------------------------------------

(defn- fraction->python
  "A float of a ratio or decimal."
  ^long [^Number x]
  (let [value (.doubleValue x)]
    (when (Double/isInfinite value)
      (refuse (str "a " (.getSimpleName (class x)) " of " (let [text (str x)] (if (> (count text) 40) (str (subs text 0 40) "…") text))
                   " is beyond what a float holds; scale it, or pass (str x)")
              {:class (class x)}))
    (new-reference (.PyFloat_FromDouble api value))))

(defn- big->python ^long [^BigInteger x]
  (let [digits (.getBytes (str (.toString x 16) "\0") StandardCharsets/ISO_8859_1)]
    (with-memory [address (alength digits)]
      (platform/put-array address digits)
      (new-reference (.PyLong_FromString api address 0 (int 16))))))

;; ---- collections ---------------------------------------------------------------------------------------------------

(declare ->python*)

(defn- countable
  "`xs` as something counted. What has to be computed is computed with the GIL given away."
  [xs]
  (if (counted? xs)
    xs
    (let [taken (python/without-gil (into [] (take (inc (long longest-uncounted))) xs))]
      (when (> (count taken) (long longest-uncounted))
        (refuse (str "a seq of more than " longest-uncounted " items would be copied whole; stream it with (pb/iter s)") {}))
      taken)))

(defmacro ^:private building
  "Bind `name` to the new container `make`, run `body` and give the container; a failure drops it."
  [[name make] & body]
  `(let [~name (new-reference ~make)]
     (try
       ~@body
       ~name
       (catch Throwable failure#
         (.Py_DecRef api ~name)
         (throw failure#)))))

(defn tuple->python
  "A tuple of `xs`; with `hashable?`, of elements that can be keys."
  ^long [xs ^long depth hashable?]
  (let [xs (countable xs)
        elements (RT/iter xs)]
    (building [target (.PyTuple_New api (count xs))]
      (loop [i 0]
        (when (.hasNext elements)
          (.PyTuple_SetItem api target i (->python* (.next elements) depth hashable?))
          (recur (inc i)))))))

(defn- list->python ^long [xs ^long depth]
  (let [xs (countable xs)]
    (if-let [doubles (when (<= (+ depth (long doubles/most-axes)) (long limits/deepest)) (doubles/gather xs))]
      (long (foreign->python doubles))
      (let [elements (RT/iter xs)]
        (building [target (.PyList_New api (count xs))]
          (loop [i 0]
            (when (.hasNext elements)
              (.PyList_SetItem api target i (->python* (.next elements) depth false))
              (recur (inc i)))))))))

(defn- set->python ^long [xs ^long depth hashable?]
  (let [elements (tuple->python (seq xs) depth true)
        target (if hashable? (.PyFrozenSet_New api elements) (.PySet_New api elements))]
    (.Py_DecRef api elements)
    (new-reference target)
    (when-not (== (.PySet_Size api target) (count xs))
      (.Py_DecRef api target)
      (refuse "elements of a set that differ in Clojure are equal in Python (1 and 1.0, :a and \"a\"); keep one of them" {}))
    target))

(defn- set-entry
  "Set the item of the dict at `target`; `k`, a new reference, is consumed."
  [^long target ^long k x ^long depth]
  (try
    (let [v (->python* x depth false)
          status (.PyDict_SetItem api target k v)]
      (.Py_DecRef api v)
      (when (neg? status) (python/throw-python)))
    (finally (.Py_DecRef api k))))

(defn- map->python ^long [m ^long depth]
  (let [entries (RT/iter m)]
    (building [target (.PyDict_New api)]
      (while (.hasNext entries)
        (let [entry (.next entries)]
          (set-entry target (->python* (key entry) depth true) (val entry) depth)))
      (when-not (== (.PyDict_Size api target) (count m))
        (refuse (str "keys of a map that differ in Clojure are equal in Python (:a and \"a\", :a-b and \"a_b\", 1 and 1.0): "
                     (pr-str (take 10 (keys m))) "; keep one of them")
                {:keys (vec (take 10 (keys m)))})))))

(def ^:private ^Class objects "Arrays of anything but primitives." (class (object-array 0)))

(def ^Class bridged
  "The interface of another bridge's Python objects, which may be functions, maps and lists too, once one is in use."
  Void)

(def bridged->python "The Python object of a `bridged` one: a new reference." nil)

(defn- nested->python ^long [x ^long depth hashable?]
  (cond
    (instance? IPersistentMap x) (if hashable? (tuple->python (seq x) depth true) (map->python x depth))
    (instance? IPersistentSet x) (set->python x depth hashable?)
    (instance? Sequential x) (if hashable? (tuple->python x depth true) (list->python x depth))
    (instance? java.util.Map x) (map->python (into {} x) depth)
    (instance? java.util.Set x) (set->python (into #{} x) depth hashable?)
    :else (list->python (vec x) depth)))

(defn- collection->python ^long [x ^long depth hashable?]
  (let [depth (deeper depth)]
    (long (at-depth depth (nested->python x depth hashable?)))))

(defn- ->python* ^long [x ^long depth hashable?]
  (let [^Known known known]
    (cond
      (instance? Handle x) (let [address (handle/address x)] (.Py_IncRef api address) address)
      (instance? Long x) (new-reference (.PyLong_FromLongLong api (.longValue ^Long x)))
      (instance? Double x) (new-reference (.PyFloat_FromDouble api (.doubleValue ^Double x)))
      (nil? x) (let [none (.none known)] (.Py_IncRef api none) none)
      (instance? String x) (text/string->python x)
      (instance? Keyword x) (text/named->python x)
      (instance? Boolean x) (let [truth (if (.booleanValue ^Boolean x) (.truth known) (.falsehood known))] (.Py_IncRef api truth) truth)
      (.isInstance bridged x) (long (bridged->python x))
      (or (instance? Sequential x) (instance? IPersistentMap x) (instance? IPersistentSet x)) (collection->python x depth hashable?)
      (instance? Symbol x) (text/named->python x)
      (or (instance? Integer x) (instance? Short x) (instance? Byte x))
      (new-reference (.PyLong_FromLongLong api (.longValue ^Number x)))
      (instance? Float x) (new-reference (.PyFloat_FromDouble api (.doubleValue ^Float x)))
      (or (instance? Ratio x) (instance? BigDecimal x)) (fraction->python x)
      (instance? BigInt x) (big->python (.toBigInteger ^BigInt x))
      (instance? BigInteger x) (big->python x)
      (instance? Character x) (text/string->python (str x))
      (or (instance? java.util.Map x) (instance? java.util.Set x) (instance? java.util.List x) (instance? objects x))
      (collection->python x depth hashable?)
      :else (long (foreign->python x)))))

(defn ->python
  "The Python object of `x`: a new reference."
  ^long [x]
  (->python* x 0 false))
