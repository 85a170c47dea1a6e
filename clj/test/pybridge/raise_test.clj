(ns pybridge.raise-test
  "Python's exceptions raised, told apart and kept whole from Clojure."
  (:require [clojure.string :as string]
            [clojure.test :refer [deftest is testing]]
            [pybridge.attempts :refer [thrown]]
            [pybridge.core :as pb])
  (:import (clojure.lang ExceptionInfo)
           (java.util.concurrent CompletionException ExecutionException)))

(defn- builtin [class-name] (pb/attr (pb/module "builtins") class-name))

(def ^:private python
  "A function that looks functions up which this test has defined in Python."
  (delay
    (pb/run "
class Home:
    def call(f, *xs):
        return f(*xs)
    def caught(f, cls):
        try:
            f()
        except cls as error:
            return [type(error).__name__, list(error.args), error]
    def kept(f):
        try:
            f()
        except BaseException as error:
            return [error]
    def handling(f):
        try:
            1 / 0
        except ZeroDivisionError:
            f()
    def replacing(f):
        try:
            1 / 0
        except ZeroDivisionError:
            try:
                {}['inner']
            except KeyError:
                raise ValueError('outer')
    def until(f):
        return [x for x in iter(f, None)]
    def generating(f):
        yield f()
    def wrapping(f):
        try:
            f()
        except Exception as error:
            raise ValueError('above') from error
    def causing(f):
        try:
            f()
        except Exception as error:
            raise error from OSError('because')
    def raising(error):
        raise error
    def grouped(*fs):
        errors = []
        for f in fs:
            try:
                f()
            except Exception as error:
                errors.append(error)
        raise ExceptionGroup('many', errors)
    def noted():
        error = ValueError('n')
        error.add_note('one')
        error.add_note('two')
        raise error
    def loop():
        a, b = ValueError('a'), ValueError('b')
        a.__cause__, b.__cause__ = b, a
        raise a
    def long(n):
        error = None
        for i in range(n):
            following = ValueError(i)
            following.__context__ = error
            error = following
        raise error
    def nested(n):
        error = ValueError(0)
        for i in range(n):
            error = ExceptionGroup(str(i), [error])
        raise error
    class Own(LookupError):
        def __init__(self, key, *, place):
            super().__init__(key, place)
            self.place = place
Home")))

(defn- py [function-name] (pb/attr @python function-name))

(deftest a-raised-exception-is-an-ex-info
  (let [e (thrown #(pb/raise (builtin :KeyError) "k"))]
    (is (instance? ExceptionInfo e))
    (is (= "KeyError: 'k'" (ex-message e)))
    (is (= {:py/type "KeyError", :py/message "'k'", :py/traceback "KeyError: 'k'\n"} (dissoc (ex-data e) :py/exception)))
    (is (= ["k"] (pb/attr (:py/exception (ex-data e)) :args)))
    (is (re-find #"raise_test" (.getClassName ^StackTraceElement (first (.getStackTrace ^Throwable e))))
        "its trace begins where it was raised")))

(deftest python-catches-the-very-class
  (doseq [[class arguments] {:KeyError ["k"], :ValueError ["a" 1 2.5 nil], :StopIteration [[1 2]], :KeyboardInterrupt [], :SystemExit [3]
                             :FileNotFoundError [2 "no such file" "f.txt"], :UnicodeDecodeError ["utf-8" (byte-array 1) 0 1 "why"]}]
    (testing class
      (let [raise #(apply pb/raise (builtin class) arguments)
            [type args] ((py :caught) raise (builtin class))]
        (is (= (name class) type))
        (is (or (= :UnicodeDecodeError class) (= (take 2 arguments) (take 2 args))))
        (is (= (name class) (first ((py :caught) (fn [] ((py :call) (fn [] ((py :call) raise)))) (builtin class))))
            "from any depth")))))

(deftest keyword-arguments
  (let [e (thrown #(pb/raise (py :Own) "k" (pb/kw :place "here")))]
    (is (= "here" (pb/attr (:py/exception (ex-data e)) :place)))
    (is (= "Own" (:py/type (ex-data e))))))

(deftest an-instance-is-raised-as-it-is
  (let [error ((builtin :ValueError) "made before")
        [_ _ caught] ((py :caught) #(pb/raise error) (builtin :ValueError))]
    (is (= error caught)))
  (testing "a Throwable too"
    (let [failure (ex-info "mine" {})]
      (is (identical? failure (thrown #(pb/raise failure)))))))

(deftest what-cannot-be-raised
  (doseq [x [42 "KeyError" nil (builtin :int) (pb/module "math")]]
    (is (string/starts-with? (ex-message (thrown #(pb/raise x)))
                             "TypeError: pb/raise takes an exception class of Python's, or one of its exceptions; ")))
  (is (= "TypeError: ValueError('x') is made already, so it takes no arguments; give its class to make another"
         (ex-message (thrown #(pb/raise ((builtin :ValueError) "x") 1)))))
  (is (= "TypeError: an exception is raised from another one, or from nil; 42 is neither"
         (ex-message (thrown #(pb/raise-from 42 (builtin :ValueError))))))
  (is (= "TypeError" (:py/type (ex-data (thrown #(pb/raise (builtin :UnicodeDecodeError)))))) "a class that wants other arguments"))

(deftest the-same-ex-info-comes-home
  (let [seen (atom [])
        seeing (fn [f] (fn [] (try (f) (catch ExceptionInfo e (swap! seen conj e) (throw e)))))
        raise (seeing #(pb/raise (builtin :KeyError) "k"))
        e (thrown #((py :call) (seeing (fn [] ((py :call) raise)))))]
    (is (= 2 (count @seen)))
    (is (every? #(identical? e %) @seen))
    (is (= ["call" "call"] (keep (fn [^StackTraceElement element]
                                   (when (string/starts-with? (.getClassName element) "python: ") (.getMethodName element)))
                                 (.getStackTrace ^Throwable e)))
        "with Python's frames where it came through, each once")))

(deftest what-a-future-throws-is-caught-by-its-class
  (doseq [fail [#(pb/raise (builtin :KeyError) "k") #(pb/run "{}['k']")]
          wrapping [#(deref (future (fail))) #(throw (CompletionException. (ExecutionException. (thrown fail))))]
          :let [seen (atom nil)
                failing #(try (wrapping) (catch Throwable e (reset! seen e) (throw e)))]]
    (is (= ["KeyError" ["k"]] (take 2 ((py :caught) failing (builtin :KeyError)))))
    (let [e (thrown #((py :call) (fn [] ((py :call) failing))))]
      (is (identical? e @seen) "and comes home as it was")
      (is (true? (pb/error? e (builtin :KeyError))))
      (is (= "KeyError: 'k'" (ex-message (last (take-while some? (iterate ex-cause e))))))))
  (testing "thrown by itself afterwards, it is itself"
    (let [e (thrown #(pb/raise (builtin :KeyError) "k")), wrapper (ExecutionException. e)]
      (is (identical? wrapper (thrown #((py :call) (fn [] (throw wrapper))))))
      (is (identical? e (thrown #((py :call) (fn [] (throw e)))))))))

(deftest a-raised-stop-ends-a-loop
  (let [left (atom 3)]
    (is (= [2 1] ((py :until) #(if (zero? (swap! left dec)) (pb/raise (builtin :StopIteration)) @left)))))
  (is (= "RuntimeError: generator raised StopIteration"
         (ex-message (thrown #(doall (seq ((py :generating) (fn [] (pb/raise (builtin :StopIteration))))))))) "as PEP 479 says"))

(deftest causes-of-what-is-raised
  (let [failure (ex-info "below" {:n 1})
        e (thrown #(pb/raise-from failure (builtin :KeyError) "k"))]
    (is (identical? failure (ex-cause e)))
    (is (= failure (pb/attr (:py/exception (ex-data e)) :__cause__))))
  (let [below (thrown #(pb/run "1 / 0"))
        e (thrown #(pb/raise-from below (builtin :KeyError) "k"))]
    (is (identical? below (ex-cause e)))
    (is (= (:py/exception (ex-data below)) (pb/attr (:py/exception (ex-data e)) :__cause__))))
  (testing "what Python is handling"
    (let [[error] ((py :kept) (fn [] ((py :handling) #(pb/raise (builtin :KeyError) "k"))))]
      (is (= "ZeroDivisionError" (pb/attr (pb/attr (pb/attr error :__context__) :__class__) :__name__)))
      (is (false? (pb/attr error :__suppress_context__))))
    (let [[error] ((py :kept) (fn [] ((py :handling) #(pb/raise-from nil (builtin :KeyError) "k"))))]
      (is (true? (pb/attr error :__suppress_context__)) "raise … from None"))))

(deftest an-exception-that-passes-keeps-its-context
  (let [[error] ((py :kept) (fn [] ((py :handling) #((py :replacing) nil))))
        contexts (take-while some? (iterate #(pb/attr % :__context__) error))]
    (is (= ["ValueError" "KeyError" "ZeroDivisionError" "ZeroDivisionError"]
           (map #(pb/attr (pb/attr % :__class__) :__name__) contexts)))))

(deftest what-an-exception-is
  (let [e (thrown #(pb/run "{}['a']"))]
    (is (true? (pb/error? e (builtin :KeyError))))
    (is (true? (pb/error? e (builtin :LookupError))))
    (is (true? (pb/error? e [(builtin :OSError) (builtin :Exception)])))
    (is (false? (pb/error? e (builtin :IndexError))))
    (is (false? (pb/error? e [])))
    (testing "wrapped"
      (is (true? (pb/error? (ExecutionException. e) (builtin :KeyError))))
      (is (true? (pb/error? (CompletionException. (ExecutionException. e)) (builtin :KeyError))))
      (is (true? (pb/error? (thrown #(deref (future (pb/run "{}['a']")))) (builtin :KeyError))))
      (is (true? (pb/error? (thrown #(eval '(do (defmacro failing [] (pybridge.core/run "{}['a']")) (failing)))) (builtin :KeyError)))))
    (testing "what began in Clojure is none of Python's"
      (doseq [x [(ex-info "a" {}) (RuntimeException. "b") (ExecutionException. nil) nil (ex-info "other" (ex-data e))
                 (ex-info "wrapped" {} e) (ex-info "a" {:py/exception 1, :py/type "a", :py/message ""})]]
        (is (false? (pb/error? x (builtin :Exception))))))
    (is (string/starts-with? (ex-message (thrown #(pb/error? e "KeyError")))
                             "TypeError: pb/error? takes a class, or a vector of classes; 'KeyError' is none"))))

(deftest classes-at-random
  (let [[classes instances isinstance]
        (pb/run "
import random
def hierarchy(seed):
    random.seed(seed)
    classes = [KeyError, ValueError, OSError, BaseException]
    while len(classes) < 25:
        try:
            classes.append(type(f'E{len(classes)}', tuple(random.sample(classes, random.choice([1, 1, 2]))), {}))
        except TypeError:  # no order of such bases
            pass
    return [classes, [cls() for cls in classes], isinstance]
hierarchy(7)")]
    (doseq [instance instances
            :let [e (thrown #((py :raising) instance))]
            cls classes]
      (is (= (isinstance instance cls) (pb/error? e cls))))))

(deftest data-of-an-exception-is-no-exception
  (let [e (thrown #(pb/run "1 / 0"))
        more (ex-info "while loading" (assoc (ex-data e) :file "f") e)]
    (is (identical? more (thrown #((py :call) (fn [] (throw more))))))
    (is (= "ClojureError" (first ((py :caught) (fn [] (throw more)) (builtin :Exception)))))))

(deftest contexts-groups-and-notes
  (let [e (thrown #((py :replacing) nil))]
    (is (= ["ValueError: outer" "KeyError: 'inner'" "ZeroDivisionError: division by zero"]
           (map ex-message (take-while some? (iterate ex-cause e))))))
  (let [failure (ex-info "c" {})
        e (thrown #((py :grouped) (fn [] (pb/run "1 / 0")) (fn [] (throw failure)) (fn [] (pb/raise (builtin :KeyError) 1))))
        members (:py/exceptions (ex-data e))]
    (is (= "ExceptionGroup: many (3 sub-exceptions)" (ex-message e)))
    (is (= ["ZeroDivisionError: division by zero" "c" "KeyError: 1"] (map ex-message members)))
    (is (identical? failure (second members)))
    (is (= [true false false] (map #(pb/error? % (builtin :ArithmeticError)) members))))
  (is (= ["one" "two"] (:py/notes (ex-data (thrown (py :noted)))))))

(deftest chains-that-have-no-end
  (is (= ["ValueError: a" "ValueError: b"] (map ex-message (take 5 (take-while some? (iterate ex-cause (thrown (py :loop))))))))
  (let [chain (take-while some? (iterate ex-cause (thrown #((py :long) 1000))))]
    (is (= "causes that are left out: 979; the :py/traceback of what they caused has them" (ex-message (last chain))))
    (is (= 22 (count chain)))
    (is (= 999 (count (re-seq #"During handling" (:py/traceback (ex-data (first chain))))))))
  (let [levels (take-while some? (iterate #(first (:py/exceptions (ex-data %))) (thrown #((py :nested) 100))))]
    (is (= 21 (count levels)) "deeper groups are left to Python"))
  (let [a (RuntimeException. "a"), b (RuntimeException. "b" a)]
    (.initCause a b)
    (is (identical? a (thrown #((py :call) (fn [] (throw a))))))))

(deftest causes-of-a-throwable
  (let [failure (ex-info "top" {} (IllegalStateException. "middle" (thrown #(pb/run "1 / 0"))))
        [error] ((py :kept) (fn [] (throw failure)))
        told (pb/run "lambda e: [[type(x).__name__, str(x)] for x in (e, e.__cause__, e.__cause__.__cause__)]")]
    (is (identical? failure error))
    (is (= [["ClojureError" "top"] ["ClojureError" "IllegalStateException: middle"] ["ZeroDivisionError" "division by zero"]]
           (told failure))))
  (testing "a cause that Python gives it is shown with it, once"
    (let [failure (ex-info "given" {})]
      (dotimes [_ 3] (is (identical? failure (thrown #((py :causing) (fn [] (throw failure)))))))
      (is (= #{"OSError: because"} (set (map ex-message (.getSuppressed ^Throwable failure)))))))
  (testing "what was suppressed for it"
    (let [failure (doto (ex-info "main" {}) (.addSuppressed (java.io.IOException. "on closing")))]
      (is (re-find #"Suppressed: java.io.IOException: on closing"
                   ((pb/run "lambda e: e.trace") failure))))))

(deftest a-throwable-is-an-exception-before-it-is-thrown
  (let [failure (ex-info "as a value" {:n 1} (RuntimeException. "below"))
        told (pb/run "lambda e: [type(e).__name__, str(e), e.data, type(e.__cause__).__name__, isinstance(e, BaseException)]")]
    (is (= ["ClojureError" "as a value" {:n 1} "ClojureError" true] (told failure)))
    (is (identical? failure ((py :call) (fn [] failure))))
    (is (identical? failure (thrown #((py :raising) failure))))
    (is (true? ((pb/run "lambda f: f() is f()") (fn [] failure))) "the same one while Python holds it"))
  (let [e (thrown #(pb/run "1 / 0"))]
    (is (= (:py/exception (ex-data e)) ((py :call) (fn [] e))) "one of Python's is that very exception, so it comes back as its handle"))
  (is (= "TypeError" (:py/type (ex-data (thrown #((py :raising) 42)))))))

(deftest raising-leaves-nothing-behind
  (let [live (requiring-resolve 'pybridge.native.capsule/live)
        before (live)]
    (dotimes [_ 300]
      (thrown #((py :call) (fn [] (pb/raise-from (ex-info "cause" {}) (builtin :KeyError) "k"))))
      ((py :caught) (fn [] (pb/raise (builtin :KeyError) "k")) (builtin :KeyError)))
    (pb/run "import gc; gc.collect()")
    (dotimes [_ 10] (System/gc) (Thread/sleep 10) ((py :call) (fn [] 1)))
    (is (< (- (live) before) 50))
    (is (< (.size ^java.util.Map @(requiring-resolve 'pybridge.native.exceptions/raised)) 50))))
