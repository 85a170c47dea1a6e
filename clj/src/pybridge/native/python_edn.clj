(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.python-edn
  "The file python.edn of a project that uses libpython-clj: which Python it is, and what is to be done before and after its start.
  libpython-clj reads it from the working directory, and so does this."
  (:require [clojure.edn :as edn]
            [clojure.java.io :as io])
  (:import (java.io FileNotFoundException)))

(set! *warn-on-reflection* true)

(defn- refuse [& words]
  (throw (ex-info (apply str words) #:pybridge{:reason :start})))

(def ^:private paths [:python-executable :library-path :python-library-path])
(def ^:private hooks [:pre-initialize-fn :post-initialize-fn])

(defn- check!
  "Throw where `settings` name a file by something else than text, or a function by anything but its var's whole name."
  [settings]
  (doseq [k paths :let [path (k settings)] :when (not (or (nil? path) (and (string? path) (not= "" path))))]
    (refuse k " of python.edn is a path in a string, not " (pr-str path)))
  (doseq [k hooks :let [function-name (k settings)] :when (not (or (nil? function-name) (qualified-symbol? function-name)))]
    (refuse k " of python.edn is the name of a function with its namespace, such as user/before, not " (pr-str function-name))))

(defn settings
  "What python.edn says, or nil where there is none."
  []
  (let [file (io/file "python.edn")]
    (when (.isFile file)
      (let [found (try
                    (edn/read-string (slurp file))
                    (catch Exception failure failure))]
        (when-not (map? found)
          (refuse (.getAbsolutePath file) " does not hold a map such as {:python-executable \".venv/bin/python\"}"
                  (when (instance? Exception found) (str " (" (ex-message found) ")"))))
        (check! found)
        found))))

(defn library
  "The path of the libpython that `settings` name, if they do."
  [settings]
  (or (:library-path settings) (:python-library-path settings)))

(defn- function
  "The var that `settings` name as `hook`."
  [settings hook]
  (let [function-name (hook settings)
        found (try
                (requiring-resolve function-name)
                (catch FileNotFoundException failure
                  (refuse hook " of python.edn names " function-name ", and its namespace is not on the class path: " (ex-message failure))))]
    (or found (refuse hook " of python.edn names " function-name ", which is no var"))))

(defn run-hook!
  "Call the function that `settings` name as `hook`, :pre-initialize-fn or :post-initialize-fn, if they do."
  [settings hook]
  (when (hook settings)
    ((function settings hook))))
