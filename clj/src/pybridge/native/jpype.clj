(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.jpype
  "Java objects as JPype holds them in a Python that hosts this JVM: in Clojure each is the object itself. JPype passes it to
  `receive`, which is as public as JPype needs it to be, and the bridge fetches it."
  (:require [pybridge.native.env :refer [api]]
            [pybridge.native.helpers :as helpers])
  (:import (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicLong)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)

(defonce ^:private ^ConcurrentHashMap received (ConcurrentHashMap.))
(defonce ^:private ^AtomicLong numbers (AtomicLong. 1))

(defn receive
  "Keep the Java object `x` to be fetched; under which number. A null is kept nowhere, under 0."
  [x]
  (if (nil? x)
    0
    (let [number (.getAndIncrement numbers)]
      (.put received number x)
      number)))

(defn- plain
  "A number as Clojure computes with it."
  [x]
  (cond
    (or (instance? Integer x) (instance? Short x) (instance? Byte x)) (long x)
    (instance? Float x) (double x)
    :else x))

(defn object
  "The Java object of JPype's object at `pointer`, borrowed."
  [^Env env ^long pointer]
  (let [answer (helpers/call-helper env "hand_over" pointer)
        number (.PyLong_AsLongLongAndOverflow (api env) answer (.scratch env))]
    (.Py_DecRef (api env) answer)
    (plain (.remove received number))))
