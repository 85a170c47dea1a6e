(ns pybridge.native.interrupt
  "`Thread.interrupt` reaches Python: a future that is cancelled, or an evaluation that an editor interrupts, ends there in
  KeyboardInterrupt.

  The JVM calls nobody when a thread is interrupted. So a thread looks, several times a second, who is in Python and has been."
  (:require [pybridge.native.call :as call]
            [pybridge.native.interpreter :as python])
  (:import (java.util.concurrent.atomic AtomicBoolean)
           (pybridge.native.interpreter Frame)))

(set! *warn-on-reflection* true)

(def ^:private ^:const glance-ms 50)

(defn- unheard?
  "Has this thread of the JVM's been interrupted while it is in Python, which knows nothing of it yet?"
  [^Frame frame]
  (and (> (.calls frame) (.depth frame))
       (not (.told frame))
       (.isInterrupted (.thread frame))))

(defn- tell [^Frame frame]
  (python/with-gil [_]
    (when (unheard? frame) ; still, now that it cannot leave Python
      (.tell frame)
      (call/help "interrupt" (.ident frame)))))

(defn- keep-watch []
  (while (not (.get ^AtomicBoolean python/closing))
    (Thread/sleep (long glance-ms))
    (run! tell (filter unheard? (vec (.toArray python/frames))))))

(defn watch!
  "From now on, as long as Python takes calls."
  []
  (doto (Thread. ^Runnable (fn [] (try (keep-watch) (catch IllegalStateException _))) "pybridge, for interrupts") ; Python is leaving
    (.setDaemon true)
    (.start)))
