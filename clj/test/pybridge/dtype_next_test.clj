(ns pybridge.dtype-next-test
  "dtype-next's buffers and tensors in Python, and Python's arrays and tensors in dtype-next: NumPy says what is right."
  (:require [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.tensors :as t]
            [tech.v3.datatype :as dtype]
            [tech.v3.datatype.functional :as dfn]
            [tech.v3.resource :as resource]
            [tech.v3.tensor :as dtt])
  (:import (java.util Random)))

(def ^:private numpy (pb/module "numpy"))

(def ^:private check
  "Python's own look at what has crossed: is `x` an array of `dtype` with the elements and the shape of the nested list `elements`?"
  (pb/run "
import numpy as np
def check(x, dtype, elements):
    right = np.array(elements, dtype)
    return [type(x).__name__, x.dtype.name, x.shape == right.shape, bool((x == right).all())]
check"))

(def ^:private shares? (pb/run "lambda a, b: np.shares_memory(a, b)"))

(def ^:private ranges
  {:int8 [-128 127], :uint8 [0 255], :int16 [-32768 32767], :uint16 [0 65535], :int32 [-2147483648 2147483647], :uint32 [0 4294967295]
   :int64 [-9007199254740993 9007199254740993], :uint64 [0 9007199254740993], :float32 [-1000 1000], :float64 [-1000 1000]})

(defn- numbers
  "`n` numbers of `datatype`, the ends of its range among them."
  [datatype n]
  (let [random (Random. 1), [low high] (ranges datatype)]
    (into [low high] (repeatedly (- n 2) #(+ low (long (* (.nextDouble random) (- high low))))))))

(deftest buffers-keep-their-dtype
  (doseq [datatype (keys ranges), container [:jvm-heap :native-heap]
          :let [elements (numbers datatype 12)
                buffer (dtype/make-container container datatype elements)
                tensor (dtt/reshape (dtt/as-tensor (dtt/->tensor elements :datatype datatype :container-type container)) [3 4])
                right ["ndarray" (name datatype) true true]]]
    (testing (str datatype " " container)
      (is (= right (check buffer (name datatype) elements)))
      (is (= right (check (dtype/sub-buffer buffer 1 5) (name datatype) (subvec elements 1 6))))
      (is (= right (check tensor (name datatype) (partition 4 elements))))
      (is (= right (check (dtt/transpose tensor [1 0]) (name datatype) (apply map vector (partition 4 elements)))))
      (is (= right (check (dtt/select tensor :all [2 0]) (name datatype) (map (fn [row] [(nth row 2) (first row)]) (partition 4 elements)))))
      (is (= right (check (dtt/select tensor 1 :all) (name datatype) (nth (partition 4 elements) 1))))
      (is (= right (check (dtt/broadcast (dtt/select tensor (range 1) :all) [2 4]) (name datatype) (repeat 2 (take 4 elements))))))))

(deftest what-is-computed-when-it-is-read
  (is (= ["ndarray" "float64" true true] (check (dtype/emap #(* 2.0 %) :float64 (dtype/make-container :int32 [1 2 3])) "float64" [2 4 6])))
  (is (= ["ndarray" "int16" true true] (check (dtype/make-reader :int16 4 (* idx 3)) "int16" [0 3 6 9])))
  (is (= ["ndarray" "int64" true true]
         (check (dtype/emap (fn [x] (pb/call (pb/module "operator") :add x 1)) :int64 (vec (range 3))) "int64" [1 2 3]))
      "by Python itself")
  (is (= ["ndarray" "int64" true true]
         (check (dtype/emap (fn [x] @(future (pb/call (pb/module "operator") :add x 1))) :int64 (vec (range 3))) "int64" [1 2 3]))
      "on another thread"))

(deftest other-elements
  (doseq [container [:jvm-heap :native-heap]]
    (is (= ["ndarray" "bool" true true] (check (dtype/make-container container :boolean [true false true]) "bool" [true false true]))))
  (let [shown #(pb/call (pb/module "builtins") :repr %)]
    (is (= "['a', 'b']" (shown (dtype/make-container :string ["a" "b"]))))
    (is (= "['a', None, [1.5]]" (shown (dtype/make-container :object [:a nil [1.5]]))))
    (is (= "[['a', 'b'], ['c', 'd']]" (shown (dtt/->tensor [["a" "b"] ["c" "d"]] :datatype :string))))
    (is (= "{'x': [array([1, 2], dtype=int8)]}" (shown {:x [(dtype/make-container :int8 [1 2])]})) "inside data")
    (is (= ["ndarray" "float32" true true] (check (dtype/make-container :float32 []) "float32" [])))))

(deftest native-memory-is-shared
  (let [tensor (dtt/->tensor [[1 2 3] [4 5 6]] :datatype :float64 :container-type :native-heap)
        [ours turned] [(pb/->py tensor) (pb/->py (dtt/transpose tensor [1 0]))]]
    (is (shares? ours turned))
    (pb/set-item! turned (pb/tuple 2 0) 99.0)
    (is (= 99.0 (dtt/mget tensor 0 2)))
    (dtt/mset! tensor 1 1 -7.0)
    (is (= [[1.0 2.0 99.0] [4.0 -7.0 6.0]] (pb/->clj ours))))
  (testing "as long as the array lives"
    (let [arrays (mapv (fn [i] (pb/->py (dtype/make-container :native-heap :int64 (repeat 1000 i)))) (range 50))]
      (dotimes [_ 3] (System/gc) (dtype/make-container :native-heap :int64 (repeat 1000 -1)))
      (is (= (map #(* 1000 %) (range 50)) (map #(pb/call % :sum) arrays)))))
  (testing "but not where the end of a context frees it"
    (is (= [0 1 2] (pb/->clj (resource/stack-resource-context (pb/->py (dtype/make-container :native-heap :int64 [0 1 2]))))))))

(deftest arrays-are-dtype-nexts
  (doseq [[expression datatype elements]
          [["np.arange(6.0).reshape(2, 3)" :float64 [[0.0 1.0 2.0] [3.0 4.0 5.0]]]
           ["np.arange(6, dtype='uint8').reshape(2, 3).T" :uint8 [[0 3] [1 4] [2 5]]]
           ["np.arange(12, dtype='int32').reshape(3, 4)[::2, 1::2]" :int32 [[1 3] [9 11]]]
           ["np.arange(3, dtype='>f4')[::-1]" :float32 [2.0 1.0 0.0]]
           ["np.array([[True, False]])" :boolean [[true false]]]
           ["np.arange(3, dtype='float16')" :float32 [0.0 1.0 2.0]]
           ["np.broadcast_to(np.int16(5), (2, 2))" :int16 [[5 5] [5 5]]]
           ["__import__('tensorflow').constant([[1, 2]])" :int32 [[1 2]]]
           ["__import__('tensorflow').Variable([1.0, 2.5])" :float32 [1.0 2.5]]
           ["__import__('keras').Variable([1.0, 2.5])" :float32 [1.0 2.5]]]
          :let [array (pb/run* expression), flat (flatten elements)]]
    (testing expression
      (is (= datatype (dtype/elemwise-datatype array)))
      (is (= (count flat) (dtype/ecount array)))
      (is (= (pb/->clj (pb/attr array :shape)) (vec (dtype/shape array)) (vec (dtype/shape (dtt/as-tensor array)))))
      (is (= flat (vec (dtype/->reader array))))
      (is (= elements (dtt/->jvm (dtt/as-tensor array)) (dtt/->jvm (dtt/->tensor array))))
      (when-not (= :boolean datatype)
        (is (= (map inc flat) (vec (dfn/+ array 1))))
        (is (= (double (reduce + flat)) (double (dfn/sum array))))
        (is (= (map double flat) (vec (dtype/->array :float64 array))))))))

(deftest arrays-share-their-memory
  (let [array (pb/run* "np.zeros((2, 3))"), turned (pb/attr array :T)]
    (dtype/copy! (dtype/make-container :float64 (range 6)) array)
    (is (= [[0.0 1.0 2.0] [3.0 4.0 5.0]] (pb/->clj array)))
    (dtt/mset! (dtt/as-tensor turned) 2 0 50.0)
    (dtype/set-value! array 0 -1.0)
    (dtt/mset! array 1 1 7.0)
    (is (= [[-1.0 1.0 50.0] [3.0 7.0 5.0]] (pb/->clj array)))
    (is (= 50.0 (dtt/mget turned 2 0) (dtype/get-value array 2))))
  (testing "which is there as long as dtype-next has it, whatever the scope"
    (let [tensor (pb/with-scope (dtt/as-tensor (pb/call numpy :full 100000 3.0)))]
      (System/gc)
      (pb/call numpy :full 100000 4.0)
      (is (= 300000.0 (dfn/sum tensor))))))

(defn- message [f] (try (f) nil (catch Exception failure (ex-message failure))))

(deftest what-cannot-be-written-is-not
  (doseq [source [(t/ones [2]) (pb/run* "np.broadcast_to(1.0, (2,))") (pb/run* "np.zeros(2)[::-1]") (t/variable [1.0 1.0])]]
    (is (message #(dtype/set-value! source 0 5.0)))
    (is (message #(dtype/copy! (double-array 2) source)))
    (is (some? (try (dtt/mset! (dtt/as-tensor source) 0 5.0) nil (catch Exception failure failure))))))

(deftest what-dtype-next-does-not-have
  (is (= (str "ConversionError: dtype-next has no numbers of dtype complex128; give it Clojure data, (pb/->clj x), or of complex numbers "
              "the parts, (pb/attr x :real) and (pb/attr x :imag)")
         (message #(dtype/->reader (pb/run* "np.array([1j])")))))
  (is (= (str "ConversionError: dtype-next has no masked arrays; give it the numbers, (pb/call x :compressed), or all of them with others in "
              "place of what is masked, (pb/call x :filled 0)")
         (message #(dfn/sum (pb/run* "np.ma.array([1, 2, 3], mask=[0, 1, 0])")))))
  (let [masked (pb/run* "np.ma.array([1, 2, 3], mask=[0, 1, 0])")]
    (is (= [4.0 4.0] [(dfn/sum (pb/call* masked :compressed)) (dfn/sum (pb/call* masked :filled 0))])))
  (let [ragged (pb/run* "__import__('tensorflow').ragged.constant([[1], [2, 3]])")]
    (is (re-find #"dtype-next has no .*RaggedTensor; give it a tensor, \(pb/call x :to_tensor\), or" (message #(dtype/->reader ragged))))
    (is (= [[1 0] [2 3]] (dtt/->jvm (dtt/as-tensor (pb/call* ragged :to_tensor))))))
  (is (= "dtype-next has no tensor of shape []; @x is its value" (message #(dtt/as-tensor (pb/run* "np.array(2.5)")))))
  (is (= [2.5] (vec (dtype/->reader (pb/run* "np.array(2.5)"))))))

(deftest arrays-without-elements
  (doseq [[expression shape] [["np.zeros(0)" [0]] ["np.zeros((0, 3))" [0 3]] ["np.zeros((2, 0))" [2 0]] ["np.zeros((4, 2, 0)).T" [0 2 4]]]
          :let [array (pb/run* expression), tensor (dtt/as-tensor array)]]
    (testing expression
      (is (= shape (vec (dtype/shape array)) (vec (dtype/shape tensor)) (vec (dtype/shape (dfn/+ tensor 1)))))
      (is (= [] (vec (dtype/->reader array)) (vec (dtype/->reader tensor))))
      (is (= 0.0 (dfn/sum array) (dfn/sum tensor)))
      (is (= shape (pb/->clj (pb/attr (pb/->py tensor) :shape)))))))

(deftest sequences-are-vectors-of-their-elements
  (doseq [[expression elements] [["[1, 2, 3]" [1 2 3]] ["(1, 2.5)" [1 2.5]] ["range(4)" [0 1 2 3]] ["b'ab'" [97 98]] ["[[1, 2], [3, 4]]" [[1 2] [3 4]]]
                                 ["['a', None]" ["a" nil]] ["[]" []] ["__import__('array').array('d', [1.5, 2])" [1.5 2.0]]]
          :let [xs (pb/run* expression)]]
    (testing expression
      (is (= [(dtype/elemwise-datatype elements) (dtype/ecount elements) (dtype/shape elements)]
             [(dtype/elemwise-datatype xs) (dtype/ecount xs) (dtype/shape xs)]))
      (is (= elements (vec (dtype/->reader xs)) (vec (dtype/clone xs))))
      (is (= (concat elements elements) (vec (dtype/concat-buffers [xs xs]))))
      (is (= (vec (dtype/->reader (dtt/ensure-tensor elements))) (vec (dtype/->reader (dtt/ensure-tensor xs)))))
      (is (not (dtype/writer? xs)))))
  (is (= [[[0.0 1.0] [2.0 3.0]] [[1.0 1.0] [1.0 1.0]]]
         (dtt/->jvm (dtt/->tensor (pb/run* "[np.arange(4.0).reshape(2, 2), np.ones((2, 2))]") :datatype :float64)))
      "a list of arrays")
  (is (re-find #"dtype-next reads arrays and sequences, which .* is not" (message #(dtype/concat-buffers [(pb/run* "object()") [1]])))))

(deftest other-handles-do-what-they-did
  (let [xs (pb/->py [1 2 3])]
    (is (= [:object 3 [3]] [(dtype/elemwise-datatype xs) (dtype/ecount xs) (dtype/shape xs)]))
    (is (= [1 2 3] (dtt/->jvm (dtt/->tensor xs))))))
