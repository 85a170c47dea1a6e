(ns soak
  "Work of all kinds from many threads at once, each answer checked by arithmetic; the same on both hosts."
  (:require [clojure.java.io :as io]
            [pybridge.core :as pb]
            [pybridge.models :as models]
            [pybridge.training :as training]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.lifetime :as lifetime])
  (:import (java.lang.management ManagementFactory)
           (java.nio.file Files)
           (java.nio.file.attribute FileAttribute)
           (java.util.concurrent CountDownLatch Executors ExecutorService Future TimeUnit)
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

(defn- left
  "[resident bytes, Clojure's objects and functions that Python has, instances of Thing], after some collections."
  []
  (dotimes [_ 4] (System/gc) (Thread/sleep 20) (pb/run "gc.collect()"))
  [((:resident @python)) (capsule/live) (lifetime/live) (pb/run "sum(type(x) is Thing for x in gc.get_objects())")])

(defn- settled
  "What is `left` when there is nothing more to collect: when it is twice the same, or has been looked at ten times."
  []
  (loop [before (left), looks 10]
    (let [after (left)]
      (if (or (= (rest before) (rest after)) (= 1 looks)) after (recur after (dec looks))))))

(defn- part
  "How often a part of the work was done, what was wrong with it, by kind, and the seconds it took."
  [n work kinds]
  (let [begun (System/nanoTime), wrong (work n)]
    {"done" n "wrong" (zipmap kinds wrong) "seconds" (quot (- (System/nanoTime) begun) 1000000000)}))

(def ^:private sizes
  "How much of each part of the work a whole round has, and what can be wrong with it."
  {"cancellations" [1000 cancellations ["not ended" "innocent hit"]]
   "calls" [3000000 calls ["wrong"]]
   "callbacks" [300000 callbacks ["wrong"]]
   "exceptions" [30000 exceptions ["wrong"]]
   "handles" [400000 handles ["wrong"]]})

(defn parts "The names of the parts of a round." [] (vec (keys sizes)))

(defn- part-of
  "A part of a round of `size`."
  [part-name size]
  (let [[whole work kinds] (sizes part-name), n (long (* size whole))]
    (if (= 2 (count kinds))
      (part (max 40 n) work kinds)
      (part n #(vector (work (quot (long %) threads))) kinds))))

(defn- round [size] (into {} (for [part-name (parts)] [part-name (part-of part-name size)])))

(defn wrong
  "What is wrong with one part of a round of `size`."
  [part-name size]
  (vec (for [[kind n] ((part-of part-name size) "wrong") :when (pos? (long n))] (str part-name ": " n " " kind))))

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

(def ^:private xs (vec (for [i (range 64)] [(/ i 64.0) (- 1.0 (/ i 32.0))])))
(def ^:private ys (mapv (fn [[a b]] [(+ (* 2 a) (- b) 0.5)]) xs))

(defn- descended
  "The loss of each epoch of gradient descent with all samples at once, at a rate of 0.1."
  [epochs]
  (let [mean #(/ (reduce + %) (double (count %)))]
    (loop [[w0 w1 b] [0.0 0.0 0.0], losses []]
      (if (= epochs (count losses))
        losses
        (let [misses (map (fn [[x0 x1] [y]] (- (+ (* w0 x0) (* w1 x1) b) y)) xs ys)
              slope (fn [along] (* 0.2 (mean (map (fn [x miss] (* (along x) miss)) xs misses))))]
          (recur [(- w0 (slope first)) (- w1 (slope second)) (- b (slope (constantly 1.0)))]
                 (conj losses (mean (map #(* % %) misses)))))))))

(defn- near? [a b] (every? true? (map #(< (Math/abs (- (double %1) (double %2))) 1e-4) a b)))

(defn- linear [] (models/sequential [[:dense 1 {:kernel-initializer :zeros}]] :input-shape 2))

(defn- fit! [net & {:as options}]
  (training/fit! net xs ys (merge {:optimizer {:rule :sgd, :learning-rate 0.1} :loss :mean-squared-error :metrics [] :epochs 4
                                   :batch-size 64 :shuffle false :progress false} options)))

(defn- trained [_]
  (let [seen (atom []), own (descended 4)
        {losses :loss} (fit! (linear) :callbacks [(fn [epoch logs] (swap! seen conj [epoch (:loss logs)]) nil)])]
    (and (= 4 (count losses)) (near? losses own) (= @seen (map-indexed vector losses)))))

(defn- in-folder [use]
  (let [folder (.toFile (Files/createTempDirectory "soak" (make-array FileAttribute 0)))]
    (try (use folder) (finally (run! io/delete-file (reverse (file-seq folder)))))))

(defn- weights [net] (mapv deref (models/weights net)))

(defn- saved [_]
  (in-folder
   (fn [folder]
     (let [net (linear), path (str (io/file folder "net.keras"))]
       (fit! net :epochs 1 :callbacks [(training/checkpoint path)])
       (and (= ["net.keras"] (vec (.list ^java.io.File folder)))
            (= (weights net) (weights (models/load path))))))))

(defn- converted [n]
  (let [through (:through @python)
        value {:name "ß∑" :numbers (vec (range n (+ n 100))) :nested {:a [nil true 1.5 (bigint (.shiftLeft BigInteger/ONE (mod n 500)))]}}]
    (= [value (range n) #{1 2}] (mapv #(through identity %) [value (range n) #{1 2}]))))

(def ^:private own {"trainings in Clojure" trained, "checkpoints in Clojure" saved, "conversions from Clojure" converted})

(defn own-work "The names of Clojure's own rounds." [] (vec (keys own)))

(defn own-wrong
  "What is wrong with Clojure's own round of that name."
  [round-name n]
  (if ((own round-name) n) [] [(str round-name ", round " n ": another result than arithmetic's")]))

(defn collect "Have the JVM collect its garbage." [] (System/gc))

(defn in-use
  "What the JVM has in use, and what it and Python hold of each other."
  []
  {"heap" (/ (.getUsed (.getHeapMemoryUsage (ManagementFactory/getMemoryMXBean))) 1048576.0)
   "other JVM memory" (/ (.getUsed (.getNonHeapMemoryUsage (ManagementFactory/getMemoryMXBean))) 1048576.0)
   "committed heap" (/ (.getCommitted (.getHeapMemoryUsage (ManagementFactory/getMemoryMXBean))) 1048576.0)
   "classes" (.getLoadedClassCount (ManagementFactory/getClassLoadingMXBean))
   "JVM threads" (.getThreadCount (ManagementFactory/getThreadMXBean))
   "objects of Clojure" (capsule/live)
   "functions of Clojure" (lifetime/live)})
