(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.capsule
  "Clojure objects in Python: a capsule is Python's reference to an object in `registry`, which goes when Python drops the capsule."
  (:require [pybridge.native.bridge :as bridge]
            [pybridge.native.env :refer [api new-reference]]
            [pybridge.native.gil :as gil]
            [pybridge.native.platform :as platform]
            [pybridge.native.text :as text]
            [pybridge.once :refer [once]])
  (:import (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicLong)
           (pybridge.native.capi Api DropTarget)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

;; Id -> a Clojure object, as long as Python has its capsule.
(defonce ^:private ^ConcurrentHashMap registry (ConcurrentHashMap.))
(defonce ^:private ^AtomicLong ids (AtomicLong. 1))

(defn live "How many Clojure objects Python has." [] (.size registry))

(once Identity
  (deftype Identity [x]
    Object
    (hashCode [_] (System/identityHashCode x))
    (equals [_ other] (and (instance? Identity other) (identical? x (.-x ^Identity other))))))

;; Clojure object -> the address of its capsule, so that one object is one in Python too.
(defonce ^:private ^ConcurrentHashMap capsules (ConcurrentHashMap.))

(def ^:private capsule-name (delay (platform/c-string "pybridge.clojure")))

(deftype Dropper []
  DropTarget
  (drop [_ capsule]
    (when-not (gil/forked?)
      (try
        (let [^Api api (.-api (bridge/installed)) ; no Env: a thread that is ending may drop the last reference
              id (.PyCapsule_GetPointer api capsule (long @capsule-name))
              x (.remove registry id)]
          (when (some? x) (.remove capsules (Identity. x))))
        (catch Throwable _ nil)))))

(def ^:private drop-stub (delay (platform/drop-stub (Dropper.))))

(defn- new-capsule
  "A capsule of the Clojure object `x`: a new reference."
  ^long [env x]
  (let [id (.getAndIncrement ids)
        made (new-reference env (.PyCapsule_New (api env) id (long @capsule-name) (long @drop-stub)))]
    (.put registry id x)
    made))

(defn capsule
  "A capsule of the Clojure object `x`: a new reference, the same capsule while Python holds one."
  ^long [env x]
  (let [identity (Identity. x)]
    (if-let [existing (.get capsules identity)]
      (let [existing (long existing)] (.Py_IncRef (api env) existing) existing)
      (let [made (new-capsule env x)]
        (.put capsules identity made)
        made))))

(defn capsule->clojure
  "The Clojure object of the capsule at `pointer`."
  [env ^long pointer]
  (.get registry (.PyCapsule_GetPointer (api env) pointer (long @capsule-name))))

(defn capsule?
  "Is the object at `pointer` a capsule of ours?"
  [env ^long pointer]
  (== 1 (.PyCapsule_IsValid (api env) pointer (long @capsule-name))))

(defn- attribute->clojure
  "The Clojure object of the capsule that the object at `pointer`, borrowed, has as an attribute; nil when it is no capsule of ours."
  [env ^long pointer attribute-name]
  (let [found (new-reference env (.PyObject_GetAttr (api env) pointer (text/name->python env attribute-name)))]
    (try
      (when (capsule? env found) (capsule->clojure env found))
      (finally (.Py_DecRef (api env) found)))))

(defn held->clojure
  "The Clojure object of the `ClojureObject` or of the exception of pybridge's at `pointer`, borrowed; nil of one that began in Python."
  [env ^long pointer]
  (attribute->clojure env pointer :_capsule))
