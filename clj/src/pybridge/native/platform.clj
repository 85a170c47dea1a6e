(ns pybridge.native.platform
  "Memory and C functions by what this Java has: its foreign-function API from Java 22 on, before that JNA, which libpython-clj
  brings. Both namespaces have the same names; this one has those that are in use, and what stands on them."
  (:import (java.nio.charset StandardCharsets)
           (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

(def in-use
  "The namespace of this Java's way into C."
  (if (>= (.feature (Runtime/version)) 22) 'pybridge.native.foreign 'pybridge.native.jna))

(require in-use)

(doseq [[var-name found] (ns-publics in-use)]
  (intern *ns* (with-meta var-name (meta found)) @found))

;; ---- text ----------------------------------------------------------------------------------------------------------

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

;; ---- libraries -----------------------------------------------------------------------------------------------------

(defn find-symbol
  "The address of `symbol-name` in `library` (a dlopen handle; zero stands for all of the process), or zero."
  ^long [^long library symbol-name]
  (long (call-at (libc "dlsym") 'long '[long long] library (c-string symbol-name))))

(defn open-library
  "Open the shared library at `path` for the whole process (extension modules need its symbols); a dlopen handle, or zero."
  ^long [path]
  (let [now-and-global (if (= "Mac OS X" (System/getProperty "os.name")) 0xA 0x102)]
    (long (call-at (libc "dlopen") 'long '[long int] (c-string path) (int now-and-global)))))
