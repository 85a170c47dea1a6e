(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.program
  "Clojure programs as `pybridge run` runs them."
  (:require [clojure.main :as main])
  (:import (clojure.lang Compiler)
           (java.io StringReader)))

(set! *warn-on-reflection* true)

(defn value
  "Run the program in the file `path`, or its `text`, with `arguments`, as clojure.main does; the value of its last form."
  [^String path arguments & [text]]
  (main/with-bindings
    (in-ns 'user)
    (set! *command-line-args* (seq arguments))
    (if text
      (Compiler/load (StringReader. text) path path)
      (load-file path))))

(defn run
  "The same for a program whose last value nobody wants, which may have no end, or no form in Python."
  [path arguments & [text]]
  (value path arguments text)
  nil)
