(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.call
  "Calls from Clojure into Python. The GIL is held in all of this."
  (:require [pybridge.native.env :refer [api new-reference]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.kinds :as kinds]
            [pybridge.native.platform :refer [peek-word poke-word]]
            [pybridge.native.text :as text]
            [pybridge.native.to-clojure :refer [->clojure]]
            [pybridge.native.to-python :as to-python :refer [->python ->python*]]
            [pybridge.once :refer [once]])
  (:import (clojure.lang Keyword)
           (java.util.concurrent ConcurrentHashMap)
           (pybridge.native.env Env)
           (pybridge.native.kinds Kind)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(once Arguments
  ;; Counted values, a map of options, and how both are to be converted: a mode of `pybridge.native.to-python`.
  (deftype Arguments [xs options ^long mode]))

(def ^:private ^ConcurrentHashMap name-tuples (ConcurrentHashMap.))

(defn- names-tuple
  "The tuple of the option names `ks`, kept for ever: a program has a fixed number of them."
  ^long [env ks]
  (long (or (.get name-tuples ks)
            (let [names (to-python/->key env ks)]
              (.put name-tuples ks names)
              names))))

(defn- slots-for
  "A place on the argument stack for one word more than `arguments` needs, all zero."
  ^long [^Env env ^Arguments arguments]
  (let [n (+ 1 (count (.-xs arguments)) (count (.-options arguments)))
        slots (.push env n)]
    (loop [i 0] (when (< i n) (poke-word (+ slots (* 8 i)) 0) (recur (inc i))))
    slots))

(defn- put-values
  "Convert `xs` to the words from `slot` on."
  [env ^long slot xs ^long mode]
  (reduce (fn [^long slot x] (poke-word slot (->python* env x mode)) (+ slot 8)) slot xs))

(defn- put-arguments [env ^long slot ^Arguments arguments]
  (put-values env slot (.-xs arguments) (.-mode arguments))
  (when-let [options (.-options arguments)]
    (put-values env (+ slot (* 8 (count (.-xs arguments)))) (vals options) (.-mode arguments))))

(defn- option-names ^long [env ^Arguments arguments]
  (if (zero? (count (.-options arguments))) 0 (names-tuple env (vec (keys (.-options arguments))))))

(defn- give-back
  "Drop what was put into the words from `slots` on."
  [^Env env ^long slots ^Arguments arguments]
  (let [n (+ (count (.-xs arguments)) (count (.-options arguments)))]
    (loop [i 1]
      (when (<= i n)
        (let [argument (peek-word (+ slots (* 8 i)))]
          (when-not (zero? argument) (.Py_DecRef (api env) argument)))
        (recur (inc i))))
    (.pop env slots)))

(def ^:private ^:const arguments-offset "The word before the first argument may be written by the function called." Long/MIN_VALUE)

(defn vectorcall
  "Call the object at `callable` (borrowed); a new reference."
  ^long [env ^long callable ^Arguments arguments]
  (let [slots (slots-for env arguments)]
    (.Py_IncRef (api env) callable)
    (try
      (put-arguments env (+ slots 8) arguments)
      (new-reference env (.PyObject_Vectorcall (api env) callable (+ slots 8)
                                               (bit-or (count (.-xs arguments)) (long arguments-offset)) (option-names env arguments)))
      (finally
        (give-back env slots arguments)
        (.Py_DecRef (api env) callable)))))

(defmacro ^:private with-name
  "Evaluate `body` with `pointer` bound to a str of the name `x`, borrowed."
  [[pointer env x] & body]
  `(let [kept# (if (instance? Keyword ~x) (text/kept-name ~env ~x) 0)
         ~pointer (if (zero? kept#) (->python ~env ~x) kept#)]
     (try
       ~@body
       (finally (when (zero? kept#) (.Py_DecRef (api ~env) ~pointer))))))

(defn vectorcall-method
  "Call the method `method-name` of the object at `self` (borrowed); a new reference."
  ^long [env ^long self method-name ^Arguments arguments]
  (with-name [method env method-name]
    (let [slots (slots-for env arguments)]
      (try
        (put-arguments env (+ slots 8) arguments)
        (poke-word slots self)
        (new-reference env (.PyObject_VectorcallMethod (api env) method slots (inc (count (.-xs arguments))) (option-names env arguments)))
        (finally (give-back env slots arguments))))))

(defn call
  "Call the object at `callable` (borrowed) with the counted `xs` and the map of `options`; a new reference."
  ^long [env ^long callable xs options]
  (vectorcall env callable (Arguments. xs options to-python/as-itself)))

(defn attribute
  "The attribute `attribute-name` (a keyword, symbol or string) of the object at `pointer`: a new reference."
  ^long [env ^long pointer attribute-name]
  (with-name [name-text env attribute-name]
    (new-reference env (.PyObject_GetAttr (api env) pointer name-text))))

(defn item-key->python
  "The key `k` of an item of the object at `pointer`: of a mapping or set as can be hashed, a vector being a tuple; a new reference."
  ^long [env ^long pointer k]
  (case (.-shape ^Kind (kinds/kind env pointer))
    (:mapping :set) (to-python/->key env k)
    (->python env k)))

(defn item
  "The item at `k` of the object at `pointer`: a new reference."
  ^long [env ^long pointer k]
  (let [k (item-key->python env pointer k)]
    (try
      (new-reference env (.PyObject_GetItem (api env) pointer k))
      (finally (.Py_DecRef (api env) k)))))

(defn help
  "Call the helper `helper-name`; its result as a Clojure value."
  [env helper-name & arguments]
  (->clojure env (call env (helpers/helper env helper-name) (vec arguments) nil)))
