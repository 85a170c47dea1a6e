(ns pybridge.native.start
  "Start Python, or find the one that runs: where the interpreter comes from when this JVM asks for it."
  (:require [pybridge.native.boot :as boot]
            [pybridge.native.ending :as ending]
            [pybridge.native.host :as host]))

(set! *warn-on-reflection* true)

(defn- host! [options]
  (boot/start! (boot/boot (host/open! options)))
  (host/handle-sigint!)
  (host/redirect-output!)
  (ending/end-with-jvm!))

(defn start!
  "Start the Python that `options` name, unless one runs in this process already. Where libpython-clj is in use, or asked for, its
  Python is the one, and values pass between both."
  [{:keys [transport] :as options}]
  (if (or (= transport :libpython) (find-ns 'libpython-clj2.python))
    ((requiring-resolve 'pybridge.native.libpython-clj/start!) options)
    (if-let [library (host/running)]
      (boot/start! (boot/boot library))
      (host! options))))
