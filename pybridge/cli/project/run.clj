;; Runs the tests, and ends with their verdict.
(require 'clojure.test 'NAME.core-test)

(let [{:keys [fail error]} (clojure.test/run-tests 'NAME.core-test)]
  (System/exit (if (= 0 fail error) 0 1)))
