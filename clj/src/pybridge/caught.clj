(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.caught
  "What front ends of Clojure's show of errors where the bridge has more to say: what to do instead, where Clojure's arithmetic met a tensor,
  and the reader's own lines, where a Python exception is behind an error. Those that show errors with `clojure.main/repl-caught` are
  socket REPLs and REPLs of `clojure.main` that begin from now on, and nREPL; CIDER's error buffer takes them apart with `Throwable->map`.
  Any other error is shown as it was."
  (:require [clojure.main :as main]
            [pybridge.handle :as handle]))

(defonce ^:private clojures main/repl-caught)
(defonce ^:private clojures-map Throwable->map)

;; What Python says of a Throwable, nil of one that has nothing of Python's.
(defonce ^:private pythons (atom (constantly nil)))

(defn ask-python-by!
  "Let `f` give the lines that are said of a Throwable; nil where none of its causes is a Python exception."
  [f]
  (reset! pythons f))

(defn- said-by-python [throwable]
  (try
    (@pythons throwable)
    (catch Throwable _)))

(defn caught
  "Print what was thrown to `*err*`, as `clojure.main/repl-caught` does; the hint alone where there is one, and what Python says of it."
  [throwable]
  (if-let [said (or (handle/cast-hint (main/root-cause throwable)) (said-by-python throwable))]
    (binding [*out* *err*]
      (println said)
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
  "`Throwable->map`, whose last message is the hint where there is one, and what Python says of its exception."
  [throwable]
  (let [found (clojures-map throwable)
        root (main/root-cause throwable)
        said (or (handle/cast-hint root) (said-by-python root))]
    (if said
      (-> found (assoc :cause said) (update :via #(conj (pop %) (assoc (peek %) :message said))))
      found)))

(alter-var-root #'main/repl-caught in-place-of-clojures)
(alter-var-root #'Throwable->map (constantly as-map))
(in-nrepl!)
