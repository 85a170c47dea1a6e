(ns pybridge.native.convert
  "Values across the bridge, as the table in the documentation says. The GIL is held in all of this.

  `->python` gives a new reference; `->clojure` consumes one."
  (:require [pybridge.handle]
            [pybridge.names :as names]
            [pybridge.native.handle :as handle]
            [pybridge.native.interpreter :as python :refer [api known new-reference type-of]]
            [pybridge.native.platform :as platform :refer [peek-int peek-word poke-int poke-word with-memory]])
  (:import (clojure.lang APersistentVector BigInt IPersistentMap IPersistentSet ISeq Keyword Named Ratio Sequential Symbol)
           (java.math BigDecimal BigInteger)
           (java.nio ByteBuffer ByteOrder)
           (java.nio.charset StandardCharsets)
           (java.util.concurrent ConcurrentHashMap)
           (pybridge.handle Handle)
           (pybridge.native.capi Api)
           (pybridge.native.interpreter Frame Known)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const longest-uncounted 10000000)
(def ^:private ^:const deepest 1000)

(defn- refuse
  "Throw the error of a value that cannot cross."
  [message data]
  (throw (ex-info message (assoc data :reason :conversion))))

(defprotocol Foreign
  "Values whose conversion other namespaces know: functions, arrays, buffers, exceptions."
  (foreign->python [x] "A new reference, as a Long."))

(extend-protocol Foreign
  Object
  (foreign->python [x]
    (refuse (str "a " (.getName (class x)) " has no form in Python; pass its parts as numbers, strings, vectors or maps,"
                 (if (instance? clojure.lang.IDeref x) " or deref it first" " or a function that works on it"))
            {:class (class x)})))

;; ---- text ----------------------------------------------------------------------------------------------------------

(defn- ascii? [^String s]
  (let [n (.length s)]
    (loop [i 0] (cond (== i n) true (< (int (.charAt s i)) 128) (recur (inc i)) :else false))))

(defn string->python
  "Any string, lone surrogates included, which UTF-8 would lose."
  ^long [^String s]
  (if (ascii? s)
    (let [text (.getBytes s StandardCharsets/ISO_8859_1)]
      (with-memory [address (alength text)]
        (platform/put-array address text)
        (new-reference (.PyUnicode_FromStringAndSize api address (alength text)))))
    (let [text (.toCharArray s)
          size (* 2 (alength text))]
      (with-memory [address (+ 8 size)]
        (poke-int address (if (= ByteOrder/LITTLE_ENDIAN (ByteOrder/nativeOrder)) -1 1))
        (platform/put-array (+ 8 (long address)) text)
        (new-reference (.PyUnicode_DecodeUTF16 api (+ 8 (long address)) size (platform/c-string "surrogatepass") address))))))

(defn string->clojure
  "The text of the str at `pointer`, borrowed."
  [^long pointer]
  (let [size (.scratch (python/frame))
        text (.PyUnicode_AsUTF8AndSize api pointer size)]
    (if-not (zero? text)
      (platform/text-at text (peek-word size))
      (let [_ (.PyErr_Clear api)
            encoded (new-reference (.PyUnicode_AsEncodedString api pointer (platform/c-string "utf-16-le") (platform/c-string "surrogatepass")))
            chars (platform/get-bytes (.PyBytes_AsString api encoded) (.PyBytes_Size api encoded))]
        (.Py_DecRef api encoded)
        (let [buffer (.asCharBuffer (.order (ByteBuffer/wrap chars) ByteOrder/LITTLE_ENDIAN))]
          (.toString buffer))))))

(def ^:private ^ConcurrentHashMap interned (ConcurrentHashMap.))

(defn name->python
  "A keyword or symbol as a str, kept for ever: borrowed."
  ^long [^Named x]
  (long (or (.get interned x)
            (let [text (names/->snake (names/full-name x))
                  pointer (new-reference (.PyUnicode_InternFromString api (platform/c-string text)))]
              (.put interned x pointer)
              pointer))))

(defn- named->python ^long [^Named x]
  (if (< (.size interned) 10000)
    (let [pointer (name->python x)] (.Py_IncRef api pointer) pointer)
    (string->python (names/->snake (names/full-name x)))))

;; ---- numbers -------------------------------------------------------------------------------------------------------

(defn- big->python ^long [^BigInteger x]
  (let [digits (.getBytes (str (.toString x 16) "\0") StandardCharsets/ISO_8859_1)]
    (with-memory [address (alength digits)]
      (platform/put-array address digits)
      (new-reference (.PyLong_FromString api address 0 (int 16))))))

(defn- int->clojure
  "A long, or a BigInt where it does not fit; borrowed."
  [^long pointer]
  (let [overflow (.scratch (python/frame))
        value (.PyLong_AsLongLongAndOverflow api pointer overflow)]
    (if (zero? (peek-int overflow))
      value
      (let [digits (new-reference (.PyNumber_ToBase api pointer (int 16)))
            ^String text (string->clojure digits)]
        (.Py_DecRef api digits)
        (BigInt/fromBigInteger (BigInteger. (.replace text "0x" "") 16))))))

;; ---- collections to Python -----------------------------------------------------------------------------------------

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

(defn- list->python ^long [xs ^long depth]
  (let [xs (countable xs)]
    (building [target (.PyList_New api (count xs))]
      (reduce (fn [^long i x]
                (.PyList_SetItem api target i (->python* x depth false))
                (inc i))
              0 xs))))

(defn tuple->python
  "A tuple of `xs`; with `hashable?`, of elements that can be keys."
  ^long [xs ^long depth hashable?]
  (let [xs (countable xs)]
    (building [target (.PyTuple_New api (count xs))]
      (reduce (fn [^long i x]
                (.PyTuple_SetItem api target i (->python* x depth hashable?))
                (inc i))
              0 xs))))

(defn- set->python ^long [xs ^long depth hashable?]
  (let [elements (tuple->python (seq xs) depth true)
        target (if hashable? (.PyFrozenSet_New api elements) (.PySet_New api elements))]
    (.Py_DecRef api elements)
    (new-reference target)
    (when-not (== (.PySet_Size api target) (count xs))
      (.Py_DecRef api target)
      (refuse "elements of a set that differ in Clojure are equal in Python (1 and 1.0, :a and \"a\"); keep one of them" {}))
    target))

(defn- map->python ^long [m ^long depth]
  (building [target (.PyDict_New api)]
    (reduce (fn [_ entry]
              (let [k (->python* (key entry) depth true)]
                (try
                  (let [v (->python* (val entry) depth false)
                        status (.PyDict_SetItem api target k v)]
                    (.Py_DecRef api v)
                    (when (neg? status) (python/throw-python)))
                  (finally (.Py_DecRef api k)))))
            nil m)
    (when-not (== (.PyDict_Size api target) (count m))
      (refuse (str "keys of a map that differ in Clojure are equal in Python (:a and \"a\", :a-b and \"a_b\", 1 and 1.0): "
                   (pr-str (take 10 (keys m))) "; keep one of them")
              {:keys (vec (take 10 (keys m)))}))))

(defn- ->python* ^long [x ^long depth hashable?]
  (let [^Known known known]
    (when (> depth (long deepest))
      (refuse (str "data nested more than " deepest " levels deep does not cross the bridge; flatten it") {}))
    (cond
      (instance? Handle x) (let [address (handle/address x)] (.Py_IncRef api address) address)
      (instance? Long x) (new-reference (.PyLong_FromLongLong api (.longValue ^Long x)))
      (instance? Double x) (new-reference (.PyFloat_FromDouble api (.doubleValue ^Double x)))
      (nil? x) (let [none (.none known)] (.Py_IncRef api none) none)
      (instance? String x) (string->python x)
      (instance? Keyword x) (named->python x)
      (instance? Boolean x) (let [truth (if (.booleanValue ^Boolean x) (.truth known) (.falsehood known))] (.Py_IncRef api truth) truth)
      (instance? APersistentVector x) (if hashable? (tuple->python x (inc depth) true) (list->python x (inc depth)))
      (instance? IPersistentMap x) (if hashable? (tuple->python (seq x) (inc depth) true) (map->python x (inc depth)))
      (instance? IPersistentSet x) (set->python x (inc depth) hashable?)
      (instance? Sequential x) (if hashable? (tuple->python x (inc depth) true) (list->python x (inc depth)))
      (instance? Symbol x) (named->python x)
      (or (instance? Integer x) (instance? Short x) (instance? Byte x))
      (new-reference (.PyLong_FromLongLong api (.longValue ^Number x)))
      (or (instance? Float x) (instance? Ratio x) (instance? BigDecimal x))
      (new-reference (.PyFloat_FromDouble api (.doubleValue ^Number x)))
      (instance? BigInt x) (big->python (.toBigInteger ^BigInt x))
      (instance? BigInteger x) (big->python x)
      (instance? Character x) (string->python (str x))
      (instance? java.util.Map x) (map->python (into {} x) (inc depth))
      (instance? java.util.Set x) (set->python (into #{} x) (inc depth) hashable?)
      (instance? java.util.List x) (list->python (vec x) (inc depth))
      :else (long (foreign->python x)))))

(defn ->python
  "The Python object of `x`: a new reference."
  ^long [x]
  (->python* x 0 false))

;; ---- to Clojure ----------------------------------------------------------------------------------------------------

(declare ->clojure)

(defn borrowed->clojure [^long pointer]
  (.Py_IncRef api pointer)
  (->clojure pointer))

(defn- iterated
  "The elements of the iterable at `pointer`, borrowed, poured into the collection `into-this`."
  [into-this ^long pointer]
  (let [iterator (new-reference (.PyObject_GetIter api pointer))]
    (try
      (loop [target (transient into-this)]
        (let [element (.PyIter_Next api iterator)]
          (cond
            (not (zero? element)) (recur (conj! target (->clojure element)))
            (zero? (.PyErr_Occurred api)) (persistent! target)
            :else (python/throw-python))))
      (finally (.Py_DecRef api iterator)))))

(defn- list->clojure [^long pointer]
  (loop [i 0, target (transient [])]
    (if (< i (.PyList_Size api pointer))
      (recur (inc i) (conj! target (borrowed->clojure (.PyList_GetItem api pointer i))))
      (persistent! target))))

(defn- tuple->clojure [^long pointer]
  (let [n (.PyTuple_Size api pointer)]
    (loop [i 0, target (transient [])]
      (if (< i n)
        (recur (inc i) (conj! target (borrowed->clojure (.PyTuple_GetItem api pointer i))))
        (persistent! target)))))

(defn- dict-key [^long pointer]
  (if (== (type-of pointer) (.str-type ^Known known))
    (let [text (string->clojure pointer)] (or (names/->keyword text) text))
    (borrowed->clojure pointer)))

(defn- dict->clojure [^long pointer]
  (let [^Frame frame (python/frame)
        n (.PyDict_Size api pointer)
        place (.push frame 3)]
    (try
      (poke-word place 0)
      (let [target (loop [target (transient {})]
                     (if (zero? (.PyDict_Next api pointer place (+ place 8) (+ place 16)))
                       (persistent! target)
                       (let [k (dict-key (peek-word (+ place 8)))]
                         (recur (assoc! target k (borrowed->clojure (peek-word (+ place 16))))))))]
        (when-not (== n (count target))
          (refuse (str "keys of a dict are equal in Clojure: " (pr-str (take 10 (keys target))) "; rename one of them") {}))
        target)
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

(defn- subclass->clojure
  "An object whose type is none of the built-in ones, though it may come from one."
  [^long pointer ^long type]
  (let [^Known known known
        flags (.PyType_GetFlags api type)
        flag? (fn [^long flag] (not (zero? (bit-and flags flag))))]
    (cond
      (flag? int-flag) (consuming pointer (int->clojure pointer))
      (flag? str-flag) (consuming pointer (string->clojure pointer))
      (flag? tuple-flag) (consuming pointer (tuple->clojure pointer))
      (flag? list-flag) (consuming pointer (list->clojure pointer))
      (flag? dict-flag) (consuming pointer (dict->clojure pointer))
      (flag? bytes-flag) (consuming pointer (platform/get-bytes (.PyBytes_AsString api pointer) (.PyBytes_Size api pointer)))
      (not (zero? (.PyType_IsSubtype api type (.float-type known)))) (consuming pointer (.PyFloat_AsDouble api pointer))
      :else (special->clojure special pointer))))

(defn ->clojure
  "The Clojure value of the object at `pointer`, whose reference is consumed."
  [^long pointer]
  (let [^Known known known
        type (type-of pointer)]
    (cond
      (== type (.none-type known)) (do (.Py_DecRef api pointer) nil)
      (== type (.int-type known)) (consuming pointer (int->clojure pointer))
      (== type (.float-type known)) (let [value (.PyFloat_AsDouble api pointer)] (.Py_DecRef api pointer) value)
      (== type (.bool-type known)) (let [value (if (== pointer (.truth known)) true false)] (.Py_DecRef api pointer) value)
      (== type (.str-type known)) (consuming pointer (string->clojure pointer))
      (== type (.list-type known)) (consuming pointer (list->clojure pointer))
      (== type (.tuple-type known)) (consuming pointer (tuple->clojure pointer))
      (== type (.dict-type known)) (consuming pointer (dict->clojure pointer))
      (== type (.bytes-type known))
      (consuming pointer (platform/get-bytes (.PyBytes_AsString api pointer) (.PyBytes_Size api pointer)))
      (or (== type (.set-type known)) (== type (.frozenset-type known))) (consuming pointer (iterated #{} pointer))
      :else (subclass->clojure pointer type))))
