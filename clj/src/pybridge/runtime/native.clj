(ns pybridge.runtime.native
  "Our own transport: CPython through Java's foreign-function API, whoever is the host."
  (:require [pybridge.native.call :as call]
            [pybridge.native.callback]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.handle :as handle]
            [pybridge.native.interpreter :as python :refer [api type-of with-gil]]
            [pybridge.native.memory :as native-memory]
            [pybridge.native.to-clojure :refer [->clojure borrowed->clojure Special]]
            [pybridge.native.to-python :as to-python :refer [->python]]
            [pybridge.runtime :as runtime :refer [Transport]])
  (:import (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

(def ^:private ^ConcurrentHashMap kinds "Address of a type, which is kept alive -> what its objects are." (ConcurrentHashMap.))

(defn- kind
  "What objects of the type at `type` are: :scalar, :array, :tensor, :function, :lasting, :capsule or :other."
  [^long type ^long pointer]
  (or (.get kinds type)
      (let [found (if (capsule/capsule? pointer)
                    :capsule
                    (keyword (call/help "kind" (handle/borrow type))))]
        (when (or (not= found :other) (< (.size kinds) 2000))
          (.Py_IncRef api type)
          (.put kinds type found))
        found)))

(defn- number-of
  "What the method or attribute `attribute-name` of the object at `pointer` gives, as a long; zero where it fails."
  ^long [^long pointer attribute-name called?]
  (try
    (let [attribute (call/attribute pointer attribute-name)
          result (if called?
                   (try (call/call attribute [] nil) (finally (.Py_DecRef api attribute)))
                   attribute)]
      (long (->clojure result)))
    (catch Exception _ 0)))

(def ^:private ^:const bytes-per-element 4)

(deftype Objects []
  Special
  (special->clojure [_ pointer]
    (let [pointer (long pointer)]
      (case (kind (type-of pointer) pointer)
        :scalar (try
                  (->clojure (call/call (call/helper "scalar") [(handle/borrow pointer)] nil))
                  (finally (.Py_DecRef api pointer)))
        :capsule (let [x (when (capsule/capsule? pointer) (capsule/capsule->clojure pointer))]
                   (if x
                     (do (.Py_DecRef api pointer) x)
                     (handle/own pointer)))
        :function (let [f (capsule/builtin->clojure pointer)]
                    (if f
                      (do (.Py_DecRef api pointer) f)
                      (handle/own pointer)))
        :lasting (handle/lasting pointer)
        :array (handle/own pointer (number-of pointer :nbytes false))
        :tensor (handle/own pointer (* (long bytes-per-element) (number-of pointer :_num_elements true)))
        (handle/own pointer)))))

(deftype Native []
  Transport
  (invoke-object [_ callable arguments options]
    (with-gil [frame]
      (->clojure (call/call (handle/address callable) arguments options))))
  (invoke-handle [_ callable arguments options]
    (with-gil [frame]
      (handle/own (call/call (handle/address callable) arguments options))))
  (attribute [_ x attribute-name]
    (with-gil [frame]
      (let [x (if (.isInstance to-python/bridged x) (handle/own (->python x)) x)]
        (->clojure (call/attribute (handle/address x) attribute-name)))))
  (import-module [_ module-name]
    (with-gil [frame]
      (handle/lasting (call/import-module module-name))))
  (object [_ x]
    (with-gil [frame]
      (handle/own (->python x))))
  (value [_ x]
    (with-gil [frame]
      (borrowed->clojure (handle/address x))))
  (memory [_ x dtype]
    (with-gil [frame]
      (native-memory/buffer (handle/address x) dtype)))
  (in-scope [_ body] (handle/in-scope body))
  (same? [_ x other]
    (or (identical? x other)
        (with-gil [frame] (== (handle/address x) (handle/address other)))))
  (identity-hash [_ x]
    (with-gil [frame] (Long/hashCode (handle/address x)))))
