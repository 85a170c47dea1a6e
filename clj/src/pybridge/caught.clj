(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.caught
  "What to do instead, said by every front end that shows errors with `clojure.main/repl-caught`, where Clojure's arithmetic met a tensor:
  socket REPLs and REPLs of `clojure.main` that begin from now on, and nREPL. Any other error is shown as it was."
  (:require [clojure.main :as main]
            [pybridge.handle :as handle]))

(defonce ^:private clojures main/repl-caught)

(defn caught
  "Print what was thrown to `*err*`, as `clojure.main/repl-caught` does; the hint alone where there is one."
  [throwable]
  (if-let [hint (handle/cast-hint (main/root-cause throwable))]
    (binding [*out* *err*]
      (println hint)
      (flush))
    (clojures throwable)))

(defn- in-place-of-clojures [f]
  (if (identical? f clojures) caught f))

(defn- in-nrepl!
  "Have nREPL show errors so, where it is loaded already: in the session that asks, and in those that begin from now on."
  []
  (when (find-ns 'nrepl.middleware.caught)
    (let [shown (resolve 'nrepl.middleware.caught/*caught-fn*)
          defaults (resolve 'nrepl.middleware.caught/default-bindings)]
      (when shown
        (alter-var-root shown in-place-of-clojures)
        (when (thread-bound? shown)
          (var-set shown (in-place-of-clojures @shown))))
      (when (and defaults (contains? @defaults shown))
        (alter-var-root defaults update shown in-place-of-clojures)))))

(alter-var-root #'main/repl-caught in-place-of-clojures)
(in-nrepl!)
