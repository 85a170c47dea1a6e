(ns pybridge.native.gil
  "Who may run Python: `with-gil` is the one way in, and says when there is none: at the end, in a forked process, on a stack that is
  used up."
  (:require [pybridge.native.env :as env :refer [api]]
            [pybridge.native.platform :as platform :refer [peek-word]]
            [pybridge.native.stack :as stack])
  (:import (java.util.concurrent ExecutionException Executors ExecutorService FutureTask ThreadFactory)
           (java.util.concurrent.atomic AtomicBoolean AtomicReference)
           (java.util.concurrent.locks LockSupport)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

;; True once the process is on its way out: nothing may enter Python any more.
(defonce ^AtomicBoolean closing (AtomicBoolean.))

;; The Envs of the threads that stand still from then on, where they would be refused: those that had called Python before the end.
(defonce ^AtomicReference stopped (AtomicReference. #{}))

;; The thread that ends the Python which hosts this JVM, once Clojure takes no more calls.
(defonce ^AtomicReference ending-thread (AtomicReference.))

;; The address of a word that is 0, and 1 in a process that was forked off this one.
(defonce forked-mark (platform/allocate 8))

(def forked-message
  "a forked process has no JVM of its own, so Clojure and Python cannot call each other in it; start processes afresh, with multiprocessing's \"spawn\"")

(def ^:private forked-error "Made before: a JVM that cannot collect had better make nothing." (IllegalStateException. ^String forked-message))

(defn forked? [] (not (zero? (peek-word (long forked-mark)))))

(def ^:private ^:const longest-stop-s 60)

(defn stand-still
  "Hold this thread up for as long as a process takes to end, and longer. An interrupt does not wake it."
  []
  (let [end (+ (System/nanoTime) (* 1000000000 (long longest-stop-s)))]
    (loop []
      (let [left (- end (System/nanoTime))]
        (when (pos? left)
          (LockSupport/parkNanos left)
          (Thread/interrupted)
          (recur))))))

(defn- refuse-late
  "Take no call of a thread that has `calls` of Python under way, each of which may end where the JVM is the host."
  [^Env env ^long calls]
  (when (or (zero? calls) (.get ending-thread))
    (when (contains? (.get stopped) env) (stand-still))
    (throw (IllegalStateException. "Python is shutting down; no more calls are taken"))))

(defn refuse-when-closing [^Env env]
  (when (.get closing) (refuse-late env (.callsOfPython env)))
  (when (forked?) (throw ^Throwable forked-error)))

(defn check-stack
  "Throw StackOverflowError unless this thread has enough of its stack left for a call of Python."
  [^Env env]
  (.setStackFloor env (stack/floor))
  (when (< (stack/pointer) (.stackFloor env))
    (throw (StackOverflowError.
            "too little of this thread's stack is left to call Python; is a function calling itself for ever? Otherwise start Java with -Xss8m"))))

(defn raise-signals
  "Throw what Python's handler of a signal has raised, KeyboardInterrupt of Ctrl-C. A call that waits in C looks at signals
  only when one comes, and a loop of such calls never: those that came before are looked for here."
  [env]
  (when (neg? (.PyErr_CheckSignals (api env)))
    (Thread/interrupted)
    (env/raise env)))

(defmacro virtual? []
  (if (>= (.feature (Runtime/version)) 21)
    `(.isVirtual (Thread/currentThread))
    false))

(defonce ^:private ^ExecutorService platform-threads
  (Executors/newCachedThreadPool
   (reify ThreadFactory
     (newThread [_ work] (doto (Thread. work "pybridge, for virtual threads") (.setDaemon true))))))

(defn on-platform-thread
  "Call `f` on a thread of the system's, for a virtual thread that waits: the GIL and Python's thread states belong to those."
  [f]
  (let [task (.submit platform-threads ^Callable (bound-fn* f))]
    (try
      (.get task)
      (catch InterruptedException interrupt (.cancel task true) (throw interrupt))
      (catch ExecutionException failure (throw (.getCause failure))))))

(defmacro without-gil
  "Run `body`, which may be anybody's code, with the GIL given away: a body that waits for another thread's Python call must
  not stop that call."
  [env & body]
  `(let [state# (.PyEval_SaveThread (api ~env))]
     (try ~@body (finally (.PyEval_RestoreThread (api ~env) state#)))))

(defn refuse-waiting
  "Take no call that has waited for the GIL until the end; it counts itself among those under way."
  [^Env env]
  (without-gil env (refuse-late env (dec (.callsOfPython env)))))

(defn ended? "Does Clojure take no more calls?" [] (some? (.get ending-thread)))

(defn answer-late
  "None for the thread that ends Python, as a new reference; any other stops, as Python's own daemon threads do then."
  ^long [env]
  (when-not (identical? (Thread/currentThread) (.get ending-thread))
    (without-gil env (stand-still)))
  (let [none (.none (env/types env))]
    (.Py_IncRef (api env) none)
    none))

(defmacro holding-gil [[env] & body]
  `(let [~env (env/current)]
     (refuse-when-closing ~env)
     (when (< (stack/pointer) (.stackFloor ~env)) (check-stack ~env))
     (.enterPython ~env)
     (let [state# (.PyGILState_Ensure (api ~env))]
       (try
         (when (.get closing) (refuse-waiting ~env))
         (when-not (.isEmpty env/releases) (env/run-releases ~env))
         (raise-signals ~env)
         ~@body
         (catch Throwable throwable#
           (.PyErr_Clear (api ~env)) ; one that could not be fetched, for want of stack or memory, would confuse the next call
           (throw throwable#))
         (finally
           (.PyGILState_Release (api ~env) state#)
           (.leavePython ~env))))))

(defmacro with-gil
  "Run `body` holding the GIL, with this thread's Env bound to the symbol `env`."
  [[env] & body]
  `(if (virtual?)
     (on-platform-thread (fn [] (holding-gil [~env] ~@body)))
     (holding-gil [~env] ~@body)))

(defn on-large-stack
  "Call `f` with the Env of a thread whose stack does for any data that crosses, for a thread that holds the GIL; to its end, since
  `f` uses what the caller holds: an interrupt is passed on."
  [^Env env f]
  (let [scope (.scope env)
        task (FutureTask. (bound-fn* (fn [] (holding-gil [large] (.setScope large scope) (f large)))))
        thread (Thread. nil task "pybridge, for deep data" (bit-shift-left 1 26))]
    (.setDaemon thread true)
    (without-gil env
      (.start thread)
      (while (not (.isDone task))
        (try (.join thread) (catch InterruptedException _ (.interrupt thread))))
      (try (.get task) (catch ExecutionException failure (throw (.getCause failure)))))))
