(ns pybridge.native.to-clojure
  "Python's values as Clojure's, as the table in the documentation says. The GIL is held in all of this."
  (:require [pybridge.names :as names]
            [pybridge.native.interpreter :as python :refer [api known new-reference type-of]]
            [pybridge.native.limits :refer [at-depth deeper refuse]]
            [pybridge.native.platform :as platform :refer [peek-int peek-word poke-word]]
            [pybridge.native.text :as text])
  (:import (clojure.lang BigInt)
           (java.math BigInteger)
           (pybridge.native.interpreter Frame Known)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(declare ->clojure*)

(defn- int->clojure
  "A long, or a BigInt where it does not fit; borrowed."
  [^long pointer]
  (let [overflow (.scratch (python/frame))
        value (.PyLong_AsLongLongAndOverflow api pointer overflow)]
    (if (zero? (peek-int overflow))
      value
      (let [digits (new-reference (.PyNumber_ToBase api pointer (int 16)))
            ^String text (text/string->clojure digits)]
        (.Py_DecRef api digits)
        (BigInt/fromBigInteger (BigInteger. (.replace text "0x" "") 16))))))

(defn- element->clojure
  "The value of the object at `pointer`, borrowed, at some depth of nesting."
  [^long pointer ^long depth]
  (.Py_IncRef api pointer)
  (->clojure* pointer depth))

(defn borrowed->clojure [^long pointer]
  (element->clojure pointer 0))

(defn- list->clojure [^long pointer ^long depth]
  (loop [i 0, target (transient [])]
    (if (< i (.PyList_Size api pointer))
      (recur (inc i) (conj! target (element->clojure (.PyList_GetItem api pointer i) depth)))
      (persistent! target))))

(defn- tuple->clojure [^long pointer ^long depth]
  (let [n (.PyTuple_Size api pointer)]
    (loop [i 0, target (transient [])]
      (if (< i n)
        (recur (inc i) (conj! target (element->clojure (.PyTuple_GetItem api pointer i) depth)))
        (persistent! target)))))

(defn- set->clojure [^long pointer ^long depth]
  (let [iterator (new-reference (.PyObject_GetIter api pointer))]
    (try
      (loop [target (transient #{})]
        (let [element (.PyIter_Next api iterator)]
          (cond
            (not (zero? element)) (recur (conj! target (->clojure* element depth)))
            (zero? (.PyErr_Occurred api)) (persistent! target)
            :else (python/throw-python))))
      (finally (.Py_DecRef api iterator)))))

(defn- key->clojure
  "The key whose reference is consumed: a str that is written like a name becomes a keyword."
  [^long pointer ^long depth]
  (let [k (->clojure* pointer depth)]
    (or (when (string? k) (names/->keyword k)) k)))

(defn- dict->clojure [^long pointer ^long depth]
  (let [^Frame frame (python/frame)
        n (.PyDict_Size api pointer)
        place (.push frame 3)]
    (try
      (poke-word place 0)
      (loop [target (transient {})]
        (if (zero? (.PyDict_Next api pointer place (+ place 8) (+ place 16)))
          (let [target (persistent! target)]
            (if (== n (count target))
              target
              (refuse (str "keys of a dict are equal in Clojure: " (pr-str (take 10 (keys target))) "; rename one of them") {})))
          (let [k (peek-word (+ place 8))
                v (peek-word (+ place 16))]
            ;; Both are held before anything is converted: that may run Python, which may change the dict.
            (.Py_IncRef api k)
            (.Py_IncRef api v)
            (recur (assoc! target (key->clojure k depth) (->clojure* v depth))))))
      (finally (.pop frame place)))))

(def ^:private ^:const int-flag (bit-shift-left 1 24))
(def ^:private ^:const list-flag (bit-shift-left 1 25))
(def ^:private ^:const tuple-flag (bit-shift-left 1 26))
(def ^:private ^:const bytes-flag (bit-shift-left 1 27))
(def ^:private ^:const str-flag (bit-shift-left 1 28))
(def ^:private ^:const dict-flag (bit-shift-left 1 29))

(defprotocol Special
  "What Python objects are beside the built-in types: `pybridge.native.start` gives the one instance."
  (special->clojure [this pointer] "The value of the object at `pointer`, whose reference is consumed."))

(def special nil)

(defmacro ^:private consuming
  "The value of `body`, which borrows `pointer`; then the reference is dropped."
  [pointer & body]
  `(let [pointer# ~pointer] (try ~@body (finally (.Py_DecRef api pointer#)))))

(defmacro ^:private container
  "What the function `convert` makes of the container at `pointer`, whose elements are a level deeper than `depth`."
  [convert pointer depth]
  `(let [pointer# ~pointer]
     (consuming pointer#
       (let [depth# (deeper ~depth)]
         (at-depth depth# (~convert pointer# depth#))))))

(defn- subclass->clojure
  "An object whose type is none of the built-in ones, though it may come from one."
  [^long pointer ^long type ^long depth]
  (let [^Known known known
        flags (.PyType_GetFlags api type)
        flag? (fn [^long flag] (not (zero? (bit-and flags flag))))]
    (cond
      (flag? int-flag) (consuming pointer (int->clojure pointer))
      (flag? str-flag) (consuming pointer (text/string->clojure pointer))
      (flag? tuple-flag) (container tuple->clojure pointer depth)
      (flag? list-flag) (container list->clojure pointer depth)
      (flag? dict-flag) (container dict->clojure pointer depth)
      (flag? bytes-flag) (consuming pointer (platform/get-bytes (.PyBytes_AsString api pointer) (.PyBytes_Size api pointer)))
      (not (zero? (.PyType_IsSubtype api type (.float-type known)))) (consuming pointer (.PyFloat_AsDouble api pointer))
      :else (special->clojure special pointer))))

(defn- ->clojure* [^long pointer ^long depth]
  (let [^Known known known
        type (type-of pointer)]
    (cond
      (== type (.none-type known)) (do (.Py_DecRef api pointer) nil)
      (== type (.int-type known)) (consuming pointer (int->clojure pointer))
      (== type (.float-type known)) (let [value (.PyFloat_AsDouble api pointer)] (.Py_DecRef api pointer) value)
      (== type (.bool-type known)) (let [value (if (== pointer (.truth known)) true false)] (.Py_DecRef api pointer) value)
      (== type (.str-type known)) (consuming pointer (text/string->clojure pointer))
      (== type (.list-type known)) (container list->clojure pointer depth)
      (== type (.tuple-type known)) (container tuple->clojure pointer depth)
      (== type (.dict-type known)) (container dict->clojure pointer depth)
      (== type (.bytes-type known))
      (consuming pointer (platform/get-bytes (.PyBytes_AsString api pointer) (.PyBytes_Size api pointer)))
      (or (== type (.set-type known)) (== type (.frozenset-type known))) (container set->clojure pointer depth)
      :else (subclass->clojure pointer type depth))))

(defn ->clojure
  "The Clojure value of the object at `pointer`, whose reference is consumed."
  [^long pointer]
  (->clojure* pointer 0))
