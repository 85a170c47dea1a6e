(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.unsafe
  "The parts in the folder `unsafe`: faster, or able to do more, by means that Java or Python do not vouch for. Everything works
  without them. PYBRIDGE_UNSAFE=0 in the environment leaves them out, and so does deleting the folder."
  (:import (java.io FileNotFoundException)))

(def ^:private wanted? (not= "0" (System/getenv "PYBRIDGE_UNSAFE")))

(defn part
  "The function that `qualified-symbol` names in one of the namespaces under `pybridge.unsafe`, or nil where those are left out."
  [qualified-symbol]
  (when wanted?
    (try
      (require (symbol (namespace qualified-symbol))) ; `requiring-resolve` would wait for a thread in it that may wait for this one
      (resolve qualified-symbol)
      (catch FileNotFoundException _ nil))))
