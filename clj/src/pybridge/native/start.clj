(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.start
  "Start Python, or find the one that runs: where the interpreter comes from when this JVM asks for it."
  (:require [pybridge.native.beside :as beside]
            [pybridge.native.boot :as boot]
            [pybridge.native.ending :as ending]
            [pybridge.native.find :as find]
            [pybridge.native.host :as host]
            [pybridge.native.java :as java]
            [pybridge.native.python-edn :as python-edn]
            [pybridge.native.which :as which]))

(set! *warn-on-reflection* true)

;; How Python came to run, where this JVM has asked for it.
(defonce ^:private began (atom {:started-by :python}))

(defn- host!
  "Start Python ourselves; what is to be told of that."
  [options]
  (let [settings (python-edn/settings)]
    (when (:python-home settings)
      (throw (ex-info (str "python.edn has a :python-home, which pybridge does not set, since a Python knows its own: take that out, or have "
                           "libpython-clj start Python, with (start! {:transport :libpython})")
                      #:pybridge{:reason :start})))
    (python-edn/run-hook! settings :pre-initialize-fn)
    (let [{:keys [source] :as found} (find/python options)]
      (boot/start! (boot/boot (host/open! found)))
      (host/settle!)
      (host/handle-sigint!)
      (host/redirect-streams!)
      (ending/end-with-jvm!)
      (python-edn/run-hook! settings :post-initialize-fn)
      {:started-by :pybridge, :source source})))

(defn- libpython-clj
  "Our part for libpython-clj."
  []
  (when-not (java/libpython-clj?)
    (throw (ex-info "{:transport :libpython} needs libpython-clj on the class path; leave it out to do without" #:pybridge{:reason :start})))
  (requiring-resolve 'pybridge.native.libpython-clj/start!))

(defn prepare!
  "Load what `start!` needs for `options`: this loads code, and who does so may wait for `bridge/starting`."
  [{:keys [transport]}]
  (beside/load!)
  (when (= transport :libpython)
    (libpython-clj)
    (require 'libpython-clj2.python)))

(defn start!
  "Start the Python that `options` name, unless one runs in this process already. Where libpython-clj is in use, or asked for, its
  Python is the one, and values pass between both."
  [{:keys [transport] :as options}]
  (reset! began (cond
                  (or (= transport :libpython) (beside/loaded? 'libpython-clj2.python)) ((libpython-clj) options)
                  (host/running) (do (boot/start! (boot/boot (host/running))) {:started-by :another-library})
                  :else (host! options)))
  (beside/watch!))

(defn description
  "Which Python runs, who has started it and where it was found."
  []
  (merge (which/python) @began))
