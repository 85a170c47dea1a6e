(ns pybridge.native.call
  "Calls from Clojure into Python. The GIL is held in all of this."
  (:require [pybridge.native.env :as env :refer [api new-reference]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.platform :as platform :refer [peek-word poke-word]]
            [pybridge.native.to-clojure :refer [->clojure]]
            [pybridge.native.to-python :refer [->python tuple->python]])
  (:import (java.util.concurrent ConcurrentHashMap)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^ConcurrentHashMap name-tuples (ConcurrentHashMap.))

(defn- names-tuple
  "The tuple of the option names `ks`, kept for ever: a program has a fixed number of them."
  ^long [env ks]
  (long (or (.get name-tuples ks)
            (let [names (tuple->python env ks 0 true)]
              (.put name-tuples ks names)
              names))))

(def ^:private ^:const arguments-offset Long/MIN_VALUE)

(defn call
  "Call the object at `callable` (borrowed) with the counted `arguments` and the map of `options`; a new reference."
  ^long [^Env env ^long callable arguments options]
  (let [n (count arguments)
        m (count options)
        total (+ n m)
        slots (.push env (inc total))
        first-slot (+ slots 8)]
    (loop [i 0] (when (<= i total) (poke-word (+ slots (* 8 i)) 0) (recur (inc i))))
    (.Py_IncRef (api env) callable)
    (try
      (reduce (fn [^long i x] (poke-word (+ first-slot (* 8 i)) (->python env x)) (inc i)) 0 arguments)
      (when (pos? m)
        (reduce (fn [^long i x] (poke-word (+ first-slot (* 8 i)) (->python env x)) (inc i)) n (vals options)))
      (new-reference env (.PyObject_Vectorcall (api env) callable first-slot (bit-or n (long arguments-offset))
                                           (if (pos? m) (names-tuple env (vec (keys options))) 0)))
      (finally
        (loop [i 0]
          (when (< i total)
            (let [argument (peek-word (+ first-slot (* 8 i)))]
              (when-not (zero? argument) (.Py_DecRef (api env) argument)))
            (recur (inc i))))
        (.Py_DecRef (api env) callable)
        (.pop env slots)))))

(defn attribute
  "The attribute `attribute-name` (a keyword, symbol or string) of the object at `pointer`: a new reference."
  ^long [env ^long pointer attribute-name]
  (let [name-text (->python env attribute-name)]
    (try
      (new-reference env (.PyObject_GetAttr (api env) pointer name-text))
      (finally (.Py_DecRef (api env) name-text)))))

(defn import-module ^long [env ^String module-name]
  (new-reference env (.PyImport_ImportModule (api env) (platform/c-string module-name))))

(defn help
  "Call the helper `helper-name`; its result as a Clojure value."
  [env helper-name & arguments]
  (->clojure env (call env (helpers/helper env helper-name) (vec arguments) nil)))
