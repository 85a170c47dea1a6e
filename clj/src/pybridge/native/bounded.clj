(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.bounded
  "Work on anybody's objects that may block or never end: printed, computed and walked within a time, on a thread of its own.

  That thread is not interrupted: a lazy seq whose computation an exception ends is empty to whoever reads it next."
  (:require [pybridge.handle :as handle]
            [pybridge.native.limits :as limits]
            [pybridge.native.text :as text])
  (:import (clojure.lang ARef Counted ExceptionInfo IDeref IPending IRecord Keyword PersistentArrayMap PersistentHashMap
                         PersistentHashSet PersistentVector Symbol Volatile)
           (java.io BufferedWriter Writer)
           (java.util Collection Collections IdentityHashMap Map Set)
           (java.util.concurrent Callable ExecutionException Future LinkedBlockingQueue ThreadFactory ThreadPoolExecutor TimeUnit
                                 TimeoutException)))

(set! *warn-on-reflection* true)

(def ^:private ^:const most-threads "What never ends keeps a thread; with so many kept, more work waits till its time is over." 32)
(def ^:private ^:const stack-bytes (bit-shift-left 1 24))

(defonce ^:private ^ThreadPoolExecutor threads
  (doto (ThreadPoolExecutor. most-threads most-threads 10 TimeUnit/SECONDS (LinkedBlockingQueue.)
                             (reify ThreadFactory
                               (newThread [_ work]
                                 (doto (Thread. nil work "pybridge, for bounded work" stack-bytes)
                                   (.setDaemon true)))))
    (.allowCoreThreadTimeOut true)))

;; The objects whose work goes on though its time is over.
(defonce ^:private ^Set stuck (Collections/synchronizedSet (Collections/newSetFromMap (IdentityHashMap.))))

(defn- give-up
  "Leave `task`, the work on `x`, alone; till it ends, no more is begun on `x`."
  [^Future task x]
  (.add stuck x)
  (when (or (.cancel task false) (.isDone task)) (.remove stuck x)))

(defn- wait-for [^Future task x ^long ms late]
  (try
    (.get task ms TimeUnit/MILLISECONDS)
    (catch TimeoutException _ (give-up task x) late)
    (catch InterruptedException interrupt (give-up task x) (throw interrupt))
    (catch ExecutionException failure (throw (.getCause failure)))))

(defn within
  "What `f`, which works on `x`, gives within `ms` milliseconds; else `late`."
  [x ^long ms f late]
  (if (and (pos? ms) (not (.contains stuck x)))
    (let [work (bound-fn* f)]
      (wait-for (.submit threads ^Callable (fn [] (try (work) (finally (.remove stuck x))))) x ms late))
    late))

(defn deadline
  "The value of System/nanoTime in `ms` milliseconds."
  ^long [^long ms]
  (+ (System/nanoTime) (* 1000000 ms)))

(defn time-left
  "Milliseconds until `deadline`."
  ^long [^long deadline]
  (quot (- deadline (System/nanoTime)) 1000000))

;; ---- text ----------------------------------------------------------------------------------------------------------------

(def ^:private enough "What a writer throws that takes no more; an Error, since a print method may catch exceptions." (Error. "enough"))

(defn- limited-writer
  "A writer to `written` that takes little more than `longest` characters, and none after `end` or an interrupt."
  ^Writer [^StringBuilder written longest end]
  (BufferedWriter.
   (proxy [Writer] []
     (write [^chars characters from n]
       (when (.isInterrupted (Thread/currentThread)) (throw (InterruptedException.)))
       (when (or (neg? (time-left end)) (> (.length written) (long longest))) (throw enough))
       (.append written characters (int from) (int n)))
     (flush [])
     (close []))
   256))

(defn written
  "What `write`, a function of a writer, writes there until `end`, as far as little more than `longest` characters."
  [write longest end]
  (let [written (StringBuilder.), writer (limited-writer written longest end)]
    (try
      (write writer)
      (.flush writer)
      (catch Throwable failure
        (when-not (identical? failure enough) (throw failure))))
    (str written)))

(defn compute
  "Have the first `most-computed` values of each seq inside `x` computed, and whether there are more, up to `most` values in all."
  [x most most-computed]
  (let [left (long-array 1 most)]
    (letfn [(beginning [xs] (take (inc (long most-computed)) xs))
            (inside [x ^long depth]
              (when (and (<= 0 (aset left 0 (dec (aget left 0)))) (<= depth (long limits/deepest)))
                (cond
                  (handle/handle? x) nil
                  (instance? Map x) (run! (fn [[k v]] (inside k (inc depth)) (inside v (inc depth))) (beginning x))
                  (or (coll? x) (instance? Collection x)) (run! #(inside % (inc depth)) (beginning x))
                  (instance? ExceptionInfo x) (inside (ex-data x) (inc depth))
                  (or (instance? ARef x) (instance? Volatile x) (reduced? x)
                      (and (instance? IPending x) (instance? IDeref x) (realized? x)))
                  (inside (try (deref x) (catch Exception _ nil)) (inc depth)))))] ; a future may have failed
      (inside x 0))))

(defn- pr-until
  "The beginning of what `pr` writes of `x`."
  [x longest end]
  (text/cut (written #(print-method x %) longest end) longest))

(defn unprintable
  "The text in place of `x`, of which `why` says why there is no other."
  [x why]
  (str "#object[" (.getName (class x)) " whose " why "]"))

(defn or-unprintable
  "What `f` gives of `x` within `ms` milliseconds; what `x` is, as text, where that takes longer or throws."
  [x ms f]
  (try
    (within x ms f (unprintable x "printing takes too long"))
    (catch InterruptedException interrupt (throw interrupt))
    (catch Throwable failure
      (unprintable x (str "printing throws " (.getSimpleName (class failure)))))))

(defn printed
  "What `pr` writes of `x` within `ms` milliseconds, cut to `longest` characters; what `x` is, where that takes longer or throws."
  [x ms longest]
  (let [end (deadline ms)]
    (or-unprintable x ms #(pr-until x longest end))))

(defn scalar?
  "Is `x` nil, or a value that Clojure writes itself and all at once?"
  [x]
  (or (nil? x) (boolean? x) (char? x) (string? x) (instance? Long x) (instance? Double x) (instance? Keyword x) (instance? Symbol x)))

(def ^:private ^:const most-shown 20)
(def ^:private ^:const longest-shown 200)

(defn- plain
  "`x` to be printed at once: what is not plain data, or deeper than `depth`, by its class."
  [x ^long depth]
  (let [inside #(plain % (dec depth))
        some-of #(into %1 (concat (map %2 (take most-shown x)) %3))
        more (when (and (coll? x) (instance? Counted x) (> (count x) most-shown)) ['...])]
    (cond
      (string? x) (text/cut x longest-shown)
      (scalar? x) x
      (zero? depth) (symbol "#")
      (instance? PersistentVector x) (some-of [] inside more)
      (instance? PersistentHashSet x) (some-of #{} inside more)
      (or (instance? PersistentArrayMap x) (instance? PersistentHashMap x))
      (some-of (array-map) (fn [[k v]] [(inside k) (inside v)]) (when more [['... '...]]))
      :else (symbol (str "#object[" (.getName (class x)) "]")))))

(defn at-once
  "The text of `x` as far as it is plain data: nothing of it is computed, and no code of anybody's runs."
  [x]
  (pr-str (plain x 5)))

;; ---- size ----------------------------------------------------------------------------------------------------------------

(defn small?
  "Can the data `x` be copied whole by `end`: at most `most` values, `limits/deepest` levels deep, and at most `most-computed` in each of
  its seqs whose length is not known? Such a seq is computed as far as that."
  [x most most-computed end]
  (let [left (long-array 1 most)]
    (letfn [(counted-fit? [xs depth]
              (every? #(fits? % depth) xs))
            (beginning-fits? [xs depth]
              (reduce (fn [n x] (if (and (< (long n) (long most-computed)) (fits? x depth)) (inc (long n)) (reduced false))) 0 xs))
            (fits? [x ^long depth]
              (and (<= 0 (aset left 0 (dec (aget left 0))))
                   (<= depth (long limits/deepest))
                   (pos? (time-left end))
                   (cond
                     (or (handle/handle? x) (instance? IRecord x)) true
                     (or (map? x) (instance? Map x)) (counted-fit? (mapcat (juxt key val) x) (inc depth))
                     (and (coll? x) (instance? Counted x)) (and (<= (count x) (aget left 0)) (counted-fit? x (inc depth)))
                     (or (sequential? x) (instance? Collection x)) (beginning-fits? x (inc depth))
                     :else true)))]
      (boolean (fits? x 0)))))
