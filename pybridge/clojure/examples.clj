;; Examples of docstrings that no doctest can be turned into: a line `;;; subject/function`, then the forms.

;;; naive/one-training-step!
(let [model (naive/naive-sequential [(naive/naive-dense 2 2 :softmax :seed 0)])
      train #(deref (naive/one-training-step! model [[1.0 0.0]] [1] :learning-rate 0.5))]
  (> (train) (train)))
;; => true

;;; naive/call
(let [layer (naive/naive-dense 3 2 :relu :seed 1)]
  (t/shape (naive/call layer [[1.0 2.0 3.0]])))
;; => [1 2]

;;; naive/weights
(mapv t/shape (naive/weights (naive/naive-dense 3 2 :relu)))
;; => [[3 2] [2]]

;;; naive/num-batches
(naive/num-batches (naive/batch-generator [[1.0] [2.0] [3.0]] [0 1 0] :batch-size 2))
;; => 2

;;; naive/next!
(let [[images labels] (naive/next! (naive/batch-generator [[1.0] [2.0] [3.0]] [0 1 0] :batch-size 2))]
  [@images @labels])
;; => [[[1.0] [2.0]] [0 1]]

;;; graphs/trace
(graphs/to-form (graphs/trace (fn [x y] (+ (* x y) 3)) "x" "y"))
;; => ["+" ["*" "x" "y"] 3]

;;; graphs/from-tensorflow
(mapv :op (:nodes (graphs/from-tensorflow (fn [x] (+ (t/relu x) x)) [1.0 -2.0])))
;; => ["relu" "add"]

;;; graphs/evaluate
@(graphs/evaluate (graphs/from-form '(square x)) {:x 3.0})
;; => 9.0

;;; graphs/values
(let [graph {:inputs [:x], :nodes [{:id :y, :op :square, :args [:x]}], :outputs [:y]}]
  @(:y (graphs/values graph {:x 3.0})))
;; => 9.0

;;; graphs/compile
(let [square (graphs/compile (graphs/from-form '(square x)))]
  @(square 3.0))
;; => 9.0

;;; graphs/to-dot
(take-last 3 (re-seq #"\S.*" (graphs/to-dot (graphs/from-form '(square x)))))
;; => ["\"n0\" [label=\"square\", shape=ellipse, peripheries=2];" "\"x\" -> \"n0\";" "}"]

;;; autodiff/hessian
@(autodiff/hessian (fn [x] (t/sum (* x x x))) [1.0 2.0])
;; => [[6.0 0.0] [0.0 12.0]]

;;; autodiff/tape
(let [x (t/tensor 3.0)]
  (pb/with [tape (autodiff/tape :watch [x])]
    @(autodiff/differentiate tape (* x x) x)))
;; => 6.0

;;; autodiff/differentiate
(let [time (t/variable 2.0)]
  (autodiff/with-tape [outer]
    (let [speed (autodiff/with-tape [inner]
                  (autodiff/differentiate inner (* 4.9 (t/square time)) time))]
      @(autodiff/differentiate outer speed time))))
;; => 9.8

;;; models/summary
(re-find #"Total params: \d+" (models/summary (models/sequential [[:dense 3]] :input-shape 2)))
;; => "Total params: 9"

;;; models/save
(let [path (str (java.io.File/createTempFile "small" ".keras"))]
  (= path (models/save (models/sequential [[:dense 3]] :input-shape 2) path)))
;; => true

;;; models/load
(let [net (models/sequential [[:dense 3]] :input-shape 2)
      path (models/save net (str (java.io.File/createTempFile "small" ".keras")))]
  (mapv t/shape (models/weights (models/load path))))
;; => [[2 3] [3]]

;;; plot/save
(let [path (str (java.io.File/createTempFile "matrix" ".svg"))]
  (= path (plot/save (plot/heatmap [[1 2] [3 4]]) path)))
;; => true
