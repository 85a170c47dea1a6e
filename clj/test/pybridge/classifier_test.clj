(ns pybridge.classifier-test
  "Attention, losses and metrics through the bridge, beside the same arithmetic in Clojure."
  (:require [clojure.test :refer [deftest is]]
            [clojure.test.check.generators :as gen]
            [pybridge.attention :as attention]
            [pybridge.core :as pb]
            [pybridge.holds :refer [holds]]
            [pybridge.losses :as losses]
            [pybridge.metrics :as metrics]
            [pybridge.tensors :as t]))

(def ^:private trials 30)

(def ^:private number (gen/double* {:infinite? false :NaN? false :min -3 :max 3}))

(defn- vectors [n generator] (gen/vector generator n))

(defn- close? [xs ys]
  (every? true? (map #(< (Math/abs (- (double %1) (double %2))) 1e-4) (flatten xs) (flatten ys))))

(defn- softmax [xs]
  (let [powers (map #(Math/exp %) xs)]
    (map #(/ % (reduce + powers)) powers)))

(deftest attention-is-the-formula
  (holds trials [queries (vectors 3 (vectors 2 number)) keys (vectors 3 (vectors 2 number))]
         (let [scores (for [q queries] (for [k keys] (reduce + (map * q k))))
               masked (map-indexed (fn [i row] (concat (softmax (take (inc i) row)) (repeat (- 2 i) 0.0))) scores)
               steps  (attention/attend queries keys :mask (attention/causal-mask 3))]
           (and (close? @(attention/score queries keys) scores)
                (close? @(:weights steps) masked)
                (close? @(attention/weights (attention/score queries keys :kind :scaled-dot))
                        (for [row scores] (softmax (map #(/ % (Math/sqrt 2)) row))))))))

(deftest a-masked-nan-is-not-seen
  (is (= [7.0] @(:context (attention/attend [1.0] [[1.0] [##NaN]] [[7.0] [##NaN]] :mask [true false]))))
  (is (thrown-with-msg? Exception #"weights: a mask of floats is added to the scores, and this one holds only 0 and 1"
                        (attention/weights [1.0 2.0] [1.0 0.0]))))

(deftest metrics-are-counts
  (holds trials [told (gen/not-empty (gen/vector (gen/tuple (gen/choose 0 3) (gen/choose 0 3))))]
         (let [[y-true y-pred] (apply map vector told)
               classes   (sort (distinct (concat y-true y-pred)))
               counts    (for [c classes] (for [d classes] (count (filter #{[c d]} told))))
               share     (fn [part whole] (if (zero? whole) 0.0 (double (/ part whole))))
               hit       (fn [c] (count (filter #{[c c]} told)))
               precision (for [c classes] (share (hit c) (count (filter #{c} y-pred))))
               recall    (for [c classes] (share (hit c) (count (filter #{c} y-true))))]
           (and (= counts (metrics/confusion-matrix y-true y-pred))
                (close? (metrics/precision y-true y-pred :average nil) precision)
                (close? (metrics/recall y-true y-pred :average nil) recall)
                (close? [(metrics/recall y-true y-pred)] [(/ (reduce + recall) (count classes))])
                (close? [@(losses/accuracy y-true y-pred)] [(share (reduce + (map hit classes)) (count told))])))))

(deftest losses-are-the-formulas
  (holds trials [y-true (vectors 4 number) y-pred (vectors 4 number)]
         (let [differences (map #(Math/abs (double (- %1 %2))) y-true y-pred)
               huber       (for [e differences] (if (<= e 1) (/ (* e e) 2) (- e 0.5)))]
           (and (close? [@(losses/huber y-true y-pred)] [(/ (reduce + huber) 4)])
                (close? [@(losses/mean-squared-error y-true y-pred)] [(/ (reduce + (map * differences differences)) 4)]))))
  (is (close? [@(losses/sparse-categorical-crossentropy [1] [[0.0 (Math/log 3)]] :from-logits true)] [(- (Math/log 0.75))])))

(deftest what-comes-out-is-plain
  (is (= [[1 0] [1 1]] (metrics/confusion-matrix [0 1 1] [0 1 0])))
  (is (double? (metrics/f1 [0 1 1] [0 1 0] :average :binary)))
  (is (= [[true false] [true true]] (pb/->clj (t/to-list (attention/causal-mask 2))))))
