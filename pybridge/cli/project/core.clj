(ns NAME.core
  "A net that reads handwritten digits: something to change."
  (:require [pybridge.data :as data]
            [pybridge.models :as models]
            [pybridge.training :as training]))

(defn accuracy
  "Train a net of `units` hidden units for five epochs; the share of the test digits that it reads right."
  [units]
  (let [[[x y] [x-test y-test]] (data/load-digits)
        net (models/sequential [[:dense units :relu] [:dense 10 :softmax]] :input-shape [784] :seed 1)]
    (training/fit! net (data/prepare-images x) y :epochs 5 :batch-size 32 :seed 1 :verbose 0)
    (:accuracy (models/evaluate net (data/prepare-images x-test) y-test))))

(defn -main [& _]
  (println "accuracy" (accuracy 64)))
