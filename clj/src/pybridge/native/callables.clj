(ns pybridge.native.callables
  "Clojure functions as Python callables: builtin functions whose `__self__` is a capsule of the Clojure function."
  (:require [pybridge.names :as names]
            [pybridge.native.capsule :as capsule :refer [capsule->clojure]]
            [pybridge.native.env :as env :refer [api new-reference types]]
            [pybridge.native.exceptions :as exceptions]
            [pybridge.native.forks :as forks]
            [pybridge.native.gil :as gil]
            [pybridge.native.platform :as platform :refer [peek-word poke-int poke-word]]
            [pybridge.native.reference :as reference]
            [pybridge.native.signature :as signature :refer [arglist]]
            [pybridge.native.text :as text]
            [pybridge.native.to-clojure :refer [borrowed->clojure]]
            [pybridge.native.to-python :refer [->python Foreign]]
            [pybridge.once :refer [once]])
  (:import (clojure.lang Fn IMeta MultiFn Var)
           (java.lang ClassValue)
           (java.lang.ref Cleaner WeakReference)
           (java.util Collections Map WeakHashMap)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicLong)
           (pybridge.native.capi CallTarget)
           (pybridge.native.capsule Entry)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const deepest 200)

(defn- positional [env ^long arguments ^long n]
  (loop [i 0, xs (transient [])]
    (if (< i n)
      (recur (inc i) (conj! xs (borrowed->clojure env (peek-word (+ arguments (* 8 i))))))
      (persistent! xs))))

(defn- options-of
  "[[name value] …] of the keyword arguments that follow `n` others."
  [env ^long arguments ^long n ^long keyword-names]
  (mapv (fn [i]
          [(text/string->clojure env (.PyTuple_GetItem (api env) keyword-names (long i)))
           (borrowed->clojure env (peek-word (+ arguments (* 8 (+ n (long i))))))])
        (range (.PyTuple_Size (api env) keyword-names))))

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
  [^Thread thread]
  (when-not (.getContextClassLoader thread)
    (.setContextClassLoader thread (.getClassLoader CallTarget))))

(defn- invoke
  "Call `f` with the GIL given away: its body may wait for another thread's call of Python."
  [env f xs]
  (gil/without-gil env (apply f xs)))

(defn- function-of [env ^long self]
  (or (capsule->clojure env self) (throw (IllegalStateException. "this Clojure function is gone: nothing held it but a weak reference"))))

(defn- answer
  "What the function `f` gives for the arguments `xs`: a new reference."
  ^long [env f xs]
  (->python env (invoke env f xs)))

(deftype Trampoline []
  CallTarget
  (call [_ self arguments n keyword-names]
    (let [^Env env (env/current)]
      (if (gil/forked?)
        (do (forks/refuse env) 0)
        (try
          (if (> (.enterClojure env) (long deepest))
            (throw (ex-info (str "calls between Clojure and Python are nested more than " deepest " deep; is a function calling itself across the bridge?")
                            {:reason :too-deep}))
            (do
              (gil/refuse-when-closing)
              (prepare-thread (.-thread env))
              (let [f (function-of env self)
                    xs (positional env arguments n)]
                (answer env f (if (zero? keyword-names)
                                xs
                                (with-options xs (options-of env arguments n keyword-names)
                                  (some-> (arglist f) signature/parameters)))))))
          (catch Throwable throwable
            ;; On an exhausted stack even describing the error fails: Python then raises SystemError for the bare zero.
            (try (exceptions/raise env throwable) 0 (catch Throwable _ 0)))
          (finally (.leaveClojure env)))))))

(def ^:private call-stub (delay (platform/call-stub (Trampoline.))))

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

;; What Python keeps by identity, such as the traces of a compiled function, needs the same callable for a function as long as
;; that lives in Clojure. So the JVM holds the callable as long as the function lives, and the callable holds the function as
;; long as Python holds more of it than that one reference; which of them it is, each collection of the JVM looks.

(defonce ^:private ^Cleaner collections (Cleaner/create))

(once FunctionObject (deftype FunctionObject [owner ^Entry entry ^long definition root]))

;; Clojure function -> its `FunctionObject`.
(defonce ^:private ^Map function-objects (Collections/synchronizedMap (WeakHashMap.)))

(defn- references
  "The reference count of the object at `pointer`."
  ^long [env ^long pointer]
  (bit-and 0xFFFFFFFF (peek-word (+ pointer (- (.type-offset (types env)) 8)))))

(defn- look-after-collection
  "After the next collection, let the functions go whose callables nobody but the JVM holds."
  []
  (.register collections (Object.)
             (fn []
               (.add env/releases
                     (fn [env]
                       (locking function-objects
                         (doseq [^FunctionObject object (.values function-objects)]
                           (when (== 1 (references env (reference/address (.-owner object))))
                             (.loosen ^Entry (.-entry object)))))
                       (look-after-collection))))))

(defonce ^:private looking (delay (look-after-collection)))

(defn- root
  "What a var holds for all threads: another definition of it is another function."
  [f]
  (when (var? f) (.getRawRoot ^Var f)))

(defn- new-function-object [env f ^long definition]
  (let [entry (Entry. f (WeakReference. f))
        self (capsule/new-capsule env entry)
        callable (.PyCFunction_NewEx (api env) definition self 0)]
    (.Py_DecRef (api env) self)
    (FunctionObject. (reference/lasting env (new-reference env callable)) entry definition (root f))))

(defn- function-object ^FunctionObject [env f]
  (force looking)
  (let [definition (definition-of f)
        ^FunctionObject known (.get function-objects f)]
    (if (and known (== definition (.-definition known)) (identical? (root f) (.-root known)))
      known
      (let [made (new-function-object env f definition)]
        (.put function-objects f made)
        made))))

(defn function->python
  "The Python callable of the Clojure function `f`: a new reference, to the same callable each time."
  ^long [env f]
  (let [object (function-object env f)
        address (reference/address (.-owner object))]
    (.Py_IncRef (api env) address)
    (.hold ^Entry (.-entry object) f)
    address))

(extend-protocol Foreign
  Fn (foreign->python [f env] (function->python env f))
  Var (foreign->python [v env] (function->python env v))
  MultiFn (foreign->python [f env] (function->python env f)))
