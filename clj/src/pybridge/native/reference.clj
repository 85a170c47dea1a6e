(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.reference
  "The life of a Python reference in the JVM: who owns it, when it is dropped, and how its memory counts."
  (:require [pybridge.handle :as handle]
            [pybridge.native.env :as env :refer [api]]
            [pybridge.native.gil :as gil]
            [pybridge.native.kinds :as kinds]
            [pybridge.native.memory :as memory]
            [pybridge.native.python-error :as python-error]
            [pybridge.native.traces :as traces]
            [pybridge.once :refer [once]])
  (:import (clojure.lang IPending Range)
           (java.util ArrayList Collections IdentityHashMap Set)
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

(def ^:private ^:const most-computed "So much of a lazy seq that leaves a scope is computed in it." 10000)

(defn- identity-set ^Set [expected] (Collections/newSetFromMap (IdentityHashMap. (int expected))))

(def ^:private ^:const few 4)

(defn- add-handles
  "Add the handles inside the plain data `x` to `found`. Each collection is looked through once, `seen` has those; a lazy seq as far as it
  is computed, and `most` elements of it in any case."
  [^Set found ^Set seen most x]
  (cond
    (handle/handle? x) (.add found x)
    (or (not (coll? x)) (instance? Range x) (not (.add seen x))) nil
    (or (counted? x) (map? x)) (run! #(add-handles found seen most %) x)
    :else (loop [xs x, n 0]
            (when (or (< n (long most)) (not (instance? IPending xs)) (realized? xs))
              (when-let [xs (seq xs)]
                (add-handles found seen most (first xs))
                (let [more (rest xs)]
                  (when (.add seen more) (recur more (inc n)))))))))

(defn- kept-of
  "Those of the handles `received` that are in the plain data `x`, of whose lazy seqs `most` elements are computed."
  ^Set [^ArrayList received most x]
  (if (or (.isEmpty received) (not (or (handle/handle? x) (coll? x))))
    (Collections/emptySet)
    (let [found (identity-set few)]
      (add-handles found (identity-set few) most x)
      (when-not (.isEmpty found)
        (.retainAll found (doto (identity-set (.size received)) (.addAll received))))
      found)))

(defn- data-thrown
  "The data of `throwable` and of its causes; that of Python's exceptions holds nothing that a scope releases."
  [throwable]
  (into [] (comp (remove python-error/python-error?) (map traces/data)) (traces/causes throwable)))

(defn outside-scope
  "Call `body`; the handles that this thread receives meanwhile belong to no scope. A virtual thread's calls have none anyway."
  [body]
  (if (env/virtual?)
    (body)
    (let [^Env env (env/current)
          outer (.scope env)]
      (.setScope env nil)
      (try
        (body)
        (finally (.setScope env outer))))))

(defn- end-scope
  "Release the handles `received` but for those in `kept`, which the scope `outer`, if there is one, has received then."
  [^Env env ^ArrayList outer ^ArrayList received ^Set kept]
  (.setScope env outer)
  (when outer (.addAll outer kept))
  (when-not (.isEmpty received)
    (gil/with-gil [env]
      (run! #(when-not (.contains kept %) (release env %)) received))))

(defn- in-threads-scope
  "Call `body` in a scope of this thread's."
  [body]
  (let [^Env env (env/current)
        outer (.scope env)
        received (ArrayList.)]
    (.setScope env received)
    (try
      (let [result (body)]
        (end-scope env outer received (kept-of received most-computed result))
        result)
      (catch Throwable throwable
        (when (identical? received (.scope env))
          (end-scope env outer received (kept-of received 0 (data-thrown throwable))))
        (throw throwable)))))

(defn in-scope
  "Call `body`; at its end release every handle that this thread received meanwhile, but for those in what it gives or throws. A virtual
  thread's calls receive none in a scope."
  [body]
  (if (env/virtual?) (body) (in-threads-scope body)))
