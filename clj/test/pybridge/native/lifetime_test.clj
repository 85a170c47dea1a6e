(ns pybridge.native.lifetime-test
  "The states of a Clojure function in Python, as the table in native/README.md has them: each transition."
  (:require [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.native.lifetime :as lifetime])
  (:import (java.lang.ref WeakReference)))

(defn- collect []
  (System/gc)
  (Thread/sleep 10)
  (pb/call (pb/module "math") :sqrt 1))

(defn- in-time?
  "Does `condition` come true within some collections?"
  [condition]
  (boolean (some true? (repeatedly 60 #(do (collect) (boolean (condition)))))))

(def ^:private watch
  "Functions of what Python has of `f`, weakly unless told to keep it."
  (delay (pb/run "
import weakref
def watch(f):
    seen, kept = weakref.ref(f), []
    return {
        'is_same': lambda g: seen() is g,
        'ended': lambda: seen() is None,
        'keep': lambda: kept.append(seen()),
        'let_go': kept.clear,
        'call': lambda *xs: kept[0](*xs),
        'call_weakly_after': lambda before: (before(), seen()(1)),
    }
watch")))

(defn- watched
  "A new function in an atom, from which it can be taken away, a weak reference to it, and what watches it in Python."
  []
  (let [f (let [n (rand-int 10)] (fn [x] (+ x 1 (- n n))))]
    [(atom f) (WeakReference. f) (@watch f)]))

(defn- gone? [^WeakReference reference] (nil? (.get reference)))

(deftest as-long-as-it-lives-in-clojure
  (let [[f _ {:keys [is-same ended let-go keep]}] (watched)]
    (dotimes [_ 5] (collect))
    (is (not (ended)) "though Python holds it weakly")
    (is (true? (is-same @f)))
    (testing "held by Python meanwhile, and let go"
      (keep)
      (collect)
      (let-go)
      (dotimes [_ 5] (collect))
      (is (true? (is-same @f))))
    (is (= 2 (@f 1)))))

(deftest as-long-as-python-holds-it
  (let [[f reference {:keys [keep call let-go ended]}] (watched)]
    (dotimes [_ 3] (collect)) ; loose by now
    (keep)
    ((pb/run "lambda f: None") @f) ; passed again: held
    (reset! f nil)
    (dotimes [_ 5] (collect))
    (is (not (gone? reference)))
    (is (= 2 (call 1)))
    (testing "and no longer"
      (let-go)
      (is (in-time? ended))
      (is (in-time? #(gone? reference))))))

(deftest gone-from-both
  (let [[f reference {:keys [ended]}] (watched)]
    (reset! f nil)
    (is (in-time? #(gone? reference)))
    (is (in-time? ended))))

(deftest found-by-a-weak-reference-too-late
  (let [[f reference {:keys [call-weakly-after]}] (watched)
        away (fn []
               (reset! f nil)
               (loop [turns 100]
                 (when-not (or (gone? reference) (zero? turns))
                   (System/gc)
                   (Thread/sleep 10)
                   (recur (dec turns))))
               nil)]
    (dotimes [_ 5] (collect)) ; loose
    (is (re-find #"this Clojure function is gone: nothing held it but a weak reference"
                 (try (str (call-weakly-after away)) (catch Exception failure (ex-message failure)))))))

(deftest ten-thousand-functions
  (let [call (pb/run "lambda f: f(1)")
        before (lifetime/live)]
    (dotimes [i 10000] (call (fn [x] (+ x i))))
    (pb/run "import gc; gc.collect()")
    (is (in-time? #(< (- (lifetime/live) before) 50)) "none is kept")))

(deftest another-definition-of-a-var-is-another-function
  (let [v (intern 'pybridge.native.lifetime-test 'changing (fn [_] 1))
        before (pb/->py v)]
    (is (= before (pb/->py v)))
    (intern 'pybridge.native.lifetime-test 'changing (fn [_] 2))
    (is (not= before (pb/->py v)))
    (is (= [2 2] [(before 0) ((pb/->py v) 0)]) "though the old one calls the new too")))

(deftest a-function-passed-again-and-again-is-traced-once
  (let [tf (pb/module "tensorflow")
        traces (atom 0)
        f (fn [x] (swap! traces inc) (pb/call tf :square x))
        step (pb/run "
import tensorflow as tf
@tf.function(autograph=False)
def step(f, x):
    return f(x)
step")]
    (dotimes [i 6]
      (is (= (* i i 1.0) @(step f (pb/call tf :constant (double i)))))
      (collect))
    (is (= 1 @traces (pb/call step :experimental-get-tracing-count)))
    (step (fn [x] (pb/call tf :square x)) (pb/call tf :constant 1.0))
    (is (= 2 (pb/call step :experimental-get-tracing-count)) "another function is another program")))

(defn- as-interrupted
  "Call `body` on this thread while it is interrupted; what it gives, or the kind of exception that has reported the interrupt. An interrupt
  that is lost is :lost."
  [body]
  (.interrupt (Thread/currentThread))
  (try
    (let [given (body)] (if (Thread/interrupted) given :lost))
    (catch Exception failure (:py/type (ex-data failure) (class failure)))
    (finally (Thread/interrupted))))

(deftest an-interrupted-thread-forgets-what-was-dropped
  (let [before (do (dotimes [_ 5] (collect)) (lifetime/live))
        drop-it (pb/run "lambda f: None")
        sqrt (pb/attr (pb/module "math") :sqrt)]
    (dotimes [i 100] (drop-it (fn [] i)))
    (is (< before (lifetime/live)))
    (is (every? #{1.0 "KeyboardInterrupt"}
                (repeatedly 20 #(do (System/gc) (Thread/sleep 10) (as-interrupted (fn [] (sqrt 1)))))))
    (is (<= (lifetime/live) before))))

(deftest an-interrupted-thread-collects
  (let [bytes-of (pb/attr (pb/module "builtins") :bytearray)
        gc (pb/module "gc")]
    (pb/call gc :disable) ; Python drops an interrupt that comes while it collects by itself, with what finalizers raise
    (try
      (is (every? #{8000000 "KeyboardInterrupt"}
                  (doall (repeatedly 100 #(as-interrupted (fn [] (count (bytes-of 8000000))))))))
      (finally (pb/call gc :enable)))))
