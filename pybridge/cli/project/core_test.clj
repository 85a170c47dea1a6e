(ns NAME.core-test
  (:require [clojure.test :refer [deftest is]]
            [NAME.core :as core]))

(deftest most-digits-are-read
  (is (< 0.8 (core/accuracy 64))))
