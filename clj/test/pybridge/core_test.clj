(ns pybridge.core-test
  (:require [clojure.test :refer [deftest is]]
            [pybridge.core :as pb]))

(deftest attr
  (is (= 3.141592653589793 (pb/attr (pb/module "math") :pi))))
