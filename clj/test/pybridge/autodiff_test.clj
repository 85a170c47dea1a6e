(ns pybridge.autodiff-test
  "Derivatives and linear algebra of Clojure functions and data."
  (:refer-clojure :exclude [+ - *])
  (:require [clojure.test :refer [are deftest is testing]]
            [pybridge.autodiff :as autodiff]
            [pybridge.core :as pb]
            [pybridge.handle :refer [handle?]]
            [pybridge.linalg :as linalg]
            [pybridge.ops :refer [+ - *]]
            [pybridge.tensors :as t])
  (:import (java.util Random)))

(defn- message [f]
  (try (f) nil (catch Exception failure (ex-message failure))))

(defn- near? [x y]
  (cond
    (handle? x) (near? @x y)
    (handle? y) (near? x @y)
    (map? x) (and (= (keys x) (keys y)) (every? #(near? (x %) (y %)) (keys x)))
    (coll? x) (and (= (count x) (count y)) (every? true? (map near? x y)))
    :else (< (abs (clojure.core/- x y)) 1e-4)))

(defn- cubed [x] (* x x x))

(deftest products-with-the-jacobian
  (is (near? [[1.0 8.0] [3.0 120.0]] (mapv deref (autodiff/jvp cubed [1.0 2.0] [1.0 10.0]))))
  (is (near? [[1.0 8.0] [3.0 120.0]] (mapv deref (autodiff/vjp cubed [1.0 2.0] [1.0 10.0]))))
  (testing "of maps, with the keys that they came with"
    (let [f (fn [{:keys [w b]}] (+ (t/sum (* w w)) (first b)))
          [value slope] (autodiff/jvp f {:w [1.0 2.0] :b [(t/tensor 3.0)]} {:w [1.0 0.0] :b [5.0]})
          [_ slopes] (autodiff/vjp f {:w [1.0 2.0] :b [(t/tensor 3.0)]} 2.0)]
      (is (= [8.0 7.0] [@value @slope]))
      (is (near? {:w [4.0 8.0] :b [2.0]} {:w @(:w slopes) :b (mapv deref (:b slopes))})))))

(deftest rows-at-once
  (is (= [3.0 7.0] @(autodiff/vmap t/sum [[1.0 2.0] [3.0 4.0]])))
  (let [{:keys [total parts]} (autodiff/vmap (fn [{:keys [x y]}] {:total (+ x y) :parts [x (* 2 y)]}) {:x [1.0 2.0] :y [3.0 4.0]})]
    (is (= [4.0 6.0] @total))
    (is (= [[1.0 2.0] [6.0 8.0]] (mapv deref parts))))
  (is (= [[3.0 12.0] [27.0 48.0]] @(autodiff/vmap (fn [row] (autodiff/gradient (comp t/sum cubed) row)) [[1.0 2.0] [3.0 4.0]])))
  (testing "a function that looks at its numbers goes row by row"
    (is (= [-1.0 2.0] @(autodiff/vmap (fn [x] (if (< 1 @x) x (- x))) [1.0 2.0])))))

(deftest checked-gradients
  (is (= {:agrees true} (select-keys (autodiff/check-gradient cubed 2.0) [:agrees])))
  (let [wrong (fn [x y] (* x (autodiff/stop-gradient y)))]
    (is (= {:agrees false :at [1 1]} (dissoc (autodiff/check-gradient wrong [1.0 2.0] [3.0 4.0]) :largest-difference))
        "two arguments that are vectors")
    (is (:agrees (autodiff/check-gradient wrong 2.0 3.0 :atol 3)))
    (is (= "OptionError: check_gradient: rtol must be a number of at least 0; got -1" (message #(autodiff/check-gradient wrong 2.0 3.0 :rtol -1))))
    (is (re-find #"rtoll" (message #(autodiff/check-gradient wrong 2.0 3.0 :rtoll 1))))
    (is (re-find #":rtol" (message #(autodiff/check-gradient wrong 2.0 3.0 :rtol))))))

(deftest random-points
  (let [random (Random. 7)
        f (fn [x] (t/sum (* (t/tanh x) (t/exp x))))]
    (dotimes [_ 5]
      (let [x (vec (repeatedly 4 #(.nextGaussian random)))
            v (vec (repeatedly 4 #(.nextGaussian random)))
            slope @(autodiff/gradient f x)]
        (is (:agrees (autodiff/check-gradient f x)))
        (is (near? (reduce clojure.core/+ (map clojure.core/* slope v)) @(second (autodiff/jvp f x v))))
        (is (near? (mapv clojure.core/* slope (repeat 3.0)) @(second (autodiff/vjp f x 3.0))))))))

(deftest functions-that-leave-tensors
  (are [f] (re-find #"takes plain numbers out of its tensors" (message #(autodiff/gradient f 1.0)))
    (fn [x] (Math/sin @x))
    (fn [x] (t/tensor (clojure.core/* 2 @x)))
    (pb/attr (pb/module :numpy) :sin))
  (is (= "DtypeError: gradient: the function must return a number or a tensor of numbers; it returned None" (message #(autodiff/gradient (fn [_] nil) 1.0)))))

(deftest linear-algebra
  (is (near? [[0.12 0.16]] (linalg/pinv [[3.0] [4.0]])))
  (is (near? [[2.0 0.0] [1.0 2.0]] (linalg/cholesky [[4.0 2.0] [2.0 5.0]])))
  (is (near? 3.0 (linalg/cond [[3.0 0.0] [4.0 5.0]])))
  (is (near? 5.0 (linalg/trace [[1 2] [3 4]])))
  (let [{:keys [x residual rank]} (linalg/lstsq [[0.0 1.0] [1.0 1.0] [2.0 1.0]] [1.0 2.0 2.0])]
    (is (near? [0.5 1.16667] x))
    (is (near? 0.16667 residual))
    (is (= 2 rank)))
  (is (= [3 3] (t/shape (:u (linalg/svd [[1.0] [2.0] [2.0]] :full true)))))
  (is (= [3 1] (t/shape (:u (linalg/svd [[1.0] [2.0] [2.0]])))))
  (is (re-find #"not positive definite" (message #(linalg/cholesky [[1 2] [2 1]]))))
  (are [order expected] (near? expected (t/norm [[3.0 0.0] [4.0 5.0]] :ord order :axis [0 1]))
    :nuc 8.94427
    :fro 7.07107
    -2 2.23607
    ##-Inf 3.0))
