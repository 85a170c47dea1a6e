(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.ending
  "The end of the process: each language's own, and the other's with it. docs/ending.md says what happens when."
  (:require [clojure.string :as string]
            [pybridge.native.call :as call]
            [pybridge.native.env :as env]
            [pybridge.native.gil :as gil]
            [pybridge.native.platform :as platform])
  (:import (java.lang.reflect AccessibleObject Field InaccessibleObjectException Method)
           (java.util.concurrent.atomic AtomicBoolean)
           (java.util.concurrent.locks LockSupport)
           (pybridge.native.capi DropTarget)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)

(def ^:private ^:const patience-ms "How long either language has for what it does at its end." 10000)
(def ^:private ^:const gil-patience-ms "How long a call in C may keep Python from doing anything." 3000)

;; True once one of the languages ends, which takes the other with it.
(defonce ^:private ^AtomicBoolean begun (AtomicBoolean.))

(defn- complain [sentence]
  (.println System/err (str "pybridge: " sentence)))

(defn- start-daemon ^Thread [^Runnable f]
  (doto (Thread. f "pybridge, for the end") (.setDaemon true) .start))

(defn- within?
  "Does `done?` come true in `ms` milliseconds? An interrupt does not end the wait."
  [ms done?]
  (let [end (+ (System/nanoTime) (* 1000000 (long ms)))]
    (loop []
      (cond
        (done?) true
        (> (System/nanoTime) end) false
        :else (do (LockSupport/parkNanos 2000000)
                  (Thread/interrupted)
                  (recur))))))

(defn- ended-within? [ms ^Thread thread]
  (within? ms #(not (.isAlive thread))))

(defn- busy
  "The Envs of the threads of this JVM that are inside Python, but for this one."
  []
  (filter #(and (pos? (.callsOfPython ^Env %)) (not (identical? (Thread/currentThread) (.-thread ^Env %)))) (env/living)))

(defn- entering?
  "May a thread be on its way into Python, which it must have reached before Python goes, or it would crash there?"
  []
  (or (env/arriving?)
      (some #(not (or (pos? (.callsOfClojure ^Env %)) (.inPython ^Env %))) (busy))))

(defn- close!
  "Take no more calls of Python."
  []
  (.set gil/stopped (set (env/living)))
  (.set env/closing true))

(defn- skip-destructors!
  "Have the process end before the destructors of C++ libraries run, which crash a thread that computes in one; C's streams are flushed."
  []
  (let [on-exit (platform/find-symbol 0 "on_exit")]
    (when-not (zero? on-exit)
      (doseq [function-name ["_exit" "fcloseall"]] ; the last is called first; both do without the second argument
        (platform/call-at on-exit 'int '[long long] (platform/libc function-name) 0)))))

;; The JVM ends.

(defn- exiting?
  "Does the thread of `env` wait for the end that it has asked for?"
  [^Env env]
  (some #(= "java.lang.Shutdown" (.getClassName ^StackTraceElement %)) (.getStackTrace ^Thread (.-thread env))))

(defn- end-python
  "Have Python do what it does at its own end; `heard` is delivered once it listens."
  [heard]
  (try
    (gil/with-gil [env]
      (deliver heard true)
      (call/help env "end_by_hand" (mapv #(.-python-ident ^Env %) (filter exiting? (env/living)))))
    (catch Throwable failure
      (complain (str "Python did not end in its own way: " (ex-message failure))))))

(defn leave-python!
  "At the JVM's end: Python's own, as far as it comes in the time it has, then no more calls. Nothing where Python ends the JVM."
  []
  (when (.compareAndSet begun false true)
    (let [heard (promise)
          thread (start-daemon #(end-python heard))]
      (if (within? gil-patience-ms #(or (realized? heard) (not (.isAlive thread))))
        (when-not (ended-within? patience-ms thread)
          (complain (str "Python was still at its end after " (quot (long patience-ms) 1000) " seconds, and was left there: "
                         "an exit function, a thread that is no daemon or an executor's task has not finished")))
        (complain (str "Python could not end in its own way: a call has held the GIL for " (quot (long gil-patience-ms) 1000)
                       " seconds, so exit functions have not run and files may not be whole")))
      (close!)
      (when (seq (busy)) (skip-destructors!)))))

;; Python ends.

(defn- opened
  "What `find` finds as a `member` of the class `class-name` of java.lang, open to all where pybridge has started the JVM."
  [find class-name member]
  (doto ^AccessibleObject (find (Class/forName (str "java.lang." class-name)) member)
    (.setAccessible true)))

(defn- field [class-name field-name object]
  (.get ^Field (opened #(.getDeclaredField ^Class %1 %2) class-name field-name) object))

(defn- jpypes? [thread]
  (string/starts-with? (str (some-> ^Object (field "Thread$FieldHolder" "task" (field "Thread" "holder" thread)) class .getName))
                       "org.jpype."))

(defn- drop-jpypes-hook!
  "Remove the shutdown hook of JPype, which would interrupt all others, and close its class loader before they are done."
  []
  (try
    (doseq [hook (vec (keys (field "ApplicationShutdownHooks" "hooks" nil)))]
      (when (jpypes? hook)
        (.removeShutdownHook (Runtime/getRuntime) hook)))
    (catch InaccessibleObjectException _ nil)))

(defn- run-shutdown-hooks
  "What the JVM does before it ends: shutdown hooks, then files to delete."
  []
  (try
    (.invoke ^Method (opened #(.getDeclaredMethod ^Class %1 %2 (make-array Class 0)) "Shutdown" "shutdown") nil (object-array 0))
    (catch InaccessibleObjectException _ nil)))

(defn- leave-jvm! []
  (flush)
  (when-not (ended-within? patience-ms (start-daemon run-shutdown-hooks))
    (complain (str "a shutdown hook of the JVM had not finished after " (quot (long patience-ms) 1000) " seconds, and was left"))))

(deftype Stop []
  DropTarget
  (drop [_ _]
    (loop []
      (LockSupport/park)
      (Thread/interrupted)
      (recur))))

(def ^:private ^:const moment-ms "In which a short call ends." 20)
(def ^:private ^:const entry-ms "In which a call that was just beginning begins, however loaded the machine is." 1000)

(defn leave-jvm
  "At Python's end: the JVM's, as far as it comes in the time it has; then no more calls, in either direction. The address of a C
  function that never returns, for threads that come back to Python. Nil where the JVM ends Python."
  []
  (when (.compareAndSet begun false true)
    (leave-jvm!)
    (.set gil/ending-thread (Thread/currentThread))
    (close!)
    (Thread/sleep (long moment-ms))
    (within? entry-ms #(not (entering?)))
    (when (seq (busy)) (skip-destructors!))
    (platform/drop-stub (Stop.))))

(defn end-with-jvm!
  "Let the JVM take its leave of Python."
  []
  (.addShutdownHook (Runtime/getRuntime) (Thread. ^Runnable leave-python!)))

(defn end-with-python!
  "Let Python, the host, end the JVM by `leave-jvm`, or the JVM that somebody ends take its leave of Python."
  []
  (drop-jpypes-hook!)
  (end-with-jvm!))
