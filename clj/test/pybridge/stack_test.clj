(ns pybridge.stack-test
  "Stacks and memory that give out, in either language and between them."
  (:require [clojure.test :refer [deftest is]]
            [pybridge.attempts :refer [attempt call thrown]]
            [pybridge.core :as pb]))

(deftest the-stack-and-the-memory-give-out
  (letfn [(forever [n] (inc (forever (inc n))))]
    (is (= ["ClojureError" "StackOverflowError"] (@attempt (fn [] (forever 0)))))
    (is (thrown? StackOverflowError (@call (fn [] (forever 0))))))
  (is (= ["ClojureError" "OutOfMemoryError: Requested array size exceeds VM limit"]
         (@attempt (fn [] (long-array Integer/MAX_VALUE)))))
  (is (= 1 (@call (fn [] 1))) "and all goes on"))

(deftest a-function-calling-itself-across-the-bridge
  (letfn [(down [n] (if (zero? n) 0 (inc (long (@call (fn [] (down (dec n))))))))]
    (is (= 50 (down 50)))
    (let [e (thrown #(down 100000))]
      (is (re-find #"^(calls between Clojure and Python are nested more than 200 deep; is a function calling itself across the bridge\?|(RecursionError: )?too little of this thread's stack of \d+ KB is left for a call between Clojure and Python; is a function calling itself for ever\? Otherwise give threads more: -Xss8m for Java's, threading.stack_size\(8 \* 2\*\*20\) for Python's)$"
                   (ex-message e))))
    (is (= 50 (down 50)) "and all goes on")))

(deftest two-hundred-crossings-on-a-large-stack
  (letfn [(down [n] (if (zero? n) 0 (inc (long (@call (fn [] (down (dec n))))))))]
    (let [result (promise)]
      (.start (Thread. nil #(deliver result [(down 200) (ex-message (thrown (fn [] (down 201))))]) "large" (* 16 1024 1024)))
      (is (= [200 "calls between Clojure and Python are nested more than 200 deep; is a function calling itself across the bridge?"]
             @result)))))

(deftest clojure-calling-itself-for-ever-around-python
  (letfn [(forever [n] (@call inc n) (inc (long (forever (inc n)))))]
    (dotimes [_ 3]
      (is (thrown? StackOverflowError (forever 0)))
      (is (= 2 (@call inc 1))))))

(deftest python-calling-itself-for-ever-around-clojure
  (let [e (thrown #((pb/run "
def forever(f, n):
    f(n)
    return forever(f, n + 1)
forever") inc 0))]
    (is (= "RecursionError" (:py/type (ex-data e)))))
  (is (= 2 (@call inc 1))))
