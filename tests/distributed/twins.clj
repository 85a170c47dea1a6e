;; Trains, measures and predicts on several workers, and prints the bits of the outcome; twins.py does the same.
(require '[pybridge.core :as pb] '[pybridge.data :as data] '[pybridge.distributed :as distributed]
         '[pybridge.models :as models] '[pybridge.training :as training])

(def workers (distributed/strategy))
(def clouds (data/two-clouds 40))
(def points (first clouds))
(def labels (second clouds))
(def hashlib (pb/module "hashlib"))

(defn net [& layers]
  (models/sequential (conj (vec layers) ["dense" 1 "sigmoid"]) :input-shape 2 :seed 3))

(defn bits [number] (Double/doubleToLongBits number))

(defn told [name model history]
  (let [digest (pb/call hashlib :sha256)]
    (doseq [part (conj (vec (models/weights model)) (models/predict model points :batch-size 16 :strategy workers))]
      (pb/call digest :update (pb/call part :tobytes)))
    (let [measured (models/evaluate model points labels :batch-size 16 :strategy workers)]
      (println name (subs (pb/call digest :hexdigest) 0 16) (bits (last (:loss history))) (bits (:loss measured))))))

(defn fit! [name model x y optimizer & options]
  (told name model
        (apply training/fit! model x y :optimizer optimizer :loss "binary_crossentropy" :epochs 3 :batch-size 17 :seed 5
               :progress false :strategy workers options)))

(def hidden ["dense" 8 "tanh"])
(fit! "sgd" (net hidden) points labels {:rule "sgd" :learning-rate 0.5})
(fit! "adam" (net hidden) points labels "adam" :validation-split 0.25)
(fit! "dropout" (net hidden ["dropout" 0.5]) points labels "rmsprop")
(fit! "normalization" (net hidden "batch_normalization") points labels "sgd")
(def batches
  (for [start (range 0 80 16) :let [rows (pb/slice start (+ start 16))]]
    [(pb/item points rows) (pb/item labels rows)]))
(fit! "batches" (net hidden) (pb/iter (apply concat (repeat 3 batches))) nil "adam" :steps-per-epoch 5)
