(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.repl
  "Clojure's own REPL, which says at its start what is at hand, and what to do instead where core's arithmetic met a tensor.

  `pybridge repl` starts it."
  (:require [clojure.main :as main]
            [pybridge.handle :as handle]))

(defn- caught [throwable]
  (if-let [hint (handle/cast-hint (main/root-cause throwable))]
    (binding [*out* *err*]
      (println hint)
      (flush))
    (main/repl-caught throwable)))

(defn -main []
  (println (str "Clojure " (clojure-version) " with Python at hand; for a start:"))
  (println "  (require '[pybridge.tensors :as t] '[pybridge.core :as pb])")
  (println "  (t/matmul [[1 2] [3 4]] [[5] [6]])")
  (main/repl :init #(apply require main/repl-requires) :caught caught))
