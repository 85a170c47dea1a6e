(ns pybridge.native.handle
  "The life of a Python reference in the JVM: who owns it, when it is dropped, and how its memory counts."
  (:require [pybridge.handle :as handle]
            [pybridge.native.interpreter :as python :refer [api frame]])
  (:import (java.lang.ref Cleaner)
           (java.util ArrayList Collections IdentityHashMap Set)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicLong)
           (pybridge.handle Handle)
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
(def ^:private ^Set weighed "The addresses of the objects whose bytes a living handle has brought: another handle on one brings none."
  (ConcurrentHashMap/newKeySet))

(defn- count-bytes [^long n]
  (when (> (.addAndGet bytes-since-collection n) (long collection-budget))
    (.set bytes-since-collection 0)
    (System/gc)))

(defn- forget
  "Drop what `reference` holds, unless that is done; the GIL is held."
  [^Reference reference]
  (let [address (.take reference)]
    (when-not (zero? address)
      (when (pos? (.weight reference)) (.remove weighed address))
      (.Py_DecRef api address))))

(defn- drop-later [^Reference reference]
  (reify Runnable
    (run [_] (.add python/dropped (fn [] (forget reference))))))

(defn- owner ^Handle [^long address ^long weight]
  (let [reference (Reference. address weight)
        owner (Handle. reference)]
    (.register cleaner owner ^Runnable (drop-later reference))
    owner))

(defn lasting
  "A handle that owns the new reference at `address`, which no scope releases: a module, class or function is there anyway, and
  much keeps one for later; an exception leaves the scope in which it was thrown."
  ^Handle [^long address]
  (owner address 0))

(defn own
  "A handle that owns the new reference at `address`; `weight` is how many bytes of Python's memory it keeps alive."
  (^Handle [^long address] (own address 0))
  (^Handle [^long address ^long weight]
   (let [weight (if (and (pos? weight) (.add weighed address)) weight 0)
         owner (owner address weight)
         scope (.scope (frame))]
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
  (let [^Reference reference (.-reference owner)]
    (when-not (zero? (.pointer reference))
      (.addAndGet bytes-since-collection (- (.weight reference)))
      (forget reference))))

(defn- handles-in
  "The handles inside the plain data `x`."
  [x]
  (cond
    (handle/handle? x) [x]
    (coll? x) (filter handle/handle? (tree-seq #(and (coll? %) (not (handle/handle? %))) seq x))))

(defn- handles-thrown
  "The handles in the data of `throwable` and of its causes."
  [throwable]
  (handles-in (mapv ex-data (take-while some? (iterate ex-cause throwable)))))

(defn in-scope
  "Call `body`; at its end release every handle that this thread received meanwhile, but for those in what it gives or throws."
  [body]
  (let [^Frame frame (frame)
        ^ArrayList outer (.scope frame)
        received (ArrayList.)
        ^Set escaping (Collections/newSetFromMap (IdentityHashMap.))]
    (.setScope frame received)
    (try
      (let [result (body)]
        (run! #(.add escaping %) (handles-in result))
        result)
      (catch Throwable throwable
        (run! #(.add escaping %) (handles-thrown throwable))
        (throw throwable))
      (finally
        (.setScope frame outer)
        (when outer (.addAll outer escaping))
        (python/with-gil [_]
          (dotimes [i (.size received)]
            (let [owner (.get received i)]
              (when-not (.contains escaping owner)
                (release owner)))))))))
