(ns pybridge.native.interrupts
  "`Thread.interrupt` reaches Python: a future that is cancelled, or an evaluation that an editor interrupts, ends there in
  KeyboardInterrupt.

  The JVM calls nobody when a thread is interrupted. So a thread looks, several times a second, who is in Python and has been."
  (:require [pybridge.native.call :as call]
            [pybridge.native.env :as env]
            [pybridge.native.gil :as gil])
  (:import (pybridge.native.env Env)))

(set! *warn-on-reflection* true)

(def ^:private ^:const poll-interval-ms 50)

(defn- pending?
  "Has the thread of `env` been interrupted while it is in Python, which knows nothing of it yet?"
  [^Env env]
  (and (> (.callsOfPython env) (.callsOfClojure env))
       (not (.interruptDelivered env))
       (.isInterrupted ^Thread (.-thread env))))

(defn- deliver-to [^Env interrupted]
  (gil/with-gil [env]
    (when (pending? interrupted) ; still, now that it cannot leave Python
      (.deliverInterrupt interrupted)
      (call/help env "interrupt" (.-python-ident interrupted)))))

(defn- poll []
  (while (not (.get gil/closing))
    (Thread/sleep (long poll-interval-ms))
    (run! deliver-to (filter pending? (env/living)))))

(defn watch!
  "From now on, as long as Python takes calls."
  []
  (doto (Thread. ^Runnable (fn [] (try (poll) (catch IllegalStateException _))) "pybridge, for interrupts") ; Python is leaving
    (.setDaemon true)
    (.start)))
