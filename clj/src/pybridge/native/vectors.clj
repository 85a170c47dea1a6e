(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.vectors
  "Nested vectors of the numbers in a large array, whose memory is copied as a whole: a crossing for each would take ten times as long."
  (:require [pybridge.native.call :as call]
            [pybridge.native.env :refer [api type-of]]
            [pybridge.native.gil :refer [without-gil]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.kinds :as kinds]
            [pybridge.native.platform :as platform]
            [pybridge.native.to-clojure :refer [->clojure]]
            [pybridge.native.view :refer [with-view]])
  (:import (clojure.lang LazilyPersistentVector)
           (java.math BigDecimal MathContext RoundingMode)
           (pybridge.native.kinds Kind)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private shortest-digits? "Does Float/toString give as few digits as tell a float from its neighbours?" (>= (.feature (Runtime/version)) 19))

(defn- few-digits
  "The double with the fewest digits of those that are `x` as a float."
  ^double [x]
  (let [x (float x), exact (BigDecimal. (double x))]
    (loop [digits 1]
      (let [rounded (.round exact (MathContext. digits RoundingMode/HALF_EVEN))]
        (if (== (.floatValue rounded) x)
          (.doubleValue rounded)
          (recur (inc digits)))))))

(defn- by-text
  "The float `x` as the double with its digits. Java writes two digits of the smallest floats where one does."
  ^double [^double x]
  (if (< (Math/abs x) Float/MIN_NORMAL)
    (few-digits x)
    (Double/parseDouble (Float/toString (float x)))))

(def ^:private ^:const exponent-mask 0x7FF0000000000000)

(defn- by-decimals
  "The float `x`, neither small nor large, as the nearest number of the fewest decimals that is nearer to it than to its neighbours. All
  of it is exact but for the last quotient: 24 bits times a power of ten of no more than 28."
  ^double [^double x]
  (let [half-step (* 5.9604644775390625E-8 (Double/longBitsToDouble (bit-and exponent-mask (Double/doubleToRawLongBits x))))]
    (loop [scale 10.0]
      (let [scaled (* x scale), n (Math/rint scaled)]
        (if (< (Math/abs (- n scaled)) (* half-step scale))
          (/ n scale)
          (recur (* 10.0 scale)))))))

(def ^:private ^:const power-of-two-mask "None of these bits is set in a power of two, which has a nearer neighbour on one side." 0x7FFFFF)

(defmacro ^:private shortest
  "The float `x` as the double with the same shortest digits: 0.1, not 0.10000000149011612."
  [x]
  `(let [x# ~x, size# (Math/abs x#)]
     (if (and (< size# 1.6777216E7) (== x# (unchecked-long x#)))
       (double x#)
       (if (and (< 1.0E-3 size# 1.6777216E7) (not (zero? (bit-and power-of-two-mask (Float/floatToRawIntBits x#)))))
         (by-decimals (double x#))
         (by-text (double x#))))))

(defmacro ^:private define-row
  "Define `row`, the vector of the `n` elements of a Java array from the place `at` on, each as `form` makes it of `x`."
  [row tag [x] form]
  `(defn- ~row [~(with-meta 'xs {:tag tag}) ~(with-meta 'at {:tag 'long}) ~(with-meta 'n {:tag 'long})]
     (let [made# (object-array ~'n)]
       (dotimes [i# ~'n]
         (let [~x (aget ~(with-meta 'xs {:tag tag}) (+ ~'at i#))]
           (aset made# i# ~form)))
       (LazilyPersistentVector/createOwning made#))))

(define-row row-of-doubles doubles [x] (Double/valueOf x))
(define-row row-of-floats floats [x] (Double/valueOf (shortest x)))
(define-row row-of-longs longs [x] (Long/valueOf x))
(define-row row-of-booleans bytes [x] (if (== x 0) Boolean/FALSE Boolean/TRUE))

(defn- nested
  "The vectors, nested as `shape` says, of the numbers of an array from the place `at` on."
  [row xs ^long at shape]
  (let [n (long (first shape))]
    (if-let [inner (next shape)]
      (let [size (long (reduce * inner)), rows (object-array n)]
        (dotimes [i n] (aset rows i (nested row xs (+ at (* i size)) inner)))
        (LazilyPersistentVector/createOwning rows))
      (row xs at n))))

(def ^:private ^:const contiguous 0x18)

(defn- fill
  "Copy the memory of the contiguous array at `pointer`, borrowed, into a Java array."
  [env ^long pointer xs]
  (with-view [address env pointer contiguous] (platform/fill-array address xs))
  xs)

(defn- numbers->clojure
  "The vectors of the array at `pointer`, borrowed, as the helper `block` makes them."
  [env ^long pointer]
  (let [shape (->clojure env (call/attribute env pointer :shape))
        n (reduce * shape)
        [row xs] (case (int (->clojure env (call/attribute env pointer :itemsize)))
                   1 [row-of-booleans (byte-array n)]
                   4 [row-of-floats (float-array n)]
                   8 (if (= "i" (->clojure env (helpers/call-helper env "number_kind" pointer)))
                       [row-of-longs (long-array n)]
                       [row-of-doubles (double-array n)]))]
    (fill env pointer xs)
    (without-gil env (nested row xs 0 (seq shape)))))

(defn plain
  "What the helper `helper-name` gives for `x`, an array in place of many numbers."
  [env helper-name x]
  (let [found (call/call env (helpers/helper env helper-name) [x shortest-digits?] nil)
        ^Kind kind (when-not (zero? found) (kinds/kind-of-type env (type-of env found) found))]
    (if (identical? :array (.-crossing kind))
      (try
        (numbers->clojure env found)
        (finally (.Py_DecRef (api env) found)))
      (->clojure env found))))
