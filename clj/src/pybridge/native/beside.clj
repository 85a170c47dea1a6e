(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.beside
  "The libraries that pybridge works with where a program has loaded them, before Python starts or later. Each has a namespace of ours,
  which is loaded when the library is: none costs anything where it is not used."
  (:require [pybridge.native.bridge :as bridge])
  (:import (clojure.lang RT)))

(set! *warn-on-reflection* true)

(def ^:private ours
  "Library -> the function that has values pass between it and Python. Its namespace needs no more than what the library's own `ns` form
  requires: when Clojure notes that a library is loaded, that is there, and the rest may still be on its way."
  {'libpython-clj2.python 'pybridge.native.libpython-clj/connect!
   'tech.v3.datatype 'pybridge.native.dtype-next/connect!
   'tech.v3.tensor 'pybridge.native.dtype-next/connect!})

(defn loaded? [library]
  (contains? (loaded-libs) library))

(defn load!
  "Load our part for each of the libraries that are loaded. This comes before `bridge/starting` is held: who loads code, as
  `requiring-resolve` does, may wait for that."
  []
  (doseq [[library connect] ours :when (loaded? library)]
    (locking RT/REQUIRE_LOCK (require (symbol (namespace connect))))))

(defn- connect-all! []
  (doseq [[library connect] ours :when (loaded? library)]
    ((requiring-resolve connect))))

(defn watch!
  "Connect the libraries that are loaded with the Python that runs, and those that a program loads later, then."
  []
  (add-watch @#'clojure.core/*loaded-libs* ::beside
             (fn [_ _ before after]
               (when (and (bridge/installed) (some #(and (after %) (not (before %))) (keys ours)))
                 (connect-all!))))
  (connect-all!))
