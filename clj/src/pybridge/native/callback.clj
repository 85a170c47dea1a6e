(ns pybridge.native.callback
  "Clojure functions as Python twins: builtin functions whose `__self__` is a capsule of the Clojure function."
  (:require [pybridge.names :as names]
            [pybridge.native.capsule :as capsule :refer [capsule->clojure]]
            [pybridge.native.failure :as failure]
            [pybridge.native.fork :as fork]
            [pybridge.native.handle :as handle]
            [pybridge.native.interpreter :as python :refer [api new-reference]]
            [pybridge.native.platform :as platform :refer [peek-word poke-int poke-word]]
            [pybridge.native.signature :as signature :refer [arglist]]
            [pybridge.native.text :as text]
            [pybridge.native.to-clojure :refer [borrowed->clojure]]
            [pybridge.native.to-python :refer [->python Foreign]])
  (:import (clojure.lang Fn IMeta MultiFn Var)
           (java.lang ClassValue)
           (java.lang.ref Cleaner WeakReference)
           (java.util Collections Map WeakHashMap)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicLong)
           (pybridge.native.capi CallTarget)
           (pybridge.native.capsule Entry)
           (pybridge.native.interpreter Frame Known)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

;; ---- calls from Python ---------------------------------------------------------------------------------------------

(def ^:private ^:const deepest 200)

(defn- positional [^long arguments ^long n]
  (loop [i 0, xs (transient [])]
    (if (< i n)
      (recur (inc i) (conj! xs (borrowed->clojure (peek-word (+ arguments (* 8 i))))))
      (persistent! xs))))

(defn- options-of
  "[[name value] …] of the keyword arguments that follow `n` others."
  [^long arguments ^long n ^long keyword-names]
  (mapv (fn [i]
          [(text/string->clojure (.PyTuple_GetItem api keyword-names (long i)))
           (borrowed->clojure (peek-word (+ arguments (* 8 (+ n (long i))))))])
        (range (.PyTuple_Size api keyword-names))))

(defn- with-options
  "`xs` and the keyword arguments `options`: those that the function names go to their place, the rest into a trailing map."
  [xs options parameters]
  (let [given (into {} options)
        named (take-while #(contains? given %) (drop (count xs) parameters))
        rest (remove (comp (set named) first) options)]
    (cond-> (into xs (map given) named)
      (seq rest) (conj (into {} (map (fn [[k v]] [(names/->keyword k) v])) rest)))))

(defn- prepare-thread
  "Threads that Python started have no class loader, without which Clojure finds no classes."
  []
  (let [thread (Thread/currentThread)]
    (when-not (.getContextClassLoader thread)
      (.setContextClassLoader thread (.getClassLoader CallTarget)))))

(defn- invoke
  "Call `f` with the GIL given away: its body may wait for another thread's call of Python."
  [f xs]
  (python/without-gil (apply f xs)))

(defn- answer ^long [^long self ^long arguments ^long n ^long keyword-names]
  (python/refuse-when-closing)
  (prepare-thread)
  (let [f (or (capsule->clojure self) (throw (IllegalStateException. "this Clojure function is gone: nothing held it but a weak reference")))
        xs (positional arguments n)
        xs (if (zero? keyword-names) xs (with-options xs (options-of arguments n keyword-names) (some-> (arglist f) signature/parameters)))]
    (->python (invoke f xs))))

(deftype Trampoline []
  CallTarget
  (call [_ self arguments n keyword-names]
    (if (python/forked?)
      (do (fork/refuse) 0)
      (let [^Frame frame (python/frame)]
        (try
          (if (> (.deeper frame) (long deepest))
            (throw (ex-info (str "calls between Clojure and Python are nested more than " deepest " deep; is a function calling itself across the bridge?")
                            {:reason :too-deep}))
            (answer self arguments n keyword-names))
          (catch Throwable throwable
            ;; On an exhausted stack even describing the error fails: Python then raises SystemError for the bare zero.
            (try (failure/raise throwable) 0 (catch Throwable _ 0)))
          (finally (.shallower frame)))))))

(def ^:private call-stub (delay (platform/call-stub (Trampoline.))))

;; ---- what Python knows of a function -------------------------------------------------------------------------------

(def ^:private ^ConcurrentHashMap definitions (ConcurrentHashMap.))
(def ^:private ^:const fastcall-with-keywords 0x82)

(defn- definition
  "The PyMethodDef of [name signature doc], which Python keeps a pointer to: made once for each."
  ^long [[function-name signature doc :as described]]
  (long (or (.get definitions described)
            (let [struct (platform/allocate 32)]
              (poke-word struct (platform/c-string function-name))
              (poke-word (+ struct 8) @call-stub)
              (poke-int (+ struct 16) fastcall-with-keywords)
              (poke-word (+ struct 24) (platform/c-string (str function-name "(" signature ")\n--\n\n" doc)))
              (.put definitions described struct)
              struct))))

(def ^:private ^ClassValue definition-of-class
  "For functions that say nothing of themselves."
  (proxy [ClassValue] []
    (computeValue [_] (AtomicLong.))))

(def ^:private ^Map definition-of-meta
  "For vars, and functions that carry their arglist."
  (Collections/synchronizedMap (WeakHashMap.)))

(defn- definition-of
  "The PyMethodDef of `f`."
  ^long [f]
  (let [metadata (when (instance? IMeta f) (meta f))]
    (cond
      (nil? metadata) (let [^AtomicLong known (.get definition-of-class (class f))]
                        (when (zero? (.get known)) (.set known (definition (signature/described f))))
                        (.get known))
      (arglist f) (long (or (.get definition-of-meta metadata)
                            (let [made (definition (signature/described f))]
                              (.put definition-of-meta metadata made)
                              made)))
      :else (definition (signature/described f)))))

;; ---- one function, one callable -------------------------------------------------------------------------------------

;; What Python keeps by identity, such as the traces of a compiled function, needs the same callable for a function as long as
;; that lives in Clojure. So the JVM holds the callable as long as the function lives, and the callable holds the function as
;; long as Python holds more of it than that one reference; which of them it is, each collection of the JVM looks.

(def ^:private ^Cleaner collections (Cleaner/create))

(deftype Twin [owner ^Entry entry ^long definition root])

(def ^:private ^Map twins "Clojure function -> its `Twin`." (Collections/synchronizedMap (WeakHashMap.)))

(defn- references
  "The reference count of the object at `pointer`."
  ^long [^long pointer]
  (bit-and 0xFFFFFFFF (peek-word (+ pointer (- (.type-offset ^Known python/known) 8)))))

(defn- look-after-collection
  "After the next collection, let the functions go whose callables nobody but the JVM holds."
  []
  (.register collections (Object.)
             (fn []
               (.add python/dropped
                     (fn []
                       (locking twins
                         (doseq [^Twin twin (.values twins)]
                           (when (== 1 (references (handle/address (.-owner twin))))
                             (.loosen ^Entry (.-entry twin)))))
                       (look-after-collection))))))

(def ^:private looking (delay (look-after-collection)))

(defn- root
  "What a var holds for all threads: another definition of it is another function."
  [f]
  (when (var? f) (.getRawRoot ^Var f)))

(defn- new-twin [f ^long definition]
  (let [entry (Entry. f (WeakReference. f))
        self (capsule/new-capsule entry)
        callable (.PyCFunction_NewEx api definition self 0)]
    (.Py_DecRef api self)
    (Twin. (handle/lasting (new-reference callable)) entry definition (root f))))

(defn- twin-of ^Twin [f]
  (force looking)
  (let [definition (definition-of f)
        ^Twin known (.get twins f)]
    (if (and known (== definition (.-definition known)) (identical? (root f) (.-root known)))
      known
      (let [made (new-twin f definition)]
        (.put twins f made)
        made))))

(defn function->python
  "The Python callable of the Clojure function `f`: a new reference, to the same callable each time."
  ^long [f]
  (let [twin (twin-of f)
        address (handle/address (.-owner twin))]
    (.Py_IncRef api address)
    (.hold ^Entry (.-entry twin) f)
    address))

(extend-protocol Foreign
  Fn (foreign->python [f] (function->python f))
  Var (foreign->python [v] (function->python v))
  MultiFn (foreign->python [f] (function->python f))
  Throwable (foreign->python [throwable] (capsule/capsule throwable)))
