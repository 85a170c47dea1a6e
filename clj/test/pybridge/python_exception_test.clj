(ns pybridge.python-exception-test
  "Python's exceptions in Clojure: what they tell, and how they print."
  (:require [clojure.string :as string]
            [clojure.test :refer [deftest is testing]]
            [pybridge.attempts :refer [thrown]]
            [pybridge.core :as pb]
            [pybridge.native.python-error :as python-error])
  (:import (clojure.lang ExceptionInfo)))

(deftest a-python-exception-is-an-ex-info
  (let [e (thrown #(pb/run "{}['missing']"))]
    (is (instance? ExceptionInfo e))
    (is (= "KeyError: 'missing'" (ex-message e)))
    (is (= "KeyError" (:py/type (ex-data e))))
    (is (= "'missing'" (:py/message (ex-data e))))
    (is (string/starts-with? (:py/traceback (ex-data e)) "Traceback (most recent call last):\n"))
    (is (not (string/includes? (:py/traceback (ex-data e)) "pybridge")) "without the bridge's own frames")
    (is (= "#py[KeyError('missing')]" (pr-str (:py/exception (ex-data e)))))
    (is (= ["missing"] (pb/attr (:py/exception (ex-data e)) :args)))))

(deftest types-are-kept
  (doseq [[code type] {"1 / 0" "ZeroDivisionError", "[][1]" "IndexError", "int('x')" "ValueError", "None.x" "AttributeError"
                       "import nothing_like_this" "ModuleNotFoundError", "assert False" "AssertionError", "1 + 'a'" "TypeError"
                       "raise NotImplementedError" "NotImplementedError", "raise StopIteration" "StopIteration", "(" "SyntaxError"
                       "open('/nothing/like/this')" "FileNotFoundError", "def f(): f()\nf()" "RecursionError", "raise MemoryError" "MemoryError"
                       "raise ExceptionGroup('two', [ValueError(1), TypeError(2)])" "ExceptionGroup"}]
    (testing code
      (is (= type (:py/type (ex-data (thrown #(pb/run code)))))))))

(deftest an-exception-without-a-message
  (is (= "NotImplementedError" (ex-message (thrown #(pb/run "raise NotImplementedError")))))
  (is (= "ValueError" (ex-message (thrown #(pb/run "raise ValueError"))))))

(deftest an-exception-that-cannot-describe-itself
  (let [e (thrown #(pb/run "
class Broken(Exception):
    def __str__(self):
        raise ZeroDivisionError
raise Broken"))]
    (is (= "Broken" (:py/type (ex-data e))))
    (is (= "Broken: (its message cannot be shown: ZeroDivisionError)" (ex-message e)))))

(deftest messages-with-odd-text
  (is (= "ValueError: é\u0000😀" (ex-message (thrown #(pb/run "raise ValueError('é\\0\\U0001f600')")))))
  (is (= "ValueError: \ud800" (ex-message (thrown #(pb/run "raise ValueError('\\ud800')")))))
  (is (= 100012 (count (ex-message (thrown #(pb/run "raise ValueError('x' * 100000)")))))))

(deftest traces-show-both-languages
  (pb/run "
def outer(x):
    return inner(x)
def inner(x):
    raise ValueError(x)")
  (let [e (thrown #((pb/from-python :outer) "here"))
        frames (map (juxt #(.getClassName ^StackTraceElement %) #(.getMethodName ^StackTraceElement %)) (.getStackTrace ^Throwable e))]
    (is (= ["inner" "outer"] (map second (take 2 frames))) "Python's frames come first, the innermost first")
    (is (every? #(string/starts-with? (first %) "python: ") (take 2 frames)))
    (is (some #(string/includes? (first %) "python_exception_test") frames) "then Clojure's")
    (is (not-any? #(re-find #"^(pybridge\.(native|runtime|handle)\b|java\.lang\.(invoke|foreign)|jdk\.internal)" (first %)) frames)
        "without the bridge's own")))

(deftest causes-are-kept
  (let [e (thrown #(pb/run "
try:
    {}['a']
except KeyError as error:
    raise ValueError('b') from error"))]
    (is (string/includes? (:py/traceback (ex-data e)) "The above exception was the direct cause of the following exception"))
    (is (= "KeyError: 'a'" (ex-message (ex-cause e))))
    (is (= "KeyError" (:py/type (ex-data (ex-cause e)))))))

(deftest what-is-looked-at-later-is-what-it-was
  (let [again (pb/run "
def fails():
    raise ValueError('once')
def again(error):
    try:
        raise error
    except ValueError:
        pass
fails, again")
        e (thrown (first again)), expected (:py/traceback (ex-data (thrown (first again))))]
    ((second again) (python-error/exception e))
    (is (= expected (:py/traceback (ex-data e))) "raised again in Python meanwhile")
    (is (identical? (ex-data e) (ex-data e)))
    (is (= ["fails"] (keep (fn [^StackTraceElement element]
                             (when (string/starts-with? (.getClassName element) "python: ") (.getMethodName element)))
                           (.getStackTrace ^Throwable e))))))

(deftest a-python-exception-out-of-a-scope-tells-all
  (let [e (thrown #(pb/with-scope (pb/attr* (pb/module "sys") :path) (pb/run "1 / 0")))]
    (is (string/includes? (:py/traceback (ex-data e)) "ZeroDivisionError"))
    (is (= ["division by zero"] (pb/attr (:py/exception (ex-data e)) :args)))))

(deftest printed-as-any-exception
  (let [e (thrown #(pb/run "1 / 0"))
        printed (fn [^Throwable throwable]
                  (let [writer (java.io.StringWriter.)]
                    (.printStackTrace throwable (java.io.PrintWriter. writer))
                    (str writer)))]
    (is (string/starts-with? (printed e) "pybridge.PythonError: ZeroDivisionError: division by zero\n\tat python: "))
    (is (string/includes? (printed (java.util.concurrent.ExecutionException. (thrown #(pb/run "1 / 0"))))
                          "\nCaused by: pybridge.PythonError: ZeroDivisionError: division by zero\n\tat python: "))
    (is (string/includes? (pr-str e) ":type pybridge.PythonError"))
    (is (= (ex-data e) (:data (Throwable->map e))))
    (let [[frame] (.getStackTrace ^Throwable e)]
      (.setStackTrace ^Throwable e (into-array [frame]))
      (is (= [frame] (vec (.getStackTrace ^Throwable e)))))))
