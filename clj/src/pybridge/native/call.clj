(ns pybridge.native.call
  "Calls from Clojure into Python. The GIL is held in all of this."
  (:require [pybridge.native.interpreter :as python :refer [api new-reference]]
            [pybridge.native.platform :as platform :refer [peek-word poke-word]]
            [pybridge.native.text :as text]
            [pybridge.native.to-clojure :refer [->clojure]]
            [pybridge.native.to-python :refer [->python tuple->python]])
  (:import (java.util.concurrent ConcurrentHashMap)
           (pybridge.native.interpreter Frame)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^ConcurrentHashMap name-tuples (ConcurrentHashMap.))

(defn- names-tuple
  "The tuple of the option names `ks`, kept for ever: a program has a fixed number of them."
  ^long [ks]
  (long (or (.get name-tuples ks)
            (let [names (tuple->python ks 0 true)]
              (.put name-tuples ks names)
              names))))

(def ^:private ^:const arguments-offset Long/MIN_VALUE)

(defn call
  "Call the object at `callable` (borrowed) with the counted `arguments` and the map of `options`; a new reference."
  ^long [^long callable arguments options]
  (let [^Frame frame (python/frame)
        n (count arguments)
        m (count options)
        total (+ n m)
        slots (.push frame (inc total))
        first-slot (+ slots 8)]
    (loop [i 0] (when (<= i total) (poke-word (+ slots (* 8 i)) 0) (recur (inc i))))
    (.Py_IncRef api callable)
    (try
      (reduce (fn [^long i x] (poke-word (+ first-slot (* 8 i)) (->python x)) (inc i)) 0 arguments)
      (when (pos? m)
        (reduce (fn [^long i x] (poke-word (+ first-slot (* 8 i)) (->python x)) (inc i)) n (vals options)))
      (new-reference (.PyObject_Vectorcall api callable first-slot (bit-or n (long arguments-offset))
                                           (if (pos? m) (names-tuple (vec (keys options))) 0)))
      (finally
        (loop [i 0]
          (when (< i total)
            (let [argument (peek-word (+ first-slot (* 8 i)))]
              (when-not (zero? argument) (.Py_DecRef api argument)))
            (recur (inc i))))
        (.Py_DecRef api callable)
        (.pop frame slots)))))

(defn attribute
  "The attribute `attribute-name` (a keyword, symbol or string) of the object at `pointer`: a new reference."
  ^long [^long pointer attribute-name]
  (let [name-text (->python attribute-name)]
    (try
      (new-reference (.PyObject_GetAttr api pointer name-text))
      (finally (.Py_DecRef api name-text)))))

(defn import-module ^long [^String module-name]
  (new-reference (.PyImport_ImportModule api (platform/c-string module-name))))

(defn- support
  "The module of helpers: a new reference. An error in its import has to do without them."
  ^long []
  (let [module (.PyImport_ImportModule api (platform/c-string "pybridge.clojure.support"))]
    (when (zero? module)
      (let [exception (python/fetched)
            words (.PyObject_Str api exception)]
        (.Py_DecRef api exception)
        (throw (ex-info (str "this Python cannot import pybridge (" (if (zero? words) "its error has no message" (text/string->clojure words))
                             "); install pybridge there, or name another Python in PYBRIDGE_PYTHON or with (start! {:python \"…\"})")
                        {:reason :start}))))
    module))

(def ^:private ^ConcurrentHashMap helpers (ConcurrentHashMap.))

(defn helper
  "A function of `pybridge.clojure.support`, the Python side of what need not be fast: borrowed, kept for ever."
  ^long [helper-name]
  (long (or (.get helpers helper-name)
            (let [module (support)
                  function (attribute module helper-name)]
              (.Py_DecRef api module)
              (.put helpers helper-name function)
              function))))

(defn help
  "Call the helper `helper-name`; its result as a Clojure value."
  [helper-name & arguments]
  (->clojure (call (helper helper-name) (vec arguments) nil)))
