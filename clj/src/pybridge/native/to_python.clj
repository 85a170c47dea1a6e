(ns pybridge.native.to-python
  "Clojure's values as Python's, as the table in the documentation says: each gives a new reference. The GIL is held in all of this."
  (:require [pybridge.handle]
            [pybridge.native.bridge]
            [pybridge.native.doubles :as doubles]
            [pybridge.native.env :as env :refer [api new-reference types]]
            [pybridge.native.gil :as gil]
            [pybridge.native.kinds :as kinds]
            [pybridge.native.limits :as limits :refer [at-depth deeper refuse]]
            [pybridge.native.platform :as platform :refer [with-memory]]
            [pybridge.native.reference :as reference]
            [pybridge.native.text :as text]
            [pybridge.once :refer [once]])
  (:import (clojure.lang BigInt IPersistentMap IPersistentSet IRecord Keyword RT Ratio Sequential Symbol)
           (java.math BigDecimal BigInteger)
           (java.nio.charset StandardCharsets)
           (java.util Map$Entry)
           (java.util.concurrent ConcurrentHashMap)
           (pybridge.handle Handle)
           (pybridge.native.bridge Bridge Peer)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const longest-uncounted 10000000)

;; How a value is to be converted: as itself; as what can be a dict's key; with decimals as floats, which tensors are made of.
(def ^:const as-itself 0)
(def ^:const as-key 1)
(def ^:const with-floats 2)

(defmacro ^:private key? [mode] `(bit-test ~mode 0))
(defmacro ^:private floats? [mode] `(bit-test ~mode 1))
(defmacro ^:private with-key [mode] `(bit-or ~mode as-key))

;; An object that crosses as an opaque one, whatever it implements.
(once Opaque (deftype Opaque [object]))

(defprotocol Foreign
  "Values whose conversion other namespaces know: functions, arrays, buffers, exceptions; of any other object, `native.opaque`."
  (foreign->python [x env] "A new reference, as a Long; or a counted collection that is to be converted in place of `x`."))

;; Java class -> the function that a user has registered for its values.
(defonce ^:private ^ConcurrentHashMap registered (ConcurrentHashMap.))

(def ^:private built-in
  "Values of the classes that cross as the table says, whatever is registered."
  ["" 0 0.0 true \a :a 'a {} [] #{} () (java.util.ArrayList.) (java.util.HashMap.)])

(defn register!
  "Have values of `java-class` and of its subclasses go to Python as what `f` makes of them."
  [^Class java-class f]
  (when (or (some #(instance? java-class %) built-in) (.isAssignableFrom Handle java-class))
    (refuse (str "values of " (.getName java-class) " cross as the table says; register a conversion for a class of your own") {:class java-class}))
  (.put registered java-class f))

(defn forget!
  "Let values of `java-class` go to Python as they did before."
  [java-class]
  (.remove registered java-class))

(defn- conversion-for
  "The function that is registered for the class of `x`, or for the nearest class or interface above it; nil when there is none."
  [x]
  (when-not (.isEmpty registered)
    (or (.get registered (class x))
        (some->> (filter #(instance? % x) (keys registered))
                 (sort-by #(count (supers %)))
                 last
                 (.get registered)))))

(defn- converted
  "What the registered function `convert` makes of `x`, which may call Python."
  [env convert x]
  (let [found (gil/without-gil env (binding [kinds/*converting?* true] (convert x)))]
    (when (identical? convert (conversion-for found))
      (refuse (str "the conversion of a " (.getName (class x)) " gave another one, which would be converted for ever; give what Python is to have")
              {:class (class x)}))
    found))

(defn- nearest-double
  "The double nearest to `numerator` / `denominator`: enough bits of the quotient, and a last one for all that is cut off."
  ^double [^BigInteger numerator ^BigInteger denominator]
  (let [shift (- (+ 70 (.bitLength denominator)) (.bitLength numerator))
        shifted (if (pos? shift) (.shiftLeft numerator shift) numerator)
        divisor (if (pos? shift) denominator (.shiftLeft denominator (- shift)))
        [^BigInteger quotient ^BigInteger rest] (.divideAndRemainder (.abs shifted) divisor)
        bits (if (zero? (.signum rest)) quotient (.setBit quotient 0))
        value (if (pos? shift)
                (.divide (BigDecimal. bits) (BigDecimal. (.shiftLeft BigInteger/ONE shift)))
                (BigDecimal. (.shiftLeft bits (- shift))))]
    (* (.signum numerator) (.doubleValue value))))

(defn- ratio->double
  "The double nearest to a ratio, as Python divides; Clojure's own takes sixteen digits."
  ^double [^Ratio x]
  (let [numerator (.numerator x), denominator (.denominator x)]
    (if (and (< (.bitLength numerator) 54) (< (.bitLength denominator) 54))
      (/ (.doubleValue numerator) (.doubleValue denominator))
      (nearest-double numerator denominator))))

(defn- fraction->python
  "A float of a ratio or decimal."
  ^long [env ^Number x]
  (let [value (if (instance? Ratio x) (ratio->double x) (.doubleValue x))]
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

(declare ^{:arglists '(^long [env x ^long depth ^long mode])} ->python*)

(defn countable
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
  "A tuple of `xs`, which are converted as `mode` says."
  ^long [env xs ^long depth ^long mode]
  (let [xs (countable env xs)
        elements (RT/iter xs)]
    (building env [target (.PyTuple_New (api env) (count xs))]
      (loop [i 0]
        (when (.hasNext elements)
          (.PyTuple_SetItem (api env) target i (->python* env (.next elements) depth mode))
          (recur (inc i)))))))

(defn list->python
  "A list of `xs`, which are converted as `mode` says."
  ^long [env xs ^long depth ^long mode]
  (let [xs (countable env xs)]
    (if-let [doubles (when (<= (+ depth (long doubles/most-axes)) (long limits/deepest)) (doubles/gather xs))]
      (long (foreign->python doubles env))
      (let [elements (RT/iter xs)]
        (building env [target (.PyList_New (api env) (count xs))]
          (loop [i 0]
            (when (.hasNext elements)
              (.PyList_SetItem (api env) target i (->python* env (.next elements) depth mode))
              (recur (inc i)))))))))

(defn- set->python ^long [env xs ^long depth ^long mode]
  (let [elements (tuple->python env (seq xs) depth (with-key mode))
        target (if (key? mode) (.PyFrozenSet_New (api env) elements) (.PySet_New (api env) elements))]
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
  ^long [env ^long k x ^long depth-and-mode]
  (try
    (->python* env x (bit-shift-right depth-and-mode 2) (bit-and depth-and-mode 3))
    (catch Throwable failure
      (.Py_DecRef (api env) k)
      (throw failure))))

(defn- map->python ^long [env m ^long depth ^long mode]
  (let [entries (RT/iter m)
        depth-and-mode (bit-or (bit-shift-left depth 2) mode)]
    (building env [target (.PyDict_New (api env))]
      (while (.hasNext entries)
        (let [entry (.next entries)
              k (->python* env (key entry) depth (with-key mode))]
          (set-entry env target k (value->python env k (val entry) depth-and-mode))))
      (when-not (== (.PyDict_Size (api env) target) (count m))
        (refuse (str "keys of a map that differ in Clojure are equal in Python (:a and \"a\", :a-b and \"a_b\", 1 and 1.0): "
                     (pr-str (take 10 (keys m))) "; keep one of them")
                {:keys (vec (take 10 (keys m)))})))))

(def ^:private ^Class objects "Arrays of anything but primitives." (class (object-array 0)))

(defn- nested->python ^long [env x ^long depth ^long mode]
  (cond
    (or (instance? IPersistentMap x) (instance? java.util.Map x))
    (if (key? mode) (tuple->python env (seq x) depth mode) (map->python env x depth mode))
    (instance? IPersistentSet x) (set->python env x depth mode)
    (instance? Sequential x) (if (key? mode) (tuple->python env x depth mode) (list->python env x depth mode))
    (instance? java.util.Set x) (set->python env (vec x) depth mode) ; Java's equality is not Clojure's: 1 and (int 1)
    :else (nested->python env (vec x) depth mode)))

(defn- collection->python ^long [env x ^long depth ^long mode]
  (let [depth (deeper depth)]
    (long (at-depth env depth (nested->python env x depth mode)))))

(defn- peer->python
  "The object of `x` where it is another library's, whose values may be functions, maps and lists too; else zero."
  ^long [^Env env x]
  (.toPython ^Peer (.-peer ^Bridge (.-bridge env)) x))

(defn ->python*
  "The Python object of `x`, `depth` levels deep in what crosses: a new reference."
  ^long [env x ^long depth ^long mode]
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
      (let [theirs (peer->python env x)
            convert (conversion-for x)]
        (cond
          (not (zero? theirs)) theirs
          convert (->python* env (converted env convert x) depth mode)
          (instance? IRecord x) (long (foreign->python (Opaque. x) env)) ; a type of its own; (into {} x) is its map
          (or (instance? Sequential x) (instance? IPersistentMap x) (instance? IPersistentSet x)) (collection->python env x depth mode)
          (instance? Symbol x) (text/named->python env x)
          (or (instance? Integer x) (instance? Short x) (instance? Byte x))
          (new-reference env (.PyLong_FromLongLong (api env) (.longValue ^Number x)))
          (instance? Float x) (new-reference env (.PyFloat_FromDouble (api env) (.doubleValue ^Float x)))
          (or (instance? Ratio x) (and (floats? mode) (instance? BigDecimal x))) (fraction->python env x)
          (instance? BigInt x) (big->python env (.toBigInteger ^BigInt x))
          (instance? BigInteger x) (big->python env x)
          (instance? Character x) (text/string->python env (str x))
          (or (instance? java.util.Map x) (instance? java.util.Collection x) (instance? objects x))
          (collection->python env x depth mode)
          (instance? Map$Entry x) (collection->python env [(key x) (val x)] depth mode)
          :else
          (let [made (foreign->python x env)]
            (if (instance? Long made) (.longValue ^Long made) (collection->python env made depth mode))))))))

(defn ->python
  "The Python object of `x`: a new reference."
  ^long [env x]
  (->python* env x 0 as-itself))

(defn ->key
  "The Python object of `x` as a key of a dict: a vector as a tuple; a new reference."
  ^long [env x]
  (->python* env x 0 as-key))
