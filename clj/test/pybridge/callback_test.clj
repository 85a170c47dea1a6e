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

(defn with-map-at-the-end [x & {:keys [learning-rate] :as options}] [x learning-rate options])
(defn several-names ([f coll] [f coll]) ([f start coll] [f start coll]))
(def lying ^{:doc "Not about its arguments."} (fn [x] [x]))
(alter-meta! #'lying assoc :arglists '([x y z]))
(defmulti area "By shape." :shape)
(defmethod area :square [{:keys [side]}] (* side side))
(pb/defn scaled
  "Scale x."
  ([x] (scaled x 2))
  ([x scale] (* x scale)))

(deftest signatures
  (testing "a var has its arguments' names"
    (is (= "(y_true, y_pred)" (signature #'mean-loss)))
    (is (= "(x, *more)" (signature #'with-rest)))
    (is (= "(x, **options)" (signature #'with-options) (signature #'with-map-at-the-end)))
    (is (= "(x, options=...)" (signature #'with-optional-map)))
    (is (= "(_, x1, x, x0, x4, x5)" (signature #'odd-names)) "what is taken apart has no name, nor what has one already"))
  (testing "several arities"
    (is (= "(x, y=...)" (signature #'several-arities)))
    (is (= "(x, y=...)" (signature several-arities)) "the function's own var is known")
    (is (= "(x0, x1=..., /)" (signature (fn ([x] x) ([x y] y)))))
    (is (= "(x0, x1, x2=..., /)" (signature #'several-names)) "of which the same place has several names"))
  (testing "a bare fn has its arity"
    (is (= "()" (signature (fn [] 1))))
    (is (= "(x0, x1, x2, /)" (signature (fn [a b c] 1))))
    (is (= "(*rest)" (signature (fn [& xs] xs))))
    (is (= "(x0, /)" (signature (fn [a] a)) (signature (with-meta (fn [a] a) {:doc "…"}))))
    (is (= "(x0=..., x1=..., x2=..., /, *rest)" (signature (partial + 1))))
    (is (= "(x0, /, *rest)" (signature (fn [a & xs] xs))))
    (is (= "(x0, /, *rest, **options)" (signature (fn [a & {:as options}] options))) "whose code takes a map apart"))
  (testing "pb/fn and pb/defn"
    (is (= "(y_true, y_pred)" (signature (pb/fn [y-true y-pred] 1))))
    (is (= "(x, scale=...)" (signature scaled) (signature #'scaled)))
    (is (= "(a, b=...)" (signature (pb/fn ([a] a) ([a b] b))))))
  (testing "metadata that is not true is not told"
    (is (= "(x0, /)" (signature #'lying))))
  (testing "a multimethod takes what its methods take"
    (is (= "(*rest)" (signature area) (signature #'area))))
  (testing "a word of Python's is no name of an argument"
    (is (= "(class_)" (signature #'class-name))))
  (testing "what Keras asks"
    (is (= ["y_true" "y_pred"] (map first (pb/call (pb/attr (pb/call @inspect :signature #'mean-loss) :parameters) :items))))
    (is (pb/call (pb/module "builtins") :callable inc))))

(deftest names-and-docs
  (let [name-of #(pb/attr (pb/->py %) :__name__)
        doc-of #(pb/call @inspect :getdoc %)
        text-of #(pr-str (pb/->py %))]
    (is (= "mean_loss" (name-of #'mean-loss) (name-of mean-loss)))
    (is (= "The mean of squared errors." (doc-of #'mean-loss)))
    (is (= ["Scale x." "By shape."] (map doc-of [scaled #'area])))
    (is (= "square_it" (name-of (pb/fn square-it [x] (* x x))) (name-of (fn square-it [x] (* x x)))))
    (is (= "clojure_function" (name-of (fn [x] x)) (name-of (pb/fn [x] x)) (name-of (comp inc inc))))
    (is (= "a_predicate" (name-of #'a-predicate?)) "a name that Python can write")
    (is (nil? (doc-of (fn [x] x))))
    (is (= "pybridge.callback-test" (pb/attr (pb/->py mean-loss) :__module__) (pb/attr (pb/->py #'mean-loss) :__module__)))
    (is (= "#py[<Clojure function pybridge.callback-test/mean-loss>]" (text-of mean-loss) (text-of #'mean-loss)))
    (is (= "#py[<Clojure function pybridge.callback-test/fn>]" (text-of (fn [x] x))))))

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
