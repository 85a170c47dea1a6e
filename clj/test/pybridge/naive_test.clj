(ns pybridge.naive-test
  "Chapter 2's loops in Clojure give the numbers of Python's, bit for bit, and refuse what those refuse."
  (:require [clojure.test :refer [deftest is]]
            [clojure.test.check.generators :as gen]
            [pybridge.core :as pb]
            [pybridge.holds :refer [holds]]
            [pybridge.naive :as naive])
  (:import (clojure.lang ExceptionInfo)))

(def ^:private special (gen/elements [0.0 -0.0 ##NaN ##Inf ##-Inf 1.0 Double/MIN_VALUE Double/MAX_VALUE]))
(def ^:private any-double (gen/one-of [gen/double special (gen/double* {:min -1e3 :max 1e3})]))
(def ^:private any-long (gen/one-of [gen/small-integer (gen/large-integer* {:min -4000000000 :max 4000000000})]))

(defn- of-one-kind
  "A generator of what `shaped` makes of a generator of numbers: of doubles, of longs, or of both mixed."
  [shaped]
  (gen/one-of [(shaped any-double) (shaped any-long) (shaped (gen/one-of [any-double gen/small-integer]))]))

(defn- vectors [length] (of-one-kind #(gen/vector % length)))

(defn- matrices [rows columns] (of-one-kind #(gen/vector (gen/vector % columns) rows)))

(defn- with-sizes
  "What the generators of `make` give, which takes three sizes, the first of them at least 1."
  [make]
  (gen/bind (gen/tuple (gen/choose 1 4) (gen/choose 0 4) (gen/choose 0 4))
            (fn [sizes] (apply gen/tuple (apply make sizes)))))

(defn- bits
  "Nested vectors with each number as the bits of its double; NaN has one pattern."
  [x]
  (if (sequential? x) (mapv bits x) (Double/doubleToLongBits (double x))))

(defn- in-python [function & arguments]
  (let [result (apply pb/call (pb/module "pybridge.naive") function arguments)]
    (bits (if (pb/py? result) @result result))))

(defn- as-lists [x] (if (sequential? x) (apply list (map as-lists x)) x))

(defn- alike?
  "Do both languages' functions give the same bits, in Clojure of vectors and of lists?"
  [clojure python & arguments]
  (= (apply in-python python arguments)
     (bits (apply clojure arguments))
     (bits (apply clojure (map as-lists arguments)))))

(deftest element-by-element
  (holds 100 [[x y v] (with-sizes (fn [rows columns _] [(matrices rows columns) (matrices rows columns) (vectors columns)]))]
    (and (alike? naive/naive-relu :naive_relu x)
         (alike? naive/naive-add :naive_add x y)
         (alike? naive/naive-maximum :naive_maximum x y)
         (alike? naive/naive-add-matrix-and-vector :naive_add_matrix_and_vector x v)))
  (holds 100 [[x y] (with-sizes (fn [rows columns _] (repeat 2 (gen/vector (gen/vector any-double columns) rows))))]
    (alike? naive/naive-multiply :naive_multiply x y)))

(deftest dot-products
  (holds 100 [[a v w] (with-sizes (fn [rows columns _] [(matrices rows columns) (vectors columns) (vectors columns)]))]
    (and (alike? naive/naive-vector-dot :naive_vector_dot v w)
         (alike? naive/naive-matrix-vector-dot :naive_matrix_vector_dot a v)))
  (holds 100 [[a b] (with-sizes (fn [rows columns shared] [(matrices rows (inc shared)) (matrices (inc shared) columns)]))]
    (alike? naive/naive-matrix-dot :naive_matrix_dot a b)))

(deftest numbers-of-every-kind
  (is (= [[0.5 0.25 2.0 0.0 1.0 0.0]] (naive/naive-relu [[1/2 0.25M 2N (float -3) true false]])))
  (is (= 1.0 (naive/naive-vector-dot [9007199254740993 9007199254740992] [1 -1])) "longs are added exactly")
  (is (= 3.6893488147419103E19 (naive/naive-vector-dot [Long/MAX_VALUE Long/MAX_VALUE] [2 2])) "and do not overflow")
  (is (= [[1.8446744073709552E19]] (naive/naive-add [[Long/MAX_VALUE]] [[Long/MAX_VALUE]]))))

(deftest rows-of-every-kind
  (let [rows [[1.0 2.0] [3.0 4.0]]]
    (doseq [given ['((1 2) (3 4)) (map seq rows) (to-array-2d rows) (mapv double-array rows) (mapv long-array rows)
                   (java.util.ArrayList. ^java.util.Collection rows)]]
      (is (= [[7.0 10.0] [15.0 22.0]] (naive/naive-matrix-dot given given)))
      (is (= rows (naive/naive-relu given))))))

(deftest of-two-zeros-the-first-is-the-larger
  (is (= (bits [[0.0 -0.0]]) (bits (naive/naive-maximum [[0.0 -0.0]] [[-0.0 0.0]]))))
  (is (= (bits [[-0.0]]) (bits (naive/naive-relu [[-0.0]])))))

(deftest results-are-vectors-of-doubles
  (is (= [[[1.0]] [5.0] 5.0] [(naive/naive-relu [[1]]) (naive/naive-matrix-vector-dot [[1 2]] [1 2]) (naive/naive-vector-dot [1 2] [1 2])]))
  (is (= [0.0 [[]] [[]]] [(naive/naive-vector-dot [] []) (naive/naive-relu [[]]) (naive/naive-matrix-dot [[1]] [[]])])))

(defn- refusal [f & arguments]
  (try (apply f arguments)
       (catch ExceptionInfo e [(:pybridge/reason (ex-data e)) (ex-message e)])))

(deftest wrong-shapes
  (let [m [[1 2 3] [4 5 6]], v [1 2]]
    (doseq [[message f & arguments]
            [["naive-relu: a matrix has 2 axes, rows and columns; got shape (2,)" naive/naive-relu v]
             ["naive-relu: a matrix has 2 axes, rows and columns; got shape ()" naive/naive-relu 3]
             ["naive-relu: a matrix has 2 axes, rows and columns; got shape (0,)" naive/naive-relu []]
             ["naive-relu: a matrix has 2 axes, rows and columns; got shape (1, 1, 1)" naive/naive-relu [[[1]]]]
             ["naive-relu: a ragged vector makes no matrix; side by side it holds a row of 2 and a row of 1" naive/naive-relu [[1 2] [3]]]
             ["naive-relu: a ragged vector makes no matrix; side by side it holds a row of 2 and a number" naive/naive-relu [[1 2] 3]]
             ["naive-relu: a ragged vector makes no matrix; side by side it holds a number and a row of 1" naive/naive-relu [[1 [2]]]]
             ["naive-add: (2, 3) and (1, 2) differ; give two matrices of one shape" naive/naive-add m [[1 2]]]
             ["naive-multiply: (2, 3) and (1, 2) differ; give two matrices of one shape" naive/naive-multiply m [[1 2]]]
             ["naive-maximum: (2, 3) and (1, 2) differ; give two matrices of one shape" naive/naive-maximum m [[1 2]]]
             ["naive-add-matrix-and-vector: (2, 3) and (2,) do not fit: 3 columns meet 2 elements" naive/naive-add-matrix-and-vector m v]
             ["naive-add-matrix-and-vector: a vector has 1 axis; got shape (2, 3)" naive/naive-add-matrix-and-vector m m]
             ["naive-vector-dot: (2,) and (1,) do not fit: 2 elements meet 1" naive/naive-vector-dot v [1]]
             ["naive-matrix-vector-dot: (2, 3) and (2,) do not fit: 3 columns meet 2 elements" naive/naive-matrix-vector-dot m v]
             ["naive-matrix-dot: (2, 3) and (2, 3) do not chain: 3 columns meet 2 rows" naive/naive-matrix-dot m m]]]
      (is (= [:shape message] (apply refusal f arguments)))))
  (let [itself (doto (java.util.ArrayList.) (as-> l (.add l l)))]
    (is (= :shape (first (refusal naive/naive-relu itself))))))

(deftest what-is-not-made-of-numbers
  (doseq [[message x] [["a vector holds numbers; got nil" nil]
                       ["a vector holds numbers; got nil" [1 nil]]
                       ["a vector holds numbers; got \"a\"" ["a" 1.0]]
                       ["a vector holds numbers; got clojure.lang.Keyword" [:a]]
                       ["a vector holds numbers; got clojure.lang.PersistentHashSet" #{1}]
                       ["100000000000000000000 does not fit a long" [100000000000000000000N]]
                       ["1E+400 does not fit a double" [1e400M]]]]
    (is (= [:dtype (str "naive-vector-dot: " message)] (refusal naive/naive-vector-dot x [1]))))
  (let [array (pb/call (pb/module "numpy") :ones 2)]
    (is (= [:dtype "naive-vector-dot: a vector of numbers is wanted; got an object of Python's: write @x for its numbers"]
           (refusal naive/naive-vector-dot array [1 1])
           (refusal naive/naive-vector-dot [1 1] [array])))
    (is (= 2.0 (naive/naive-vector-dot @array [1 1])))))
