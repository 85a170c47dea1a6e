(ns pybridge.native.kinds
  "What objects of a Python type are to Clojure: asked of Python once for each type."
  (:require [pybridge.native.capsule :as capsule]
            [pybridge.native.env :refer [api]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.text :as text])
  (:import (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

;; Address of a type, which is kept alive -> its kind.
(defonce ^:private ^ConcurrentHashMap kinds (ConcurrentHashMap.))

(def ^:private ^:const most-of-no-kind 2000)

(defn- ask [env ^long type]
  (let [answer (helpers/call-helper env "kind" type)]
    (try
      (keyword (text/string->clojure env answer))
      (finally (.Py_DecRef (api env) answer)))))

(defn kind
  "What the object at `pointer`, whose type is the one at `type`, is: :scalar, :array, :tensor, :function, :lasting, :capsule or :other."
  [env ^long type ^long pointer]
  (or (.get kinds type)
      (let [found (if (capsule/capsule? env pointer) :capsule (ask env type))]
        (when (or (not= found :other) (< (.size kinds) (long most-of-no-kind)))
          (.Py_IncRef (api env) type)
          (.put kinds type found))
        found)))
