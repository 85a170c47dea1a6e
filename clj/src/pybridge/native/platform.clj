(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.platform
  "Memory and C functions, through Java's foreign-function API from Java 22 on, before that through JNA.

  The half that depends on the Java is in one of two files, which define the same names: peek-word, poke-word, peek-int, poke-int,
  with-memory, allocate, get-bytes, put-array, fill-array, buffer-address, buffer-at, function-at, call-at, supplier, taking-address, libc,
  implement, call-stub, drop-stub."
  (:require [clojure.java.io :as io]
            [pybridge.native.capi :as capi]
            [pybridge.native.java :as java]
            [pybridge.once :refer [once]]
            [pybridge.unsafe :as unsafe])
  (:import (java.nio Buffer ByteOrder)
           (java.nio.charset StandardCharsets)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.function LongConsumer LongSupplier)
           (pybridge.native.capi Api CallTarget DropTarget)))

(set! *warn-on-reflection* true)

(def ^:private ^Class byte-arrays (class (byte-array 0)))
(def ^:private ^Class char-arrays (class (char-array 0)))
(def ^:private ^Class short-arrays (class (short-array 0)))
(def ^:private ^Class int-arrays (class (int-array 0)))
(def ^:private ^Class long-arrays (class (long-array 0)))
(def ^:private ^Class float-arrays (class (float-array 0)))
(def ^:private ^Class double-arrays (class (double-array 0)))

(cond
  (>= (java/feature) java/needed) (load "/pybridge/native/platform/ffm")
  (java/fault) (throw (ex-info (java/fault) #:pybridge{:reason :start}))
  (io/resource "pybridge/native/platform__init.class")
  (throw (ex-info (str "pybridge's classes on this class path are compiled for Java 22 and newer, and this is Java " (java/feature)
                       ": depend on io.github.pybridge/pybridge without aot, or ask `pybridge classpath` with PYBRIDGE_QUICK_START=0 in the "
                       "environment")
                  #:pybridge{:reason :start}))
  :else (load "/pybridge/native/platform/jna"))

(defn- terminated
  "UTF-8 with a zero at its end."
  ^bytes [^String s]
  (let [text (.getBytes s StandardCharsets/UTF_8)]
    (java.util.Arrays/copyOf text (inc (alength text)))))

(def ^:private ^ConcurrentHashMap c-strings (ConcurrentHashMap.))

(defn c-string
  "The address of `s` as C text, kept for ever: for names that the program has a fixed number of."
  ^long [^String s]
  (long (or (.get c-strings s)
            (let [text (terminated s)
                  address (allocate (alength text))]
              (put-array address text)
              (or (.putIfAbsent c-strings s address) address)))))

(defn text-at
  "The `n` bytes of UTF-8 at `address` as a string."
  [^long address ^long n]
  (String. ^bytes (get-bytes address n) StandardCharsets/UTF_8))

(def ^:private dlsym (function-at (libc "dlsym") 'long '[long long]))

(defn find-symbol
  "The address of `symbol-name` in `library` (a dlopen handle; zero stands for all of the process), or zero."
  ^long [^long library symbol-name]
  (long (dlsym library (c-string symbol-name))))

(defn open-library
  "Open the shared library at `path` for the whole process (extension modules need its symbols), or with nil what the process itself is
  made of; a dlopen handle, or zero."
  ^long [path]
  (let [now-and-global (if (= "Mac OS X" (System/getProperty "os.name")) 0xA 0x102)]
    (long (call-at (libc "dlopen") 'long '[long int] (if path (c-string path) 0) (int now-and-global)))))
