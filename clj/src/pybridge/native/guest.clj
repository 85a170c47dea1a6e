(ns pybridge.native.guest
  "A Python process hosts this JVM: what it may ask of Clojure, and where Clojure's output goes."
  (:require [pybridge.native.boot :as boot]
            [pybridge.native.callables :as callables]
            [pybridge.native.ending :as ending]
            [pybridge.native.env :as env]
            [pybridge.native.evaluation :as evaluation]
            [pybridge.native.gil :as gil :refer [with-gil]]
            [pybridge.native.objects :as objects]
            [pybridge.native.to-python :refer [->python]])
  (:import (java.io Writer)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)

(defn- python-writer
  "A Writer to what the Python function `helper-name` writes to, sent when it is flushed."
  ^Writer [helper-name]
  (let [pending (StringBuilder.)]
    (proxy [Writer] []
      (write
        ([x]
         (locking pending
           (if (string? x) (.append pending ^String x) (.append pending (char x)))
           (when (> (.length pending) 8192) (.flush ^Writer this))))
        ([x offset length]
         (locking pending
           (if (string? x)
             (.append pending ^CharSequence x (int offset) (int (+ offset length)))
             (.append pending ^chars x (int offset) (int length))))))
      (flush []
        (let [text (locking pending (let [text (str pending)] (.setLength pending 0) text))]
          (when-not (or (= "" text) (.get gil/closing))
            (objects/help helper-name text))))
      (close [] (.flush ^Writer this)))))

(defn- redirect-output!
  "Have Clojure print where Python prints, on all threads."
  []
  (alter-var-root #'*out* (constantly (python-writer "write_output")))
  (alter-var-root #'*err* (constantly (java.io.PrintWriter. (python-writer "write_error")))))

(defn- interrupt
  "Interrupt the thread of `env`, Python's main thread, wherever in Clojure it waits."
  [^Env env]
  (when (pos? (.callsOfClojure env)) (.interrupt ^Thread (.-thread env)))
  nil)

(defn attach!
  "Use the Python in `library` (a dlopen handle), which hosts this JVM. The address of a dict, a new reference, with what it may ask
  of Clojure."
  [library]
  (boot/start! (boot/boot library))
  (redirect-output!)
  (callables/begin-in-user!)
  (ending/end-with-python!)
  (with-gil [env]
    (->python env (assoc evaluation/functions
                         "interrupt" (fn [] (interrupt env))
                         "leave" ending/leave-jvm))))
