(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.session.interrupt
  "Follows the block that the main thread evaluates, and notices when its code ignores an interrupt: `Thread.interrupt` only wakes
  what waits, so `(loop [] (recur))` runs on with the interrupt pending."
  (:import (java.util.concurrent.atomic AtomicLong)))

(set! *warn-on-reflection* true)

(def ^:private ^AtomicLong current-block (AtomicLong.))

(defn begin-block!
  "The calling thread begins the block with the number `block`. An interrupt that is still pending from the last one is dropped."
  [block]
  (.set current-block (long block))
  (Thread/interrupted)
  nil)

(defn join-block!
  "Another thread finds `block` under way, which has itself started Clojure and so was never begun here."
  [block]
  (.compareAndSet current-block 0 (long block))
  nil)

(defn while-current
  "A function that tells whether `block` is still the one under way. It may be called while the main thread is suspended: it only
  reads a number."
  [block]
  (let [block (long block)]
    (fn [] (= block (.get current-block)))))

(defn- thread-called ^Thread [thread-name]
  (some #(when (= thread-name (.getName ^Thread %)) %) (keys (Thread/getAllStackTraces))))

(defn- in-java? [^Thread thread] (pos? (alength (.getStackTrace thread))))

(defn runs-java?
  "Has the thread called `thread-name` called Clojure or Java that has not returned?"
  [thread-name]
  (boolean (some-> (thread-called thread-name) in-java?)))

(def ^:private ^:const poll-ms 250)
(def ^:private ^:const patience "Polls in a row at which an interrupt may be found pending, before an attempt to stop the code." 3)
(def ^:private ^:const attempts "Attempts that may fail before the user is told." 2)

(defn- act
  "Try to stop the code of `thread` that has ignored an interrupt for `pending` polls, or have it reported."
  [^Thread thread pending stop-thread report]
  (try
    (let [attempt (dec (quot pending (long patience)))]
      (when stop-thread
        (stop-thread attempt #(.isInterrupted thread)))
      (when (and report (= attempt (long attempts)) (.isInterrupted thread) (in-java? thread))
        (report)))
    (catch IllegalStateException leaving (throw leaving))
    (catch Throwable _ nil))) ; want of memory, say, which must not end the watch

(defn- poll [^Thread thread stop-thread report]
  (loop [pending 0, block 0]
    (Thread/sleep (long poll-ms))
    (let [now (.get current-block)
          pending (long (cond
                          (not (.isInterrupted thread)) 0
                          (= block now) (inc pending)
                          :else 1))]
      (when (and (pos? pending) (zero? (rem pending (long patience))))
        (act thread pending stop-thread report))
      (recur pending now))))

(defn- found-by
  "What `find-stop` gives; nil where it fails."
  [find-stop]
  (try
    (find-stop)
    (catch IllegalStateException leaving (throw leaving))
    (catch Throwable _ nil)))

(defn watch!
  "Start to watch the thread called `thread-name` for interrupts that its code ignores.

  find-stop: called once, before code can have ignored one, for a function or nil. The function is called again and again while an
  interrupt is pending, with the attempt, from 0, and a function that tells whether the interrupt still is.
  report: called once for a block, when the interrupt is still pending after two attempts; or nil."
  [thread-name find-stop report]
  (when-let [thread (thread-called thread-name)]
    (doto (Thread. ^Runnable (fn [] (try
                                      (Thread/sleep (long poll-ms)) ; the first block begins meanwhile
                                      (poll thread (found-by find-stop) report)
                                      (catch IllegalStateException _))) ; Python is leaving
                   "pybridge, for ignored interrupts")
      (.setDaemon true)
      (.start)))
  nil)
