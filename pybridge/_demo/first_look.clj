(ns first-look
  "A first look at a neural network: two layers learn to read handwritten digits.

  `pybridge run first_look.clj` trains it on MNIST; with `digits` after the file's name, on a small data set that needs
  no download. Its value is a map of what came out."
  (:require [pybridge.data :as data]
            [pybridge.models :as models]
            [pybridge.tensors :as t]
            [pybridge.training :as training]))

(defn read-digits [load]
  (let [[[train-images train-labels] [test-images test-labels]] (load)
        x-train (data/prepare-images train-images)
        x-test  (data/prepare-images test-images)

        net (models/sequential [[:dense 512 :relu] [:dense 10 :softmax]] :input-shape [784] :seed 1)

        start   (System/nanoTime)
        history (training/fit! net x-train train-labels :optimizer :rmsprop :epochs 5 :batch-size 128 :seed 1)
        seconds-per-epoch (/ (- (System/nanoTime) start) 5e9)

        predictions @(t/argmax (models/predict net (t/index x-test [0 10])) :axis 1)
        scores      (models/evaluate net x-test test-labels)]
    (println (format "test accuracy %.4f; the first ten test digits are read as %s" (:accuracy scores) predictions))
    {:net net, :history history, :seconds-per-epoch seconds-per-epoch, :predictions predictions, :scores scores}))

(read-digits (if (some #{"digits"} *command-line-args*) data/load-digits data/load-mnist))
