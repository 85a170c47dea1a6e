(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.to-python
  "How Clojure's values become Python's, as the table in the documentation says; each conversion gives a new reference. The GIL is held
  throughout, except while `pybridge.native.snapshot` runs code that is not ours.

  A value is converted at once. Where a collection comes up that is not ours, or a value with a conversion of its own, all is dropped that was
  made so far, the GIL is given away once, and a snapshot of the whole value converted; so too, where it is deeper than this thread's stack
  does for, on another thread."
  (:require [pybridge.native.bridge]
            [pybridge.native.env :as env :refer [api new-reference types]]
            [pybridge.native.gathered :as gathered]
            [pybridge.native.gil :as gil]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.limits :as limits :refer [deeper refuse]]
            [pybridge.native.reference :as reference]
            [pybridge.native.sequences :as sequences]
            [pybridge.native.snapshot :as snapshot]
            [pybridge.native.text :as text]
            [pybridge.once :refer [once]])
  (:import (clojure.lang BigInt IRecord Keyword Ratio Symbol)
           (java.math BigDecimal BigInteger)
           (java.util IdentityHashMap Map$Entry)
           (pybridge.handle Handle)
           (pybridge.native.bridge Bridge Peer)
           (pybridge.native.env Env)
           (pybridge.native.gathered Numbers)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

;; How a value is to be converted: as itself; as what can be a dict's key; with decimals as floats, which tensors are made of, and with
;; collections that occur twice made once, which is for functions that change nothing they are given.
(def ^:const as-itself 0)
(def ^:const as-key 1)
(def ^:const with-floats 2)

;; A `place` is how deep a value lies, and behind that, in two bits, how it is to be converted.
(defmacro ^:private key? [place] `(bit-test ~place 0))
(defmacro ^:private floats? [place] `(bit-test ~place 1))
(defmacro ^:private with-key [place] `(bit-or ~place as-key))
(defmacro ^:private depth [place] `(bit-shift-right ~place 2))

;; An object that crosses as an opaque one, whatever it implements.
(once Opaque (deftype Opaque [object]))

(defprotocol Foreign
  "Values whose conversion other namespaces know: functions, arrays, buffers, exceptions; of any other object, `native.opaque`."
  (foreign->python [x env] "A new reference, as a Long; or `x` itself, where its elements are to be converted as a list."))

(once Progress
  (definterface Progress
    (^long entered [^long n])          ; count so many more collections
    (^java.util.IdentityHashMap made []) ; collection -> address of what it became
    (^void dropAll [env])))

(once Crossing
  ;; What is known of a value as long as it crosses. snapshot?: is it one, so that no collection needs to be copied any more?
  (deftype Crossing [value tall? snapshot? ^:unsynchronized-mutable ^long collections ^:unsynchronized-mutable ^IdentityHashMap kept]
    Progress
    (entered [_ n] (set! collections (+ collections n)) collections)
    (made [_]
      (when (nil? kept) (set! kept (IdentityHashMap.)))
      kept)
    (dropAll [_ env]
      (when kept (run! #(.Py_DecRef (api env) (long %)) (.values kept))))))

(def ^:private needs-snapshot "A signal, not an error." (Error. "a value that is to be copied before it crosses"))

(defn- nearest-double
  "The double nearest to `numerator` / `denominator`: enough bits of the quotient, and a last one for all that is cut off."
  ^double [^BigInteger numerator ^BigInteger denominator]
  (let [shift (- (+ 70 (.bitLength denominator)) (.bitLength numerator))
        shifted (if (pos? shift) (.shiftLeft numerator shift) numerator)
        divisor (if (pos? shift) denominator (.shiftLeft denominator (- shift)))
        [^BigInteger quotient ^BigInteger rest] (.divideAndRemainder (.abs shifted) divisor)
        bits (if (zero? (.signum rest)) quotient (.setBit quotient 0))
        sign (.signum numerator)]
    (cond
      (> shift 1500) (* sign 0.0)
      (< shift -1500) (* sign Double/POSITIVE_INFINITY)
      (pos? shift) (* sign (.doubleValue (.divide (BigDecimal. bits) (BigDecimal. (.shiftLeft BigInteger/ONE shift)))))
      :else (* sign (.doubleValue (.shiftLeft bits (- shift)))))))

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
  (let [value (double (if (instance? Ratio x) (ratio->double x) (gil/without-gil env (.doubleValue x))))]
    (when (Double/isInfinite value)
      (refuse (str "a " (.getSimpleName (class x)) " of " (let [text (str x)] (if (> (count text) 40) (str (subs text 0 40) "…") text))
                   " is beyond what a float holds; scale it, or pass (str x)")
              #:pybridge{:class (class x)}))
    (new-reference env (.PyFloat_FromDouble (api env) value))))

(defn- big->python
  "An int of any size, of its bytes: a new reference."
  ^long [env ^BigInteger x]
  (when (> (.bitLength x) (long limits/most-bits)) (limits/refuse-integer (.bitLength x)))
  (let [content (text/bytes->python env (.toByteArray x))]
    (try
      (helpers/call-helper env "int_from_bytes" content)
      (finally (.Py_DecRef (api env) content)))))

(def ^:private ^:const collections-before-sharing 1000)
(def ^:private ^:const collections-before-counting 200000)
(def ^:private ^:const numbers-as-collection "How many take as long to make as a collection." 16)

(declare ^{:arglists '(^long [env x ^long place crossing])} convert)

(defn- converted-all
  "The elements of `xs`, one of our own, converted, as an array of new references; a failure drops them."
  ^longs [env xs ^long place crossing]
  (let [words (long-array (count xs)), elements (.iterator ^Iterable xs)]
    (try
      (dotimes [i (alength words)] (aset words i (convert env (.next elements) place crossing)))
      (catch Throwable failure
        (sequences/drop-all env words)
        (throw failure)))
    words))

(defn- tuple->python ^long [env xs ^long place crossing]
  (sequences/tuple-of env (converted-all env xs place crossing)))

(defn- list->python ^long [env xs ^long place crossing]
  (if-let [numbers (when (<= (+ (depth place) (long gathered/most-axes)) (long limits/deepest)) (gathered/gather xs))]
    (do
      (.entered ^Crossing crossing (quot (reduce * (.-shape ^Numbers numbers)) (long numbers-as-collection)))
      (long (foreign->python numbers env)))
    (sequences/list-of env (converted-all env xs place crossing))))

(defn- set->python ^long [env xs ^long place crossing]
  (let [elements (tuple->python env xs (with-key place) crossing)
        target (if (key? place) (.PyFrozenSet_New (api env) elements) (.PySet_New (api env) elements))]
    (.Py_DecRef (api env) elements)
    (new-reference env target)
    (when-not (== (.PySet_Size (api env) target) (count xs))
      (.Py_DecRef (api env) target)
      (refuse "elements of a set that differ in Clojure are equal in Python (1 and 1.0, :a and \"a\"); keep one of them" {}))
    target))

(defn- converted-entries
  "The keys and values of the map `m`, one of our own, converted, as an array of new references; a failure drops them."
  ^longs [env m ^long place crossing]
  (let [n (count m), words (long-array (* 2 n)), entries (.iterator ^Iterable m)]
    (try
      (dotimes [i n]
        (let [^Map$Entry entry (.next entries)]
          (aset words (* 2 i) (convert env (.getKey entry) (with-key place) crossing))
          (aset words (inc (* 2 i)) (convert env (.getValue entry) place crossing))))
      (catch Throwable failure
        (sequences/drop-all env words)
        (throw failure)))
    words))

(defn- refuse-equal-keys [env m]
  (let [ks (vec (take 10 (map key m)))]
    (refuse (str "keys of a map that differ in Clojure are equal in Python (:a and \"a\", :a-b and \"a_b\", 1 and 1.0): "
                 (gil/without-gil env (pr-str (seq ks))) "; keep one of them")
            #:pybridge{:keys ks})))

(defn- dict-of
  "A dict of the keys and values in `words`, which are dropped; one that has fewer entries is refused, as `m` has keys equal in Python."
  ^long [env ^longs words m]
  (try
    (let [target (new-reference env (.PyDict_New (api env)))]
      (try
        (dotimes [i (quot (alength words) 2)]
          (when (neg? (.PyDict_SetItem (api env) target (aget words (* 2 i)) (aget words (inc (* 2 i))))) (env/raise env)))
        (when-not (== (* 2 (.PyDict_Size (api env) target)) (alength words)) (refuse-equal-keys env m))
        target
        (catch Throwable failure
          (.Py_DecRef (api env) target)
          (throw failure))))
    (finally (sequences/drop-all env words))))

(defn- map->python ^long [env m ^long place crossing]
  (dict-of env (converted-entries env m place crossing) m))

(defn- made ^long [env x ^long place crossing]
  (case (snapshot/shape x)
    :map (if (key? place) (tuple->python env (snapshot/entries x) place crossing) (map->python env x place crossing))
    :set (set->python env x place crossing)
    :list (if (key? place) (tuple->python env x place crossing) (list->python env x place crossing))))

(defn- made-once
  "What became of the collection `x` when it first came up; or what it becomes."
  ^long [env x ^long place ^Crossing crossing]
  (if-let [known (.get (.made crossing) x)]
    (let [known (long known)] (.Py_IncRef (api env) known) known)
    (let [new (made env x place crossing)]
      (.Py_IncRef (api env) new)
      (.put (.made crossing) x new)
      new)))

(defn- refuse-many-copies [^Crossing crossing]
  (.entered crossing Integer/MIN_VALUE) ; once
  (when (> (double (snapshot/copies (.-value crossing))) (double limits/most-copies))
    (refuse (str "this value holds the same collections so often that more than " limits/most-copies " copies of them would be made; "
                 "pass such a part as one Python object, (pb/->py part)")
            {})))

(defn- collection->python
  "What the collection `x`, one of our own, becomes, a level deeper than `place`."
  ^long [env x ^long place ^Crossing crossing]
  (let [place (bit-or (bit-shift-left (deeper (depth place) (.-tall? crossing)) 2) (bit-and place 3))
        n (.entered crossing 1)]
    (if (and (floats? place) (not (key? place)))
      (if (> n (long collections-before-sharing)) (made-once env x place crossing) (made env x place crossing))
      (do
        (when (> n (long collections-before-counting)) (refuse-many-copies crossing))
        (made env x place crossing)))))

(defn- peer->python
  "The object of `x` where it is another library's, whose values may be functions, maps and lists too; else zero."
  ^long [^Env env x]
  (.toPython ^Peer (.-peer ^Bridge (.-bridge env)) x))

(defn- foreign ^long [env x ^long place ^Crossing crossing]
  (let [found (foreign->python x env)]
    (if (instance? Long found)
      (.longValue ^Long found)
      (let [tall? (.-tall? crossing)]
        (collection->python env (gil/without-gil env (snapshot/snapshot-of-elements found tall?)) place crossing)))))

(defn- other->python
  "What becomes of a value that is neither of the commonest nor one of our own collections."
  ^long [env x ^long place ^Crossing crossing]
  (let [theirs (peer->python env x)]
    (cond
      (not (zero? theirs)) theirs
      (and (not (.-snapshot? crossing)) (snapshot/foreign? x)) (throw ^Error needs-snapshot)
      (instance? IRecord x) (long (foreign->python (Opaque. x) env)) ; a type of its own; (into {} x) is its map
      (instance? Symbol x) (text/named->python env x)
      (or (instance? Integer x) (instance? Short x) (instance? Byte x))
      (new-reference env (.PyLong_FromLongLong (api env) (.longValue ^Number x)))
      (instance? Float x) (new-reference env (.PyFloat_FromDouble (api env) (.doubleValue ^Float x)))
      (or (instance? Ratio x) (and (floats? place) (instance? BigDecimal x))) (fraction->python env x)
      (instance? BigInt x) (big->python env (.toBigInteger ^BigInt x))
      (instance? BigInteger x) (big->python env x)
      (instance? Character x) (text/string->python env (str x))
      :else (foreign env x place crossing))))

(defn- convert
  "The Python object of `x`, which lies at `place` in what crosses: a new reference."
  ^long [env x ^long place crossing]
  (let [known (types env)]
    (cond
      (instance? Handle x) (let [address (reference/address x)] (.Py_IncRef (api env) address) address)
      (instance? Long x) (new-reference env (.PyLong_FromLongLong (api env) (.longValue ^Long x)))
      (instance? Double x) (new-reference env (.PyFloat_FromDouble (api env) (.doubleValue ^Double x)))
      (nil? x) (let [none (.none known)] (.Py_IncRef (api env) none) none)
      (instance? String x) (text/string->python env x)
      (instance? Keyword x) (text/named->python env x)
      (instance? Boolean x) (let [truth (if (.booleanValue ^Boolean x) (.truth known) (.falsehood known))] (.Py_IncRef (api env) truth) truth)
      (snapshot/own? x) (collection->python env x place crossing)
      :else (other->python env x place crossing))))

(defn- convert-all
  "Convert all of `x`, on a stack that is `tall?` or not. What it shares is dropped at the end."
  [env x ^long mode crossing]
  (try
    (convert env x mode crossing)
    (finally (.dropAll ^Crossing crossing env))))

(defn- converted
  "The Python object of `x` as it is, or of a snapshot of it where it needs one."
  [env x ^long mode tall?]
  (try
    (convert-all env x mode (Crossing. x tall? false 0 nil))
    (catch Error failure
      (if (identical? failure needs-snapshot)
        (let [x (gil/without-gil env (snapshot/snapshot x tall?))]
          (convert-all env x mode (Crossing. x tall? true 0 nil)))
        (throw failure)))))

(defn ->python*
  "The Python object of `x`, converted as `mode` says: a new reference."
  ^long [env x ^long mode]
  (if (or (instance? Handle x) (instance? Long x) (instance? Double x) (instance? String x))
    (convert env x mode nil)
    (long (limits/on-stack-for env (fn [env tall?] (converted env x mode tall?))))))

(defn ->python
  "The Python object of `x`: a new reference."
  ^long [env x]
  (->python* env x as-itself))

(defn ->key
  "The Python object of `x` as a key of a dict: a vector as a tuple; a new reference."
  ^long [env x]
  (->python* env x as-key))
