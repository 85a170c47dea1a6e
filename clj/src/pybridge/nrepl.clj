(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.nrepl
  "nREPL's server, which has pybridge loaded before it listens: two clients may then ask for it at once.

  `pybridge nrepl` starts it."
  (:require [pybridge.core]))

(defn -main
  "`nrepl.cmdline` with its arguments."
  [& arguments]
  (apply (requiring-resolve 'nrepl.cmdline/-main) arguments))
