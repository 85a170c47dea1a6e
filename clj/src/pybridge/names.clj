(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.names
  "How a name is written on the other side: `batch-size` in Clojure is `batch_size` in Python.

  Python's half is pybridge/_names.py; tests/fixtures/names.json holds for both. From Python to Clojure no two names become one.
  From Clojure to Python `:a-b` and `:a_b` do, so a map, a set or options with both are refused: nothing is lost in silence."
  (:require [clojure.string :as string])
  (:import (clojure.lang Keyword Named)
           (java.util Locale)
           (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

(defn full-name
  "The name of a keyword or symbol with its namespace: \"a/b\" for :a/b."
  ^String [^Named x]
  (if-let [namespace (.getNamespace x)] (str namespace "/" (.getName x)) (.getName x)))

(defn- part-of-word?
  "Is the character `c` a letter or a digit?"
  [^long c]
  (or (Character/isLetter (int c)) (Character/isDigit (int c))))

(defn- joined
  "`s` with `new` in place of each `old` between letters or digits."
  ^String [^String s old new]
  (let [old (char old), new (char new)
        first-one (.indexOf s (int old))]
    (if (neg? first-one)
      s
      (let [target (StringBuilder. s), last-place (dec (.length s))]
        (loop [i first-one]
          (when-not (neg? i)
            (when (and (< 0 i last-place) (part-of-word? (.codePointBefore s i)) (part-of-word? (.codePointAt s (inc i))))
              (.setCharAt target i new))
            (recur (long (.indexOf s (int old) (inc i))))))
        (.toString target)))))

(defn ->snake
  "A Clojure name in Python: a hyphen between letters or digits becomes an underscore, any other stays, as in `-` and `x->y`."
  ^String [s]
  (joined s \- \_))

(defn ->kebab
  "A Python name in Clojure: an underscore between letters or digits becomes a hyphen, any other stays, as in `_hidden` and `__init__`."
  ^String [s]
  (joined s \_ \-))

(def ^:private ^ConcurrentHashMap written (ConcurrentHashMap.))

(defn ->python
  "What a keyword, a symbol or a string is called in Python; a string is called what it says."
  ^String [x]
  (cond
    (not (instance? Named x)) (str x)
    (.get written x) (.get written x)
    :else (let [text (->snake (full-name x))]
            (when (< (.size written) 10000) (.put written x text))
            text)))

(defn identifier?
  "Is `s` written like a Python name?"
  [^String s]
  (let [n (.length s)]
    (loop [i 0]
      (if (== i n)
        (pos? n)
        (let [c (.codePointAt s i)]
          (and (or (Character/isLetter c) (== c (int \_)) (and (pos? i) (Character/isDigit c)))
               (recur (+ i (Character/charCount c)))))))))

(def ^:private ^ConcurrentHashMap keywords (ConcurrentHashMap.))

(defn ->keyword
  "The keyword of a Python name, or nil when `s` is not written like a name."
  ^Keyword [^String s]
  (or (.get keywords s)
      (when (identifier? s)
        (let [k (keyword (->kebab s))]
          (when (< (.size keywords) 10000) (.put keywords s k))
          k))))

(defn function-name
  "A Python class's name as that of the function that makes one: `EarlyStopping` is early_stopping."
  ^String [^String class-name]
  (-> class-name
      (string/replace "PReLU" "Prelu")
      (string/replace "ReLU" "Relu")
      (string/replace #"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])" "_")
      (.toLowerCase Locale/ROOT)))

(def ^:private python-words
  (set (string/split (str "False None True and as assert async await break class continue def del elif else except finally for from "
                          "global if import in is lambda nonlocal not or pass raise return try while with yield")
                     #" ")))

(defn ->identifier
  "A Clojure name as a name in Python: `fit!` is fit, `empty?` is empty, `x->y` is x_to_y, `class` is class_; nil when nothing is left."
  ^String [x]
  (let [text (-> (->snake (str x)) (string/replace "->" "_to_") (string/replace #"[!?*'+<>=&%$]" "") (string/replace #"[-.|/]" "_"))]
    (cond
      (python-words text) (str text "_")
      (identifier? text) text)))

(defn candidates
  "What a var may be called that Python asks for as `attribute`, the first that exists being meant: `is_empty` is is-empty, is-empty!,
  is-empty? or is_empty. Python's own attributes, such as `__len__`, stand for no var."
  [^String attribute]
  (if (and (string/starts-with? attribute "__") (string/ends-with? attribute "__"))
    []
    (let [[_ word] (re-matches #"(?s)(.*)_" attribute)
          stem (if (python-words word) word attribute)]
      (distinct (concat (for [form [(->kebab stem) (string/replace stem "_" "-")], mark ["" "!" "?"]] (str form mark))
                        [attribute])))))

(defn attributes
  "The names in Python of a namespace's public vars: those by which `candidates` leads to a public one."
  [namespace]
  (let [interned (ns-interns namespace), public (ns-publics namespace)]
    (into []
          (comp (map (comp str key))
                (keep (fn [var-name]
                        (when-let [attribute (->identifier var-name)]
                          (let [names (candidates attribute)]
                            (when (and (some #{var-name} names)
                                       (public (first (filter interned (map symbol names)))))
                              attribute)))))
                (distinct))
          public)))
