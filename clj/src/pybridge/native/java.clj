(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.java
  "Does this Java do for pybridge, or what else does?"
  (:require [clojure.java.io :as io]))

(set! *warn-on-reflection* true)

(def ^:const needed "The first Java with the foreign-function API." 22)

(defn feature
  "Which Java this is: 25 for Java 25.0.2."
  []
  (.feature (Runtime/version)))

(defn libpython-clj?
  "Is libpython-clj on the class path, as source or compiled?"
  []
  (some io/resource ["libpython_clj2/python.clj" "libpython_clj2/python__init.class"]))

(defn fault
  "Why Python cannot be called on this Java, and what to do, in a sentence; nil where it can."
  []
  (when (and (< (feature) needed) (not (libpython-clj?)))
    (str "this is Java " (feature) ", and pybridge's own way to Python needs Java " needed " or newer: start a newer Java, "
         "or put libpython-clj (clj-python/libpython-clj) on the class path, with which Java 17 does too")))
