(ns pybridge.native.start
  "Start Python, or find the one that runs: where the interpreter comes from when this JVM asks for it."
  (:require [pybridge.native.boot :as boot]
            [pybridge.native.host :as host]
            [pybridge.native.platform :as platform]))

(set! *warn-on-reflection* true)

(defn- host! [options]
  (boot/start! (boot/boot (host/open! options)))
  (host/settle!)
  (host/handle-sigint!)
  (host/redirect-output!)
  (host/close-at-exit!))

(defn start!
  "Start the Python that `options` name, unless one runs in this process already. Where libpython-clj is in use, or asked for, its
  Python is the one, and values pass between both."
  [{:keys [transport] :as options}]
  (if (or (= transport :libpython) (find-ns 'libpython-clj2.python))
    (if (platform/libpython-clj?)
      ((requiring-resolve 'pybridge.native.libpython-clj/start!) options)
      (throw (ex-info "{:transport :libpython} needs libpython-clj on the class path; leave it out to do without" {:reason :start})))
    (if-let [library (host/running)]
      (boot/start! (boot/boot library))
      (host! options))))
