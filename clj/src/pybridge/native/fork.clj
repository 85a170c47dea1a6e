(ns pybridge.native.fork
  "A process that Python forks off has the one thread that forked, and none of those that a JVM lives by: calls between the
  languages are refused there, before they wait for ever."
  (:require [pybridge.native.call :as call]
            [pybridge.native.interpreter :as python :refer [api]]
            [pybridge.native.platform :as platform]))

(set! *warn-on-reflection* true)

(def ^:private start-error (delay (call/helper "StartError")))

(def ^:private message (delay (platform/c-string python/forked-message)))

(defn refuse
  "Set the exception of a call of Clojure in a forked process."
  []
  (.PyErr_SetString api (long @start-error) (long @message)))

(defn watch!
  "Have Python mark the processes that are forked off this one. What `refuse` needs is made and loaded before: in a forked process
  whatever waits for another thread of the JVM waits for ever."
  []
  (python/with-gil [frame]
    (refuse)
    (.PyErr_Clear api)
    (call/help "mark_forks" python/forked-mark)))
