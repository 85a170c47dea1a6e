(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.stack
  "How much of a thread's stack is left. A call into Python that runs out of it would end the process, where Clojure's own code
  gets a StackOverflowError; so a thread that has come too far down is refused. Known on Linux."
  (:require [pybridge.native.platform :as platform :refer [peek-word with-memory]]
            [pybridge.unsafe :as unsafe])
  (:import (java.util.function LongSupplier)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const context-size 4096)

(def ^:private saved-stack-pointer
  "Where the C library's getcontext puts the stack pointer in the structure that it fills."
  {"amd64" 160, "aarch64" 432})

(defn- by-getcontext
  "The stack pointer as getcontext saves it, which also asks the system for the thread's signals: a microsecond. nil where there is
  no such function."
  []
  (when-let [offset (saved-stack-pointer (System/getProperty "os.arch"))]
    (let [address (platform/find-symbol 0 "getcontext")]
      (when-not (zero? address)
        (let [save (platform/taking-address address)
              offset (long offset)]
          (reify LongSupplier
            (getAsLong [_]
              (with-memory [context context-size]
                (.accept save context)
                (peek-word (+ context offset))))))))))

(def ^:private ^LongSupplier stack-pointer
  (or (when (= "Linux" (System/getProperty "os.name"))
        (or (when-let [supplier (unsafe/part 'pybridge.unsafe.stack-pointer/supplier)] (supplier))
            (by-getcontext)))
      (reify LongSupplier (getAsLong [_] Long/MAX_VALUE))))

(defn pointer
  "This thread's stack pointer, or a number past all of them where it is not known."
  ^long []
  (.getAsLong stack-pointer))

(def ^:const reserved
  "Bytes that a call between the languages, what it calls and an error in it need below them. The JVM itself keeps about a hundred
  kilobytes for C functions."
  196608)

(def ^:private thread-functions
  (delay (mapv (fn [[function-name result types]] (platform/function-at (platform/libc function-name) result types))
               '[["pthread_self" long []]
                 ["pthread_getattr_np" int [long long]]
                 ["pthread_attr_getstack" int [long long long]]
                 ["pthread_attr_destroy" int [long]]])))

(defn extent
  "[lowest-address size] of this thread's stack, or nil where the stack pointer is not known."
  []
  (when-not (== Long/MAX_VALUE (pointer))
    (let [[self attributes-of stack-of destroy] @thread-functions]
      (with-memory [attributes 128]
        (attributes-of (self) attributes)
        (stack-of attributes (+ attributes 64) (+ attributes 72))
        (destroy attributes)
        [(peek-word (+ attributes 64)) (peek-word (+ attributes 72))]))))

(defn floor
  "Down to where this thread may come before a call between the languages is refused."
  ^long []
  (if-let [[lowest] (extent)] (+ (long lowest) (long reserved)) 0))
