(ns pybridge.graphs-test
  "Quoted code as graphs: what it computes, and its derivatives, held to Clojure's own arithmetic."
  (:require [clojure.test :refer [are deftest is testing]]
            [clojure.test.check.generators :as gen]
            [pybridge.graphs :as graphs]
            [pybridge.holds :refer [holds]]
            [pybridge.tensors :as t]))

(def ^:private trials 60)

(defn- double-tensor [x] (t/tensor x :dtype :float64))

(defn- computed
  "What a form computes, or its derivative's graph."
  [graph inputs]
  @(graphs/evaluate graph (update-vals (select-keys inputs (map keyword (:inputs graph))) double-tensor)))

(deftest short-names-of-quoted-code
  (are [form expected] (= expected @(graphs/evaluate (graphs/from-form form) {:x 3.0 :y 8.0}))
    '(and (not= x y) (<= x 3) (not (>= x y))) true
    '(or (= x y) (== x 4)) false
    '(mod y x) 2.0
    '(+ (* 0 y) (pow x 2)) 9.0
    '(+ (* 0 y) (Math/pow x 2)) 9.0
    '(clip y 0 x) 3.0
    '(+ x (* 0 (sin y)) (floor 2.5)) 5.0
    '(max x y 5) 8.0))

(deftest forms-that-share-parts-are-read-once
  (let [shared (nth (iterate #(list '+ (list '* % %) %) 'x) 100)]
    (is (= 200 (count (:nodes (graphs/from-form shared)))))))

(deftest polynomials-written-with-powers
  (let [graph (graphs/from-form '(+ (* 5 (pow x 0)) (* 4 (pow x 1)) (* 3 (pow x 2))))
        slope (graphs/derivative graph ["x"])]
    (is (= [5.0 4.0 6.0] [(computed graph {:x 0.0}) (computed slope {:x 0.0}) (computed (graphs/derivative slope ["x"]) {:x 0.0})]))))

(deftest what-graphs-lack-is-named
  (is (thrown-with-msg? Exception #"graphs have no unique" (graphs/from-form '(unique x))))
  (is (thrown-with-msg? Exception #"differentiated by real numbers"
                        (graphs/derivative (graphs/from-form '(cast (cast x :complex64) :float32)) ["x"]))))

(def ^:private clojures
  "What each operation computes on doubles."
  {'+ + '- - '* * 'max max 'min min
   'sin #(Math/sin %) 'cos #(Math/cos %) 'tanh #(Math/tanh %) 'atan #(Math/atan %) 'square #(* % %) 'negative -
   'sinh #(Math/sinh %) 'expm1 #(Math/expm1 %)})

(defn- by-clojure [form inputs]
  (cond
    (symbol? form) (inputs (keyword form))
    (number? form) (double form)
    :else (apply (clojures (first form)) (map #(by-clojure % inputs) (rest form)))))

(def ^:private smooth
  "Forms of smooth operations, whose values stay small."
  (gen/scale
   #(min 30 %)
   (gen/recursive-gen
    (fn [inner]
      (gen/one-of
       [(gen/fmap (fn [[op x y]] (list op x y)) (gen/tuple (gen/elements '[+ - *]) inner inner))
        (gen/fmap (fn [[op x]] (list 'sin (list op (list 'sin x)))) (gen/tuple (gen/elements '[square negative sinh expm1 cos tanh atan]) inner))]))
    (gen/one-of [(gen/elements '[x y]) (gen/elements [0 1 2 0.5 -3])]))))

(def ^:private numbers (gen/elements [0.0 0.25 -0.5 1.0 2.0 -1.5]))

(defn- near? [^double expected ^double actual ^double tolerance]
  (<= (Math/abs (- expected actual)) (* tolerance (+ 1 (Math/abs expected)))))

(deftest forms-compute-what-clojure-computes
  (holds trials [form (gen/fmap #(list '+ % '(* 0 x)) smooth), x numbers, y numbers]
    (let [inputs {:x x :y y}]
      (near? (by-clojure form inputs) (computed (graphs/from-form form) inputs) 1e-5))))

(deftest derivatives-are-central-differences
  (testing "by x, of forms that may not hold it"
    (holds trials [form (gen/fmap #(list '+ (list 'sin %) '(* 0 x)) smooth), x numbers, y numbers]
      (let [step 1e-5
            at #(by-clojure form {:x % :y y})
            graph (graphs/from-form form)
            slope (computed (graphs/derivative graph ["x"]) {:x x :y y})]
        (near? (/ (- (at (+ x step)) (at (- x step))) (* 2 step)) slope 1e-3)))))
