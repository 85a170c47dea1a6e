(ns pybridge.core-test
  "General interop: modules, attributes, calls, items, iterators, functions, context managers."
  (:require [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.native.bridge :as bridge])
  (:import (clojure.lang ExceptionInfo)))

(defn- message [f]
  (try (f) nil (catch Exception failure (ex-message failure))))

(deftest modules
  (is (pb/py? (pb/module "math")))
  (is (= (pb/module "os.path") (pb/module 'os.path) (pb/attr (pb/module "os") :path)))
  (is (re-find #"^ModuleNotFoundError: No module named 'no_such_module' in .*; install there the package that brings it, which may"
               (message #(pb/module "no_such_module"))))
  (is (re-find #"^ModuleNotFoundError: No module named 'math.nothing'; 'math' is not a package$" (message #(pb/module "math.nothing")))))

(deftest what-is-called-wrongly
  (doseq [[sentence f] {"pb/error? takes what was caught, then classes; got \"e\" first" #(pb/error? "e" (pb/attr (pb/module "builtins") :KeyError))
                        "pb/iter takes what has a seq, not 3" #(pb/iter 3)}]
    (is (= sentence (message f))))
  (is (false? (pb/error? nil (pb/attr (pb/module "builtins") :KeyError))))
  (doseq [[sentence form] {#"^pb/with takes a vector of names and context managers, .*, not \[f\]$" '(pybridge.core/with [f] 1)
                           #"^pb/with takes a vector of names and context managers, .*, not f$" '(pybridge.core/with f 1)
                           #"^pb/\.\.: an attribute is written without parentheses: -pi$" '(pybridge.core/.. math (-pi))
                           #"where several keys are one, \[\(pb/tuple i j\)\]; not \[0 1\]$" '(pybridge.core/.. x [0 1])}]
    (is (re-find sentence (message #(try (macroexpand form) (catch Exception e (throw (or (ex-cause e) e)))))))))

(deftest attr
  (is (= 3.141592653589793 (pb/attr (pb/module "math") :pi)))
  (is (= "." (pb/attr (pb/module "os") 'curdir) (pb/attr (pb/module "os") "curdir")))
  (is (= "AttributeError: module 'math' has no attribute 'nothing_here'" (message #(pb/attr (pb/module "math") :nothing-here)))))

(deftest set-attr
  (let [object (pb/call (pb/module "types") :SimpleNamespace)]
    (is (nil? (pb/set-attr! object :batch-size 32)))
    (is (= 32 (pb/attr object :batch-size)))
    (pb/set-attr! object 'layers [object])
    (is (= [object] (pb/attr object :layers)))))

(deftest call
  (let [math (pb/module "math"), builtins (pb/module "builtins")]
    (is (= 2.0 (pb/call math :sqrt 4)))
    (is (= [3 2 1] (pb/call builtins :sorted [2 3 1] (pb/kw :reverse true))))
    (testing "a keyword or a map can be a value"
      (is (= "relu" (pb/call builtins :str :relu)))
      (is (= {:reverse true} (pb/call builtins :dict {:reverse true})))
      (is (= ["a" {:reverse true}] (pb/call builtins :list [:a {:reverse true}]))))
    (testing "the name of an option is a name"
      (is (= [{:a 1} {:a 1} {:a 1}] (map #(pb/call builtins :dict (pb/kw % 1)) [:a 'a "a"])))
      (doseq [x [5 nil [:a] (pb/run* "'a'")]]
        (is (= (str "the name of a keyword argument is a keyword, a symbol or a string, not " (pr-str x)) (message #(pb/kw x 1))))))
    (testing "options may stand anywhere among the arguments"
      (is (= [3 2 1] (pb/call builtins :sorted (pb/kw :reverse true) [2 3 1]))))
    (testing "an option given twice"
      (is (= "the option :reverse is given twice" (message #(pb/call builtins :sorted [1] (pb/kw :reverse true) (pb/kw :reverse false))))))
    (is (re-find #"TypeError: .*unexpected keyword argument 'no_such'|TypeError: .*'no_such' is an invalid keyword argument"
                 (message #(pb/call builtins :sorted [1] (pb/kw :no-such 1)))))
    (is (re-find #"the attribute :pi of #py\[<module 'math'.*\] is 3.14159\d+, which cannot be called; read it with pb/attr"
                 (message #(pb/call math :pi))))))

(deftest any-number-of-arguments
  (let [total (pb/run "lambda *xs, **options: sum(xs) + sum(options.values())")]
    (doseq [n [0 1 5 19 20 21 25 300]]
      (is (= (reduce + (range n)) (apply total (range n)))))
    (is (= 10 (total 1 2 (pb/kw :three 3) (pb/kw :four 4))))
    (is (= 499500 (apply pb/call (pb/call (pb/module "types") :SimpleNamespace (pb/kw :f total)) :f (range 1000))))))

(deftest items
  (let [d (pb/->py {:batch-size 1 [1 2] :tuple})]
    (is (= 1 (pb/item d :batch-size) (pb/item d "batch_size")))
    (is (= "tuple" (pb/item d (pb/tuple 1 2)) (pb/item d [1 2])))
    (pb/set-item! d [3 [4]] "nested")
    (is (= "nested" (pb/item d [3 [4]]) (pb/.. d [[3 [4]]])))
    (pb/del-item! d [3 [4]])
    (is (nil? (pb/set-item! d 3 :three)))
    (is (= "three" (pb/item d 3)))
    (is (= "KeyError: 'none'" (message #(pb/item d :none)))))
  (let [xs (pb/->py [10 11 12 13])]
    (is (= 13 (pb/item xs -1)))
    (is (= [11 12] (pb/item xs (pb/slice 1 3))))
    (is (= [10 11] (pb/item xs (pb/slice 2))))
    (is (= [13 11] (pb/item xs (pb/slice nil nil -2))))
    (is (= "Wrong number of args (0) passed to: pybridge.core/slice" (try (apply pb/slice []) (catch clojure.lang.ArityException e (ex-message e)))))))

(deftest slices-of-arrays
  (let [np (pb/module "numpy")
        x (pb/call (pb/call np :arange 12) :reshape 3 4)]
    (is (= [[1 2] [5 6] [9 10]] @(pb/item x (pb/tuple (pb/slice nil) (pb/slice 1 3)))))
    (is (= [4 5 6 7] @(pb/item x 1)))
    (pb/set-item! x (pb/tuple 0 (pb/slice 2)) [7 8])
    (is (= [7 8 2 3] @(pb/item x 0)))))

(deftest tuples
  (let [t (pb/tuple 1 :a [2])]
    (is (pb/py? t))
    (is (= "#py[(1, 'a', [2])]" (pr-str t)))
    (is (= [1 "a" [2]] (pb/->clj t) (vec t)))
    (is (= "#py[()]" (pr-str (pb/tuple))))))

(deftest iterators
  (let [builtins (pb/module "builtins"), read (atom 0)
        counted (fn step [n] (lazy-seq (swap! read inc) (cons n (step (inc n)))))
        stream (pb/iter (counted 0))]
    (is (= 0 (pb/call builtins :next stream)))
    (is (= 1 (pb/call builtins :next stream)))
    (is (<= @read 3) "no more is read than Python asks for")
    (is (= [2 3] (take 2 stream)))
    (is (= 6 (pb/call builtins :sum (pb/iter [1 2 3]))))
    (is (= [] (pb/call builtins :list (pb/iter nil)) (pb/call builtins :list (pb/iter []))))
    (is (= "stop" (message #(pb/call builtins :list (pb/iter (map (fn [_] (throw (ex-info "stop" {}))) [1]))))))))

(deftest conversions-on-demand
  (is (= [1 [2]] (pb/->clj (pb/->py [1 [2]]))))
  (is (= 5 (pb/->clj 5)))
  (is (= [1.5 2.0] (pb/->clj (pb/call (pb/module "numpy") :array [1.5 2]))))
  (is (= {:a [[1.5]]} (pb/->clj (pb/->py {:a [[1.5]]}))))
  (let [math (pb/module "math")] (is (= math (pb/->clj math))))
  (is (pb/py? (pb/->py 1)))
  (is (= "#py[1]" (pr-str (pb/->py 1))))
  (is (not (pb/py? [1]))))

(deftest the-session
  (pb/run "x_from_python = {'a_b': 1}")
  (is (= {:a-b 1} (pb/from-python :x-from-python)))
  (is (= 3 (pb/run "y = 1\ny + 2")))
  (is (nil? (pb/run "y = 1")))
  (is (= "NameError: Python's session has no 'nothing_like_this'" (message #(pb/from-python :nothing-like-this))))
  (is (re-find #"^SyntaxError: " (message #(pb/run "1 +")))))

(deftest named-arguments
  (let [inspect (pb/module "inspect")
        signature (fn [f] (str (pb/call inspect :signature f)))
        apply-by-name (pb/run "lambda f: f(y_pred=3, y_true=1)")]
    (is (= "(y_true, y_pred)" (signature (pb/fn [y-true y-pred] (- y-true y-pred)))))
    (is (= -2 (apply-by-name (pb/fn [y-true y-pred] (- y-true y-pred)))))
    (is (= 5 ((pb/fn [x y] (+ x y)) 2 3)))
    (is (= "(x, *more)" (signature (pb/fn [x & more] more))))
    (is (= 6 ((pb/fn total [x] (if (zero? x) 0 (+ x (total (dec x))))) 3)) "it may have a name")))

;; ---- context managers ----------------------------------------------------------------------------------------------

(defn- recorder []
  (pb/run "
class Recorder:
    def __init__(self, name, log, swallows=False):
        self.name, self.log, self.swallows = name, log, swallows
    def __enter__(self):
        self.log(f'enter {self.name}')
        return self.name
    def __exit__(self, cls, exception, trace):
        self.log(f'leave {self.name} {cls and cls.__name__} {exception}')
        return self.swallows
Recorder"))

(deftest with-managers
  (let [log (atom []), write #(do (swap! log conj %) nil), manager (recorder)]
    (is (= "ab" (pb/with [a (manager "a" write), b (manager "b" write)] (str a b))))
    (is (= ["enter a" "enter b" "leave b None None" "leave a None None"] @log))
    (is (= 1 (pb/with [] 1)))
    (is (nil? (pb/with [_ (manager "a" write)] nil)))
    (is (false? (pb/with [_ (manager "a" write)] false)))))

(deftest an-exception-in-a-with
  (let [log (atom []), write #(do (swap! log conj %) nil), manager (recorder)
        failure (ex-info "broken" {:n 1})]
    (is (identical? failure (try (pb/with [_ (manager "a" write)] (throw failure)) (catch Exception e e)))
        "the body's exception is not taken for success")
    (is (= ["enter a" "leave a ClojureError broken"] @log))
    (reset! log [])
    (is (= "ZeroDivisionError: division by zero"
           (message #(pb/with [_ (manager "a" write), _ (manager "b" write)] (pb/run "1 / 0")))))
    (is (= ["enter a" "enter b" "leave b ZeroDivisionError division by zero" "leave a ZeroDivisionError division by zero"] @log))
    (reset! log [])
    (is (nil? (pb/with [_ (manager "a" write true)] (throw failure))) "a manager may swallow it")
    (is (= "inner" (pb/with [_ (manager "outer" write)] (pb/with [_ (manager "b" write true)] (throw failure)) "inner")))
    (reset! log [])
    (is (identical? failure
                    (try (pb/with [_ (manager "outer" write), b (do (throw failure) nil)] b) (catch Exception e e)))
        "when the second cannot be made, the first is left")
    (is (= ["enter outer" "leave outer ClojureError broken"] @log))))

(deftest what-is-no-context-manager
  (is (re-find #"TypeError: 'int' object does not support the context manager protocol|AttributeError: .*__enter__"
               (message #(pb/with [x (pb/->py 1)] x)))))

(deftest files
  (let [path (str (java.io.File/createTempFile "pybridge" ".txt"))]
    (pb/with [f (pb/call (pb/module "builtins") :open path "w")]
      (pb/call f :write "two\nlines\n"))
    (is (= "two\nlines\n" (slurp path)))
    (is (= ["two\n" "lines\n"] (pb/with [f (pb/call (pb/module "builtins") :open path)] (vec f))))))

(deftest two-tapes-in-one-with
  (let [tf (pb/module "tensorflow")
        x (pb/call tf :Variable 3.0)]
    (pb/with [outer (pb/call tf :GradientTape), inner (pb/call tf :GradientTape)]
      (let [y (pb/call tf :multiply x x)
            slope (pb/call inner :gradient y x)]
        (is (= 6.0 @slope))
        (is (= 2.0 @(pb/call outer :gradient slope x)))))))

;; ---- starting ------------------------------------------------------------------------------------------------------

(deftest starting-again-does-nothing
  (let [before (bridge/installed), math (pb/module "math")]
    (is (= (pb/run "import sys\nsys.executable") (:executable (pb/start!))))
    (is (identical? before (bridge/installed)))
    (require 'pybridge.native.bridge 'pybridge.core :reload)
    (is (identical? before (bridge/installed)) "a reload never restarts Python")
    (is (pb/py? math) "nor does it lose what is there")
    (is (= math (pb/module "math")))
    (is (= 2.0 (pb/call math :sqrt 4)))))

(deftest start-options
  (is (= "start! has no option :pyton; it takes :transport :python" (message #(pb/start! {:pyton "x"}))))
  (is (thrown? ExceptionInfo (pb/start! {:transport :carrier-pigeon}))))

(deftest an-error-of-clojures-says-why-under-qualified-keys
  (let [data (fn [f] (try (f) (catch ExceptionInfo e (ex-data e))))]
    (is (= #:pybridge{:reason :option} (data #(pb/start! {:pyton "x"}))))
    (is (= #:pybridge{:reason :option, :given :axis} (data #((requiring-resolve 'pybridge.tensors/sum) [1.0] :axis 0 :axis 1))))
    (is (= #:pybridge{:reason :conversion, :keys [:a "a"]} (data #(pb/->py (array-map :a 1 "a" 2)))))))
