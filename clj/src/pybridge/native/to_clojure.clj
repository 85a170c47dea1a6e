(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.to-clojure
  "Python's values as Clojure's, as the table in the documentation says. The GIL is held in all of this."
  (:require [pybridge.names :as names]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.counterparts :as counterparts]
            [pybridge.native.env :as env :refer [api new-reference type-of types]]
            [pybridge.native.gil :as gil]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.jpype :as jpype]
            [pybridge.native.kinds :as kinds]
            [pybridge.native.lifetime :as lifetime]
            [pybridge.native.limits :as limits :refer [deeper refuse]]
            [pybridge.native.plain :as plain]
            [pybridge.native.platform :refer [peek-word poke-word]]
            [pybridge.native.reference :as reference]
            [pybridge.native.sequences :as sequences]
            [pybridge.native.text :as text]
            [pybridge.once :refer [once]]
            [pybridge.ordered :as ordered])
  (:import (clojure.lang BigInt Keyword LazilyPersistentVector)
           (java.math BigInteger)
           (java.util HashMap)
           (pybridge.native.env Env)
           (pybridge.native.kinds Kind)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(once Progress
  (definterface Progress
    (^Object made [^long pointer])
    (^void keep [env ^long pointer x])
    (^void dropAll [env])))

(once Crossing
  ;; What is known of a value as long as it crosses: what containers that occur more than once have become; Python keeps them meanwhile.
  (deftype Crossing [tall? ^:unsynchronized-mutable ^HashMap kept]
    Progress
    (made [_ pointer] (when kept (.get kept pointer)))
    (keep [_ env pointer x]
      (when (nil? kept) (set! kept (HashMap.)))
      (.Py_IncRef (api env) pointer)
      (.put kept pointer x))
    (dropAll [_ env]
      (when kept (run! #(.Py_DecRef (api env) (long %)) (.keySet kept))))))

(declare ^{:arglists '([env ^long pointer ^long place crossing])} borrowed)

;; A `place` is an object's depth, followed by one bit: does the bridge hold a reference to it besides the container's?
(defmacro ^:private depth [place] `(bit-shift-right ~place 1))
(defmacro ^:private held [place] `(bit-or ~place 1))
(defmacro ^:private not-held [place] `(bit-and ~place -2))

(defn- big-int->clojure [env ^long pointer]
  (let [content (helpers/call-helper env "int_bytes" pointer)]
    (try
      (if (== (type-of env content) (.int-type (types env)))
        (limits/refuse-integer (.PyLong_AsLongLongAndOverflow (api env) content (.scratch ^Env env)))
        (BigInt/fromBigInteger (BigInteger. ^bytes (text/bytes->clojure env content))))
      (finally (.Py_DecRef (api env) content)))))

(defn- elements->clojure
  "The values of the elements of the tuple at `pointer`, borrowed, in an array."
  ^objects [env ^long pointer ^long place crossing]
  (let [^longs elements (sequences/elements env pointer)
        values (object-array (alength elements))]
    (loop [i (plain/fill env elements values)]
      (when (< i (alength elements))
        (aset values i (borrowed env (aget elements i) place crossing))
        (recur (inc i))))
    values))

(defn- tuple->clojure [env ^long pointer ^long place crossing]
  (LazilyPersistentVector/createOwning (elements->clojure env pointer (not-held place) crossing)))

(defmacro ^:private with-elements
  "Evaluate `body` with `tuple` bound to a tuple of what the list or set at `pointer` holds now: what is converted may change that."
  [[tuple env pointer] & body]
  `(let [~tuple (new-reference ~env (.PySequence_Tuple (api ~env) ~pointer))]
     (try
       ~@body
       (finally (.Py_DecRef (api ~env) ~tuple)))))

(defn- list->clojure [env ^long pointer ^long place crossing]
  (or (plain/as-vector env (sequences/list-elements env pointer))
      (with-elements [tuple env pointer]
        (LazilyPersistentVector/createOwning (elements->clojure env tuple (held place) crossing)))))

(defn- refuse-equal-elements [element]
  (refuse (str "elements of a set are equal in Clojure: " (pr-str element) "; take one of them away, or keep the set with a function whose "
               "name ends in a star (pb/call*)")
          {}))

(defn- set-of [^objects elements]
  (let [n (alength elements)]
    (loop [i 0, target (transient #{})]
      (if (== i n)
        (persistent! target)
        (let [larger (conj! target (aget elements i))]
          (when (== i (count larger)) (refuse-equal-elements (aget elements i)))
          (recur (inc i) larger))))))

(defn- plain-key?
  "Does Clojure hash and compare `x` by code of its own alone?"
  [x]
  (or (instance? String x) (instance? Keyword x) (instance? Number x) (instance? Boolean x) (nil? x)))

(defn- plain-keys?
  "Is every `step`-th of `xs` a plain key?"
  [^objects xs ^long step]
  (let [n (alength xs)]
    (loop [i 0]
      (cond
        (>= i n) true
        (plain-key? (aget xs i)) (recur (+ i step))
        :else false))))

(defmacro ^:private hashing
  "What `form` gives, which hashes every `step`-th of `xs`: without the GIL, unless all are plain keys, as other objects have code of their own."
  [env [xs step] form]
  `(if (plain-keys? ~xs ~step) ~form (gil/without-gil ~env ~form)))

(defn- set->clojure [env ^long pointer ^long place crossing]
  (let [elements (with-elements [tuple env pointer] (elements->clojure env tuple (held place) crossing))]
    (hashing env [elements 1] (set-of elements))))

(defn- key->clojure
  "The key at `pointer`, borrowed: a str that is written like a name becomes a keyword."
  [env ^long pointer ^long place crossing]
  (let [k (borrowed env pointer place crossing)]
    (or (when (string? k) (names/->keyword k)) k)))

(defn- dict-words
  "The addresses of the keys and values that the dict at `pointer` has now: new references, as what is converted may change it."
  ^longs [^Env env ^long pointer]
  (let [n (.PyDict_Size (api env) pointer)
        words (long-array (* 2 n))
        place (.push env 3)]
    (poke-word place 0)
    (dotimes [i n]
      (.PyDict_Next (api env) pointer place (+ place 8) (+ place 16))
      (let [k (peek-word (+ place 8)), v (peek-word (+ place 16))]
        (.Py_IncRef (api env) k)
        (.Py_IncRef (api env) v)
        (aset words (* 2 i) k)
        (aset words (inc (* 2 i)) v)))
    (.pop env place)
    words))

(defn- keys-and-values ^objects [env ^long pointer ^long place crossing]
  (let [^longs words (dict-words env pointer)
        found (object-array (alength words))]
    (try
      (dotimes [i (quot (alength words) 2)]
        (aset found (* 2 i) (key->clojure env (aget words (* 2 i)) place crossing))
        (aset found (inc (* 2 i)) (borrowed env (aget words (inc (* 2 i))) place crossing)))
      (finally (sequences/drop-all env words)))
    found))

(defn- map-of [^objects found]
  (let [target (ordered/from-array found)]
    (when (< (* 2 (count target)) (alength found))
      (refuse (str "keys of a dict are equal in Clojure: " (pr-str (take 10 (keys target))) "; rename one of them, or keep the dict "
                   "with a function whose name ends in a star (pb/call*)")
              {}))
    target))

(defn- dict->clojure [env ^long pointer ^long place crossing]
  (let [found (keys-and-values env pointer (held place) crossing)]
    (hashing env [found 2] (map-of found))))

(defmacro ^:private consuming
  "The value of `body`, which borrows `pointer`; then the reference is dropped."
  [env pointer & body]
  `(let [pointer# ~pointer] (try ~@body (finally (.Py_DecRef (api ~env) pointer#)))))

(defn- shared?
  "Does anything hold the object at `pointer` beside the container it was found in, and the bridge where that is so?"
  [env ^long pointer ^long place]
  (> (env/references env pointer) (inc (bit-and place 1))))

(defmacro ^:private container
  "What the function `convert` makes of the container at `pointer`, borrowed; of one that occurs again what it became before: it is a value
  in Clojure."
  [env convert pointer place crossing]
  `(let [pointer# ~pointer, place# ~place
         ^Crossing crossing# ~crossing
         shared# (shared? ~env pointer# place#)
         known# (when shared# (.made crossing# pointer#))]
     (if (some? known#)
       known#
       (let [made# (~convert ~env pointer# (bit-shift-left (deeper (depth place#) (.-tall? crossing#)) 1) crossing#)]
         (when shared# (.keep crossing# ~env pointer# made#))
         made#))))

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

(declare ->clojure)

(defn- part->clojure
  "What the helper `helper-name` gives for the object at `pointer`, which it borrows."
  [env helper-name ^long pointer]
  (->clojure env (helpers/call-helper env helper-name pointer)))

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
    :registered (let [handle (reference/own env pointer)] (gil/without-gil env (kinds/convert type handle)))
    (let [found (try
                  (counterparts/from-parts (crossing env type pointer) (part->clojure env "parts" pointer))
                  (catch Throwable failure
                    (.Py_DecRef (api env) pointer)
                    (throw failure)))]
      (if (some? found)
        (do (.Py_DecRef (api env) pointer) found)
        (reference/own env pointer)))))

(defn- borrowed
  "The Clojure value of the object at `pointer`, borrowed."
  [env ^long pointer ^long place crossing]
  (let [value (plain/value env pointer)]
    (if (identical? value plain/not-plain)
      (let [known (types env)
            type (type-of env pointer)]
        (cond
          (== type (.list-type known)) (container env list->clojure pointer place crossing)
          (== type (.tuple-type known)) (container env tuple->clojure pointer place crossing)
          (== type (.dict-type known)) (container env dict->clojure pointer place crossing)
          (== type (.bytes-type known)) (text/bytes->clojure env pointer)
          (or (== type (.set-type known)) (== type (.frozenset-type known))) (container env set->clojure pointer place crossing)
          (== type (.int-type known)) (big-int->clojure env pointer)
          (== type (.str-type known)) (text/surrogates->clojure env pointer)
          :else (do (.Py_IncRef (api env) pointer) (object->clojure env pointer type))))
      value)))

(defn- all->clojure [env ^long pointer tall?]
  (let [crossing (Crossing. tall? nil)]
    (try
      (borrowed env pointer 1 crossing)
      (finally (.dropAll crossing env)))))

(defn- container-type?
  "Is `type` that of containers that are converted with what they hold?"
  [env ^long type]
  (let [known (types env)]
    (or (== type (.list-type known)) (== type (.tuple-type known)) (== type (.dict-type known))
        (== type (.set-type known)) (== type (.frozenset-type known)))))

(defn- plain-type?
  "Is `type` that of numbers, texts and the like, which are converted by themselves?"
  [env ^long type]
  (let [known (types env)]
    (or (== type (.none-type known)) (== type (.int-type known)) (== type (.float-type known)) (== type (.bool-type known))
        (== type (.str-type known)) (== type (.bytes-type known)))))

(defn borrowed->clojure
  "The Clojure value of the object at `pointer`, borrowed."
  [env ^long pointer]
  (if (container-type? env (type-of env pointer))
    (limits/on-stack-for env (fn [env tall?] (all->clojure env pointer tall?)))
    (borrowed env pointer 0 nil)))

(defn ->clojure
  "The Clojure value of the object at `pointer`, whose reference is consumed."
  [env ^long pointer]
  (let [type (type-of env pointer)]
    (cond
      (plain-type? env type) (consuming env pointer (borrowed env pointer 0 nil))
      (container-type? env type) (consuming env pointer (borrowed->clojure env pointer))
      :else (object->clojure env pointer type))))
