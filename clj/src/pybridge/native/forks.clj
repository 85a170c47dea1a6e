(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.forks
  "A process that Python forks off has the one thread that forked, and none of those that a JVM lives by: calls between the
  languages are refused there, before they wait for ever, and the process ends where it would go back to Clojure."
  (:require [pybridge.native.call :as call]
            [pybridge.native.env :as env :refer [api]]
            [pybridge.native.gil :as gil]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.platform :as platform]))

(set! *warn-on-reflection* true)

(defn refuse
  "Set the exception of a call of Clojure in a forked process."
  [env]
  (.PyErr_SetString (api env) (helpers/helper env "StartError") (platform/c-string gil/forked-message)))

(defn watch!
  "Have Python mark the processes that are forked off this one. What `refuse` and a return from Python need is made and loaded before:
  in a forked process whatever waits for another thread of the JVM waits for ever."
  []
  (gil/with-gil [env]
    (call/help env "mark_forks" gil/forked-mark)
    (refuse env)
    (let [exception (env/fetched env)]
      (gil/end-forked env exception)
      (.Py_DecRef (api env) exception))))
