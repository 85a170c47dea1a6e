(ns pybridge.ops
  "Arithmetic over numbers, tensors and the symbols of a graph alike: on plain numbers exactly Clojure's own.

  (require '[pybridge.ops :refer [+ - * /]])  ; leave out the clojure.core names: (:refer-clojure :exclude [+ - * /])"
  (:refer-clojure :exclude [+ - * / max min abs])
  (:require [clojure.core :as core]
            [pybridge.handle :refer [handle?]]
            [pybridge.tensors :as t]))

(defn +
  "The sum of numbers or tensors, element by element.

  (+ 1 2)  ; => 3"
  ([] 0)
  ([x] x)
  ([x y] (if (or (handle? x) (handle? y)) (t/add x y) (core/+ x y)))
  ([x y & more] (reduce + (+ x y) more)))

(defn -
  "The difference of numbers or tensors, element by element; of one argument, its negative.

  (- 5 2)  ; => 3"
  ([x] (if (handle? x) (t/negative x) (core/- x)))
  ([x y] (if (or (handle? x) (handle? y)) (t/subtract x y) (core/- x y)))
  ([x y & more] (reduce - (- x y) more)))

(defn *
  "The product of numbers or tensors, element by element; the matrix product is `pybridge.tensors/matmul`.

  (* 2 3)  ; => 6"
  ([] 1)
  ([x] x)
  ([x y] (if (or (handle? x) (handle? y)) (t/multiply x y) (core/* x y)))
  ([x y & more] (reduce * (* x y) more)))

(defn /
  "The quotient of numbers or tensors, element by element; of one argument, 1 divided by it.

  (/ 1 2)  ; => 1/2"
  ([x] (if (handle? x) (t/divide 1 x) (core// x)))
  ([x y] (if (or (handle? x) (handle? y)) (t/divide x y) (core// x y)))
  ([x y & more] (reduce / (/ x y) more)))

(defn max
  "The larger of numbers or tensors, element by element; the largest element of one tensor is `pybridge.tensors/max`.

  (max 1 2)  ; => 2"
  ([x] x)
  ([x y] (if (or (handle? x) (handle? y)) (t/maximum x y) (core/max x y)))
  ([x y & more] (reduce max (max x y) more)))

(defn min
  "The smaller of numbers or tensors, element by element; the smallest element of one tensor is `pybridge.tensors/min`.

  (min 1 2)  ; => 1"
  ([x] x)
  ([x y] (if (or (handle? x) (handle? y)) (t/minimum x y) (core/min x y)))
  ([x y & more] (reduce min (min x y) more)))

(defn abs
  "The absolute value of a number, or of each element of a tensor.

  (abs -2)  ; => 2"
  [x]
  (if (handle? x) (t/absolute x) (core/abs x)))

(defn sqrt
  "The square root of a number, as a double, or of each element of a tensor.

  (sqrt 9)  ; => 3.0"
  [x]
  (if (handle? x) (t/sqrt x) (Math/sqrt (double x))))
