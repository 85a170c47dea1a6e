(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.interrupts
  "`Thread.interrupt` reaches Python: a future that is cancelled, or an evaluation that an editor interrupts, ends there in
  KeyboardInterrupt.

  The JVM calls nobody when a thread is interrupted. So a thread looks, several times a second, who has been. It delivers holding the
  GIL, so that nobody enters or leaves Python meanwhile. What is not heard by a thread in Python is taken back (`gil/settle-interrupt`);
  a thread outside hears of it in its next call (`gil/hear-at-entry`).
  Python's main thread, where a JVM hosts Python, is sent a signal instead, by a thread that never waits for the GIL: a signal also ends
  what holds the GIL in C, such as a regular expression."
  (:require [pybridge.native.env :as env :refer [api]]
            [pybridge.native.gil :as gil]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.platform :as platform])
  (:import (java.lang.invoke VarHandle)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)

(def ^:private ^:const poll-interval-ms 50)

(defn- pending?
  "Has the thread of `env` been interrupted without Python's knowing of it yet, or, where the thread is outside, being to hear of it?"
  [^Env env]
  (and (.isInterrupted ^Thread (.-thread env))
       (<= (.delivery env) (if (.inPython env) env/at-entry env/none))))

(defn- by-line?
  "Does only a line of Python interrupt the thread of `env`?"
  [^Env env]
  (zero? (.signal env)))

(defn- deliver-to [^Env interrupted]
  (gil/with-gil [env]
    (when (pending? interrupted) ; still, now that it can neither leave nor enter Python
      (if (.inPython interrupted)
        (do (.setDelivery interrupted env/delivered)
            (.PyThreadState_SetAsyncExc (api env) (.-python-ident interrupted) (helpers/helper env "KeyboardInterrupt")))
        (.setDelivery interrupted env/at-entry)))))

(defn- send-signal [kill ^Env interrupted]
  (.setDelivery interrupted env/under-way)
  (VarHandle/fullFence) ; whoever leaves Python says so first, and then looks whether a signal is under way
  (if (.inPython interrupted)
    (do (kill (.-python-ident interrupted) (int (.signal interrupted)))
        (.setDelivery interrupted env/delivered))
    (.setDelivery interrupted env/none)))

(defn- wait-and-look
  "The `try` is all of a function: inside a loop it would be a closure, for which there may be no memory."
  [look]
  (try
    (Thread/sleep (long poll-interval-ms))
    (look)
    (catch Throwable _ nil)))

(defn look-for-ever
  "Call `look` several times a second, as long as Python takes calls. No failure, not for want of memory either, ends this."
  [thread-name look]
  (doto (Thread. ^Runnable (fn [] (while (not (.get env/closing)) (wait-and-look look))) ^String thread-name)
    (.setDaemon true)
    (.start)))

(defn- rehearse!
  "Look up and link what is needed later, in want of memory perhaps: a thread that fails then may be without the GIL, or with another's
  state."
  []
  (gil/with-gil [env]
    (run! #(helpers/helper env %) ["KeyboardInterrupt" "RecursionError" "nothing"])
    (gil/without-gil env nil)
    (.PyErr_Clear (api env))
    (.PyThreadState_SetAsyncExc (api env) 0 0)
    (env/delete-thread-state env (.PyThreadState_New (api env) (.PyInterpreterState_Get (api env))))))

(defn watch!
  "Interrupt Python on all threads but one that `signal-by!` is for."
  []
  (rehearse!)
  (look-for-ever "pybridge, for interrupts"
                 (fn [] (run! deliver-to (filter #(and (by-line? %) (pending? %)) (env/living))))))

(defn signal-by!
  "From now on the signal with this number interrupts Python on the calling thread, its main thread."
  [number]
  (let [^Env own (env/current)
        kill (platform/function-at (platform/libc "pthread_kill") 'int '[long int])]
    (.setSignal own (long number))
    (look-for-ever "pybridge, for signals" (fn [] (when (and (.inPython own) (pending? own)) (send-signal kill own))))))
