(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.once
  "Types that a reload leaves as they are."
  (:require [pybridge.reload]))

(defmacro once
  "Evaluate `definition`, of a type called `type-name`, unless it is there: what exists already would not be of a type that a
  reload made anew."
  [type-name definition]
  (when-not (resolve type-name) definition))
