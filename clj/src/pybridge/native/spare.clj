(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.spare
  "Memory that a session keeps back while its blocks run. Where one fills the heap, it is given for what comes then: to tell of the
  OutOfMemoryError, and the next block, which may let go of what fills the heap. The first collection that frees enough has it kept back
  again, perhaps while another block runs that is about to fill the heap."
  (:require [pybridge.native.memory :as memory]
            [pybridge.native.traces :as traces])
  (:import (java.util.concurrent.atomic AtomicReference)))

(set! *warn-on-reflection* true)

(def ^:private ^:const size "Bytes: to compile and run a block takes less." (bit-shift-left 1 22))
(def ^:private ^:const beside "Bytes that are left when it is kept back again: what was given may be needed still." (* 3 size))

(defonce ^:private ^AtomicReference spare (AtomicReference.))

(defn- room? []
  (< (+ (memory/heap-in-use) size beside) (.maxMemory (Runtime/getRuntime))))

(defn keep-back!
  "Keep memory back, unless that is done: now, or once a collection has made room for it."
  []
  (when-not (.get spare)
    (try
      (if (room?)
        (.compareAndSet spare nil (byte-array size))
        (memory/when-collected (Object.) keep-back!))
      (catch OutOfMemoryError _ nil)))
  nil)

(defn give!
  "Give what is kept back; whether there was any."
  []
  (let [given? (some? (.getAndSet spare nil))]
    (when given? (keep-back!))
    given?))

(defn exhausted?
  "Does `throwable` come from a want of memory?"
  [throwable]
  (boolean (some #(instance? OutOfMemoryError %) (traces/causes throwable))))
