(ns pybridge.holds
  "What holds of values that test.check makes."
  (:require [clojure.test :refer [is]]
            [clojure.test.check :as check]
            [clojure.test.check.properties :as properties]))

(def seed
  "The same values each time where CI judges a change, those that PYBRIDGE_FUZZ_SEED names, else new ones."
  (or (some-> (System/getenv "PYBRIDGE_FUZZ_SEED") parse-long)
      (when (System/getenv "CI") 20261120)))

(defn so-many
  "How often to try: `usual`, or `fuzz` where `make fuzz` looks for what seldom happens."
  [usual fuzz]
  (if (System/getenv "PYBRIDGE_FUZZ_SEED") fuzz usual))

(defmacro holds
  "Assert that `body` is true of `trials` values made by the generators in `bindings`; a failure shows the smallest found."
  [trials bindings & body]
  `(let [result# (check/quick-check ~trials (properties/for-all ~bindings ~@body) :seed seed)]
     (is (:pass? result#) (pr-str (select-keys result# [:seed :fail :shrunk])))))
