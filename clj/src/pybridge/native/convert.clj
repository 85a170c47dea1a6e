(ns pybridge.native.convert
  "Values across the bridge, as the table in the documentation says. The GIL is held in all of this.

  `->python` gives a new reference; `->clojure` consumes one."
  (:require [pybridge.handle]
            [pybridge.names :as names]
            [pybridge.native.doubles :as doubles]
            [pybridge.native.handle :as handle]
            [pybridge.native.interpreter :as python :refer [api known new-reference type-of]]
            [pybridge.native.platform :as platform :refer [peek-int peek-word poke-int poke-word with-memory]])
  (:import (clojure.lang BigInt IPersistentMap IPersistentSet Keyword Named RT Ratio Sequential Symbol)
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
(def ^:private ^:const deepest 500)
(def ^:private ^:const deepest-on-own-stack 50) ; a level takes kilobytes, and a thread may have half a megabyte

(defn- refuse
  "Throw the error of a value that cannot cross."
  [message data]
  (throw (ex-info message (assoc data :reason :conversion))))

(defn- deeper
  "One level more than `depth`; past the deepest, an error, since both languages' stacks are short."
  ^long [^long depth]
  (if (< depth (long deepest))
    (inc depth)
    (refuse (str "data nested more than " deepest " levels deep does not cross the bridge, nor does data that holds itself; flatten it") {})))

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
                  pointer (if (and (ascii? text) (neg? (.indexOf text 0)))
                            (new-reference (.PyUnicode_InternFromString api (platform/c-string text)))
                            (string->python text))]
              (.put interned x pointer)
              pointer))))

(defn- named->python ^long [^Named x]
  (if (< (.size interned) 10000)
    (let [pointer (name->python x)] (.Py_IncRef api pointer) pointer)
    (string->python (names/->snake (names/full-name x)))))

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
    (if-let [doubles (when (<= (+ depth (long doubles/most-axes)) (long deepest)) (doubles/gather xs))]
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
    (if (== depth (long deepest-on-own-stack))
      (long (python/on-tall-stack #(nested->python x depth hashable?)))
      (nested->python x depth hashable?))))

(defn- ->python* ^long [x ^long depth hashable?]
  (let [^Known known known]
    (cond
      (instance? Handle x) (let [address (handle/address x)] (.Py_IncRef api address) address)
      (instance? Long x) (new-reference (.PyLong_FromLongLong api (.longValue ^Long x)))
      (instance? Double x) (new-reference (.PyFloat_FromDouble api (.doubleValue ^Double x)))
      (nil? x) (let [none (.none known)] (.Py_IncRef api none) none)
      (instance? String x) (string->python x)
      (instance? Keyword x) (named->python x)
      (instance? Boolean x) (let [truth (if (.booleanValue ^Boolean x) (.truth known) (.falsehood known))] (.Py_IncRef api truth) truth)
      (.isInstance bridged x) (long (bridged->python x))
      (or (instance? Sequential x) (instance? IPersistentMap x) (instance? IPersistentSet x)) (collection->python x depth hashable?)
      (instance? Symbol x) (named->python x)
      (or (instance? Integer x) (instance? Short x) (instance? Byte x))
      (new-reference (.PyLong_FromLongLong api (.longValue ^Number x)))
      (instance? Float x) (new-reference (.PyFloat_FromDouble api (.doubleValue ^Float x)))
      (or (instance? Ratio x) (instance? BigDecimal x)) (fraction->python x)
      (instance? BigInt x) (big->python (.toBigInteger ^BigInt x))
      (instance? BigInteger x) (big->python x)
      (instance? Character x) (string->python (str x))
      (or (instance? java.util.Map x) (instance? java.util.Set x) (instance? java.util.List x) (instance? objects x))
      (collection->python x depth hashable?)
      :else (long (foreign->python x)))))

(defn ->python
  "The Python object of `x`: a new reference."
  ^long [x]
  (->python* x 0 false))

;; ---- to Clojure ----------------------------------------------------------------------------------------------------

(declare ->clojure*)

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
  `(let [pointer# ~pointer, depth# ~depth]
     (consuming pointer#
       (let [deeper# (deeper depth#)]
         (if (== deeper# (long deepest-on-own-stack))
           (python/on-tall-stack (fn [] (~convert pointer# deeper#)))
           (~convert pointer# deeper#))))))

(defn- subclass->clojure
  "An object whose type is none of the built-in ones, though it may come from one."
  [^long pointer ^long type ^long depth]
  (let [^Known known known
        flags (.PyType_GetFlags api type)
        flag? (fn [^long flag] (not (zero? (bit-and flags flag))))]
    (cond
      (flag? int-flag) (consuming pointer (int->clojure pointer))
      (flag? str-flag) (consuming pointer (string->clojure pointer))
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
      (== type (.str-type known)) (consuming pointer (string->clojure pointer))
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
