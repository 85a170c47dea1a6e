(ns pybridge.data-test
  "The data sets and the split as Clojure asks for them."
  (:require [clojure.java.io :as io]
            [clojure.test :refer [are deftest is]]
            [pybridge.core :as pb]
            [pybridge.data :as data]
            [pybridge.tensors :as t])
  (:import (clojure.lang ExceptionInfo)))

(def ^:private mnist-folder (System/getenv "PYBRIDGE_DATA"))

(defn- lists [[[x-train y-train] [x-test y-test]]]
  (mapv t/to-list [x-train y-train x-test y-test]))

(defn- message [f]
  (try (f) nil (catch ExceptionInfo e (ex-message e))))

(deftest a-split-keeps-each-sample-beside-its-label
  (let [[x-train y-train x-test y-test] (lists (data/split (range 10) (map #(* 2 %) (range 10)) :test 0.2 :seed 1))]
    (is (= [8 2] [(count x-train) (count x-test)]))
    (is (= (range 10) (sort (concat x-train x-test))))
    (is (= y-train (map #(* 2 %) x-train)))
    (is (= y-test (map #(* 2 %) x-test)))))

(deftest a-split-by-position-by-name-and-of-any-data
  (let [x (vec (range 8))
        first-split (lists (data/split x x :test 0.25 :seed 3))]
    (are [call] (= first-split (lists call))
      (data/split x x {:test 0.25 :seed 3})
      (data/split (list* x) (int-array x) :test 2 :seed 3)
      (data/split (t/tensor x) (t/tensor x) :test 1/4 :seed 3)
      (data/split (long-array x) x :seed 3 :test (float 0.25)))))

(deftest classes-keep-their-share
  (let [y (concat (repeat 4 0) (repeat 8 1))
        [_ y-train _ y-test] (lists (data/split (range 12) y :test 0.25 :stratify true))]
    (is (= {0 1, 1 2} (frequencies y-test)))
    (is (= {0 3, 1 6} (frequencies y-train)))
    (is (= {"a" 1 "b" 1} (let [[_ [_ y-test]] (data/split (range 4) ["a" "b" "a" "b"] :test 0.5 :stratify true)]
                           (frequencies (pb/->clj (pb/call y-test :tolist))))))))

(deftest what-cannot-be-split-is-a-sentence
  (are [pattern call] (re-find pattern (or (message #(call)) "nothing was thrown"))
    #"split: x and y must hold equally many samples; got 2 and 3" #(data/split [1 2] [1 2 3])
    #"split: test must be a share above 0 and below 1, or a number of samples from 1 to 2; got 3" #(data/split [1 2 3] [1 2 3] :test 3)
    #"split: stratify needs at least two samples of each class; only one has the label" #(data/split [1 2 3] [1 2 3] :stratify true)
    #"split: x must be an array, a list or a tensor of samples; got None" #(data/split nil [1 2])))

(deftest images-are-made-ready
  (is (= [[0.0 1.0]] (t/to-list (data/prepare-images [[[0 255]]]))))
  (is (re-find #"prepare_images: images must have the shape .*; for flat images of 28 by 28 pixels, write"
               (message #(data/prepare-images (t/zeros [2 784] :dtype "uint8"))))))

(deftest the-data-sets-load
  (is (re-find #"load_mnist: .* does not exist" (message #(data/load-mnist :path "/there/is/no/such/folder"))))
  (when mnist-folder
    (let [[[images labels]] (data/load-mnist)]
      (is (= [60000 28 28] (t/shape images)))
      (is (= [5 0 4 1 9] (t/to-list (t/index labels [0 5]))))))
  (let [clothes (io/file (or mnist-folder ".") ".." "fashion-mnist")]
    (when (.isDirectory clothes)
      (let [[[images labels]] (data/load-fashion-mnist :path (str clothes))]
        (is (= [60000 28 28] (t/shape images)))
        (is (= [9 0 0 3 0] (t/to-list (t/index labels [0 5]))))))))

(deftest a-folder-without-the-data-set-is-a-sentence
  (is (re-find #"load_fashion_mnist: .* does not exist; put an unaltered copy of Fashion-MNIST"
               (message #(data/load-fashion-mnist :path "/there/is/no/such/folder")))))
