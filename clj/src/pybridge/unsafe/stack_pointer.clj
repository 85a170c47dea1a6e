(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.unsafe.stack-pointer
  "A thread's stack pointer by a function of two machine instructions, which no C library has."
  (:require [pybridge.native.platform :as platform]))

(set! *warn-on-reflection* true)

(def ^:private machine-code
  {"amd64" [0x48 0x89 0xE0 0xC3]                        ; mov rax, rsp; ret
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

(defn supplier
  "A LongSupplier of the stack pointer on Linux, or nil where the processor is another or the system allows no code to be written."
  []
  (some-> (machine-code (System/getProperty "os.arch")) executable platform/supplier))
