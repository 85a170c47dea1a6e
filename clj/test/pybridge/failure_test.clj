(ns pybridge.failure-test
  "Exceptions of Clojure's in Python, and of either on their way through the other."
  (:require [clojure.string :as string]
            [clojure.test :refer [deftest is testing]]
            [pybridge.attempts :refer [attempt call thrown]]
            [pybridge.core :as pb])
  (:import (clojure.lang ExceptionInfo)))

(deftest a-clojure-exception-in-python
  (is (= ["ClojureError" "no such layer"] (@attempt (fn [] (throw (ex-info "no such layer" {}))))))
  (is (= ["ClojureError" "ArithmeticException: Divide by zero"] (@attempt #(/ 1 0))))
  (is (= ["ClojureError" "NullPointerException"] (update (@attempt #(throw (NullPointerException.))) 1 subs 0 20)))
  (is (= ["ClojureError" "ArityException: Wrong number of args (1) passed to: pybridge.attempts/thrown"]
         (update (@attempt #(apply thrown [])) 1 string/replace "(0)" "(1)"))))

(deftest what-a-clojure-error-tells
  (let [[data trace note is-runtime-error]
        ((pb/run "
def told(f):
    try:
        f()
    except Exception as error:
        return [error.data, error.trace, error.__notes__, isinstance(error, RuntimeError)]
told") (fn [] (throw (ex-info "broken" {:layer-name :dense, :n 3, :odd (java.nio.ByteBuffer/allocate 1)} (RuntimeException. "below")))))]
    (is (= "dense" (:layer-name data)))
    (is (= 3 (:n data)))
    (is (string/starts-with? (:odd data) "#object[java.nio.HeapByteBuffer") "what does not convert is printed")
    (is (string/starts-with? trace "clojure.lang.ExceptionInfo: broken"))
    (is (string/includes? trace "failure_test.clj"))
    (is (string/includes? trace "Caused by: java.lang.RuntimeException: below"))
    (is (not (re-find #"pybridge\.native|jdk\.internal" trace)))
    (is (string/starts-with? (first note) "Clojure's trace:\n"))
    (is (true? is-runtime-error))))

(deftest odd-data
  (doseq [data [{(java.nio.ByteBuffer/allocate 1) 1} {:a 1 "a" 2} {:f inc} {:x (repeat 3 (java.nio.ByteBuffer/allocate 1))} {:deep (nth (iterate vector 1) 700)}]]
    (is (= ["ClojureError" "odd"] (@attempt (fn [] (throw (ex-info "odd" data))))))))

(deftest the-same-throwable-comes-home
  (doseq [failure [(ex-info "a" {}) (RuntimeException. "b") (Error. "c") (AssertionError. "d") (java.io.IOException. "e")
                   (ex-info "f" {:py/type "not Python's"})]]
    (is (identical? failure (thrown #(@call (fn [] (throw failure))))))
    (is (identical? failure (thrown #(@call @call @call (fn [] (throw failure)))))))
  (is (thrown? ArithmeticException (@call #(/ 1 0))))
  (is (thrown? AssertionError (@call #(assert false)))))

(deftest its-trace-has-pythons-frames-where-it-came-through
  (pb/run "
def inner(f):
    return f()
def outer(f):
    return inner(f)")
  (let [outer (pb/from-python :outer)
        below (fn below [] (throw (RuntimeException. "deep")))
        between (fn between [] (outer below))
        trace (.getStackTrace ^Throwable (thrown #(outer between)))
        place (fn [^StackTraceElement element]
                (or (re-find #"below|between" (.getClassName element))
                    (when (string/starts-with? (.getClassName element) "python: ") (.getMethodName element))))]
    (is (= ["below" "inner" "outer" "between" "inner" "outer"] (dedupe (keep place trace))))
    (is (not-any? #(re-find #"^(pybridge\.native|jdk\.internal)" (.getClassName ^StackTraceElement %))
                  (take-while #(not= "thrown" (second (re-find #"attempts\$(\w+)" (.getClassName ^StackTraceElement %)))) trace))
        "without the bridge's own")))

(deftest three-crossings
  (let [failure (ex-info "deep" {:depth 3})
        seen (atom [])
        relay (fn [f] (fn [] (try (@call f) (catch ExceptionInfo e (swap! seen conj e) (throw e)))))]
    (is (identical? failure (thrown #(@call (relay (relay (relay (fn [] (throw failure)))))))))
    (is (= [failure failure failure] @seen)))
  (testing "and a Python exception is the same object in Python"
    (is (true? ((pb/run "
def same(through):
    error = ValueError('one')
    def fail():
        raise error
    try:
        through(fail)
    except ValueError as caught:
        return caught is error
same") (fn [fail] (fail)))))
    (is (true? ((pb/run "same") (fn [fail] (@call (fn [] (fail)))))))))

(defn- through-clojure [f] (f))

(deftest a-python-error-through-clojure-shows-both-traces
  (let [told (pb/run "
import traceback
def fails(): raise ValueError('deep')
def calls(f): return f()
def told(f):
    try:
        f()
    except ValueError as error:
        return [''.join(traceback.format_exception(error)), error.__notes__]
told")
        fails (pb/from-python :fails), calls (pb/from-python :calls)
        [text notes] (told (fn [] (through-clojure #(calls (fn [] (through-clojure fails))))))]
    (is (re-find #"(?s)in calls\n.*in fails\n.*ValueError: deep\nClojure's trace:\n    at pybridge.failure_test" text)
        "Python's frames on both sides of Clojure, then Clojure's")
    (is (= 1 (count notes)) "once, however often it crosses")
    (is (= 2 (count (re-seq #"\$through_clojure.invoke\(failure_test.clj" (first notes)))) "all of them")
    (is (not (re-find #"python: |pybridge\.native|jdk\.internal" (first notes))) "and nothing else")
    (testing "also where Clojure sees it at last"
      (let [e (thrown #(calls (fn [] (through-clojure fails))))]
        (is (string/includes? (:py/traceback (ex-data e)) "Clojure's trace:\n"))
        (is (= "ValueError: deep" (ex-message e)))))))

(deftest wrapped-on-the-way
  (testing "a Clojure exception whose cause is Python's"
    (let [[type cause] ((pb/run "
def cause(f):
    try:
        f()
    except Exception as error:
        return [type(error).__name__, type(error.__cause__).__name__]
cause") (fn [] (try (pb/run "1 / 0") (catch Exception e (throw (ex-info "wrapped" {} e))))))]
      (is (= ["ClojureError" "ZeroDivisionError"] [type cause]))))
  (testing "a future's is the one that it wraps"
    (is (= ["ZeroDivisionError" "NoneType"]
           ((pb/run "cause") (fn [] @(future (pb/run "1 / 0"))))))
    (is (= ["ClojureError" "ClojureError"]
           ((pb/run "cause") (fn [] @(future (/ 1 0)))))))
  (testing "Python's from a Clojure one"
    (let [failure (ex-info "below" {})
          e (thrown #((pb/run "
def wrap(f):
    try:
        f()
    except Exception as error:
        raise ValueError('above') from error
wrap") (fn [] (throw failure))))]
      (is (= "ValueError: above" (ex-message e)))
      (is (identical? failure (ex-cause e))))))

(deftest python-catches-and-goes-on
  (is (= "caught" ((pb/run "
def catching(f):
    try:
        f()
    except RuntimeError:
        return 'caught'
catching") (fn [] (throw (ex-info "x" {}))))))
  (is (= [1 "done"] ((pb/run "
def finishing(f):
    done = []
    try:
        done.append(1)
        f()
    except Exception:
        pass
    finally:
        done.append('done')
    return done
finishing") (fn [] (throw (ex-info "x" {})))))))

(deftest interrupts-and-exits
  (let [e (thrown #(pb/run "raise KeyboardInterrupt('stop')"))]
    (is (= "KeyboardInterrupt" (:py/type (ex-data e))))
    (is (= ["KeyboardInterrupt" "stop"] (@attempt (fn [] (throw e)))) "and it is one again in Python"))
  (let [e (thrown #(pb/run "import sys\nsys.exit(3)"))]
    (is (= "SystemExit" (:py/type (ex-data e))) "which does not end the process")
    (is (= 3 (pb/attr (:py/exception (ex-data e)) :code))))
  (is (= ["KeyboardInterrupt" "InterruptedException: sleep interrupted"]
         (@attempt (fn [] (.interrupt (Thread/currentThread)) (Thread/sleep 1000))))
      "a thread that is interrupted inside Clojure"))

(deftest errors-leave-nothing-behind
  (let [failure (ex-info "again" {})
        live (requiring-resolve 'pybridge.native.capsule/live)
        before (live)]
    (dotimes [_ 400]
      (thrown #(@call (fn [] (throw failure))))
      (thrown #(pb/run "1 / 0")))
    (pb/run "import gc; gc.collect()")
    (dotimes [_ 10] (System/gc) (Thread/sleep 10) (@call inc 1))
    (is (< (- (live) before) 50))))

(deftest arithmetic-on-a-handle
  (let [x (pb/call (pb/module "numpy") :ones 2)]
    (doseq [given-a-tensor [#(+ 1 x) #(Math/sin x) #(Math/pow x 2) #(Math/abs x) #(Math/max x 1.0) #(Math/round x)]]
      (is (= ["ClojureError" "Clojure's own arithmetic and Math take numbers only; on tensors use + - * / sin exp and the others of pybridge.ops, or functions of pybridge.tensors; pb/->clj makes a number of a kept one"]
             (@attempt given-a-tensor))))))

(deftest a-throwable-that-throws-when-it-is-asked-is-itself-all-the-same
  (let [refuse (fn [& _] (throw (IllegalArgumentException. "asked")))
        told (pb/run "
def told(f):
    try:
        f()
    except Exception as error:
        said = [type(error).__name__, str(error), error]
        return said
told")]
    (doseq [[what throwable words]
            [["getMessage" (proxy [Exception] ["x"] (getMessage [] (refuse))) #"^Exception\S*: \(its message cannot be shown: IllegalArgumentException\)$"]
             ["toString" (proxy [Exception] ["x"] (toString [] (refuse))) #"^Exception\S*: x$"]
             ["getCause" (proxy [Exception] ["x"] (getCause [] (refuse))) #"^Exception\S*: x$"]
             ["getStackTrace" (proxy [Exception] ["x"] (getStackTrace [] (refuse))) #"^Exception\S*: x$"]
             ["getData" (proxy [Exception clojure.lang.IExceptionInfo] ["x"] (getData [] (refuse))) #"^Exception\S*: x$"]
             ["data that throws as it is printed" (ex-info "x" {:held (reify Object (toString [_] (refuse)))}) #"^x$"]
             ["no message" (ex-info nil {:a 1}) #"^ExceptionInfo$"]
             ["all of it" (proxy [Exception clojure.lang.IExceptionInfo] ["x"]
                            (getMessage [] (refuse)) (toString [] (refuse)) (getCause [] (refuse)) (getStackTrace [] (refuse)) (getData [] (refuse)))
              #"^Exception\S*: \(its message cannot be shown: IllegalArgumentException\)$"]]]
      (testing what
        (is (identical? throwable (thrown #(@call (fn [] (throw throwable))))) "raised")
        (is (identical? throwable (@call identity throwable)) "as a value")
        (is (identical? throwable (try (pb/with-scope (throw throwable)) (catch Throwable caught caught))) "out of a scope")
        (let [[type text same] (told (fn [] (throw throwable)))]
          (is (= "ClojureError" type))
          (is (re-find words text))
          (is (identical? throwable same))))
      (let [outer (ex-info "outer" {} throwable)]
        (is (identical? outer (thrown #(@call (fn [] (throw outer))))) "as a cause")))))
