(ns soak
  "Work of all kinds from many threads at once, each answer checked by arithmetic; the same on both hosts."
  (:require [pybridge.core :as pb]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.lifetime :as lifetime])
  (:import (java.util.concurrent CountDownLatch Executors ExecutorService Future TimeUnit)
           (java.util.concurrent.atomic AtomicLong)))

(def python
  (delay
    (pb/run "
import gc, threading, time
class Failed(Exception): pass
class Thing: pass
def fail(k, i): raise Failed(k, i)
def through(f, x): return f(x)
def wait(begun):
    begun()
    while True: time.sleep(0.0005)
sleep = time.sleep
def resident():
    with open('/proc/self/statm') as statm:
        return int(statm.read().split()[1]) * 4096
")
    (into {} (for [k [:fail :through :wait :sleep :Thing :resident]] [k (pb/from-python k)]))))

(def add (delay (pb/run "lambda x, y: x * 31 + y")))
(def threads 8)

(defn- on-threads
  "How often `right?`, a function of the thread's number and a count below `n`, says no or throws, on all threads together."
  [n right?]
  (let [wrong (AtomicLong.)
        work (fn [k]
               (dotimes [i n]
                 (when-not (try (right? k i) (catch Throwable failure (.printStackTrace failure) false))
                   (.incrementAndGet wrong))))
        started (mapv (fn [k] (doto (Thread. ^Runnable #(work k)) .start)) (range threads))]
    (run! #(.join ^Thread %) started)
    (.get wrong)))

(defn- calls [n]
  (let [add @add] (on-threads n (fn [k i] (== (+ (* 31 i) k) (add i k))))))

(defn- callbacks [n]
  (let [through (:through @python)
        own (mapv (fn [k] (fn [x] (+ x (* 1000 k)))) (range threads))]
    (on-threads n (fn [k i] (== (+ i (* 1000 k)) (through (nth own k) i))))))

(defn- exceptions [n]
  (let [{:keys [fail through]} @python]
    (on-threads n (fn [k i]
                    (if (even? i)
                      (try (fail k i) false
                           (catch Exception failure (= (str "Failed: (" k ", " i ")") (ex-message failure))))
                      (try (through (fn [x] (throw (ex-info "own" {:thread k, :count x}))) i) false
                           (catch Exception failure (= {:thread k, :count i} (select-keys (ex-data failure) [:thread :count])))))))))

(defn- handles [n]
  (let [thing (:Thing @python)]
    (on-threads n (fn [k i]
                    (let [made (thing)]
                      (pb/set-attr! made :own (+ k (* 31 i)))
                      (== (+ k (* 31 i)) (pb/attr made :own)))))))

(defn- cancelled-task
  "Start a task on `pool` that waits in Python, in a loop or once in C, and cancel it; a promise of how the waiting ended."
  [pool in-c?]
  (let [begun (CountDownLatch. 1), ended (promise), {:keys [wait sleep]} @python
        waiting (if in-c?
                  #(do (.countDown begun) (sleep 0.02))
                  #(wait (fn [] (.countDown begun) nil)))
        task (.submit ^ExecutorService pool ^Callable (fn [] (deliver ended (try (waiting) (catch Throwable failure failure)))))]
    (.await begun 10 TimeUnit/SECONDS)
    (.cancel task true)
    ended))

(defn- innocent-task [pool k i]
  (.submit ^ExecutorService pool ^Callable (fn [] (== (+ (* 31 i) k) (@add i k)))))

(defn- cancellations
  "[loops that their cancellation did not end, innocent tasks that were hit], of `n` cancelled tasks on a pool of two threads."
  [n]
  (let [pool (Executors/newFixedThreadPool 2)
        outcomes (vec (for [i (range n)]
                        (let [in-c? (odd? i)
                              ended (cancelled-task pool in-c?)
                              innocent (mapv #(innocent-task pool % i) (range 4))]
                          [(if (or (instance? Throwable (deref ended 10000 nil)) (and in-c? (realized? ended))) 0 1)
                           (count (remove #(try (.get ^Future % 10 TimeUnit/SECONDS) (catch Exception _ false)) innocent))])))]
    (.shutdown pool)
    (apply mapv + outcomes)))

(defn- collecting
  "Call `body` while both collectors run again and again."
  [body]
  (let [over (promise)
        collect (pb/attr (pb/module "gc") :collect)
        collector (future (while (not (deref over 100 nil)) (System/gc) (collect)))]
    (try (body) (finally (deliver over true) @collector))))

(defn- settled
  "[resident bytes, Clojure's objects and functions that Python has, instances of Thing], when nothing is left to collect."
  []
  (dotimes [_ 4] (System/gc) (Thread/sleep 20) (pb/run "gc.collect()"))
  [((:resident @python)) (capsule/live) (lifetime/live) (pb/run "sum(type(x) is Thing for x in gc.get_objects())")])

(defn- part
  "How often a part of the work was done, what was wrong with it, by kind, and the seconds it took."
  [n work kinds]
  (let [begun (System/nanoTime), wrong (work n)]
    {"done" n "wrong" (zipmap kinds wrong) "seconds" (quot (- (System/nanoTime) begun) 1000000000)}))

(defn- round [size]
  (letfn [(of [n] (long (* size n)))
          (on-all-threads [n work] (part (of n) #(vector (work (quot (long %) threads))) ["wrong"]))]
    {"cancellations" (part (max 40 (of 1000)) cancellations ["not ended" "innocent hit"])
     "calls" (on-all-threads 3000000 calls)
     "callbacks" (on-all-threads 300000 callbacks)
     "exceptions" (on-all-threads 30000 exceptions)
     "handles" (on-all-threads 400000 handles)}))

(defn soak
  "What was done in a round of `size` (1 is three million calls), after a warm one; the megabytes in use before and after it, and how
  much of what is counted it has left behind."
  [size]
  (collecting #(round (min size 0.02)))
  (let [before (settled)
        work (collecting #(round size))
        after (settled)
        megabytes #(quot (long (first %)) 1000000)]
    {"work" work
     "megabytes" [(megabytes before) (megabytes after)]
     "left" (zipmap ["megabytes" "objects" "functions" "things"]
                    (cons (- (megabytes after) (megabytes before)) (rest (map - after before))))}))

(defn busy!
  "Set threads of both languages to work across the bridge, for as long as the process lasts."
  []
  (let [add @add, begun (CountDownLatch. 4)
        keep-calling (fn [call] (fn [] (try (call) (.countDown begun) (while true (call)) (catch Throwable _))))]
    (dotimes [_ 2]
      (doto (Thread. ^Runnable (keep-calling #(add 1 2))) (.setDaemon true) .start))
    (pb/run "
def keep_calling(f):
    def run():
        try:
            while True: f(1)
        except BaseException: pass
    for _ in range(2): threading.Thread(target=run, daemon=True).start()
")
    (:through @python)
    ((pb/from-python :keep_calling) (let [seen (atom 0)] (fn [x] (when (<= (swap! seen inc) 2) (.countDown begun)) (inc x))))
    (.await begun 20 TimeUnit/SECONDS)))
