(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.ops
  "Arithmetic over numbers, tensors and the symbols of a graph alike: on plain numbers exactly clojure.core's, or java.lang.Math's.

  (require '[pybridge.ops :refer [+ - * / sin]])  ; leave out the clojure.core names: (:refer-clojure :exclude [+ - * /])"
  (:refer-clojure :exclude [+ - * / max min abs mod])
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

(defn mod
  "The remainder of a division, number by number, with the sign of the divisor.

  (mod -7 3)  ; => 2"
  [x y]
  (if (or (handle? x) (handle? y)) (t/mod x y) (core/mod x y)))

(defn pow
  "A number to a power, as a double, or the elements of tensors to those of another.

  (pow 2 10)  ; => 1024.0"
  [x y]
  (if (or (handle? x) (handle? y)) (t/power x y) (Math/pow (double x) (double y))))

(defn atan2
  "The angle of the point (x, y) in radians, as a double, or of each pair of elements. The height, y, comes first.

  (atan2 0 1)  ; => 0.0"
  [y x]
  (if (or (handle? x) (handle? y)) (t/arctan2 y x) (Math/atan2 (double y) (double x))))

(defn sqrt
  "The square root: of a number as a double, or of each element of a tensor.

  (sqrt 9)  ; => 3.0"
  [x]
  (if (handle? x) (t/sqrt x) (Math/sqrt (double x))))

(defn exp
  "e to this power: of a number as a double, or of each element of a tensor.

  (exp 0)  ; => 1.0"
  [x]
  (if (handle? x) (t/exp x) (Math/exp (double x))))

(defn expm1
  "e to this power less 1, accurate near 0: of a number as a double, or of each element of a tensor.

  (expm1 0)  ; => 0.0"
  [x]
  (if (handle? x) (t/expm1 x) (Math/expm1 (double x))))

(defn log
  "The natural logarithm: of a number as a double, or of each element of a tensor.

  (log 1)  ; => 0.0"
  [x]
  (if (handle? x) (t/log x) (Math/log (double x))))

(defn log1p
  "The natural logarithm of 1 plus this, accurate near 0: of a number as a double, or of each element of a tensor.

  (log1p 0)  ; => 0.0"
  [x]
  (if (handle? x) (t/log1p x) (Math/log1p (double x))))

(defn sin
  "The sine of an angle in radians: of a number as a double, or of each element of a tensor.

  (sin 0)  ; => 0.0"
  [x]
  (if (handle? x) (t/sin x) (Math/sin (double x))))

(defn cos
  "The cosine of an angle in radians: of a number as a double, or of each element of a tensor.

  (cos 0)  ; => 1.0"
  [x]
  (if (handle? x) (t/cos x) (Math/cos (double x))))

(defn tan
  "The tangent of an angle in radians: of a number as a double, or of each element of a tensor.

  (tan 0)  ; => 0.0"
  [x]
  (if (handle? x) (t/tan x) (Math/tan (double x))))

(defn asin
  "The angle in radians whose sine this is: of a number as a double, or of each element of a tensor.

  (asin 0)  ; => 0.0"
  [x]
  (if (handle? x) (t/arcsin x) (Math/asin (double x))))

(defn acos
  "The angle in radians whose cosine this is: of a number as a double, or of each element of a tensor.

  (acos 1)  ; => 0.0"
  [x]
  (if (handle? x) (t/arccos x) (Math/acos (double x))))

(defn atan
  "The angle in radians whose tangent this is: of a number as a double, or of each element of a tensor.

  (atan 0)  ; => 0.0"
  [x]
  (if (handle? x) (t/arctan x) (Math/atan (double x))))

(defn sinh
  "The hyperbolic sine: of a number as a double, or of each element of a tensor.

  (sinh 0)  ; => 0.0"
  [x]
  (if (handle? x) (t/sinh x) (Math/sinh (double x))))

(defn cosh
  "The hyperbolic cosine: of a number as a double, or of each element of a tensor.

  (cosh 0)  ; => 1.0"
  [x]
  (if (handle? x) (t/cosh x) (Math/cosh (double x))))

(defn tanh
  "The hyperbolic tangent: of a number as a double, or of each element of a tensor.

  (tanh 0)  ; => 0.0"
  [x]
  (if (handle? x) (t/tanh x) (Math/tanh (double x))))

(defn floor
  "The next whole number down: of a number as a double, or of each element of a tensor.

  (floor -1.5)  ; => -2.0"
  [x]
  (if (handle? x) (t/floor x) (Math/floor (double x))))

(defn ceil
  "The next whole number up: of a number as a double, or of each element of a tensor.

  (ceil 1.5)  ; => 2.0"
  [x]
  (if (handle? x) (t/ceil x) (Math/ceil (double x))))

(defn rint
  "The nearest whole number, of two the even one: of a number as a double, or of each element of a tensor. Clojure's `Math/round` takes the
  upper one and returns a long, so there is no `round` here.

  (rint 2.5)  ; => 2.0"
  [x]
  (if (handle? x) (t/round x) (Math/rint (double x))))

(defn signum
  "The sign, -1, 0 or 1: of a number as a double, or of each element of a tensor.

  (signum -3)  ; => -1.0"
  [x]
  (if (handle? x) (t/sign x) (Math/signum (double x))))
