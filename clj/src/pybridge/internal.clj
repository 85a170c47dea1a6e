(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.internal
  "Which namespaces are pybridge's own affair: completion and search leave them out, in every front end.")

(set! *warn-on-reflection* true)

(defn internal?
  "Is `s` the name of a namespace that is no part of the API, or of a var or class in one?"
  [s]
  (boolean (re-find #"(?x)^pybridge\.(native|unsafe|session|caught|handle|internal|members?|names|once|ordered|program|reload|runtime|version)
                      (?![\w-])"
                    (str s))))
