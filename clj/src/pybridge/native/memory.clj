(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.memory
  "When the JVM collects for the sake of Python's memory: it sees a handle as a few bytes, whatever that keeps alive.

  Two levels are watched: the memory of the process beside the JVM's heap, where the system tells it (Linux), and the bytes that
  living handles are known to hold, which may be a GPU's. Once either has risen by an allowance since the last collection, whoever
  enters Python next collects."
  (:require [pybridge.native.env :as env :refer [api]]
            [pybridge.native.platform :as platform]
            [pybridge.once :refer [once]])
  (:import (java.io File RandomAccessFile)
           (java.lang.ref Cleaner)
           (java.nio.charset StandardCharsets)
           (java.util.concurrent ThreadFactory)
           (java.util.concurrent.atomic AtomicBoolean AtomicLong AtomicReference)
           (java.util.concurrent.locks LockSupport)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const budget "Bytes of garbage that are worth a collection." (* 128 1024 1024))

(defonce ^:private ^AtomicLong allowance (AtomicLong. budget))

;; lowest: the lowest that the level has been since the last collection.
(once Level
  (definterface Level
    (^long rise [^long now])
    (^void restart [^long now])))

(once Gauge
  (deftype Gauge [^:volatile-mutable ^long lowest]
    Level
    (rise [_ now]
      (when (< now lowest) (set! lowest now))
      (- now lowest))
    (restart [_ now] (set! lowest now))))

(defonce ^:private ^Gauge of-process (Gauge. Long/MAX_VALUE))
(defonce ^:private ^Gauge of-weights (Gauge. 0))
(defonce ^:private ^AtomicLong weights (AtomicLong.))

(defonce ^:private statm
  (delay
    (when (.exists (File. "/proc/self/statm"))
      {:file (RandomAccessFile. "/proc/self/statm" "r")
       :page-size (long (platform/call-at (platform/libc "getpagesize") 'int []))})))

(defn- private-pages
  "Of the text `pages` of statm, the resident pages that are no file's."
  ^long [^String pages]
  (let [[_ resident shared] (.split pages " ")]
    (- (Long/parseLong resident) (Long/parseLong shared))))

(defn- process-memory
  "Bytes of memory that the process has beside the JVM's heap; zero where the system does not tell."
  ^long []
  (if-let [{:keys [^RandomAccessFile file page-size]} @statm]
    (let [text (byte-array 128)]
      (.seek file 0)
      (- (* (long page-size) (private-pages (String. text 0 (.read file text) StandardCharsets/US_ASCII)))
         (.totalMemory (Runtime/getRuntime))))
    0))

(defonce ^:private ^AtomicReference cleaning-thread (AtomicReference.))

(defonce ^:private ^Cleaner cleaner
  (Cleaner/create (reify ThreadFactory
                    (newThread [_ work]
                      (let [thread (Thread. work "pybridge, for dropped handles")]
                        (.set cleaning-thread thread)
                        thread)))))

(defn when-collected
  "Have `action` run, on a thread of its own, once the JVM has collected `x`."
  [x ^Runnable action]
  (.register cleaner x action))

(defn- cleaning?
  "Does the cleaner have work? Otherwise its thread waits."
  []
  (= Thread$State/RUNNABLE (.getState ^Thread (.get cleaning-thread))))

(def ^:private ^:const patience-ns 1000000000)
(def ^:private ^:const pause-ns 200000)

(defn- collect-garbage
  "Collect what the JVM holds, and drop what that held of Python's. The cleaner's thread learns of it a little later than this one."
  [env]
  (let [begun (AtomicBoolean.)]
    (when-collected (Object.) #(.set begun true))
    (System/gc)
    (let [end (+ (System/nanoTime) (long patience-ns))]
      (loop []
        (LockSupport/parkNanos pause-ns)
        (when (or (not (.isEmpty env/releases)) (not (.get begun)) (cleaning?))
          (env/run-releases env)
          (when (neg? (- (System/nanoTime) end)) (recur)))))))

(defn- rise
  "How far the higher of the two levels has risen since the last collection."
  ^long []
  (max (.rise of-process (process-memory)) (.rise of-weights (.get weights))))

(defn- give-back
  "Have the C library return what is free to the system, where it can (glibc): otherwise it would count as still in use."
  []
  (let [trim (platform/find-symbol 0 "malloc_trim")]
    (when-not (zero? trim) (platform/call-at trim 'int '[long] 0))))

(defonce ^:private ^AtomicLong last-end (AtomicLong.))

(def ^:private ^:const worth "The share of the time that collections in vain may take is one of so many." 50)

(defn next-allowance
  "What may be allocated until the next collection, when `allowed` was until this one, which has freed `freed` bytes, took `took`
  and came `after` the one before. What is really in use has to grow ever more before it is looked at again."
  ^long [allowed freed took after]
  (cond
    (>= (* 4 (long freed)) (long allowed)) (max (long budget) (quot (.totalMemory (Runtime/getRuntime)) 4))
    (> (long after) (* (long worth) (long took))) allowed
    :else (* 2 (long allowed))))

(defonce ^:private ^AtomicBoolean wanted (AtomicBoolean.))

(defn- collect
  "Collect; when that has freed little, what Python's own collector has to find as well: cycles that a handle kept alive."
  [env]
  (let [begun (System/nanoTime), allowed (.get allowance), risen (rise)]
    (collect-garbage env)
    (give-back)
    (when (> (* 2 (rise)) risen)
      (.PyGC_Collect (api env))
      (env/run-releases env)
      (give-back))
    (let [end (System/nanoTime)]
      (.set allowance (next-allowance allowed (- risen (rise)) (- end begun) (- begun (.get last-end))))
      (.set last-end end)
      (.restart of-process (process-memory))
      (.restart of-weights (.get weights))
      (.set wanted false))))

(defn- want-collection
  "Have whoever takes the GIL next collect: here, the caller may hold addresses that a dropped handle owns."
  []
  (when (.compareAndSet wanted false true)
    (.add env/releases collect)))

;; A look costs a microsecond, the time a twentieth of that, and memory takes time to fill: so the time is asked for at some handles.
(def ^:private ^:const handles-between-times 8)
(def ^:private ^:const ns-between-looks 2000000)
(def ^:private ^:const heavy (quot budget 32))

(defonce ^:private ^AtomicLong left (AtomicLong.))
(defonce ^:private ^AtomicLong looked (AtomicLong.))
(defonce ^:private ^AtomicLong risen (AtomicLong.))

(defn- look
  "See whether a collection is due. Where handles hold much, each of the next is looked at."
  [^long now]
  (let [before (.get risen), after (rise)]
    (.set looked now)
    (.set risen after)
    (.set left (if (> (- after before) (long heavy)) 0 handles-between-times))
    (when (> after (.get allowance)) (want-collection))))

(defn count-handle
  "Count one more handle, on an object known to have `weight` bytes; zero where that is not known. The GIL is held."
  [^long weight]
  (when (pos? weight) (.addAndGet weights weight))
  (when (or (neg? (.decrementAndGet left)) (> weight (long heavy)))
    (let [now (System/nanoTime)]
      (.set left handles-between-times)
      (when (or (> weight (long heavy)) (> (- now (.get looked)) (long ns-between-looks)))
        (look now)))))

(defn forget-weight
  "Count `weight` bytes no longer: the last handle on them is gone."
  [^long weight]
  (.addAndGet weights (- weight)))

(defonce ^:private ^Gauge of-heap (Gauge. Long/MAX_VALUE))

(defn heap-in-use
  "Bytes of the JVM's heap that are in use, garbage included."
  ^long []
  (let [runtime (Runtime/getRuntime)] (- (.totalMemory runtime) (.freeMemory runtime))))

(def ^:private ^:const least-rise "Bytes of the JVM's heap that are worth a look at Python's cycles where there is little room." (quot budget 8))

(defn look-for-cycles
  "Have Python's collector look for cycles when the JVM's heap, `in-use` after a collection, has doubled, or has taken a quarter of the
  room it had: what Clojure's objects in such a cycle weigh, Python does not see. The GIL is held. Whether it has looked."
  [env ^long in-use]
  (let [risen (.rise of-heap in-use)
        room (- (.maxMemory (Runtime/getRuntime)) (- in-use risen))
        look? (> risen (min (max (long budget) (quot in-use 2)) (max (long least-rise) (quot room 4))))]
    (when look?
      (.restart of-heap in-use)
      (.PyGC_Collect (api env)))
    look?))

(defn nearly-full?
  "Might the JVM's heap, of which `in-use` are, be full before its next collection frees what has just been let go?"
  [^long in-use]
  (let [most (.maxMemory (Runtime/getRuntime))]
    (< (- most in-use) (max (quot most 4) (quot (long budget) 2)))))
