(ns pybridge.arguments-test
  "The arguments of a call from Python: bound by name and place as a Python function of the same signature binds them."
  (:require [clojure.string :as string]
            [clojure.test :refer [deftest is testing]]
            [clojure.test.check.clojure-test :refer [defspec]]
            [clojure.test.check.generators :as gen]
            [clojure.test.check.properties :as prop]
            [pybridge.core :as pb]
            [pybridge.holds :refer [so-many]]))

(def ^:private outcome
  "A function's value, or its error's text, for arguments and a dict of options."
  (delay (pb/run "
def outcome(f, xs, options):
    try:
        return f(*xs, **options)
    except Exception as error:
        return f'{type(error).__name__}: {error}'
outcome")))

(defn- call
  ([f xs] (call f xs {}))
  ([f xs options] (@outcome f xs options)))

(defn two [a b] [a b])
(defn opt ([a] [a]) ([a b] [a b]))
(defn folded ([f coll] [:short f coll]) ([f start coll] [:long f start coll]))
(defn with-rest [x & more] (into [x] more))
(defn with-options [x & {:keys [rate] :as options}] [x rate options])
(defn with-last-map [x {:keys [rate] :as options}] [x rate options])
(defn apart [[a b] c] [a b c])
(defn gap ([a] [a]) ([a b c] [a b c]))
(defn gives-up [a] (two a))
(def ^{:arglists '([x y])} lying (fn [x] [x]))
(defmulti area :shape)
(defmethod area :default [shape & more] (count more))
(pb/defn scaled ([x] [x]) ([x scale] [x scale]))

(deftest bound-by-name
  (is (= [1 2] (call #'two [1] {"b" 2}) (call #'two [] {"b" 2 "a" 1})))
  (is (= [1 2] (call #'opt [1] {"b" 2})) "the arity whose names fit")
  (is (= ["short" 1 2] (call #'folded [1] {"coll" 2})))
  (is (= ["long" 1 2 3] (call #'folded [1] {"coll" 3 "start" 2})))
  (is (= [1 2] (call #'with-rest [1 2]) (call scaled [1] {"scale" 2})))
  (is (= [1] (call #'with-rest [] {"x" 1})))
  (is (= [1 2 3] (call #'apart [] {"x0" [1 2] "c" 3})))
  (is (= [1 2] (call (pb/fn [learning-rate b] [learning-rate b]) [] {"b" 2 "learning_rate" 1}))))

(deftest collected
  (doseq [f [#'with-options #'with-last-map]]
    (is (= [1 2 {:rate 2 :batch-size 3}] (call f [1] {"rate" 2 "batch_size" 3})))
    (is (= [1 nil {:a 1}] (call f [] {"x" 1 "a" 1})))
    (is (= [1 2 {:rate 2}] (call f [1 {:rate 2}])) "a map in its place"))
  (is (= [1 nil {}] (call #'with-last-map [1])))
  (is (= [1 nil nil] (call #'with-options [1])))
  (is (= "{\"x y\" 1, \"a-b\" 2}" (call (fn [& {:as m}] (pr-str m)) [] {"x y" 1 "a-b" 2})))
  (is (= [1 2] (call (fn [x & {:keys [a]}] [x a]) [1] {"a" 2}) (call (with-meta (fn [x & {:keys [a]}] [x a]) {:n 1}) [1] {"a" 2}))
      "its code takes a map apart"))

(def held-in-a-var (pb/fn [p] [p]))
(def held-with-metadata (with-meta (fn [p] [p]) {:n 1}))
(def ^{:arglists '([x y])} lying-of-one-that-knows (pb/fn [p] [p]))
(defprotocol Shape (perimeter [shape] [shape unit] "How long its edge is."))
(extend-type Number Shape (perimeter ([n] n) ([n unit] [n unit])))

(deftest names-are-known-of
  (testing "a var that holds a pb/fn"
    (is (= [5] (call #'held-in-a-var [] {"p" 5}) (call #'lying-of-one-that-knows [] {"p" 5}))))
  (testing "a function whose var is known, passed itself"
    (is (= [1 2] (call two [1] {"b" 2}) (call opt [1] {"b" 2})))
    (is (= [1 2 {:rate 2}] (call with-options [1] {"rate" 2}) (call with-last-map [1] {"rate" 2})))
    (is (= "1,2" (call string/join [","] {"coll" [1 2]}))))
  (testing "a protocol's function"
    (is (= [1 2] (call perimeter [1] {"unit" 2}) (call #'perimeter [1] {"unit" 2}))))
  (testing "what Python shows of them"
    (is (= ["perimeter" "How long its edge is." "pybridge.arguments-test" "(shape, unit=...)"]
           ((pb/run "lambda f: [f.__name__, f.__doc__, f.__module__, str(__import__('inspect').signature(f))]") perimeter)))
    (is (= ["(x0, /, *rest)" "(x0, /, *rest, **options)" "(x, **options)" "(x=..., *ys)"]
           (mapv (pb/run "lambda f: str(__import__('inspect').signature(f))")
                 [(fn [x & more] [x more]) (fn [x & {:keys [a]}] [x a]) with-options str])))))

(deftest refused
  (doseq [[f xs options words]
          [[#'two [1] {"c" 3} "two() got an unexpected keyword argument 'c'"]
           [#'two [1] {"a" 3} "two() got multiple values for argument 'a'"]
           [#'two [1] {} "two() missing 1 required positional argument: 'b'"]
           [#'two [1 2 3] {} "two() takes 2 positional arguments but 3 were given"]
           [#'opt [] {} "opt() missing 1 required positional argument: 'a'"]
           [#'opt [1 2 3] {} "opt() takes from 1 to 2 positional arguments but 3 were given"]
           [#'opt [1 2] {"b" 3} "opt() got multiple values for argument 'b'"]
           [#'gap [1 2] {} "gap() missing 1 required positional argument: 'c'"]
           [#'with-rest [1] {"b" 3} "with_rest() got an unexpected keyword argument 'b'"]
           [#'with-options [1] {"x" 3} "with_options() got multiple values for argument 'x'"]
           [#'with-last-map [1 {}] {"b" 3} "with_last_map() takes 1 positional argument but 2 were given"]
           [#'with-options [1 2] {} "with_options() takes 1 positional argument but 2 were given"]
           [#'scaled [1 2 3] {} "scaled() takes from 1 to 2 positional arguments but 3 were given"]
           [(fn [a b] a) [1] {} "clojure_function() missing 1 required positional argument: 'x1'"]
           [(fn two [a b] a) [1 2 3] {} "two() takes 2 positional arguments but 3 were given"]
           [(fn [a & more] a) [] {} "clojure_function() missing 1 required positional argument: 'x0'"]
           [(with-meta (pb/fn named [a b] a) {:arglists '([a b])}) [1] {} "named() missing 1 required positional argument: 'b'"]
           [#'lying [1 2] {} "lying() takes 1 positional argument but 2 were given"]
           [(with-meta (fn [a] a) {:n 1}) [1 2] {} "clojure_function() takes 1 positional argument but 2 were given"]
           [#'held-with-metadata [1 2] {} "held_with_metadata() takes 1 positional argument but 2 were given"]
           [#'held-in-a-var [] {"q" 1} "held_in_a_var() got an unexpected keyword argument 'q'"]
           [two [1] {"c" 3} "two() got an unexpected keyword argument 'c'"]
           [str [1] {"y" 2} "str() got an unexpected keyword argument 'y'"]
           [println ["a"] {"sep" "-"} "println() got an unexpected keyword argument 'sep'"]
           [perimeter [] {} "perimeter() missing 1 required positional argument: 'shape'"]
           [perimeter [1 2 3] {} "perimeter() takes from 1 to 2 positional arguments but 3 were given"]]]
    (testing (str words)
      (is (= (str "TypeError: " words) (call f xs options)))))
  (testing "where names are not known"
    (doseq [f [(fn [a b] a) #'lying area #'area]]
      (is (re-find #"^TypeError: \w+\(\) got an unexpected keyword argument 'b': .* pb/fn or pb/defn, or pass its var" (call f [1] {"b" 3})))))
  (testing "where nothing tells that a map would be taken apart, or one argument is already in its place"
    (doseq [f [list (fn [& more] more) (fn [a & more] [a more]) (fn [a & [b]] [a b]) (fn [& more] (apply two more))
               (memoize (pb/fn [b] b)) (partial two 1) (comp two inc) (complement two) (constantly 1) (fnil two 1) (juxt two two)]
            xs [[] [1] [1 2]]]
      (is (= (str "TypeError: clojure_function() got an unexpected keyword argument 'b': Python does not know its arguments' names; "
                  "define it with pb/fn or pb/defn, or pass its var")
             (call f xs {"b" 3}))))
    (doseq [[f given] [[(fn [x & {:keys [b]}] [x b]) [[] [1 2] [1 {"z" 1}] [1 "a" 1]]]
                       [(fn [& {:as options}] options) [[1] [{"x" 1}] [{}] [nil]]]
                       [(fn ([] nil) ([x & {:as options}] [x options])) [[] [1 2]]]]
            xs given]
      (is (re-find #"^TypeError: clojure_function\(\) got an unexpected keyword argument 'b': " (call f xs {"b" 3})))))
  (testing "a macro"
    (doseq [xs [[] [true] [true 1 2 3]]]
      (is (= "TypeError: clojure.core/when is a macro, which works on code and not on values; use it in code for clojure.eval"
             (call #'when xs))))))

(deftest an-arity-error-inside-is-the-functions-own
  (is (= "ClojureError: ArityException: Wrong number of args (1) passed to: pybridge.arguments-test/two" (call gives-up [1])))
  (is (= "ClojureError: ArityException: Wrong number of args (1) passed to: pybridge.arguments-test/two" (call #'gives-up [] {"a" 1})))
  (is (re-find #"^ClojureError: ArityException" (call (comp two inc) [1])))
  (is (= "TypeError: gives_up() takes 1 positional argument but 2 were given" (call #'gives-up [1 2]))))

(deftest a-var-whose-definition-changes
  (let [v (intern 'pybridge.arguments-test (with-meta 'changing {:arglists '([& {:as options}])}) (fn [& {:as options}] options))
        held (pb/->py v)]
    (is (= {:a 1} (call held [] {"a" 1})))
    (intern 'pybridge.arguments-test (with-meta 'changing {:arglists nil}) (fn [& xs] (vec xs)))
    (is (= [1] (call held [1])))))

;; Functions and calls at random, beside a Python function that is written with the same signature.

(def ^:private names '[a b-b c d-d-d e])
(defn- python-name [x] (string/replace (str x) "-" "_"))

(def ^:private signatures
  "Of one arity with an ending, or of several, one for each number of names from `least` to `most`."
  (gen/one-of [(gen/let [n (gen/choose 0 4), ending (gen/elements [:none :rest :options])]
                 {:least n, :most n, :ending ending})
               (gen/let [[least most] (gen/fmap sort (gen/vector (gen/choose 0 4) 2))]
                 {:least least, :most most, :ending :none})]))

(def ^:private calls
  (gen/let [n (gen/choose 0 6)
            given (gen/vector-distinct (gen/elements (conj (mapv python-name names) "other")) {:max-elements 4})]
    {:xs (vec (range n)), :options (apply array-map (mapcat (fn [k] [k (str "for " k)]) given))}))

(defn- clojure-function [{:keys [least most ending]}]
  (eval `(pb/fn ~'f
           ~@(for [n (range least (inc most)), :let [fixed (vec (take n names))]]
               `(~(into fixed (ending '{:none [], :rest [& more], :options [& {:as options}]}))
                 [~fixed ~(ending '{:none [], :rest (vec more), :options (into {} options)})])))))

(defn- python-function [{:keys [least most ending]}]
  (let [fixed (map python-name (take most names))
        parameters (concat (take least fixed)
                           (map #(str % "='left out'") (drop least fixed))
                           (ending {:none [], :rest ["*more"], :options ["**options"]}))]
    (pb/run (str "def f(" (string/join ", " parameters) "):\n"
                 "    return [[" (string/join ", " fixed) "], " (ending {:none "[]", :rest "list(more)", :options "options"}) "]\n"
                 "f"))))

(defn- given
  "The value of a Python function without the arguments left out at the end; :hole where one is left out before another."
  [[fixed more]]
  (let [fixed (vec (reverse (drop-while #{"left out"} (reverse fixed))))]
    (if (some #{"left out"} fixed) :hole [fixed more])))

(defn- kind
  "What an error is about: with several arities Clojure misses more than Python, whose defaults fill what it leaves out."
  [error]
  (if (re-find #" missing " error) :missing error))

(defspec as-python-binds (so-many 100 300)
  (prop/for-all [{:keys [least most] :as signature} signatures
                 {:keys [xs options]} calls]
    (let [ours (call (clojure-function signature) xs options)
          theirs (call (python-function signature) xs options)]
      (cond
        (vector? theirs) (if (= :hole (given theirs)) (= :missing (kind ours)) (= (given theirs) ours))
        (= least most) (= theirs ours)
        :else (= (kind theirs) (kind ours))))))
