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
  (if (neg? (.indexOf s "-")) s (string/replace s #"(?<=[\p{L}\p{N}])-(?=[\p{L}\p{N}])" "_")))

(defn identifier?
  "Is `s` written like a Python name?"
  [^String s]
  (boolean (re-matches #"[\p{L}_][\p{L}\p{N}_]*" s)))

(def ^:private ^ConcurrentHashMap keywords (ConcurrentHashMap.))

(defn ->keyword
  "The keyword of a Python name, or nil when `s` is not written like a name."
  ^Keyword [^String s]
  (or (.get keywords s)
      (when (identifier? s)
        (let [k (keyword (string/replace s #"(?<=[\p{L}\p{N}])_(?=[\p{L}\p{N}])" "-"))]
          (when (< (.size keywords) 10000) (.put keywords s k))
          k))))
