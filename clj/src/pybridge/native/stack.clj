(ns pybridge.native.stack
  "How much of a thread's stack is left. A call into Python that runs out of it would end the process, where Clojure's own code
  gets a StackOverflowError; so a thread that has come too far down is refused. Known on Linux."
  (:require [pybridge.native.platform :as platform :refer [peek-word with-memory]])
  (:import (java.util.function LongSupplier)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private give-stack-pointer
  "The machine code of a function that gives its caller's stack pointer, which no C library has."
  {"amd64" [0x48 0x89 0xE0 0xC3]                          ; mov rax, rsp; ret
   "aarch64" [0xE0 0x03 0x00 0x91 0xC0 0x03 0x5F 0xD6]}) ; mov x0, sp; ret

(def ^:private ^:const page 4096)
(def ^:private ^:const read-and-write 3)
(def ^:private ^:const read-and-execute 5)
(def ^:private ^:const private-and-anonymous 0x22)

(defn- executable
  "The address of a page that holds `code`, or nil where the system allows none."
  [code]
  (let [address (long (platform/call-at (platform/libc "mmap") 'long '[long long int int int long]
                                        0 page (int read-and-write) (int private-and-anonymous) (int -1) 0))]
    (when-not (== -1 address)
      (platform/put-array address (byte-array (map unchecked-byte code)))
      (when (zero? (int (platform/call-at (platform/libc "mprotect") 'int '[long long int] address page (int read-and-execute))))
        address))))

(def ^:private ^LongSupplier stack-pointer
  (or (when (= "Linux" (System/getProperty "os.name"))
        (some-> (give-stack-pointer (System/getProperty "os.arch")) executable platform/supplier))
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
