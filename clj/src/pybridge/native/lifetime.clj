(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.lifetime
  "One Python object for each Clojure function, and which of the two sides keeps the other alive.

  What Python keeps by identity, such as the traces of a compiled function, needs the same object for a function as long as that
  lives in Clojure. So the JVM holds the object as long as the function lives, and the object holds the function as long as Python
  holds more of it than that one reference; which of them it is, each collection of the JVM looks. README.md has the states."
  (:require [pybridge.native.env :as env :refer [api new-reference]]
            [pybridge.native.gil :as gil]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.memory :as memory]
            [pybridge.native.platform :as platform :refer [peek-word poke-word]]
            [pybridge.native.reference :as reference]
            [pybridge.native.text :as text]
            [pybridge.once :refer [once]])
  (:import (clojure.lang Var)
           (java.lang.ref WeakReference)
           (java.util Collections Map WeakHashMap)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicLong)
           (pybridge.native.capi DropTarget)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(once Holder
  (definterface Holder
    (function [])
    (hold [f])
    (loosen [])))

(once Entry
  (deftype Entry [^:volatile-mutable held ^WeakReference reference]
    Holder
    (function [_] (.get reference))
    (hold [_ f] (set! held f))
    (loosen [_] (set! held nil))))

;; The number in a Python object -> the `Entry` of its Clojure function, until the object ends.
(defonce ^:private ^ConcurrentHashMap entries (ConcurrentHashMap.))
(defonce ^:private ^AtomicLong numbers (AtomicLong. 1))

(defn live "How many Clojure functions Python has." [] (.size entries))

(once Layout
  ;; type:   the address of the Python type of Clojure functions
  ;; call:   where an instance keeps the C function that its calls go to
  ;; number: where it keeps its number
  (deftype Layout [^long type ^long call ^long number]))

;; Set once. A promise would not do: to read one throws on a thread that is interrupted, and the interrupt is lost.
(deftype Finalizer [^AtomicLong number-offset]
  DropTarget
  (drop [_ object]
    (when-not (gil/forked?)
      (try
        (.remove entries (peek-word (+ object (.get number-offset))))
        (catch Throwable _ nil)))))

(defn- attribute->long [^Env env ^long object attribute-name]
  (let [value (new-reference env (.PyObject_GetAttr (api env) object (text/name->python env attribute-name)))
        n (.PyLong_AsLongLongAndOverflow (api env) value (.scratch env))]
    (.Py_DecRef (api env) value)
    n))

(defn- make-type
  "The type of Clojure functions, kept for ever: made by Python, which calls `finalizer` for an instance that ends."
  ^long [env ^long finalizer]
  (let [address (new-reference env (.PyLong_FromLongLong (api env) finalizer))]
    (try
      (helpers/call-helper env "function_type" address)
      (finally (.Py_DecRef (api env) address)))))

(defonce ^:private layout
  (delay
    (let [env (env/current)
          number-offset (AtomicLong.)
          type (make-type env (platform/drop-stub (Finalizer. number-offset)))
          size (long (attribute->long env type :__basicsize__))]
      (.set number-offset (- size 8))
      (Layout. type (- size 16) (- size 8)))))

(defn number-offset
  "Where an object of a Clojure function keeps its number."
  ^long []
  (.-number ^Layout @layout))

(defn function-of
  "The Clojure function of the object whose number is at `address`."
  [^long address]
  (let [^Entry entry (.get entries (peek-word address))]
    (or (when entry (.function entry))
        (throw (IllegalStateException. "this Clojure function is gone: nothing held it but a weak reference")))))

(defn object->function
  "The Clojure function of the object of our type at `pointer`, borrowed; nil when it is gone."
  [^long pointer]
  (let [^Entry entry (.get entries (peek-word (+ pointer (number-offset))))]
    (when entry (.function entry))))

(once FunctionObject (deftype FunctionObject [owner ^Entry entry root]))

;; Clojure function -> its `FunctionObject`.
(defonce ^:private ^Map function-objects (Collections/synchronizedMap (WeakHashMap.)))

(defn- loosen-unheld
  "Let the functions go whose objects nobody but the JVM holds."
  [env]
  (locking function-objects
    (doseq [^FunctionObject object (.values function-objects)]
      (when (== 1 (env/references env (reference/address (.-owner object))))
        (.loosen ^Entry (.-entry object))))))

(defn- look-after-collection
  "Have what one side keeps of the other looked at after each collection of the JVM."
  []
  (memory/when-collected (Object.)
                         (fn []
                           (let [in-use (memory/heap-in-use)]
                             (.add env/releases
                                   (fn [env]
                                     (let [looked? (memory/look-for-cycles env in-use)]
                                       (try
                                         (loosen-unheld env)
                                         (finally (look-after-collection)))
                                       (when (and looked? (memory/nearly-full? in-use)) (System/gc)))))))))

(defonce ^:private looking (delay (look-after-collection)))

(defn- root
  "What a var holds for all threads: another definition of it is another function."
  [f]
  (when (var? f) (.getRawRoot ^Var f)))

(defn- new-function-object [env f ^long call]
  (let [^Layout layout @layout
        entry (Entry. f (WeakReference. f))
        number (.getAndIncrement numbers)
        object (new-reference env (.PyType_GenericAlloc (api env) (.-type layout) 0))]
    (.put entries number entry)
    (poke-word (+ object (.-call layout)) call)
    (poke-word (+ object (.-number layout)) number)
    (FunctionObject. (reference/lasting env object) entry (root f))))

(defn function->python
  "The Python object of the Clojure function `f`: a new reference, to the same object each time. A new one's calls go to the C function
  whose address `call-stub` gives for `f`."
  ^long [env f call-stub]
  (force looking)
  (let [^FunctionObject known (.get function-objects f)
        ^FunctionObject object (if (and known (identical? (root f) (.-root known)))
                                 known
                                 (let [made (new-function-object env f (long (call-stub f)))]
                                   (.put function-objects f made)
                                   made))
        address (reference/address (.-owner object))]
    (.Py_IncRef (api env) address)
    (.hold ^Entry (.-entry object) f)
    address))
