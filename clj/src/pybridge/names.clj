(ns pybridge.names
  "How a name is written on the other side: `batch-size` in Clojure is `batch_size` in Python."
  (:require [clojure.string :as string])
  (:import (clojure.lang Keyword Named)
           (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

(defn full-name
  "The name of a keyword or symbol with its namespace: \"a/b\" for :a/b."
  ^String [^Named x]
  (if-let [namespace (.getNamespace x)] (str namespace "/" (.getName x)) (.getName x)))

(defn ->snake
  "A Clojure name in Python: a hyphen inside a word becomes an underscore; the symbol `-` stays."
  ^String [^String s]
  (if (neg? (.indexOf s "-")) s (string/replace s #"(?<=[\p{L}\p{Nd}])-(?=[\p{L}\p{Nd}])" "_")))

(defn identifier?
  "Is `s` written like a Python name?"
  [^String s]
  (boolean (re-matches #"[\p{L}_][\p{L}\p{Nd}_]*" s)))

(def ^:private ^ConcurrentHashMap keywords (ConcurrentHashMap.))

(defn ->keyword
  "The keyword of a Python name, or nil when `s` is not written like a name."
  ^Keyword [^String s]
  (or (.get keywords s)
      (when (identifier? s)
        (let [k (keyword (string/replace s #"(?<=[\p{L}\p{Nd}])_(?=[\p{L}\p{Nd}])" "-"))]
          (when (< (.size keywords) 10000) (.put keywords s k))
          k))))

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
