(ns pybridge.native.to-clojure
  "Python's values as Clojure's, as the table in the documentation says. The GIL is held in all of this."
  (:require [pybridge.names :as names]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.counterparts :as counterparts]
            [pybridge.native.env :as env :refer [api new-reference type-of types]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.jpype :as jpype]
            [pybridge.native.kinds :as kinds]
            [pybridge.native.lifetime :as lifetime]
            [pybridge.native.limits :refer [at-depth deeper refuse]]
            [pybridge.native.platform :as platform :refer [peek-int peek-word poke-word]]
            [pybridge.native.reference :as reference]
            [pybridge.native.text :as text]
            [pybridge.ordered :as ordered])
  (:import (clojure.lang BigInt)
           (java.math BigInteger)
           (java.util Arrays)
           (pybridge.native.env Env)
           (pybridge.native.kinds Kind)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(declare ^{:arglists '([env ^long pointer ^long depth])} ->clojure*)

(defn- int->clojure
  "A long, or a BigInt where it does not fit; borrowed."
  [^Env env ^long pointer]
  (let [overflow (.scratch env)
        value (.PyLong_AsLongLongAndOverflow (api env) pointer overflow)]
    (if (zero? (peek-int overflow))
      value
      (let [digits (new-reference env (.PyNumber_ToBase (api env) pointer (int 16)))
            ^String text (text/string->clojure env digits)]
        (.Py_DecRef (api env) digits)
        (BigInt/fromBigInteger (BigInteger. (.replace text "0x" "") 16))))))

(defn- element->clojure
  "The value of the object at `pointer`, borrowed, at some depth of nesting."
  [env ^long pointer ^long depth]
  (.Py_IncRef (api env) pointer)
  (->clojure* env pointer depth))

(defn borrowed->clojure [env ^long pointer]
  (element->clojure env pointer 0))

(defn- list->clojure [env ^long pointer ^long depth]
  (loop [i 0, target (transient [])]
    (if (< i (.PyList_Size (api env) pointer))
      (recur (inc i) (conj! target (element->clojure env (.PyList_GetItem (api env) pointer i) depth)))
      (persistent! target))))

(defn- tuple->clojure [env ^long pointer ^long depth]
  (let [n (.PyTuple_Size (api env) pointer)]
    (loop [i 0, target (transient [])]
      (if (< i n)
        (recur (inc i) (conj! target (element->clojure env (.PyTuple_GetItem (api env) pointer i) depth)))
        (persistent! target)))))

(defn- refuse-equal-elements [element]
  (refuse (str "elements of a set are equal in Clojure: " (pr-str element) "; take one of them away, or keep the set with a function whose "
               "name ends in a star (pb/call*)")
          {}))

(defn- set->clojure [env ^long pointer ^long depth]
  (let [iterator (new-reference env (.PyObject_GetIter (api env) pointer))]
    (try
      (loop [target (transient #{}), n 0]
        (let [element (.PyIter_Next (api env) iterator)]
          (cond
            (not (zero? element)) (let [x (->clojure* env element depth)
                                        larger (conj! target x)]
                                    (when (== n (count larger)) (refuse-equal-elements x))
                                    (recur larger (inc n)))
            (zero? (.PyErr_Occurred (api env))) (persistent! target)
            :else (env/raise env))))
      (finally (.Py_DecRef (api env) iterator)))))

(defn- key->clojure
  "The key whose reference is consumed: a str that is written like a name becomes a keyword."
  [env ^long pointer ^long depth]
  (let [k (->clojure* env pointer depth)]
    (or (when (string? k) (names/->keyword k)) k)))

(defn- keys-and-values
  "The keys and values of a dict in its order, as an array. Of a dict that changes meanwhile, what it has then."
  ^objects [^Env env ^long pointer ^long depth]
  (let [place (.push env 3)]
    (try
      (poke-word place 0)
      (loop [found (object-array (* 2 (.PyDict_Size (api env) pointer))), n 0]
        (if (zero? (.PyDict_Next (api env) pointer place (+ place 8) (+ place 16)))
          (if (== n (alength found)) found (Arrays/copyOf found n))
          (let [k (peek-word (+ place 8))
                v (peek-word (+ place 16))
                found (if (< n (alength found)) found (Arrays/copyOf found (+ 16 (* 2 n))))]
            ;; Both are held before anything is converted: that may run Python, which may change the dict.
            (.Py_IncRef (api env) k)
            (.Py_IncRef (api env) v)
            (aset found n (key->clojure env k depth))
            (aset found (inc n) (->clojure* env v depth))
            (recur found (+ n 2)))))
      (finally (.pop env place)))))

(defn- dict->clojure [env ^long pointer ^long depth]
  (let [^objects found (keys-and-values env pointer depth)
        target (ordered/from-array found)]
    (when (< (* 2 (count target)) (alength found))
      (refuse (str "keys of a dict are equal in Clojure: " (pr-str (take 10 (keys target))) "; rename one of them, or keep the dict "
                   "with a function whose name ends in a star (pb/call*)")
              {}))
    target))

(defmacro ^:private consuming
  "The value of `body`, which borrows `pointer`; then the reference is dropped."
  [env pointer & body]
  `(let [pointer# ~pointer] (try ~@body (finally (.Py_DecRef (api ~env) pointer#)))))

(defmacro ^:private container
  "What the function `convert` makes of the container at `pointer`, whose elements are a level deeper than `depth`."
  [env convert pointer depth]
  `(let [pointer# ~pointer]
     (consuming ~env pointer#
       (let [depth# (deeper ~depth)]
         (at-depth ~env depth# (~convert ~env pointer# depth#))))))

(defn- number-of
  "What the method or attribute `attribute-name` of the object at `pointer` gives, as a long; zero where it fails."
  ^long [env ^long pointer attribute-name called?]
  (let [attribute (.PyObject_GetAttr (api env) pointer (text/name->python env attribute-name))
        result (if (and called? (not (zero? attribute)))
                 (let [result (.PyObject_Vectorcall (api env) attribute 0 0 0)]
                   (.Py_DecRef (api env) attribute)
                   result)
                 attribute)]
    (if (zero? result)
      (do (.PyErr_Clear (api env)) 0)
      (let [n (.PyLong_AsLongLongAndOverflow (api env) result (.scratch ^Env env))]
        (.Py_DecRef (api env) result)
        (when (neg? n) (.PyErr_Clear (api env)))
        (max n 0)))))

(def ^:private ^:const bytes-per-element 4)

(defn- part->clojure
  "What the helper `helper-name` gives for the object at `pointer`, which it borrows."
  [env helper-name ^long pointer]
  (->clojure* env (helpers/call-helper env helper-name pointer) 0))

(defn- crossing [env ^long type ^long pointer]
  (let [^Kind kind (kinds/kind-of-type env type pointer)]
    (.-crossing kind)))

(defn- object->clojure
  "An object that is none of the built-in types' own."
  [env ^long pointer ^long type]
  (case (crossing env type pointer)
    (:handle :lasting) (reference/own env pointer)
    :scalar (consuming env pointer (part->clojure env "scalar" pointer))
    :capsule (if-some [x (when (capsule/capsule? env pointer) (capsule/capsule->clojure env pointer))]
               (do (.Py_DecRef (api env) pointer) x)
               (reference/own env pointer))
    :function (if-some [f (lifetime/object->function pointer)]
                (do (.Py_DecRef (api env) pointer) f)
                (reference/own env pointer))
    (:throwable :opaque) (if-some [held (capsule/held->clojure env pointer)]
                           (do (.Py_DecRef (api env) pointer) held)
                           (reference/lasting env pointer))
    :jpype (consuming env pointer (jpype/object env pointer))
    :array (reference/own env pointer (number-of env pointer :nbytes false))
    :tensor (reference/own env pointer (* (long bytes-per-element) (number-of env pointer :_num_elements true)))
    :kept (consuming env pointer
            (reference/own env (new-reference env (.PyObject_GetAttr (api env) pointer (text/name->python env :object)))))
    :registered (kinds/convert type (reference/own env pointer))
    (let [found (try
                  (counterparts/from-parts (crossing env type pointer) (part->clojure env "parts" pointer))
                  (catch Throwable failure
                    (.Py_DecRef (api env) pointer)
                    (throw failure)))]
      (if (some? found)
        (do (.Py_DecRef (api env) pointer) found)
        (reference/own env pointer)))))

(defn- ->clojure* [env ^long pointer ^long depth]
  (let [known (types env)
        type (type-of env pointer)]
    (cond
      (== type (.none-type known)) (do (.Py_DecRef (api env) pointer) nil)
      (== type (.int-type known)) (consuming env pointer (int->clojure env pointer))
      (== type (.float-type known)) (let [value (.PyFloat_AsDouble (api env) pointer)] (.Py_DecRef (api env) pointer) value)
      (== type (.bool-type known)) (let [value (if (== pointer (.truth known)) true false)] (.Py_DecRef (api env) pointer) value)
      (== type (.str-type known)) (consuming env pointer (text/string->clojure env pointer))
      (== type (.list-type known)) (container env list->clojure pointer depth)
      (== type (.tuple-type known)) (container env tuple->clojure pointer depth)
      (== type (.dict-type known)) (container env dict->clojure pointer depth)
      (== type (.bytes-type known))
      (consuming env pointer (platform/get-bytes (.PyBytes_AsString (api env) pointer) (.PyBytes_Size (api env) pointer)))
      (or (== type (.set-type known)) (== type (.frozenset-type known))) (container env set->clojure pointer depth)
      :else (object->clojure env pointer type))))

(defn ->clojure
  "The Clojure value of the object at `pointer`, whose reference is consumed."
  [env ^long pointer]
  (->clojure* env pointer 0))
