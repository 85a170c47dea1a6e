(ns pybridge.optimizers-test
  "Rules and schedules from Clojure: the very path that the same walk takes in Python."
  (:require [clojure.test :refer [are deftest is]]
            [pybridge.core :as pb]
            [pybridge.optimizers :as optimizers]))

(def ^:private schedule (delay (optimizers/warmup (optimizers/cosine-decay 0.3 20 0.1) 5)))

(defn- rules []
  [(optimizers/sgd 0.1)
   (optimizers/momentum @schedule :clip-norm 0.7)
   (optimizers/nesterov (optimizers/exponential-decay 0.1 3 0.9 :staircase true))
   (optimizers/adagrad 0.1)
   (optimizers/rmsprop 0.1 :epsilon-in-root false)
   (optimizers/adam 0.1 :amsgrad true :clip-value 0.3)
   (optimizers/adamw (optimizers/step-decay 0.1 4) :weight-decay 0.1)])

(def ^:private walk-in-python
  (delay (pb/run "from pybridge import optimizers
lambda rule: optimizers.minimize(rule, lambda w: [w[0] * w[0] - 2.0, 3.0 * w[1]], [3.0, -2.0], 30)")))

(deftest a-path-is-the-same-in-both-languages-bit-for-bit
  (doseq [rule (rules)]
    (is (= (@walk-in-python rule)
           (optimizers/minimize rule (fn [[x y]] [(- (* x x) 2.0) (* 3.0 y)]) [3.0 -2.0] 30))
        (:rule rule))))

(deftest a-schedule-is-a-map
  (is (= {:schedule "warmup",
          :learning-rate {:schedule "cosine_decay", :initial-learning-rate 0.3, :decay-steps 20, :alpha 0.1},
          :warmup-steps 5,
          :initial-learning-rate 0.0}
         @schedule))
  (is (= {:rule "sgd", :learning-rate @schedule, :clip-norm 1.0}
         (optimizers/sgd @schedule :clip-norm 1)
         (optimizers/sgd {:learning-rate @schedule, :clip-norm 1})))
  (are [step rate] (= rate (optimizers/learning-rate-at {:schedule :warmup, :learning-rate 8, :warmup-steps 4} step))
    0 0.0
    1 2.0
    9 8.0))

(deftest single-steps-walk-the-path
  (let [rule (optimizers/adamw @schedule :amsgrad true)
        slope (fn [w] (* 2 (- w 30)))
        move (fn [[w state]] (optimizers/step rule (slope w) state w))]
    (is (= (optimizers/minimize rule slope 3.0 4)
           (mapv first (take 5 (iterate move [3.0 (optimizers/init rule 3.0)])))))))
