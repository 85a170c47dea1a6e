(ns pybridge.expressions
  "Python expressions over values of a test, and what a failure says."
  (:require [clojure.string :as string]
            [pybridge.core :as pb]))

(set! *warn-on-reflection* true)

(defn message [f]
  (try (f) nil (catch Exception failure (ex-message failure))))

(defn from
  "What a Python program gets by `from module-name import attribute`."
  [module-name attribute]
  (pb/attr (pb/module module-name) attribute))

(defn python
  "The value of `expression`, Python code, in which `names` stand for values."
  [expression & {:as names}]
  (apply (pb/run (str "lambda " (string/join ", " (map name (keys names))) ": " expression)) (vals names)))
