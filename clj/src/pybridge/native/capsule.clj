(ns pybridge.native.capsule
  "Clojure objects in Python: a capsule is Python's reference to an entry of `registry`, which goes when Python drops the capsule."
  (:require [pybridge.native.interpreter :as python :refer [api new-reference]]
            [pybridge.native.platform :as platform]
            [pybridge.native.text :as text])
  (:import (java.lang.ref WeakReference)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicLong)
           (pybridge.native.capi DropTarget)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(definterface Holder
  (object [])
  (hold [x])
  (loosen []))

(deftype Entry [^:volatile-mutable held ^WeakReference reference]
  Holder
  (object [_] (.get reference))
  (hold [_ x] (set! held x))
  (loosen [_] (set! held nil)))

(def ^:private ^ConcurrentHashMap registry "Id -> the entry of a Clojure object, as long as Python has its capsule." (ConcurrentHashMap.))
(def ^:private ^AtomicLong ids (AtomicLong. 1))

(defn live "How many Clojure objects Python has." [] (.size registry))

(deftype Identity [x]
  Object
  (hashCode [_] (System/identityHashCode x))
  (equals [_ other] (and (instance? Identity other) (identical? x (.-x ^Identity other)))))

(def ^:private ^ConcurrentHashMap capsules
  "Clojure object, but for functions -> the address of its capsule, so that one object is one in Python too."
  (ConcurrentHashMap.))

(def ^:private capsule-name (delay (platform/c-string "pybridge.clojure")))

(deftype Dropper []
  DropTarget
  (drop [_ capsule]
    (when-not (python/forked?)
      (try
        (let [id (.PyCapsule_GetPointer api capsule (long @capsule-name))
              ^Entry entry (.remove registry id)]
          (when entry (.remove capsules (Identity. (.object entry)))))
        (catch Throwable _ nil)))))

(def ^:private drop-stub (delay (platform/drop-stub (Dropper.))))

(defn new-capsule
  "A capsule of the Clojure object in `entry`: a new reference."
  ^long [entry]
  (let [id (.getAndIncrement ids)
        made (new-reference (.PyCapsule_New api id (long @capsule-name) (long @drop-stub)))]
    (.put registry id entry)
    made))

(defn capsule
  "A capsule of the Clojure object `x`: a new reference, the same capsule while Python holds one."
  ^long [x]
  (let [identity (Identity. x)]
    (if-let [existing (.get capsules identity)]
      (let [existing (long existing)] (.Py_IncRef api existing) existing)
      (let [made (new-capsule (Entry. x (WeakReference. x)))]
        (.put capsules identity made)
        made))))

(defn capsule->clojure
  "The Clojure object of the capsule at `pointer`; nil for a function that is gone."
  [^long pointer]
  (.object ^Entry (.get registry (.PyCapsule_GetPointer api pointer (long @capsule-name)))))

(defn capsule?
  "Is the object at `pointer` a capsule of ours?"
  [^long pointer]
  (== 1 (.PyCapsule_IsValid api pointer (long @capsule-name))))

(def ^:private self-name (delay (text/string->python "__self__")))

(defn builtin->clojure
  "The Clojure function of the builtin function at `pointer`, borrowed; nil when it is one of Python's own."
  [^long pointer]
  (let [self (new-reference (.PyObject_GetAttr api pointer @self-name))]
    (try
      (when (capsule? self) (capsule->clojure self))
      (finally (.Py_DecRef api self)))))
