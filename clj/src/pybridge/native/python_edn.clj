(ns pybridge.native.python-edn
  "The file python.edn of a project that uses libpython-clj: which Python it is, and what is to be done before and after its start.
  libpython-clj reads it from the working directory, and so does this."
  (:require [clojure.edn :as edn]
            [clojure.java.io :as io]))

(set! *warn-on-reflection* true)

(defn settings
  "What python.edn says, or nil where there is none."
  []
  (let [file (io/file "python.edn")]
    (when (.isFile file)
      (let [found (try
                    (edn/read-string (slurp file))
                    (catch Exception failure failure))]
        (when-not (map? found)
          (throw (ex-info (str (.getAbsolutePath file) " does not hold a map such as {:python-executable \".venv/bin/python\"}"
                               (when (instance? Exception found) (str " (" (ex-message found) ")")))
                          {:reason :start})))
        found))))

(defn library
  "The path of the libpython that `settings` name, if they do."
  [settings]
  (or (:library-path settings) (:python-library-path settings)))

(defn run-hook!
  "Call the function that `settings` name as `hook`, :pre-initialize-fn or :post-initialize-fn, if they do."
  [settings hook]
  (when-let [function-name (hook settings)]
    ((or (requiring-resolve function-name)
         (throw (ex-info (str hook " of python.edn names " function-name ", which is no var") {:reason :start}))))))
