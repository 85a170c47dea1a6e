(ns pybridge.native.to-python
  "Clojure's values as Python's, as the table in the documentation says: each gives a new reference. The GIL is held in all of this."
  (:require [pybridge.handle]
            [pybridge.native.bridge]
            [pybridge.native.doubles :as doubles]
            [pybridge.native.env :as env :refer [api new-reference types]]
            [pybridge.native.gil :as gil]
            [pybridge.native.limits :as limits :refer [at-depth deeper refuse]]
            [pybridge.native.platform :as platform :refer [with-memory]]
            [pybridge.native.reference :as reference]
            [pybridge.native.text :as text])
  (:import (clojure.lang BigInt IPersistentMap IPersistentSet Keyword RT Ratio Sequential Symbol)
           (java.math BigDecimal BigInteger)
           (java.nio.charset StandardCharsets)
           (pybridge.handle Handle)
           (pybridge.native.bridge Bridge Peer)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const longest-uncounted 10000000)

(defprotocol Foreign
  "Values whose conversion other namespaces know: functions, arrays, buffers, exceptions."
  (foreign->python [x env] "A new reference, as a Long."))

(extend-protocol Foreign
  Object
  (foreign->python [x _env]
    (refuse (str "a " (.getName (class x)) " has no form in Python; pass its parts as numbers, strings, vectors or maps,"
                 (if (instance? clojure.lang.IDeref x) " or deref it first" " or a function that works on it"))
            {:class (class x)})))

(defn- fraction->python
  "A float of a ratio or decimal."
  ^long [env ^Number x]
  (let [value (.doubleValue x)]
    (when (Double/isInfinite value)
      (refuse (str "a " (.getSimpleName (class x)) " of " (let [text (str x)] (if (> (count text) 40) (str (subs text 0 40) "…") text))
                   " is beyond what a float holds; scale it, or pass (str x)")
              {:class (class x)}))
    (new-reference env (.PyFloat_FromDouble (api env) value))))

(defn- big->python ^long [env ^BigInteger x]
  (let [digits (.getBytes (str (.toString x 16) "\0") StandardCharsets/ISO_8859_1)]
    (with-memory [address (alength digits)]
      (platform/put-array address digits)
      (new-reference env (.PyLong_FromString (api env) address 0 (int 16))))))

(declare ^{:arglists '(^long [env x ^long depth hashable?])} ->python*)

(defn- countable
  "`xs` as something counted. What has to be computed is computed with the GIL given away."
  [env xs]
  (if (counted? xs)
    xs
    (let [taken (gil/without-gil env (into [] (take (inc (long longest-uncounted))) xs))]
      (when (> (count taken) (long longest-uncounted))
        (refuse (str "a seq of more than " longest-uncounted " items would be copied whole; stream it with (pb/iter s)") {}))
      taken)))

(defmacro ^:private building
  "Bind `name` to the new container `make`, run `body` and give the container; a failure drops it."
  [env [name make] & body]
  `(let [~name (new-reference ~env ~make)]
     (try
       ~@body
       ~name
       (catch Throwable failure#
         (.Py_DecRef (api ~env) ~name)
         (throw failure#)))))

(defn tuple->python
  "A tuple of `xs`; with `hashable?`, of elements that can be keys."
  ^long [env xs ^long depth hashable?]
  (let [xs (countable env xs)
        elements (RT/iter xs)]
    (building env [target (.PyTuple_New (api env) (count xs))]
      (loop [i 0]
        (when (.hasNext elements)
          (.PyTuple_SetItem (api env) target i (->python* env (.next elements) depth hashable?))
          (recur (inc i)))))))

(defn- list->python ^long [env xs ^long depth]
  (let [xs (countable env xs)]
    (if-let [doubles (when (<= (+ depth (long doubles/most-axes)) (long limits/deepest)) (doubles/gather xs))]
      (long (foreign->python doubles env))
      (let [elements (RT/iter xs)]
        (building env [target (.PyList_New (api env) (count xs))]
          (loop [i 0]
            (when (.hasNext elements)
              (.PyList_SetItem (api env) target i (->python* env (.next elements) depth false))
              (recur (inc i)))))))))

(defn- set->python ^long [env xs ^long depth hashable?]
  (let [elements (tuple->python env (seq xs) depth true)
        target (if hashable? (.PyFrozenSet_New (api env) elements) (.PySet_New (api env) elements))]
    (.Py_DecRef (api env) elements)
    (new-reference env target)
    (when-not (== (.PySet_Size (api env) target) (count xs))
      (.Py_DecRef (api env) target)
      (refuse "elements of a set that differ in Clojure are equal in Python (1 and 1.0, :a and \"a\"); keep one of them" {}))
    target))

(defn- set-entry
  "Set the item of the dict at `target`; `k` and `v`, new references, are consumed."
  [env ^long target ^long k ^long v]
  (let [status (.PyDict_SetItem (api env) target k v)]
    (.Py_DecRef (api env) v)
    (.Py_DecRef (api env) k)
    (when (neg? status) (env/raise env))))

(defn- value->python
  "The value that goes with the key `k`, a new reference, which a failure drops."
  ^long [env ^long k x ^long depth]
  (try
    (->python* env x depth false)
    (catch Throwable failure
      (.Py_DecRef (api env) k)
      (throw failure))))

(defn- map->python ^long [env m ^long depth]
  (let [entries (RT/iter m)]
    (building env [target (.PyDict_New (api env))]
      (while (.hasNext entries)
        (let [entry (.next entries)]
          (let [k (->python* env (key entry) depth true)]
            (set-entry env target k (value->python env k (val entry) depth)))))
      (when-not (== (.PyDict_Size (api env) target) (count m))
        (refuse (str "keys of a map that differ in Clojure are equal in Python (:a and \"a\", :a-b and \"a_b\", 1 and 1.0): "
                     (pr-str (take 10 (keys m))) "; keep one of them")
                {:keys (vec (take 10 (keys m)))})))))

(def ^:private ^Class objects "Arrays of anything but primitives." (class (object-array 0)))

(defn- nested->python ^long [env x ^long depth hashable?]
  (cond
    (instance? IPersistentMap x) (if hashable? (tuple->python env (seq x) depth true) (map->python env x depth))
    (instance? IPersistentSet x) (set->python env x depth hashable?)
    (instance? Sequential x) (if hashable? (tuple->python env x depth true) (list->python env x depth))
    (instance? java.util.Map x) (map->python env (into {} x) depth)
    (instance? java.util.Set x) (set->python env (into #{} x) depth hashable?)
    :else (list->python env (vec x) depth)))

(defn- collection->python ^long [env x ^long depth hashable?]
  (let [depth (deeper depth)]
    (long (at-depth env depth (nested->python env x depth hashable?)))))

(defn- peer->python
  "The object of `x` where it is one of another bridge's, which may be functions, maps and lists too; else zero."
  ^long [^Env env x]
  (if-let [^Peer peer (.-peer ^Bridge (.-bridge env))]
    (if (.isInstance (.type peer) x) (.toPython peer x) 0)
    0))

(defn- ->python* ^long [env x ^long depth hashable?]
  (let [known (types env)]
    (cond
      (instance? Handle x) (let [address (reference/address x)] (.Py_IncRef (api env) address) address)
      (instance? Long x) (new-reference env (.PyLong_FromLongLong (api env) (.longValue ^Long x)))
      (instance? Double x) (new-reference env (.PyFloat_FromDouble (api env) (.doubleValue ^Double x)))
      (nil? x) (let [none (.none known)] (.Py_IncRef (api env) none) none)
      (instance? String x) (text/string->python env x)
      (instance? Keyword x) (text/named->python env x)
      (instance? Boolean x) (let [truth (if (.booleanValue ^Boolean x) (.truth known) (.falsehood known))] (.Py_IncRef (api env) truth) truth)
      :else
      (let [theirs (peer->python env x)]
        (cond
          (not (zero? theirs)) theirs
          (or (instance? Sequential x) (instance? IPersistentMap x) (instance? IPersistentSet x)) (collection->python env x depth hashable?)
          (instance? Symbol x) (text/named->python env x)
          (or (instance? Integer x) (instance? Short x) (instance? Byte x))
          (new-reference env (.PyLong_FromLongLong (api env) (.longValue ^Number x)))
          (instance? Float x) (new-reference env (.PyFloat_FromDouble (api env) (.doubleValue ^Float x)))
          (or (instance? Ratio x) (instance? BigDecimal x)) (fraction->python env x)
          (instance? BigInt x) (big->python env (.toBigInteger ^BigInt x))
          (instance? BigInteger x) (big->python env x)
          (instance? Character x) (text/string->python env (str x))
          (or (instance? java.util.Map x) (instance? java.util.Set x) (instance? java.util.List x) (instance? objects x))
          (collection->python env x depth hashable?)
          :else (long (foreign->python x env)))))))

(defn ->python
  "The Python object of `x`: a new reference."
  ^long [env x]
  (->python* env x 0 false))
