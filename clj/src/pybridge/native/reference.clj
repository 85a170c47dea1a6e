(ns pybridge.native.reference
  "The life of a Python reference in the JVM: who owns it, when it is dropped, and how its memory counts."
  (:require [pybridge.handle :as handle]
            [pybridge.native.env :as env :refer [api]]
            [pybridge.native.gil :as gil]
            [pybridge.native.kinds :as kinds]
            [pybridge.native.memory :as memory]
            [pybridge.native.traces :as traces]
            [pybridge.once :refer [once]])
  (:import (java.util ArrayList Collections IdentityHashMap Set)
           (java.util.concurrent ConcurrentHashMap)
           (pybridge.handle Handle)
           (pybridge.native.bridge Bridge)
           (pybridge.native.env Env)
           (pybridge.native.kinds Kind)))

(set! *warn-on-reflection* true)

(once Pointer
  (definterface Pointer
    (^long pointer [])
    (^long take [])
    (^long weight [])))

(once Reference
  (deftype Reference [^:volatile-mutable ^long address ^long bytes]
    Pointer
    (pointer [_] address)
    (take [this] (locking this (let [a address] (set! address 0) a)))
    (weight [_] bytes)))

;; The addresses of the objects whose bytes a living handle has brought: another handle on one brings none.
(defonce ^:private ^Set weighed (ConcurrentHashMap/newKeySet))

(defn- forget
  "Drop what `reference` holds, unless that is done; the GIL is held."
  [env ^Reference reference]
  (let [address (.take reference)]
    (when-not (zero? address)
      (when (pos? (.weight reference))
        (.remove weighed address)
        (memory/forget-weight (.weight reference)))
      (.Py_DecRef (api env) address))))

(defn- drop-later [^Reference reference]
  (reify Runnable
    (run [_] (.add env/releases (fn [env] (forget env reference))))))

(defn- owner ^Handle [^Env env ^Kind kind ^long address ^long weight]
  (let [reference (Reference. address weight)
        owner (handle/handle (.-operations ^Bridge (.-bridge env)) reference kind (.-shape kind))]
    (memory/when-collected owner (drop-later reference))
    (memory/count-handle weight)
    owner))

(defn lasting
  "A handle that owns the new reference at `address`, which no scope releases: an exception leaves the scope in which it was thrown."
  ^Handle [env ^long address]
  (owner env (kinds/kind env address) address 0))

(defn own
  "A handle that owns the new reference at `address`; `weight` is how many bytes of Python's memory it keeps alive. No scope releases a
  module, class or function: it is there anyway, and much keeps one for later."
  (^Handle [env ^long address] (own env address 0))
  (^Handle [^Env env ^long address ^long weight]
   (let [weight (if (and (pos? weight) (.add weighed address)) weight 0)
         ^Kind kind (kinds/kind env address)
         owner (owner env kind address weight)
         scope (.scope env)]
     (when (and scope (not (identical? :lasting (.-crossing kind)))) (.add ^ArrayList scope owner))
     owner)))

(defn borrow
  "A handle on the object at `address`, which stays its owner's too."
  ^Handle [env ^long address]
  (.Py_IncRef (api env) address)
  (own env address))

(defn address
  "The object of `owner`, borrowed; the GIL is held. A released handle raises."
  ^long [^Handle owner]
  (let [^Reference reference (.reference owner)
        address (.pointer reference)]
    (when (zero? address)
      (throw (IllegalStateException.
              "this handle was released at the end of its with-scope; return it from the scope to keep it")))
    address))

(defn release
  "Drop the reference of `owner` now; the GIL is held."
  [env ^Handle owner]
  (let [^Reference reference (.reference owner)]
    (forget env reference)))

(defn- handles-in
  "The handles inside the plain data `x`."
  [x]
  (cond
    (handle/handle? x) [x]
    (coll? x) (filter handle/handle? (tree-seq #(and (coll? %) (not (handle/handle? %))) seq x))))

(defn- handles-thrown
  "The handles in the data of `throwable` and of its causes."
  [throwable]
  (handles-in (mapv traces/data (traces/causes throwable))))

(defn outside-scope
  "Call `body`; the handles that this thread receives meanwhile belong to no scope. A virtual thread's calls have none anyway."
  [body]
  (if (gil/virtual?)
    (body)
    (let [^Env env (env/current)
          outer (.scope env)]
      (.setScope env nil)
      (try
        (body)
        (finally (.setScope env outer))))))

(defn in-scope
  "Call `body`; at its end release every handle that this thread received meanwhile, but for those in what it gives or throws."
  [body]
  (let [^Env env (env/current)
        ^ArrayList outer (.scope env)
        received (ArrayList.)
        ^Set escaping (Collections/newSetFromMap (IdentityHashMap.))]
    (.setScope env received)
    (try
      (let [result (body)]
        (run! #(.add escaping %) (handles-in result))
        result)
      (catch Throwable throwable
        (run! #(.add escaping %) (handles-thrown throwable))
        (throw throwable))
      (finally
        (.setScope env outer)
        (when outer (.addAll outer escaping))
        (gil/with-gil [env]
          (dotimes [i (.size received)]
            (let [owner (.get received i)]
              (when-not (.contains escaping owner)
                (release env owner)))))))))
