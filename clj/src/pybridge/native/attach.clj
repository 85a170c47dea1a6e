(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.attach
  "Attaches this JVM to the Python that hosts it, as it is loaded: so Python needs no more of Clojure than `RT/load`. JPype reads all of
  what it is given, and an IFn alone has 337 inner interfaces."
  (:require [pybridge.native.bridge :as bridge]
            [pybridge.native.guest :as guest]))

(when-not (or *compile-files* (bridge/installed))
  (guest/attach!))
