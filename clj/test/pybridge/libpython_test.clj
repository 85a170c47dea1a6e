(ns pybridge.libpython-test
  "Beside libpython-clj, which has started Python: one interpreter, the same objects, threads and errors of either side."
  (:require [clojure.string :as string]
            [clojure.test :refer [deftest is testing]]
            [libpython-clj2.python :as py]
            [libpython-clj2.require :refer [require-python]]
            [pybridge.attempts :refer [thrown]]
            [pybridge.autodiff :as autodiff]
            [pybridge.core :as pb]
            [pybridge.models :as models]
            [pybridge.ops :as ops]
            [pybridge.tensors :as t]
            [pybridge.training :as training])
  (:import (clojure.lang ExceptionInfo)))

(require-python '[statistics :as statistics] '[operator :as operator])

(def ^:private builtins "Theirs." (py/import-module "builtins"))
(def ^:private numpy "Theirs." (py/import-module "numpy"))
(def ^:private tensorflow "Theirs." (py/import-module "tensorflow"))

(defn- id-here [x] (pb/call (pb/module "builtins") :id x))
(defn- id-there [x] (py/call-attr builtins "id" x))

;; ---- objects -------------------------------------------------------------------------------------------------------

(deftest their-objects-are-the-same-here
  (doseq [[what x] {"a module" numpy
                    "an array" (py/call-attr numpy "ones" [2 3])
                    "a tensor" (py/call-attr tensorflow "constant" 1.5)
                    "a function" (py/get-attr (py/import-module "math") "sqrt")
                    "a class" (py/get-attr (py/import-module "fractions") "Fraction")
                    "a list" (py/->py-list [1 2 3])
                    "a tuple" (py/->py-tuple [1 2])
                    "a dict" (py/->py-dict {"a" 1})
                    "an object without a bridge" (py/->python [1 2])}]
    (testing what
      (is (= (id-there x) (id-here x)))))
  (let [x (py/->py-list [1 2])]
    (pb/call (pb/->py x) :append 3)
    (is (= [1 2 3] (vec x)) "what is done to it here is seen there")))

(deftest our-objects-are-the-same-there
  (doseq [[what x] {"a module" (pb/module "numpy")
                    "a tensor" (t/ones [2 2])
                    "a variable" (t/variable 1.0)
                    "a list" (pb/->py [1 2 3])
                    "a function" (pb/attr (pb/module "math") :sqrt)}]
    (testing what
      (is (= (id-here x) (id-there x)))))
  (is (= 4.0 (double (py/call-attr numpy "sum" (t/ones [2 2])))))
  (is (= [2 2] (vec (py/get-attr (t/ones [2 2]) "shape"))) "their functions take it as it is")
  (is (= [1 2] (py/->jvm (pb/->py [1 2]))))
  (let [object (pb/run "import types\ntypes.SimpleNamespace(size=1)")]
    (py/set-attr! object "size" 2)
    (is (= 2 (pb/attr object :size) (py/get-attr object "size") (py/py.- object size)))
    (is (py/has-attr? object "size")))
  (is (= "two" (py/get-item (pb/->py {"one" "two"}) "one")))
  (is (= 1 (py/py. (pb/->py [3 4]) index 4) (py/call-attr (pb/->py [3 4]) "index" 4))))

(def ^:private expressions
  "Each two of these are compared; some are equal and are not one object."
  ["__import__('fractions').Fraction(1, 2)" "__import__('fractions').Fraction(2, 4)" "__import__('datetime').date(2026, 1, 2)"
   "__import__('datetime').date(2026, 1, 3)" "1j" "2j - 1j" "range(3)" "range(0, 3)" "[1, 2]" "[1, 2.0]" "{'a': 1}" "{'a': 1.0}"
   "{1, 2}" "frozenset([2, 1])" "__import__('enum').Enum('Shade', 'LIGHT DARK').DARK" "__import__('http').HTTPMethod.GET" "len" "object()" "__import__('collections').OrderedDict(a=1)" "type(1)" "slice(1, 2)"])

(deftest equality-is-symmetric
  (let [both (fn [expression]
               (let [x (pb/run* expression)] [x (py/as-jvm x)]))
        values (mapv both expressions)
        one-key? (pb/run "lambda a, b: a.__hash__ is not None and b.__hash__ is not None and a == b")]
    (doseq [[i [ours _]] (map-indexed vector values), [j [ours-too theirs-too]] (map-indexed vector values)]
      (testing (str (expressions i) " and " (expressions j))
        (is (= (= ours theirs-too) (= theirs-too ours)))
        (when (and (one-key? ours ours-too) (not (instance? java.util.List theirs-too))) ; which hashes as a Clojure list
          (is (= (hash ours) (hash theirs-too))))))))

(deftest data-of-their-objects
  (is (= [1 [2 3]] (pb/->clj (py/->py-list [1 [2 3]])) (pb/->clj (py/->python [1 [2 3]])) (pb/->clj (py/->py-tuple [1 (py/->py-list [2 3])]))))
  (is (= {:a [1] :b {:c 2}} (pb/->clj (py/->py-dict {"a" [1] "b" {"c" 2}}))))
  (is (= #{1 2} (pb/->clj (py/call-attr builtins "set" [1 2]))))
  (is (= [0.0 1.0] (pb/->clj (py/call-attr numpy "arange" 2.0))))
  (is (= {:x [[1] 2]} (pb/->clj {:x [(py/->py-list [1]) 2]})) "inside our data"))

(deftest our-arrays-in-their-functions
  (let [array (pb/call (pb/module "numpy") :ones [2 3])]
    (is (= [2 3] (vec (py/get-attr (operator/neg array) "shape"))))
    (is (= (id-here array) ((py/get-attr builtins "id") array)))))

(deftest their-arrays-in-our-functions
  (let [x (py/call-attr numpy "arange" 6.0)]
    (is (= [6] (t/shape x)))
    (is (= [[0.0 1.0 2.0] [3.0 4.0 5.0]] @(t/reshape x [2 3])))
    (is (= 15.0 @(t/sum x)))
    (is (= [[1.0 1.0] [1.0 1.0]] @(t/add (py/call-attr numpy "zeros" [2 2]) 1.0)))
    (is (= [1.0 2.0] (take 2 @(ops/+ (pb/->py x) 1.0))) "the bare + takes handles of ours")
    (is (= [6] (pb/->clj (pb/attr x :shape))) "general interop takes either's")))

(deftest there-and-back
  (let [x (t/ones [2])
        back (pb/call (pb/module "operator") :getitem (py/->py-list [x]) 0)]
    (is (= x back))
    (is (= x (pb/->py (py/call-attr builtins "next" (py/call-attr builtins "iter" (py/->py-list [x]))))))))

(deftest required-modules-beside-ours
  (is (= 2.5 (statistics/mean [1 2 3 4])))
  (is (= 3.0 @(pb/->py (operator/add (t/tensor 1.0) (t/tensor 2.0)))) "their functions on our tensors")
  (is (= 2.0 @(t/sqrt (statistics/mean [4.0 4.0]))))
  (is (= 5 (pb/call operator/add :__call__ 2 3))))

(deftest references-are-given-back
  (let [x (pb/run "class Counted: pass\nCounted()")
        references #(pb/call (pb/module "sys") :getrefcount x)
        before (references)]
    (dotimes [_ 1000] (py/call-attr builtins "id" x))
    (dotimes [_ 1000] (id-here x))
    (loop [tries 50]
      (System/gc)
      (py/call-attr builtins "id" 0)
      (when (and (pos? tries) (> (references) (+ before 50)))
        (Thread/sleep 20)
        (recur (dec tries))))
    (is (<= (references) (+ before 50)))))

;; ---- functions -----------------------------------------------------------------------------------------------------

(deftest our-functions-there-and-theirs-here
  (is (= [1 4 9] (vec (py/->py-list (py/call-attr builtins "map" (pb/->py (fn [x] (* x x))) [1 2 3])))))
  (let [theirs (py/make-callable (fn [x] (inc x)))]
    (is (= [2 3] (pb/call (pb/module "builtins") :list (pb/call (pb/module "builtins") :map theirs [1 2]))))))

(deftest standard-output
  (is (= "one\ntwo\n" (with-out-str (py/run-simple-string "print('one')") (pb/run "print('two')"))))
  (is (= "utf-8" (pb/run "import sys\nsys.stdout.encoding"))))

;; ---- training ------------------------------------------------------------------------------------------------------

(defn- squared-error [y-true y-pred] (t/square (ops/- y-true y-pred)))

(deftest an-eager-tape-over-a-clojure-loss
  (let [w (t/variable [[1.0] [2.0]])
        x (py/call-attr tensorflow "constant" [[1.0 1.0] [2.0 0.0]])
        loss (fn [] (t/mean (squared-error [[1.0] [1.0]] (t/matmul x w))))]
    (autodiff/with-tape [tape]
      (let [value (loss)]
        ;; Predictions 3 and 2, errors 2 and 1: the mean square is 2.5, its slope the mean of 2·error·input.
        (is (= 2.5 @value))
        (is (= [[4.0] [2.0]] @(autodiff/differentiate tape value w)))))))

(defn- line
  "Samples of y = 2x + 1, their arrays libpython-clj's."
  []
  (let [x (py/call-attr (py/call-attr numpy "linspace" -1.0 1.0 32) "reshape" 32 1)]
    [x (py/call-attr numpy "add" (py/call-attr numpy "multiply" x 2.0) 1.0)]))

(deftest a-clojure-loss-in-fit
  (let [[x y] (line)
        model (models/sequential [[:dense 1]] :input-shape [1])
        {:keys [loss]} (training/fit! model x y :loss (pb/fn [y-true y-pred] (squared-error y-true y-pred))
                                      :optimizer "sgd" :epochs 5 :batch-size 8 :jit false :progress false :seed 1)]
    (is (= 5 (count loss)))
    (is (< (peek loss) (first loss)))
    (is (= (id-here model) (id-there model)))
    (is (= 2 (count (py/get-attr model "weights"))))))

(deftest a-compiled-training-step
  (let [[x y] (line)
        model (models/sequential [[:dense 1]] :input-shape [1])
        calls (atom 0)
        step (training/compile-step model :optimizer "sgd" :jit true
                                    :loss (pb/fn [y-true y-pred] (swap! calls inc) (squared-error y-true y-pred)))
        losses (mapv (fn [_] @(:loss (step x y))) (range 20))]
    (is (apply > losses))
    (is (<= @calls 2) "the Clojure body runs while tracing only")))

;; ---- threads -------------------------------------------------------------------------------------------------------

(deftest threads-of-both
  (let [ours (fn [n] (reduce + (map (fn [i] (long (pb/call (pb/module "operator") :add i 1))) (range n))))
        theirs (fn [n] (reduce + (map (fn [i] (long (py/call-attr (py/import-module "operator") "add" i 1))) (range n))))
        both (fn [n] (+ (long (ours n)) (long (theirs n))))
        results (mapv deref (mapv #(future (% 200)) (take 12 (cycle [ours theirs both]))))]
    (is (= (vec (take 12 (cycle [20100 20100 40200]))) results)))
  (testing "inside one another"
    (is (= 3 @(future (py/call-attr (py/import-module "operator") "add"
                                    (py/with-gil (pb/call (pb/module "operator") :add 1 1)) 1))))))

(defn- on-virtual-threads
  "What each of the functions gives or throws, each called on a virtual thread of its own."
  [functions]
  (let [start (.getMethod Thread "startVirtualThread" (into-array Class [Runnable]))
        results (mapv (fn [_] (promise)) functions)]
    (doseq [[result f] (map vector results functions)]
      (.invoke start nil (object-array [(fn [] (deliver result (try (f) (catch Throwable failure failure))))])))
    (mapv #(deref % 60000 :late) results)))

(deftest virtual-threads-with-calls-of-theirs-under-way
  (if (< (.feature (Runtime/version)) 21)
    (is (thrown? NoSuchMethodException (.getMethod Thread "startVirtualThread" (into-array Class [Runnable])))
        "there are none before Java 21")
    (let [ours (fn [x] (pb/call (pb/module "operator") :add x 1))
          theirs (fn [x] (py/call-attr (py/import-module "operator") "add" x 1))
          slow (fn [x] (Thread/sleep 2) x)
          inside [(fn [] (py/with-gil (ours 1)))
                  (fn [] (py/with-gil (pb/call (pb/module "builtins") :sum (map slow [1 1]))))
                  (fn [] (py/with-gil (pb/with-scope (ours (pb/->clj (pb/->py 1))))))
                  (fn [] (pb/with-scope (slow 1) (ours 1)))
                  (fn [] (peek (vec (py/call-attr builtins "list" (py/call-attr builtins "map" (py/make-callable ours) [0 1])))))
                  (fn [] (peek (vec (py/call-attr builtins "list" (py/call-attr builtins "map" (pb/->py (comp slow ours)) [0 1])))))
                  (fn [] (peek (pb/call (pb/module "builtins") :list (pb/call (pb/module "builtins") :map theirs [0 1]))))
                  (fn [] (ours (theirs 0)))]]
      (is (= (repeat 160 2) (on-virtual-threads (take 160 (cycle inside)))))
      (is (= "ZeroDivisionError" (:py/type (ex-data (first (on-virtual-threads [(fn [] (py/with-gil (pb/run "1 / 0")))])))))))))

;; ---- errors --------------------------------------------------------------------------------------------------------

(deftest python-errors
  (let [here (thrown #(pb/call (pb/module "operator") :truediv 1 0))
        there (thrown #(py/call-attr (py/import-module "operator") "truediv" 1 0))]
    (is (= "ZeroDivisionError" (:py/type (ex-data here))))
    (is (string/includes? (ex-message there) "ZeroDivisionError")))
  (is (= "ShapeError" (:py/type (ex-data (thrown #(t/matmul (py/call-attr numpy "ones" [2 3]) (t/ones [2 2]))))))
      "our errors on their objects")
  (is (= 2.0 (pb/call (pb/module "math") :sqrt 4)) "nothing stays set")
  (is (= 2.0 (py/call-attr (py/import-module "math") "sqrt" 4))))

(deftest clojure-errors
  (let [failure (ex-info "no such layer" {:layer 3})
        ours (pb/->py (fn [_] (throw failure)))
        theirs (py/make-callable (fn [_] (throw failure)))
        all (fn [f] (pb/call (pb/module "builtins") :list (pb/call (pb/module "builtins") :map f [1])))]
    (is (identical? failure (thrown #(all ours))))
    (testing "our function, called by them"
      (is (string/includes? (ex-message (thrown #(py/call-attr (py/import-module "builtins") "list"
                                                               (py/call-attr builtins "map" ours [1]))))
                            "no such layer")))
    (testing "their function, called by us"
      (let [arrived (thrown #(all theirs))]
        (is (instance? ExceptionInfo arrived))
        (is (string/includes? (ex-message arrived) "no such layer"))))))

(deftest a-closed-scope-says-so-there-too
  (let [x (atom nil)]
    (pb/with-scope (reset! x (t/ones [2])) nil)
    (is (re-find #"released at the end of its with-scope" (ex-message (thrown #(id-there @x)))))))
