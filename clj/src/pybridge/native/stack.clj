(ns pybridge.native.stack
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

(def ^:private ^:const near
  "Bytes below a thread's first call that are taken for granted: to ask for the stack's end takes a tenth of a millisecond."
  65536)

(defn expected-floor
  "Down to where a thread that makes its first call may come before its stack's end is asked for."
  ^long []
  (- (pointer) (long near)))

(def ^:private ^:const most-reserved 196608)

(defn floor
  "Down to where this thread may come: what a call of Python and an error in it need is left below. The JVM itself keeps about a
  hundred kilobytes for C functions."
  ^long []
  (with-memory [attributes 128]
    (platform/call-at (platform/libc "pthread_getattr_np") 'int '[long long] (platform/call-at (platform/libc "pthread_self") 'long []) attributes)
    (platform/call-at (platform/libc "pthread_attr_getstack") 'int '[long long long] attributes (+ attributes 64) (+ attributes 72))
    (platform/call-at (platform/libc "pthread_attr_destroy") 'int '[long] attributes)
    (let [size (peek-word (+ attributes 72))]
      (+ (peek-word (+ attributes 64)) (min (long most-reserved) (quot size 3))))))
