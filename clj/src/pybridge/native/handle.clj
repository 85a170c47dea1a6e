(ns pybridge.native.handle
  "The life of a Python reference in the JVM: who owns it, when it is dropped, and how its memory counts."
  (:require [pybridge.handle :as handle]
            [pybridge.native.interpreter :as python :refer [api frame]])
  (:import (java.lang.ref Cleaner)
           (java.util ArrayList)
           (java.util.concurrent.atomic AtomicLong)
           (pybridge.handle Handle)
           (pybridge.native.capi Api)
           (pybridge.native.interpreter Frame)))

(set! *warn-on-reflection* true)

(definterface Pointer
  (^long pointer [])
  (^long take [])
  (^long weight []))

(deftype Reference [^:volatile-mutable ^long address ^long bytes]
  Pointer
  (pointer [_] address)
  (take [this] (locking this (let [a address] (set! address 0) a)))
  (weight [_] bytes))

(def ^:private ^Cleaner cleaner (Cleaner/create))

;; The collector sees a handle as a few bytes, whatever it holds: bytes that handles have brought since the last collection
;; are counted, and past the budget one is asked for.
(def ^:private ^AtomicLong bytes-since-collection (AtomicLong.))
(def ^:private ^:const collection-budget (* 256 1024 1024))

(defn- count-bytes [^long n]
  (when (> (.addAndGet bytes-since-collection n) (long collection-budget))
    (.set bytes-since-collection 0)
    (System/gc)))

(defn- drop-later [^Reference reference]
  (reify Runnable
    (run [_]
      (.add python/dropped
            (fn [] (let [address (.take reference)] (when-not (zero? address) (.Py_DecRef api address))))))))

(defn own
  "A handle that owns the new reference at `address`; `weight` is how many bytes of Python's memory it keeps alive."
  (^Handle [^long address] (own address 0))
  (^Handle [^long address ^long weight]
   (let [reference (Reference. address weight)
         owner (Handle. reference)
         scope (.scope (frame))]
     (.register cleaner owner ^Runnable (drop-later reference))
     (when scope (.add ^ArrayList scope owner))
     (when (pos? weight) (count-bytes weight))
     owner)))

(defn borrow
  "A handle on the object at `address`, which stays its owner's too."
  ^Handle [^long address]
  (.Py_IncRef api address)
  (own address))

(defn address
  "The object of `owner`, borrowed; the GIL is held. A released handle raises."
  ^long [^Handle owner]
  (let [^Reference reference (.-reference owner)
        address (.pointer reference)]
    (when (zero? address)
      (throw (IllegalStateException.
              "this handle was released at the end of its with-scope; return it from the scope to keep it")))
    address))

(defn release
  "Drop the reference of `owner` now; the GIL is held."
  [^Handle owner]
  (let [^Reference reference (.-reference owner)
        address (.take reference)]
    (when-not (zero? address)
      (.addAndGet bytes-since-collection (- (.weight reference)))
      (.Py_DecRef api address))))

(defn- kept
  "The handles inside the plain data `x`."
  [x]
  (filter handle/handle? (tree-seq #(and (coll? %) (not (handle/handle? %))) seq x)))

(defn in-scope
  "Call `body`; at its end release every handle that this thread received meanwhile, but for those in the result."
  [body]
  (let [^Frame frame (frame)
        outer (.scope frame)
        received (ArrayList.)]
    (.setScope frame received)
    (let [escaping (volatile! #{})]
      (try
        (let [result (body)]
          (vreset! escaping (set (map #(System/identityHashCode %) (kept result))))
          (when outer (.addAll ^ArrayList outer (kept result)))
          result)
        (finally
          (.setScope frame outer)
          (python/with-gil [_]
            (doseq [owner received
                    :when (not (contains? @escaping (System/identityHashCode owner)))]
              (release owner))))))))
