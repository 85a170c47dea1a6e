(ns pybridge.callback-test
  "Clojure functions as Python callables."
  (:require [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.host :as host]))

(def ^:private inspect (delay (pb/module "inspect")))

(defn- signature
  "What `inspect.signature` says of `f`."
  [f]
  (second (re-find #"<Signature (.*)>" (pr-str (pb/call @inspect :signature f)))))

(defn- message [f]
  (try (f) nil (catch Exception failure (ex-message failure))))

(defn mean-loss
  "The mean of squared errors."
  [y-true y-pred]
  [y-true y-pred])

(defn several-arities
  ([x] x)
  ([x y] [x y]))

(defn with-rest [x & more] (cons x more))
(defn with-options [x {:keys [learning-rate] :or {learning-rate 0.5}}] (* x learning-rate))
(defn with-optional-map ([x] (with-optional-map x {})) ([x options] [x options]))
(defn a-predicate? [x] (pos? x))
(defn class-name "Named like a word of Python's." [class] class)
(defn odd-names [_ _ x' x0 {:keys [y]} x1] nil)

(deftest signatures
  (testing "a var has its arguments' names"
    (is (= "(y_true, y_pred)" (signature #'mean-loss)))
    (is (= "(x, *rest, **options)" (signature #'with-rest)))
    (is (= "(x, x1)" (signature #'with-options)) "what is taken apart has no name")
    (is (= "(_, x1, x, x0, x4, x5)" (signature #'odd-names)) "nor has what has one already"))
  (testing "several arities"
    (is (= "(x0, x1=None, /)" (signature #'several-arities) (signature several-arities))))
  (testing "a bare fn has its arity"
    (is (= "()" (signature (fn [] 1))))
    (is (= "(x0, x1, x2, /)" (signature (fn [a b c] 1))))
    (is (= "(*rest, **options)" (signature (fn [& xs] xs))))
    (is (= "(x0=None, x1=None, x2=None, /, *rest, **options)" (signature (partial + 1))))
    (is (= "(x0, /, *rest, **options)" (signature (fn [a & xs] xs)))))
  (testing "pb/fn"
    (is (= "(y_true, y_pred)" (signature (pb/fn [y-true y-pred] 1)))))
  (testing "a word of Python's is no name of an argument"
    (is (= "(class_)" (signature #'class-name))))
  (testing "what Keras asks"
    (is (= ["y_true" "y_pred"] (map first (pb/call (pb/attr (pb/call @inspect :signature #'mean-loss) :parameters) :items))))
    (is (pb/call (pb/module "builtins") :callable inc))))

(deftest names-and-docs
  (let [name-of #(pb/attr (pb/->py %) :__name__)
        doc-of #(pb/call @inspect :getdoc %)]
    (is (= "mean_loss" (name-of #'mean-loss)))
    (is (= "The mean of squared errors." (doc-of #'mean-loss)))
    (is (= "square_it" (name-of (pb/fn square-it [x] (* x x)))))
    (is (= "clojure_function" (name-of (fn [x] x)) (name-of (pb/fn [x] x))))
    (is (= "a_predicate" (name-of #'a-predicate?)) "a name that Python can write")
    (is (string? (doc-of (fn [x] x))))
    (is (re-find #"^#py\[<built-in method mean_loss of " (pr-str (pb/->py #'mean-loss))))))

(deftest keyword-arguments
  (let [call (pb/run "lambda f, *xs, **options: f(*xs, **options)")]
    (is (= [1 2] (call #'mean-loss 1 (pb/kw :y-pred 2))))
    (is (= [1 2] (call #'mean-loss (pb/kw :y-pred 2) (pb/kw :y-true 1))))
    (is (= 1.0 (call #'with-options 2 (pb/kw :learning-rate 0.5))))
    (is (= [1 {:batch-size 2 :epochs 3}] (call #'with-optional-map 1 (pb/kw :batch-size 2) (pb/kw :epochs 3))))
    (is (= [1] (call #'with-rest 1)))
    (is (= [1 2 {:a 3}] (call #'with-rest 1 2 (pb/kw :a 3))))
    (is (= [{:logs {:loss 0.5}}] (call (fn [& xs] xs) (pb/kw :logs {:loss 0.5}))))
    (is (= [1 nil] (call (fn [epoch logs] [epoch logs]) 1 nil)))))

(deftest wrong-counts
  (let [call (pb/run "lambda f, *xs: f(*xs)")]
    (is (re-find #"Wrong number of args \(1\) passed to: .*mean-loss" (message #(call #'mean-loss 1))))
    (is (re-find #"Wrong number of args \(3\)" (message #(call (fn [x] x) 1 2 3))))
    (is (= (range 25) (call (fn [& xs] xs) 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24)))))

(deftest one-function-is-one-object
  (let [same (pb/run "lambda f, g: f == g and hash(f) == hash(g) and len({f, g}) == 1")
        f (fn [x] x), g (fn [x] x)]
    (is (true? (same f f)))
    (is (true? (same #'mean-loss #'mean-loss)))
    (is (not (same f g)))
    (is (identical? f ((pb/run "lambda f: f") f)) "and comes home as itself")
    (is (= :kept (get {f :kept} ((pb/run "lambda f: [f]") f) (get {f :kept} (first ((pb/run "lambda f: [f]") f))))))))

(deftest what-can-be-called
  (let [call (pb/run "lambda f, *xs: f(*xs)")]
    (is (= 3 (call (comp inc inc) 1)))
    (is (= [2 3] (call (partial map inc) [1 2])))
    (is (= 2 (call (memoize inc) 1)))
    (is (= 4 (call #(+ % %2) 1 3)))
    (is (= "1" (call (with-meta (fn [x] (str x)) {:doc "With metadata."}) 1)))
    (testing "a keyword, a map and a set are data, not functions"
      (is (= "a" ((pb/run "lambda x: x") :a))))))

(deftest what-a-function-receives-and-gives
  (let [call (pb/run "lambda f, *xs: f(*xs)")
        tensor (pb/call (pb/module "tensorflow") :constant [1.0 2.0])]
    (is (= tensor (call identity tensor)) "the same handle")
    (is (pb/py? (call (fn [x] x) tensor)))
    (is (= [1.0 2.0] (call (fn [x] @x) tensor)))
    (is (= {:a [1 nil]} (call (fn [x] x) {:a [1 nil]})))
    (is (= [0 1 2] (call (fn [] (range 3)))))
    (is (re-find #"a HeapByteBuffer on the Java heap can move" (message #(call (fn [] (java.nio.ByteBuffer/allocate 1))))))))

(deftest callbacks-call-back
  (let [apply-twice (pb/run "lambda f, x: f(f(x))")]
    (is (= 102 (apply-twice (fn [x] (apply-twice (fn [y] (apply-twice (fn [z] (+ z 12)) y)) (+ 1 x))) 4)))
    (is (= [3 2 1] (pb/call (pb/module "builtins") :sorted [1 2 3] (pb/kw :key -))))
    (is (= ["a" "bb" "ccc"] (pb/call (pb/module "builtins") :sorted ["ccc" "a" "bb"] (pb/kw :key count))))
    (is (= 10 (pb/call (pb/module "functools") :reduce + [1 2 3 4])))
    (is (= [2 4] (vec (pb/call (pb/module "builtins") :map #(* 2 %) [1 2]))))))

(deftest callbacks-kept-by-python
  (let [keep-it (pb/run "kept = []\ndef keep_it(f):\n    kept.append(f)\nkeep_it")
        call-it (pb/run "lambda x: kept[0](x)")]
    (keep-it (let [n 5] (fn [x] (+ x n))))
    (dotimes [_ 3] (System/gc) (Thread/sleep 10))
    (is (= 6 (call-it 1)))
    (pb/run "kept.clear()")))

(defn- live-callbacks []
  ((requiring-resolve 'pybridge.native.capsule/live)))

(deftest ten-thousand-callbacks
  (let [call (pb/run "lambda f: f(1)")
        before (live-callbacks)]
    (dotimes [i 10000] (call (fn [x] (+ x i))))
    (pb/run "import gc; gc.collect()")
    (dotimes [_ 20] (System/gc) (Thread/sleep 10) (call inc))
    (is (< (- (live-callbacks) before) 50) "none is kept")))

(defn- collect []
  (System/gc)
  (Thread/sleep 10)
  (pb/call (pb/module "math") :sqrt 1))

(deftest one-callable-as-long-as-the-function-lives
  (let [f (let [n 5] (fn [x] (+ x n)))
        watched (pb/run "
import weakref
def watched(f):
    seen = weakref.ref(f)
    return [lambda g: seen() is g, lambda: seen() is None, {f: 'kept'}.get]
watched")
        [same-as? gone? find] (watched f)]
    (dotimes [_ 5] (collect))
    (is (true? (same-as? f)) "though Python holds it weakly")
    (is (= "kept" (find f)))
    (is (not (gone?)))
    (is (= 6 (f 1) ((pb/run "lambda f: f(1)") f))))
  (testing "and no longer"
    (let [[_ gone?] ((pb/run "lambda watched, f: watched(f)[:2]") (pb/from-python :watched) (let [n 6] (fn [x] (+ x n))))]
      (is (some true? (repeatedly 50 #(do (collect) (gone?)))))))
  (testing "a var with another definition is another function"
    (let [v (intern 'pybridge.callback-test 'changing (fn [_] 1))
          before (pb/->py v)]
      (is (= before (pb/->py v)))
      (intern 'pybridge.callback-test 'changing (fn [_] 2))
      (is (not= before (pb/->py v)))
      (is (= [2 2] [(before 0) ((pb/->py v) 0)]) "though the old one calls the new too"))))

(deftest a-function-passed-again-and-again-is-traced-once
  (let [tf (pb/module "tensorflow")
        traces (atom 0)
        f (fn [x] (swap! traces inc) (pb/call tf :square x))
        step (pb/run "
import tensorflow as tf
@tf.function(autograph=False)
def step(f, x):
    return f(x)
step")]
    (dotimes [i 6]
      (is (= (* i i 1.0) @(step f (pb/call tf :constant (double i)))))
      (collect))
    (is (= 1 @traces (pb/call step :experimental-get-tracing-count)))
    (step (fn [x] (pb/call tf :square x)) (pb/call tf :constant 1.0))
    (is (= 2 (pb/call step :experimental-get-tracing-count)) "another function is another program")))

(deftest dynamic-bindings-are-seen
  (let [call (pb/run "lambda f: f()")]
    (binding [*print-length* 3]
      (is (= 3 (call (fn [] *print-length*)))))))

(deftest both-print-on-the-host
  (is (= "from Clojure\nfrom Python\n" (host/printed #(do (println "from Clojure") (pb/run "print('from Python')"))))))

(deftest a-bound-out-is-clojures-own
  (is (= "a callback\n" (with-out-str ((pb/run "lambda f: f()") #(println "a callback"))))))

(deftest standard-output-is-a-real-stream
  (is (= ["utf-8" true] (pb/run "import sys\n[sys.stdout.encoding.lower(), sys.stdout.fileno() >= 0]"))))
