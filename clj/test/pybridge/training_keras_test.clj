(ns pybridge.training-keras-test
  "Keras models trained from Clojure, with Clojure functions wherever Keras takes functions, against the same in Python."
  (:refer-clojure :exclude [+ - * /])
  (:require [clojure.java.io :as io]
            [clojure.test :refer [deftest is]]
            [pybridge.autodiff :as autodiff]
            [pybridge.core :as pb]
            [pybridge.holds :refer [so-many]]
            [pybridge.host :as host]
            [pybridge.models :as models]
            [pybridge.ops :refer [+ - * /]]
            [pybridge.tensors :as t]
            [pybridge.training :as training])
  (:import (clojure.lang ExceptionInfo)
           (java.util Random)))

(def ^:private keras (delay (pb/module :keras)))

(defn- set-random-seed! [seed] (pb/call (pb/attr @keras :utils) :set-random-seed seed))

(defn- subclass
  "A Python class: `methods` are functions by name, which take the object first."
  [class-name parent methods]
  (let [method #(pb/call (pb/module :functools) :partialmethod %)]
    (pb/call (pb/module :builtins) :type class-name (pb/tuple parent) (update-vals methods method))))

(defn- fit! [net x & more] (apply training/fit! net x (concat more [:progress false])))

;; ---- data ----------------------------------------------------------------------------------------------------------

(defn- normals
  "Nested vectors of this shape with numbers of the normal distribution, always the same."
  [& shape]
  (let [random (Random. 1)]
    ((fn fill [[size & more]] (vec (repeatedly size #(if more (fill more) (.nextGaussian random))))) shape)))

(def ^:private images (normals 44 8 8 1))
(def ^:private labels (mapv #(mod % 3) (range 44)))
(def ^:private classes (mapv #(mapv {true 1.0, false 0.0} [(= % 0) (= % 1) (= % 2)]) labels))
(def ^:private samples (normals 44 6))

(defn- dataset
  "A tf.data.Dataset of batches of 8."
  [& parts]
  (-> (pb/module :tensorflow) (pb/attr :data) (pb/attr :Dataset)
      (pb/call :from-tensor-slices (apply pb/tuple parts))
      (pb/call :batch 8)))

;; ---- the same in Python --------------------------------------------------------------------------------------------

(def ^:private python
  (delay (pb/run (str (slurp (io/resource "pybridge/training_keras.py"))
                      "\n{name: value for name, value in globals().items() if callable(value)}"))))

(defn- in-python
  "[history weights] of a program of training_keras.py."
  [program & arguments]
  (let [[history weights] (apply (@python program) arguments)]
    [history (mapv deref weights)]))

(defn- outcome [net history] [history (mapv deref (pb/call net :get-weights))])

(defn- close?
  "Are the numbers in `a` and `b` the same to 2e-5, and all else the same?"
  [a b]
  (cond
    (number? a) (and (number? b) (<= (abs (- a b)) 2e-5))
    (map? a) (and (map? b) (= (set (keys a)) (set (keys b))) (every? #(close? (a %) (b %)) (keys a)))
    (sequential? a) (and (sequential? b) (= (count a) (count b)) (every? true? (map close? a b)))
    :else (= a b)))

;; ---- a convolutional net -------------------------------------------------------------------------------------------

(defn- convnet []
  (models/sequential [[:conv2d 4 3 {:activation :relu}] [:max-pooling2d 2] :flatten [:dense 3 :softmax]]
                     :input-shape [8 8 1] :seed 1))

(defn cross-entropy
  "What the classes that are right cost."
  [y-true y-pred]
  (- (t/sum (* y-true (t/log y-pred)) :axis -1)))

(defn confidence
  "The probability of the class that a net takes to be right."
  [_y-true y-pred]
  (t/max y-pred :axis -1))

(deftest a-convolutional-net-with-nothing-but-the-defaults
  (let [net (convnet), history (promise)]
    (set-random-seed! 1)
    (is (re-find #"5/5" (host/printed #(deliver history (training/fit! net images labels)))))
    (is (close? (in-python :by-default images labels) (outcome net @history)))))

(deftest a-clojure-loss-metric-and-callback
  (let [net (convnet), seen (atom [])]
    (set-random-seed! 1)
    (let [history (fit! net images classes :optimizer :adam :loss cross-entropy :metrics [#'confidence]
                        :epochs 3 :batch-size 8 :validation-split 0.25
                        :callbacks [(fn [epoch logs] (swap! seen conj [epoch (:val-confidence logs)]))])]
      (is (= #{:loss :confidence :val-loss :val-confidence} (set (keys history))))
      (is (= (map-indexed vector (:val-confidence history)) @seen))
      (is (close? (in-python :with-functions images classes) (outcome net history))))))

(deftest a-seed
  (let [options {:loss cross-entropy, :metrics [#'confidence], :epochs 2, :batch-size 8, :seed 4, :progress false}
        run #(let [net (convnet)] (outcome net (training/fit! net images classes options)))
        found (run)]
    (is (= found (run)) "to the last bit")
    (is (close? (in-python :with-a-seed images classes) found))))

;; ---- while both collectors run --------------------------------------------------------------------------------------

(defn- while-collecting
  "What `body` gives, while both languages collect and other threads drop handles; how often each of these was done. Python's collections
  look at what came since, not at all of TensorFlow."
  [body]
  (let [over (promise)
        gc (pb/module "gc")
        collect (pb/attr gc :collect)
        _ (pb/call gc :freeze)
        every-ms (fn [pause work] (future (loop [n 0] (if (deref over pause nil) n (do (work) (recur (inc n)))))))
        working [(every-ms 50 #(System/gc)) (every-ms 50 #(collect))
                 (every-ms 1 #(t/tensor [1.0 2.0])) (every-ms 1 #(pb/->py [[1] (fn [x] x)]))]
        result (try (body) (finally (deliver over true) (pb/call gc :unfreeze)))]
    [result (mapv deref working)]))

(defn- trained-with-dropout
  "All that there is to know of a net after some epochs, its weights by their bytes."
  []
  (let [net (models/sequential [[:dense 8 :relu] [:dropout 0.3] [:dense 3 :softmax]] :input-shape 6 :seed 1)
        seen (atom [])
        history (fit! net samples classes :loss cross-entropy :metrics [#'confidence] :epochs (so-many 6 20) :batch-size 8 :seed 4
                      :validation-split 0.25 :callbacks [(fn [_ logs] (swap! seen conj logs))])]
    [history @seen (mapv #(vec (pb/call % :tobytes)) (pb/call net :get-weights))]))

(deftest the-same-bits-while-both-collectors-run
  (let [expected (trained-with-dropout)
        [found rounds] (while-collecting trained-with-dropout)]
    (is (= expected found))
    (is (every? #(< 2 %) rounds))))

;; ---- autoencoders --------------------------------------------------------------------------------------------------

(defn- encoder [] (models/sequential [[:dense 2 :tanh]] :input-shape 6 :seed 1))
(defn- decoder [] (models/sequential [[:dense 6]] :input-shape 2 :seed 2))

(deftest an-autoencoder
  (let [net (models/sequential [(encoder) (decoder)]), expected (in-python :stacked samples)]
    (set-random-seed! 1)
    (let [history (fit! net samples samples :loss :mean-squared-error :metrics [] :epochs 3 :batch-size 8)]
      (is (= [:loss] (keys history)))
      (is (close? expected (outcome net history))))))

(defn- descend!
  "Move `variables` against the gradient of what `loss` computes; its value."
  [optimizer variables loss]
  (autodiff/with-tape [tape]
    (let [value (loss)]
      (pb/call optimizer :apply (autodiff/differentiate tape value variables) variables)
      value)))

(defn- autoencoder []
  (let [Autoencoder (subclass "Autoencoder" (pb/attr @keras :Model)
                              {:call (pb/fn [self x] (pb/call self :decoder (pb/call self :encoder x)))
                               :train-step (pb/fn [self x]
                                             {:error (descend! (pb/attr self :optimizer) (pb/attr self :trainable-variables)
                                                               #(t/mean (t/square (- (self x) x))))})})]
    (doto (Autoencoder)
      (pb/set-attr! :encoder (encoder))
      (pb/set-attr! :decoder (decoder)))))

(deftest an-autoencoder-with-a-train-step
  (let [net (autoencoder), expected (in-python :subclassed samples)]
    (set-random-seed! 1)
    (let [history (fit! net samples :optimizer :adam :epochs 3 :batch-size 8)]
      (is (= [:error] (keys history)))
      (is (close? expected (outcome net history))))
    (is (= [44 6] (t/shape (models/predict net samples))))))

;; ---- a GAN ---------------------------------------------------------------------------------------------------------

(defn- gan-step
  "Train the critic by real samples and made ones, then the maker by what the critic says."
  [self real]
  (let [part #(pb/attr self %)
        noise #(pb/call (pb/attr @keras :random) :normal (pb/tuple (first (pb/call (pb/attr @keras :ops) :shape real)) 3)
                        (pb/kw :seed (part :seeds)))
        judge (fn [x label] (t/mean (t/log (+ 1 (t/exp (* (- label) ((part :critic) x)))))))
        made ((part :maker) (noise))]
    {:d-loss (descend! (part :d-optimizer) (models/variables (part :critic)) #(+ (judge real 1.0) (judge made -1.0)))
     :g-loss (descend! (part :g-optimizer) (models/variables (part :maker)) #(judge ((part :maker) (noise)) 1.0))}))

(deftest a-gan
  (let [Gan (subclass "Gan" (pb/attr @keras :Model) {:train-step #'gan-step})
        adam #(pb/call (pb/attr @keras :optimizers) :Adam %)
        net (doto (Gan)
              (pb/set-attr! :critic (models/sequential [[:dense 4 :tanh] [:dense 1]] :input-shape 6 :seed 1))
              (pb/set-attr! :maker (models/sequential [[:dense 4 :relu] [:dense 6]] :input-shape 3 :seed 2))
              (pb/set-attr! :seeds (pb/call (pb/attr @keras :random) :SeedGenerator 5))
              (pb/set-attr! :d-optimizer (adam 0.01))
              (pb/set-attr! :g-optimizer (adam 0.02))
              (pb/call :compile))
        expected (in-python :gan samples)]
    (set-random-seed! 1)
    (let [history (fit! net samples)]
      (is (= {:d-loss 5, :g-loss 5} (update-vals history count)))
      (is (close? expected (outcome net history))))))

(deftest an-error-in-a-train-step
  (let [failure (ex-info "no such layer" {:layer 3})
        net ((subclass "Failing" (pb/attr @keras :Model) {:train-step (pb/fn [_self _x] (throw failure))}))]
    (is (identical? failure (try (fit! net samples) (catch Exception e e))))))

;; ---- options -------------------------------------------------------------------------------------------------------

(defn- compiled []
  (doto (models/sequential [[:dense 3 :softmax]] :input-shape 6 :seed 1)
    (pb/call :compile (pb/kw :optimizer "sgd") (pb/kw :loss :sparse-categorical-crossentropy) (pb/kw :metrics ["accuracy"]))))

(defn- trained
  "What `compiled` becomes by `fit!` with these arguments."
  [& arguments]
  (let [net (compiled)]
    (set-random-seed! 1)
    (outcome net (apply fit! net arguments))))

(defn- trained-in-python [& options]
  (apply in-python :as-compiled samples labels (for [[k v] (partition 2 options)] (pb/kw k v))))

(deftest options-left-out-are-the-models-own
  (is (close? (trained-in-python :epochs 2) (trained samples labels :epochs 2 :batch-size 8))))

(deftest steps-per-epoch
  (is (close? (trained-in-python :epochs 2 :steps-per-epoch 2)
              (trained samples labels :epochs 2 :steps-per-epoch 2 :batch-size 8))))

(deftest weights-of-classes-and-samples
  (doseq [[option weights] {:class-weight {0 1.0, 1 2.0}
                            :sample-weight (mapv #(/ % 44.0) (range 44))}]
    (is (close? (trained-in-python option weights :epochs 2) (trained samples labels option weights :epochs 2 :batch-size 8))
        option)))

(deftest a-callback-stops-training
  (is (= 2 (count (:loss (fit! (compiled) samples labels :epochs 9 :callbacks [(fn [epoch _logs] (< epoch 1))]))))))

(deftest validation-now-and-then
  (let [options {:epochs 4, :validation-data [samples labels], :progress false}
        validated #(update-vals (training/fit! (compiled) samples labels (assoc options :validation-freq %)) count)]
    (is (= {:loss 4, :accuracy 4, :val-loss 2, :val-accuracy 2} (validated 2)))
    (is (= {:loss 4, :accuracy 4, :val-loss 1, :val-accuracy 1} (validated [3])))))

(deftest a-seq-of-batches
  (let [batches (map #(mapv t/tensor %&) (partition 8 samples) (partition 8 labels))
        expected (trained (take 40 samples) (take 40 labels) :batch-size 8 :shuffle false :epochs 2)
        without-end (apply concat (repeat batches))]
    (is (close? expected (trained (pb/iter without-end) :steps-per-epoch 5 :epochs 2)))
    (is (= (str "OptionError: x is a list of batches; give an iterator of them: iter(x), or in Clojure (pb/iter x), which "
                "also keeps a lazy seq lazy")
           (try (trained batches) (catch ExceptionInfo e (ex-message e)))))))

(deftest an-array-in-a-file
  (let [numpy (pb/module :numpy)
        file (doto (java.io.File/createTempFile "samples" ".npy") .deleteOnExit)
        expected (trained samples labels :batch-size 8 :seed 1)]
    (pb/call numpy :save (str file) (t/tensor samples))
    (is (= expected (trained (pb/call numpy :load (str file) (pb/kw :mmap-mode "r")) labels :batch-size 8 :seed 1)))))

(deftest a-label-out-of-range
  (let [net (compiled)
        before (second (outcome net nil))
        refused (try (fit! net samples (assoc labels 20 7)) (catch ExceptionInfo e e))]
    (is (= "ShapeError: the labels run from 0 to 2; y[20] is 7" (ex-message refused)))
    (is (= before (second (outcome net nil))) "nothing has changed")))

(deftest datasets
  (let [net (compiled)]
    (is (close? (trained samples labels :shuffle false :epochs 2 :batch-size 8)
                (trained (dataset samples labels) :epochs 2)))
    (is (close? (models/evaluate net samples labels :batch-size 8) (models/evaluate net (dataset samples labels))))
    (is (close? @(models/predict net samples) @(models/predict net (dataset samples))))
    (is (= [16 3] (t/shape (models/predict net (dataset samples) :steps 2))))))
