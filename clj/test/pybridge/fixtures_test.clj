(ns pybridge.fixtures-test
  "Every case of tests/fixtures that calls something, called in Clojure with Clojure's data; Python's comparator judges."
  (:require [clojure.java.io :as io]
            [clojure.string :as string]
            [clojure.test :refer [deftest is]]
            [pybridge.core :as pb]
            [pybridge.names :as names]
            [pybridge.ops]
            [pybridge.tensors :as t])
  (:import (clojure.lang ExceptionInfo)))

(def ^:private fixtures (delay (pb/module "pybridge.book.fixtures")))

(def ^:private folder
  (-> (io/resource "pybridge/fixtures_test.clj") io/file .getParentFile .getParentFile .getParentFile .getParentFile
      (io/file "tests" "fixtures") str))

(defn- clojure-name
  "NaiveDense.weights is weights, EarlyStopping early-stopping, load_mnist load-mnist."
  [python-name]
  (names/->kebab (names/function-name (last (string/split python-name #"\.")))))

(defn- function
  "The symbol of the function that \"subject/name\" names in Python; what changes something ends in `!`."
  [python-name]
  (let [[subject member] (string/split python-name #"/")
        known (some #(requiring-resolve (symbol (str "pybridge." subject) (str (clojure-name member) %))) ["" "!" "?"])]
    (if known
      (symbol known)
      (throw (ex-info (str "Clojure has no " python-name) {:name python-name})))))

(defn- operation [op]
  (cond
    (#{"+" "-" "*" "/"} op) (symbol "pybridge.ops" op)
    (string/includes? op "/") (function op)
    :else (function (str "tensors/" op))))

(defn- code
  "The Clojure code of a form. A string names a parameter, or else an input, found in the map that the symbol `inputs` names."
  [inputs parameters form]
  (let [code-of (partial code inputs parameters)]
    (cond
      (string? form) (if (parameters form) (symbol form) (list `get inputs form))
      (vector? form)
      (let [[op & operands] form]
        (case op
          "fn" (let [[more body] operands]
                 `(pb/fn ~(mapv symbol more) ~(code inputs (into parameters more) body)))
          "list" (mapv code-of operands)
          "map" (into {} (for [[k v] (partition 2 operands)] [(keyword k) (code-of v)]))
          "get" (let [[collection k] operands]
                  (if (string? k) `(get ~(code-of collection) ~(keyword k)) `(nth ~(code-of collection) ~k)))
          (let [[operands [options]] (split-with (complement map?) operands)]
            `(~(operation op) ~@(map code-of operands) ~@(mapcat identity options)))))
      :else form)))

(defn- quoted
  "A form as quoted code: calls are lists, inputs symbols."
  [form]
  (cond
    (vector? form) (apply list (map quoted form))
    (string? form) (symbol form)
    :else form))

(defn- select [value path]
  (if path (pb/call (pb/module "pybridge.book.forms") :select value path) value))

(defn- build
  "The Clojure data that a value of a case stands for."
  [inputs value]
  (cond
    (vector? value) (mapv #(build inputs %) value)
    (not (map? value)) value
    (:float value) ({"nan" ##NaN "inf" ##Inf "-inf" ##-Inf} (:float value))
    (:ref value) (select (get inputs (:ref value)) (:select value))
    (:form value) (let [known (gensym "inputs")]
                    ((eval (list `fn [known] (code known #{} (:form value)))) inputs))
    (:quote value) (quoted (:quote value))
    :else (update-vals value #(build inputs %))))

(defn- call [inputs python-name args options]
  (apply (requiring-resolve (function python-name))
         (concat (build inputs args) (mapcat (fn [[option value]] [option (build inputs value)]) options))))

(defn- input
  "What an input of a case stands for."
  [inputs {:keys [value dtype as] :as given}]
  (if (:call given)
    (select (call inputs (:call given) (:args given []) (:options given {})) (:select given))
    (case (or as (if dtype "tensor" "plain"))
      "tensor" (t/tensor (build inputs value) :dtype dtype)
      "variable" (t/variable (build inputs value) :dtype dtype)
      "array" (t/to-numpy (t/tensor (build inputs value) :dtype dtype))
      "plain" (build inputs value))))

(defn- result [case]
  (let [inputs (reduce (fn [inputs [input-name given]] (assoc inputs input-name (input inputs given)))
                       {}
                       (pb/attr case :inputs))
        value (call inputs (pb/attr case :call) (pb/attr case :args) (pb/attr case :options))]
    (if-some [arguments (pb/attr case :then)]
      (apply value (build inputs arguments))
      value)))

(defn- error-type
  "The Python name of an error; Clojure's own give a reason instead."
  [error]
  (or (:py/type (ex-data error)) ({:shape "ShapeError" :dtype "DtypeError"} (:pybridge/reason (ex-data error)))))

(defn- problems
  "Sentences that say what is wrong with a case; none when it holds."
  [case]
  (try
    (let [value (result case)]
      (pb/call @fixtures :check case value))
    (catch ExceptionInfo error
      (if (and (= "raises" (pb/attr case :expects)) (error-type error))
        (pb/call @fixtures :check_error case (error-type error) (ex-message error))
        (throw error)))))

(deftest cases
  (let [cases (filter #(pb/attr % :call) (pb/call @fixtures :read_cases folder))
        ran (atom [])]
    (doseq [case cases
            :let [id (pb/attr case :id)]]
      (swap! ran conj id)
      (is (= [] (problems case)) id))
    (is (= [] (pb/call @fixtures :account (mapv #(pb/attr % :id) cases) @ran)))))
