(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.caught
  "What to do instead, said by front ends where Clojure's arithmetic met a tensor. Those that show errors with `clojure.main/repl-caught` are
  socket REPLs and REPLs of `clojure.main` that begin from now on, and nREPL; CIDER's error buffer takes them apart with `Throwable->map`.
  Any other error is shown as it was."
  (:require [clojure.main :as main]
            [pybridge.handle :as handle]))

(defonce ^:private clojures main/repl-caught)
(defonce ^:private clojures-map Throwable->map)

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

(defn- as-map
  "`Throwable->map`, which has the hint for a message where there is one."
  [throwable]
  (let [found (clojures-map throwable)
        hint (handle/cast-hint (main/root-cause throwable))]
    (if hint
      (-> found (assoc :cause hint) (update :via #(conj (pop %) (assoc (peek %) :message hint))))
      found)))

(alter-var-root #'main/repl-caught in-place-of-clojures)
(alter-var-root #'Throwable->map (constantly as-map))
(in-nrepl!)
