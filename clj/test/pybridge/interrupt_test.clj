(ns pybridge.interrupt-test
  "An interrupted thread's call of Python ends, and no other call is hit."
  (:require [clojure.test :refer [deftest is]]
            [pybridge.core :as pb])
  (:import (java.util.concurrent Callable ExecutorService Executors Future TimeUnit)))

(def ^:private add (delay (pb/run "lambda x, y: x + y")))
(def ^:private call (delay (pb/run "lambda f, *xs: f(*xs)")))

(deftest an-interrupt-ends-a-wait-in-clojure
  (let [started (promise)
        thread-result (promise)
        thread (Thread. #(deliver thread-result (try (@call (fn [] (deliver started true) (Thread/sleep 60000)))
                                                     (catch Throwable t (:py/type (ex-data t))))))]
    (.start thread)
    @started
    (.interrupt thread)
    (is (= "KeyboardInterrupt" (deref thread-result 10000 :late)))))

(def ^:private busy
  "Call a function once Python is busy, which an interrupt ends; what has been done is in the list given."
  (delay (pb/run "
import time
def busy(begun, done):
    begun()
    try:
        while True:
            time.sleep(0.001)
    finally:
        done.append('cleaned up')
busy")))

(deftest a-cancelled-future-ends-in-python-too
  (let [begun (promise), outcome (promise), done (pb/->py []), add @add
        running (future (try (@busy (fn [] (deliver begun true) nil) done)
                             (catch Throwable t
                               (deliver outcome [(:py/type (ex-data t)) (.isInterrupted (Thread/currentThread)) (add 1 2)]))))]
    (is (deref begun 10000 false))
    (is (future-cancel running))
    (is (= ["KeyboardInterrupt" false 3] (deref outcome 10000 :late)) "once, and the thread can go on")
    (is (= ["cleaned up"] (vec done)))))

(deftest an-interrupt-that-python-deals-with-is-over
  (let [begun (promise), done (pb/->py []), add @add
        outcome (promise)
        patient (pb/run "
def patient(busy, *xs):
    try:
        busy(*xs)
    except KeyboardInterrupt:
        return 'dealt with'
patient")
        thread (Thread. #(deliver outcome [(patient @busy (fn [] (deliver begun true) nil) done)
                                           (.isInterrupted (Thread/currentThread))
                                           (add 1 2)]))]
    (.start thread)
    (is (deref begun 10000 false))
    (.interrupt thread)
    (is (= ["dealt with" false 3] (deref outcome 10000 :late)))))

(deftest an-interrupted-virtual-thread-ends-its-call
  (if (< (.feature (Runtime/version)) 21)
    (is (thrown? NoSuchMethodException (.getMethod Thread "startVirtualThread" (into-array Class [Runnable])))
        "there are none before Java 21")
    (let [begun (promise), outcome (promise), done (pb/->py []), busy @busy
          start (.getMethod Thread "startVirtualThread" (into-array Class [Runnable]))
          ^Thread thread (.invoke start nil (object-array [(fn [] (deliver outcome (try (busy (fn [] (deliver begun true) nil) done)
                                                                                       (catch Throwable t (class t)))))]))]
      (is (deref begun 10000 false))
      (.interrupt thread)
      (is (= InterruptedException (deref outcome 10000 :late)))
      (is (loop [tries 1000] (or (= ["cleaned up"] (vec done)) (when (pos? tries) (Thread/sleep 10) (recur (dec tries)))))))))

(def ^:private nap
  "Seconds spent in a line of Python after another."
  (delay (pb/run "
import time
def nap(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        time.sleep(0.001)
nap")))

(def ^:private sleep "Seconds spent in C, where nothing is heard." (delay (pb/attr (pb/module "time") :sleep)))

(deftest a-call-that-does-not-hear-an-interrupt-leaves-the-thread-interrupted
  (let [begun (promise), outcome (promise), sleep @sleep, add @add
        thread (Thread. #(deliver outcome [(sleep (do (deliver begun true) 0.4)) (Thread/interrupted) (add 1 2)]))]
    (.start thread)
    @begun
    (Thread/sleep 100)
    (.interrupt thread)
    (is (= [nil true 3] (deref outcome 10000 :late)) "it is Java's still, and hits no later call")))

(defn- outside-python
  "Spend milliseconds in Clojure, where no interrupt is heard."
  [ms]
  (let [end (+ (System/nanoTime) (* 1e6 ms))]
    (while (< (System/nanoTime) end))))

(deftest an-interrupt-between-short-calls-ends-the-next
  (let [begun (promise), outcome (promise), add @add
        thread (Thread. #(deliver outcome (try (while true (add 1 2) (deliver begun true) (outside-python 20))
                                               (catch Exception e
                                                 [(:py/type (ex-data e)) (.isInterrupted (Thread/currentThread)) (add 1 2)]))))]
    (.start thread)
    @begun
    (.interrupt thread)
    (is (= ["KeyboardInterrupt" false 3] (deref outcome 10000 :late)))))

(deftest an-interrupt-that-clojure-deals-with-is-over
  (let [begun (promise), outcome (promise), add @add
        thread (Thread. #(deliver outcome (do (add 1 2)
                                              (deliver begun true)
                                              (while (not (.isInterrupted (Thread/currentThread))))
                                              (outside-python 200)
                                              [(Thread/interrupted) (add 1 2)])))]
    (.start thread)
    @begun
    (.interrupt thread)
    (is (= [true 3] (deref outcome 10000 :late)))))

(deftest no-innocent-call-is-hit
  (let [waits [@nap @sleep], add @add
        ^ExecutorService pool (Executors/newFixedThreadPool 2)
        random (java.util.Random. 5)
        submit (fn ^Future [f] (.submit pool ^Callable f))]
    (dotimes [round 60]
      (let [victims (vec (repeatedly 2 #(let [wait (waits (.nextInt random 2)), seconds (* 0.11 (.nextDouble random))]
                                          (submit (fn [] (wait seconds))))))
            innocent (mapv (fn [i] (submit (fn [] (add i 1)))) (range 40))]
        (Thread/sleep (.nextInt random 100))
        (run! #(.cancel ^Future % true) victims)
        (is (= (range 1 41) (map #(.get ^Future % 60 TimeUnit/SECONDS) innocent)) (str "round " round))))
    (.shutdown pool)))

(deftest an-interrupt-ends-the-innermost-call
  (let [begun (promise), done (pb/->py []), busy @busy, outcome (promise)
        thread (Thread. #(deliver outcome (@call (fn [] (try
                                                          (busy (fn [] (deliver begun true) nil) done)
                                                          (catch Exception e [(:py/type (ex-data e)) (@add 1 2)]))))))]
    (.start thread)
    (is (deref begun 10000 false))
    (.interrupt thread)
    (is (= ["KeyboardInterrupt" 3] (deref outcome 10000 :late)) "and the calls around it go on")
    (is (= ["cleaned up"] (vec done)))))
