(ns pybridge.thread-test
  "Many threads of both languages at once."
  (:require [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.holds :refer [so-many]])
  (:import (java.util.concurrent CountDownLatch Executors Future TimeUnit)))

(def ^:private add (delay (pb/run "lambda x, y: x + y")))
(def ^:private call (delay (pb/run "lambda f, *xs: f(*xs)")))

(def ^:private in-thread
  "Call a function on a new thread of Python's own and wait for it; its result, or the message of what it raised."
  (delay (pb/run "
import threading
def in_thread(f, *xs):
    result = []
    def run():
        try:
            result.append(f(*xs))
        except BaseException as error:
            result.append(f'{type(error).__name__}: {error}')
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return result[0]
in_thread")))

(defn- soon
  "The value of `f` on another thread, or :late after a minute."
  [f]
  (deref (future (f)) 60000 :late))

(deftest a-great-many-calls
  (let [threads 8, each (so-many 40000 160000), add @add
        sums (mapv (fn [k] (future (loop [i 0, sum 0] (if (< i (long each)) (recur (inc i) (long (add sum 1))) [k sum])))) (range threads))]
    (is (= (map #(vector % each) (range threads)) (map #(deref % 200000 :late) sums)))))

(deftest calls-and-callbacks-of-all-kinds-at-once
  (let [add @add, call @call, in-thread @in-thread
        agents (repeatedly 4 #(agent 0))
        work {:future #(add 1 2)
              :callback #(call (fn [x] (add x 2)) 1)
              :python-thread #(in-thread (fn [x] (add x 2)) 1)
              :error #(try (call (fn [] (throw (ex-info "3" {})))) (catch Exception e (parse-long (ex-message e))))
              :handle #(count (pb/->py [1 2 3]))}
        results (mapv (fn [[kind f]] (future (into #{} (repeatedly (if (= kind :python-thread) 200 2000) f)))) work)]
    (doseq [a agents, _ (range 500)] (send a (fn [n] (add n 1))))
    (is (= (repeat (count work) #{3}) (map #(deref % 120000 :late) results)))
    (is (apply await-for 60000 agents))
    (is (= [500 500 500 500] (map deref agents)))))

(deftest parallel-map
  (let [add @add]
    (is (= (range 1 2001) (pmap #(add % 1) (range 2000))))))

(deftest agents-and-send-off
  (let [a (agent [])]
    (dotimes [i 100] (send-off a conj (@add i 0)) (send a (fn [xs] (conj xs (@add 0 -1)))))
    (is (await-for 60000 a))
    (is (= 200 (count @a)))))

(deftest threads-of-pythons-own
  (is (= 3 (@in-thread @add 1 2)))
  (is (= "Thread" (@in-thread (fn [] (.getSimpleName (class (Thread/currentThread)))))))
  (is (= {:a 1} (@in-thread (fn [] (update-vals {:a 0} inc)))) "Clojure finds its classes there")
  (is (= "clojure.string" (@in-thread (fn [] (require 'clojure.string) (str (ns-name (find-ns 'clojure.string)))))))
  (is (= "ClojureError: from a thread" (@in-thread (fn [] (throw (ex-info "from a thread" {}))))))
  (is (= 500 ((pb/run "
def pooled(f):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(f, range(500)))
pooled") (fn [_] 1)))))

(deftest a-blocked-python-call-stops-nobody
  (let [python (pb/run "
import threading
gate = threading.Event()
gate")
        waiting (future (pb/call python :wait 60))]
    (is (= 3 (soon #(@add 1 2))) "others call Python meanwhile")
    (is (= :waiting (deref waiting 10 :waiting)))
    (pb/call python :set)
    (is (true? (deref waiting 10000 :late)))))

(deftest a-callback-that-waits-for-a-future-that-calls-python
  (is (= 3 (soon (fn [] (@call (fn [] @(future (@add 1 2))))))))
  (is (= 10 (soon (fn [] (@call (fn [] (reduce + (pmap #(@add % 1) (range 4)))))))))
  (is (= 3 (soon (fn [] (@in-thread (fn [] @(future (@call (fn [] @(future (@add 1 2))))))))))))

(deftest a-lazy-argument-that-calls-python
  (is (= [1 2 3] (soon #(@call identity (map (fn [x] (@add x 1)) (range 3))))))
  (is (= (range 1 101) (soon #(@call identity (pmap (fn [x] (@add x 1)) (range 100))))) "on other threads")
  (is (= {:x [1 2]} (soon #(@call identity {:x (pmap (fn [x] (@add x 1)) (range 2))}))))
  (is (= [2 3] (soon #(@call identity (map (fn [x] @(future (@add x 1))) [1 2])))))
  (is (= [2 3] (soon #(@call (fn [] (pmap (fn [x] (@add x 1)) [1 2]))))) "a result too"))

(deftest a-lazy-argument-that-throws
  (is (= "late" (soon #(try (@call identity (map (fn [_] (throw (ex-info "late" {}))) [1])) (catch Exception e (ex-message e)))))))

(deftest locks-of-both-languages
  (testing "a lock of Clojure's held while Python runs, and wanted in a callback elsewhere"
    (let [lock (Object.)
          results (doall (for [i (range 8)]
                           (future (dotimes [_ 200]
                                     (if (even? i)
                                       (locking lock (@add 1 2))
                                       (@call (fn [] (locking lock 1)))))
                             :done)))]
      (is (= (repeat 8 :done) (map #(deref % 60000 :late) results)))))
  (testing "a delay and a promise that Python's callbacks wait for"
    (let [d (delay (@call (fn [] (@add 20 22))))
          results (doall (repeatedly 8 #(future (@call (fn [] @d)))))]
      (is (= (repeat 8 42) (map #(deref % 60000 :late) results)))))
  (testing "a transaction"
    (let [r (ref 0)]
      (is (= (repeat 4 :done)
             (map #(deref % 60000 :late)
                  (doall (repeatedly 4 #(future (dotimes [_ 100] (dosync (alter r (fn [n] (@add n 1))))) :done))))))
      (is (= 400 @r)))))

(deftest many-short-threads
  (let [states (pb/run "
import gc, threading
lambda: len(__import__('sys')._current_frames())")
        done (CountDownLatch. 300)]
    (dotimes [_ 3]
      (let [threads (doall (repeatedly 100 #(Thread. (fn [] (@add 1 2) (.countDown done)))))]
        (run! #(.start ^Thread %) threads)
        (run! #(.join ^Thread %) threads)))
    (is (.await done 60 TimeUnit/SECONDS))
    (loop [turns 20]
      (System/gc)
      (Thread/sleep 10)
      (@add 1 1)
      (when-not (or (< (states) 100) (zero? turns)) (recur (dec turns))))
    (is (< (states) 100) "their states in Python are gone with them")))

(deftest python-thread-locals-last
  (let [f (pb/run "
import threading
local = threading.local()
def count():
    local.n = getattr(local, 'n', 0) + 1
    return local.n
count")
        pool (Executors/newFixedThreadPool 1)
        on-one-thread #(.get ^Future (.submit pool ^Callable f))]
    (is (= [1 2 3] (repeatedly 3 on-one-thread)))
    (is (= [1 2 3] (soon #(vec (repeatedly 3 f)))))
    (.shutdown pool)))

(deftest virtual-threads
  (if (< (.feature (Runtime/version)) 21)
    (is (thrown? NoSuchMethodException (.getMethod Thread "startVirtualThread" (into-array Class [Runnable])))
        "there are none before Java 21")
    (let [start (.getMethod Thread "startVirtualThread" (into-array Class [Runnable]))]
      (dotimes [_ 10]
        (let [results (doall (repeatedly 50 promise))]
          (doseq [result results]
            (.invoke start nil (object-array [(fn [] (deliver result (try (@call @add 1 2) (catch Throwable t t))))])))
          (is (= #{3} (set (map #(deref % 60000 :late) results))))
          (System/gc)
          (Thread/sleep 10)
          (@add 1 1))))))
