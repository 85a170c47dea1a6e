(ns pybridge.ops-test
  "pybridge.ops: on numbers what clojure.core and Math give, bit for bit, on tensors and symbols what pybridge.tensors gives."
  (:require [clojure.test :refer [deftest is]]
            [clojure.test.check.generators :as gen]
            [pybridge.core :as pb]
            [pybridge.graphs :as graphs]
            [pybridge.holds :refer [holds]]
            [pybridge.ops :as ops]
            [pybridge.tensors :as t])
  (:import (clojure.lang ExceptionInfo)))

(def ^:private number
  (gen/one-of [gen/double gen/large-integer gen/ratio gen/size-bounded-bigint (gen/fmap bigdec gen/small-integer)
               (gen/elements [0.0 -0.0 ##NaN ##Inf ##-Inf Double/MIN_VALUE Double/MAX_VALUE 0.5 -0.5 1.5 2.5])]))

(defmacro ^:private math
  "A function of Math's on doubles."
  [f & parameters]
  `(fn [~@parameters] (~f ~@(map (fn [p] `(double ~p)) parameters))))

(def ^:private of-one
  "Function, what it is on numbers, what it is on tensors, the operation in a graph."
  [[ops/sqrt (math Math/sqrt x) t/sqrt "sqrt"] [ops/exp (math Math/exp x) t/exp "exp"] [ops/expm1 (math Math/expm1 x) t/expm1 "expm1"]
   [ops/log (math Math/log x) t/log "log"] [ops/log1p (math Math/log1p x) t/log1p "log1p"]
   [ops/sin (math Math/sin x) t/sin "sin"] [ops/cos (math Math/cos x) t/cos "cos"] [ops/tan (math Math/tan x) t/tan "tan"]
   [ops/asin (math Math/asin x) t/arcsin "arcsin"] [ops/acos (math Math/acos x) t/arccos "arccos"]
   [ops/atan (math Math/atan x) t/arctan "arctan"] [ops/sinh (math Math/sinh x) t/sinh "sinh"] [ops/cosh (math Math/cosh x) t/cosh "cosh"]
   [ops/tanh (math Math/tanh x) t/tanh "tanh"] [ops/floor (math Math/floor x) t/floor "floor"] [ops/ceil (math Math/ceil x) t/ceil "ceil"]
   [ops/rint (math Math/rint x) t/round "round"] [ops/signum (math Math/signum x) t/sign "sign"] [ops/abs abs t/absolute "absolute"]
   [ops/- - t/negative "negative"]])

(def ^:private of-two
  [[ops/+ + t/add "add"] [ops/- - t/subtract "subtract"] [ops/* * t/multiply "multiply"] [ops// / t/divide "divide"]
   [ops/max max t/maximum "maximum"] [ops/min min t/minimum "minimum"] [ops/mod mod t/mod "mod"]
   [ops/pow (math Math/pow x y) t/power "power"] [ops/atan2 (math Math/atan2 y x) t/arctan2 "arctan2"]])

(defn- outcome
  "A value with its class, a double as its bits; the class of an exception."
  [f & arguments]
  (try
    (let [value (apply f arguments)]
      [(class value) (if (double? value) (Double/doubleToLongBits value) value)])
    (catch Exception e (class e))))

(deftest numbers-have-clojures-and-javas-values
  (holds 300 [x number]
    (every? (fn [[op on-numbers]] (= (outcome on-numbers x) (outcome op x))) of-one))
  (holds 300 [x number, y number]
    (every? (fn [[op on-numbers]] (= (outcome on-numbers x y) (outcome op x y))) of-two)))

(deftest no-number-is-taken-for-another-thing
  (doseq [[op on-numbers] of-one, x [nil "1" :a [1.0] \a]]
    (is (= (outcome on-numbers x) (outcome op x)))))

(defn- same-tensor? [x y]
  (and (= (t/dtype x) (t/dtype y)) (= (map #(Double/doubleToLongBits %) (flatten @(t/cast x "float64")))
                                      (map #(Double/doubleToLongBits %) (flatten @(t/cast y "float64"))))))

(deftest tensors-have-those-of-tensors
  (let [x (t/tensor [[0.25 -0.5] [1.0 0.0]] :dtype "float64"), y (t/tensor [[0.5 0.75]] :dtype "float64")]
    (doseq [[op _ on-tensors operation] of-one]
      (is (same-tensor? (on-tensors x) (op x)) operation))
    (doseq [[op _ on-tensors operation] of-two, [a b] [[x y] [x 2.0] [2.0 y]]]
      (is (same-tensor? (on-tensors a b) (op a b)) operation))
    (is (= [2.0 -2.0] @(ops/rint (t/tensor [2.5 -2.5]))) "of two the even one, as Math/rint")
    (is (= [-1.0 2.0] @(ops/mod (t/tensor [-7.0 -7.0]) [-3.0 3.0])) "with the sign of the divisor, as clojure.core/mod")
    (is (= 1.5707964 @(ops/atan2 (t/tensor 1.0) 0.0)) "the height comes first, as in Math/atan2")))

(defn- recorded?
  "Is the operation recorded by a function of symbols, or refused by its name where a graph has none?"
  [operation f & inputs]
  (try
    (some #{operation} (map :op (:nodes (apply graphs/trace f inputs))))
    (catch ExceptionInfo e (= (str "GraphError: " operation " needs numbers, and <symbol x> has none while a function is traced") (ex-message e)))))

(deftest symbols-become-operations-of-a-graph
  (doseq [[op _ _ operation] of-one]
    (is (recorded? operation (pb/fn [x] (op x)) "x")))
  (doseq [[op _ _ operation] of-two]
    (is (recorded? operation (pb/fn [x y] (op x y)) "x" "y"))))

(deftest the-examples-of-the-docstrings
  (binding [*ns* (the-ns 'pybridge.ops)]
    (doseq [[op function] (ns-publics *ns*)
            :let [[_ example value] (re-find #"(?m)^ *(\(.+\))  ; => (.+)$" (:doc (meta function)))]]
      (is (= (read-string value) (eval (read-string example))) op))))
