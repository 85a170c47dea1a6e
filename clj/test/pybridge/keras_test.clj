(ns pybridge.keras-test
  "Clojure functions where TensorFlow and Keras take functions: under a tape, compiled, as loss, metric, layer and callback."
  (:require [clojure.test :refer [deftest is]]
            [pybridge.core :as pb]
            [pybridge.host :as host]))

(def ^:private tf (delay (pb/module "tensorflow")))
(def ^:private keras (delay (pb/module "keras")))

(defn- tf* [operation & arguments] (apply pb/call @tf operation arguments))

(defn mean-squared-error
  "The mean of squared differences."
  [y-true y-pred]
  (tf* :reduce-mean (tf* :square (tf* :subtract y-true y-pred)) (pb/kw :axis -1)))

;; ---- tapes ---------------------------------------------------------------------------------------------------------

(deftest inside-a-tape
  (let [x (tf* :Variable 3.0)
        square (fn [x] (tf* :multiply x x))]
    (pb/with [tape (tf* :GradientTape)]
      (let [y (square x)]
        (is (= 6.0 @(pb/call tape :gradient y x)))))
    (is (= 6.0 @((pb/run "
import tensorflow as tf
def gradient(f, x):
    with tf.GradientTape() as tape:
        y = f(x)
    return tape.gradient(y, x)
gradient") square x)) "Python holds the tape and calls Clojure inside it")))

(deftest a-custom-gradient
  (let [f (pb/call @tf :custom-gradient
                   (fn [x] (pb/tuple (tf* :multiply x 2.0) (fn [upstream & _] (tf* :multiply upstream 100.0)))))
        x (tf* :Variable 1.0)]
    (pb/with [tape (tf* :GradientTape)]
      (is (= 100.0 @(pb/call tape :gradient (f x) x))))))

;; ---- compiled functions --------------------------------------------------------------------------------------------

(defn- compiled [f & options]
  (apply tf* :function f (pb/kw :autograph false) options))

(deftest a-clojure-body-runs-while-tracing-only
  (let [traces (atom 0)
        f (compiled (pb/fn [x] (swap! traces inc) (tf* :add x 1.0)))]
    (dotimes [i 5] (is (= (+ i 1.0) @(f (tf* :constant (double i))))))
    (is (= 1 @traces) "one trace for tensors of one shape and dtype")
    (f (tf* :constant [1.0 2.0]))
    (is (= 2 @traces) "another for another shape")
    (f (tf* :constant 1.0 (pb/kw :dtype "float32")))
    (is (= 2 @traces))
    (is (= 2 (pb/call f :experimental-get-tracing-count)))))

(deftest plain-numbers-retrace
  (let [traces (atom 0)
        f (compiled (pb/fn [x] (swap! traces inc) (tf* :multiply x 2)))]
    (f 1) (f 2) (f 2) (f 3)
    (is (= 3 @traces) "as in Python: a number is part of the program")))

(deftest the-same-function-is-not-traced-anew
  (let [traces (atom 0)
        loss (fn [x] (swap! traces inc) (tf* :square x))
        step (pb/run "
import tensorflow as tf
@tf.function(autograph=False)
def step(f, x):
    return f(x)
step")
        held (pb/->py loss)]
    (dotimes [_ 3] (step held (tf* :constant 2.0)))
    (is (= 1 @traces) "held as a handle, it is the same object each time")
    (step (fn [x] (tf* :square x)) (tf* :constant 2.0))
    (is (= 1 @traces))
    (is (= 2 (pb/call step :experimental-get-tracing-count)) "another function is another program")))

(deftest compiled-with-xla
  (let [f (compiled (pb/fn [x y] (tf* :reduce-sum (tf* :multiply x y))) (pb/kw :jit-compile true))]
    (is (= 32.0 @(f (tf* :constant [1.0 2.0 3.0]) (tf* :constant [4.0 5.0 6.0]))))))

(deftest an-error-while-tracing
  (let [failure (ex-info "no such layer" {:layer 3})
        f (compiled (pb/fn [_x] (throw failure)))]
    (is (identical? failure (try (f (tf* :constant 1.0)) (catch Exception e e))))))

(deftest named-by-their-signature
  (let [f (compiled (pb/fn [weights inputs] (tf* :matmul inputs weights)))]
    (is (= [[3.0]] @(f (pb/kw :inputs (tf* :constant [[1.0 2.0]])) (pb/kw :weights (tf* :constant [[1.0] [1.0]])))))))

(deftest py-function-and-map
  (let [dataset (pb/call (pb/call (pb/attr (pb/attr @tf :data) :Dataset) :range 4)
                         :map (fn [x] (tf* :multiply x x)))]
    (is (= [0 1 4 9] (map deref dataset)) "traced")
    (is (= [0 10 20 30]
           (map deref (pb/call (pb/call (pb/attr (pb/attr @tf :data) :Dataset) :range 4)
                               :map (fn [x] (tf* :py-function (fn [x] (* 10 @x)) [x] "int64"))
                               (pb/kw :num-parallel-calls 2)))))
    "eagerly, on TensorFlow's own threads"))

;; ---- Keras ---------------------------------------------------------------------------------------------------------

(defn- layers [layer & arguments] (apply pb/call (pb/attr @keras :layers) layer arguments))

(defn- model [& options]
  (pb/call (pb/attr @keras :utils) :set-random-seed 1)
  (let [net (pb/call @keras :Sequential [(pb/call @keras :Input (pb/tuple 2)) (layers :Dense 1)])]
    (apply pb/call net :compile options)
    net))

(def ^:private xs (delay (tf* :constant [[0.0 1.0] [1.0 0.0] [1.0 1.0] [2.0 1.0]])))
(def ^:private ys (delay (tf* :constant [[1.0] [2.0] [3.0] [5.0]])))

(defn- fit [net & options]
  (pb/attr (apply pb/call net :fit @xs @ys (pb/kw :verbose 0) options) :history))

(deftest a-loss
  (let [with-clojure (fit (model (pb/kw :loss #'mean-squared-error) (pb/kw :optimizer "sgd")) (pb/kw :epochs 3))
        with-keras (fit (model (pb/kw :loss "mean_squared_error") (pb/kw :optimizer "sgd")) (pb/kw :epochs 3))]
    (is (= 3 (count (:loss with-clojure))))
    (is (= with-keras with-clojure) "the same numbers as Keras's own")))

(deftest a-loss-under-xla-and-eager
  (doseq [option [(pb/kw :jit-compile true) (pb/kw :run-eagerly true)]]
    (let [history (fit (model (pb/kw :loss (pb/fn [y-true y-pred] (mean-squared-error y-true y-pred))) (pb/kw :optimizer "sgd") option)
                       (pb/kw :epochs 2))]
      (is (< (second (:loss history)) (first (:loss history)))))))

(deftest a-metric
  (let [largest-error (pb/fn largest-error [y-true y-pred] (tf* :reduce-max (tf* :abs (tf* :subtract y-true y-pred))))
        history (fit (model (pb/kw :loss "mse") (pb/kw :optimizer "sgd") (pb/kw :metrics [largest-error])))]
    (is (contains? history :largest-error) "Keras names it after the function")
    (is (pos? (first (:largest-error history))))))

(deftest an-initializer
  (let [asked (atom nil)
        layer (layers :Dense 3 (pb/kw :kernel-initializer
                                      (fn [shape & [{:keys [dtype]}]]
                                        (reset! asked [shape dtype])
                                        (tf* :fill shape 0.25))))]
    (pb/call layer :build (pb/tuple nil 2))
    (is (= [[2 3] "float32"] @asked))
    (is (= [[0.25 0.25 0.25] [0.25 0.25 0.25]] @(first (pb/attr layer :weights))))))

(deftest an-activation
  (let [layer (layers :Dense 1 (pb/kw :activation (fn [x] (tf* :multiply x 0.0))))]
    (is (= [[0.0] [0.0] [0.0] [0.0]] @(layer @xs)))))

(deftest a-lambda-callback
  (let [seen (atom [])
        callback (pb/call (pb/attr @keras :callbacks) :LambdaCallback
                          (pb/kw :on-epoch-end (fn [epoch logs] (swap! seen conj [epoch (keys logs)]) nil))
                          (pb/kw :on-train-end (fn [_logs] (swap! seen conj :end) nil)))]
    (fit (model (pb/kw :loss "mse") (pb/kw :optimizer "sgd")) (pb/kw :epochs 2) (pb/kw :callbacks [callback]))
    (is (= [[0 [:loss]] [1 [:loss]] :end] @seen))))

(deftest a-lambda-layer
  (let [layer (layers :Lambda (fn [x] (tf* :reduce-sum x (pb/kw :axis 1) (pb/kw :keepdims true))))
        net (pb/call @keras :Sequential [(pb/call @keras :Input (pb/tuple 2)) layer])]
    (is (= [[1.0] [1.0] [2.0] [3.0]] @(pb/call net :predict @xs (pb/kw :verbose 0))))))

(deftest a-layers-call
  (let [make (pb/run "
import keras
def make(build, call):
    class Written(keras.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=build(shape), initializer='ones')
        def call(self, x):
            return call(self.w, x)
    return Written()
make")
        layer (make (fn [[_ features]] [features 2]) (fn [w x] (tf* :matmul x w)))]
    (is (= [[1.0 1.0] [1.0 1.0] [2.0 2.0] [3.0 3.0]] @(layer @xs)))
    (let [net (pb/call @keras :Sequential [(pb/call @keras :Input (pb/tuple 2)) layer])]
      (pb/call net :compile (pb/kw :loss "mse") (pb/kw :optimizer "sgd"))
      (is (= 1 (count (:loss (pb/attr (pb/call net :fit @xs (tf* :zeros [4 2]) (pb/kw :verbose 0)) :history))))))))

(deftest an-error-in-a-loss
  (let [failure (ex-info "a wrong loss" {:epoch 1})
        net (model (pb/kw :loss (fn [_y-true _y-pred] (throw failure))) (pb/kw :optimizer "sgd"))]
    (is (identical? failure (try (fit net) (catch Exception e e))))))

(deftest an-error-in-a-callback
  (let [failure (ex-info "stop here" {})
        callback (pb/call (pb/attr @keras :callbacks) :LambdaCallback (pb/kw :on-epoch-end (fn [_ _] (throw failure))))]
    (is (identical? failure (try (fit (model (pb/kw :loss "mse") (pb/kw :optimizer "sgd")) (pb/kw :callbacks [callback]))
                                 (catch Exception e e))))))

(deftest a-progress-bar-shows
  (let [net (model (pb/kw :loss "mse") (pb/kw :optimizer "sgd"))
        printed (host/printed #(pb/call net :fit @xs @ys (pb/kw :epochs 1)))]
    (is (re-find #"1/1" printed))
    (is (re-find #"loss" printed))))
