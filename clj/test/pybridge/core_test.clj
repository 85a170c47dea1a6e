(ns pybridge.core-test
  (:require [clojure.test :refer [deftest is]]
            [pybridge.core :as pb]))

(deftest attr
  (is (= 3.141592653589793 (pb/attr (pb/module "math") :pi)))
  (is (= "linear_algebra" (pb/attr (pb/call (pb/module "types") :SimpleNamespace (pb/kw :kind "linear_algebra")) 'kind))))
