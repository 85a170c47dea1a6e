(ns pybridge.opaque-test
  "Objects without a counterpart in Python: there they print, compare and hash as here, and come back identical."
  (:require [clojure.string :as string]
            [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.native.capsule :as capsule])
  (:import (clojure.lang ExceptionInfo)
           (java.time DayOfWeek Year)
           (java.util ArrayList LinkedHashMap)
           (java.util.concurrent.atomic AtomicLong)))

(set! *warn-on-reflection* true)

(defrecord Point [x y])
(defrecord Adder [n]
  clojure.lang.IFn
  (invoke [_ x] (+ n x))
  (invoke [_ x options] (+ n x (:more options 0))))
(defrecord Unprintable [x])
(deftype Unwritable []
  Object
  (toString [_] (throw (RuntimeException. "no"))))
(deftype Waiting [gate]
  Object
  (toString [_] (str @gate)))
(defmethod print-method Unprintable [_ _] (throw (ex-info "no" {})))

(def ^:private same (delay (pb/run "lambda x: x")))
(def ^:private shown (delay (pb/run "lambda x: [repr(x), str(x)]")))

(defn- message [f]
  (try (f) nil (catch Exception failure (ex-message failure))))

(deftest they-come-back-identical
  (doseq [x [(Object.) (atom 1) (promise) (agent 1) (ref 1) (delay 1) (future 1) (find-ns 'clojure.core) #"a" String (->Point 1 2)
             (AtomicLong. 3) (Thread/currentThread) (StringBuilder. "text") (java.util.Random. 1) (volatile! 1) (transient [])]]
    (is (identical? x (@same x)))
    (is (identical? x (first (@same [x]))))
    (is (identical? x (:k (@same {:k x}))))))

(deftest they-print-as-themselves
  (doseq [x [(->Point 1 [2]) #"a\d" String (find-ns 'clojure.core) (atom {:a 1})]]
    (is (= [(pr-str x) (str x)] (@shown x))))
  (testing "never endlessly"
    (let [[text] (@shown (atom (range)))]
      (is (string/includes? text "0 1 2"))
      (is (<= (count text) 240)))
    (let [ring (atom nil)]
      (reset! ring [ring])
      (is (<= (count (first (@shown ring))) 240)))
    (is (= 1000 (count (second (@shown (StringBuilder. ^String (apply str (repeat 1000 "x"))))))) "str is what it is"))
  (testing "nor waiting for what does not come"
    (let [gate (promise)
          blocked (atom (map deref [gate]))]
      (is (= "#object[clojure.lang.Atom whose printing takes too long]" (first (@shown blocked))))
      (deliver gate 1)
      (is (= [1] @blocked) "which is what it was"))
    (is (= "#object[pybridge.opaque_test.Waiting whose printing takes too long]" (second (@shown (->Waiting (promise)))))))
  (testing "nor failing"
    (is (= "#object[pybridge.opaque_test.Unprintable whose printing throws ExceptionInfo]" (first (@shown (->Unprintable 1)))))
    (is (= "#object[pybridge.opaque_test.Unwritable whose printing throws RuntimeException]" (second (@shown (Unwritable.)))))))

(deftest they-compare-and-hash-as-in-clojure
  (let [facts (pb/run "lambda x, y: [x == y, x != y, x is y, hash(x) == hash(y), len({x, y})]")
        one (Object.)]
    (is (= [true false false true 1] (facts (->Point 1 2) (->Point 1 2))))
    (is (= [false true false false 2] (facts (->Point 1 2) (->Point 1 3))))
    (is (= [true false true true 1] (facts one one)))
    (is (= [false true false] (take 3 (facts (atom 1) (atom 1)))))
    (is (= [false true] ((pb/run "lambda x: [x == 1, x != None]") one)) "nothing of Python's own equals them")
    (is (= "found" ((pb/run "lambda x, y: {x: 'found'}.get(y)") (->Point 1 2) (->Point 1 2))))
    (is (true? ((pb/run "bool") (->Point nil nil)))))
  (testing "those that Java orders are ordered"
    (let [years (map #(Year/of %) [2026 1999 -3 2026])]
      (is (= (sort years) (pb/call (pb/module "builtins") :sorted years)))
      (is (= [true true false false] ((pb/run "lambda x, y: [x < y, x <= y, x > y, x >= y]") (Year/of 1) (Year/of 2)))))
    (doseq [[x y] [[(Year/of 1) (Object.)] [(Object.) (Year/of 1)] [(Year/of 1) DayOfWeek/MONDAY] [(->Point 1 2) (->Point 1 3)]]]
      (is (= "TypeError: '<' not supported between instances of 'ClojureObject' and 'ClojureObject'"
             (try ((pb/run "lambda x, y: x < y") x y) (catch ExceptionInfo failure (ex-message failure))))))))

(deftest one-object-is-one-in-python
  (let [x (atom 1)
        kept (pb/->py [])
        kept? (partial (pb/run "lambda kept, x: kept[0] is x") kept)]
    (pb/call kept :append x)
    (is (every? true? (pmap (fn [_] (kept? x)) (range 50))))
    (is (false? (kept? (atom 1))))
    (testing "also when threads bring it at once"
      (dotimes [_ 20]
        (let [fresh (Object.)
              ids (pb/run "lambda x, seen=__import__('collections').deque(maxlen=8): [seen.append(x), len({id(y) for y in seen})][1]")]
          (is (every? #(= 1 %) (doall (pmap (fn [_] (ids fresh)) (range 8))))))))))

(deftest they-live-as-long-as-python-has-them
  (let [before (capsule/live)
        xs (pb/->py (vec (repeatedly 100 #(Object.))))]
    (is (<= (+ before 100) (capsule/live)))
    (is (some? xs))
    (pb/call xs :clear)
    (is (< (capsule/live) (+ before 100)))))

(deftest a-record-is-no-plain-map
  (let [kind (pb/run "lambda x: type(x).__name__")]
    (is (= "ClojureObject" (kind (->Point 1 2))))
    (is (= "dict" (kind (into {} (->Point 1 2))) (kind (sorted-map :b 1 :a 2)) (kind (LinkedHashMap. {"a" 1}))))
    (is (= "list" (kind (ArrayList. [1]))))))

(deftest what-can-be-called
  (let [call (pb/run "lambda f, *xs, **options: f(*xs, **options)")
        p (promise)]
    (is (= 3 (call (->Adder 1) 2)))
    (is (= 13 (call (->Adder 1) 2 (pb/kw :more 10))))
    (call p "delivered")
    (is (= "delivered" @p))
    (is (= [true false false] ((pb/run "lambda *xs: [callable(x) for x in xs]") p (Object.) (->Point 1 2))))
    (is (re-find #"'ClojureObject' object is not callable" (message #(call (Object.)))))))

(deftest nothing-fails-after-its-effect
  (let [p (promise)
        thread (pb/call (pb/module "threading") :Thread (pb/kw :target (fn [] (deliver p 1))))]
    (pb/call thread :start)
    (pb/call thread :join)
    (is (= 1 (deref p 1000 :never))))
  (is (= [nil nil] ((pb/run "
def heard(f):
    failures = []
    import threading
    hook, threading.excepthook = threading.excepthook, lambda args: failures.append(args)
    try:
        thread = threading.Thread(target=f)
        thread.start()
        thread.join()
    finally:
        threading.excepthook = hook
    return [failures[0] if failures else None, None]
heard") #(send (agent 0) inc)))))

(deftest what-python-may-not-do-with-them
  (let [x (->Point 1 2)
        python-set (pb/run "lambda x: setattr(x, 'n', 1)")]
    (is (re-find #"TypeError: #pybridge.opaque_test.Point\{:x 1, :y 2\} lives in this process's JVM and cannot be pickled; pickle what it is made of"
                 (message #(pb/call (pb/module "pickle") :dumps x))))
    (is (identical? x (pb/call (pb/module "copy") :deepcopy x)))
    (is (= [x] (pb/call (pb/module "copy") :deepcopy [x])))
    (is (re-find #"a ClojureObject is what Clojure gives" (message #((pb/run "lambda x: type(x)()") x))))
    (is (re-find #"AttributeError" (message #(python-set x))))
    (is (= "gone" ((pb/run "
def weakly(x):
    import gc, weakref
    r = weakref.ref(x)
    del x
    return 'gone' if r() is None else 'held'
lambda f: weakly(f())") #(Object.))))))
