(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.which
  "Which Python runs in this process."
  (:require [pybridge.native.objects :as objects]
            [pybridge.native.platform :as platform :refer [peek-word with-memory]])
  (:import (java.io File)))

(set! *warn-on-reflection* true)

(defn- c-text [^long address]
  (platform/text-at address (platform/call-at (platform/libc "strlen") 'long '[long] address)))

(def ^:private ^:const dl-info-size 32)

(defn library
  "The path of the file that Python's code in this process is from, without links; nil where the system does not tell."
  []
  (let [code (platform/find-symbol 0 "Py_IsInitialized")
        told (with-memory [info dl-info-size]
               (when-not (or (zero? code)
                             (zero? (int (platform/call-at (platform/libc "dladdr") 'int '[long long] code info))))
                 (c-text (peek-word info))))]
    (some-> ^String told File. .getCanonicalPath)))

(defn- of-sys [attribute-name]
  (objects/walk "start!" (objects/import-module "sys") [(objects/attribute-step attribute-name)]))

(defn python
  "The Python that pybridge is connected with: {:executable :version :library}."
  []
  {:executable (of-sys :executable)
   :version (first (re-find #"\d+(\.\w+)*" (of-sys :version)))
   :library (library)})
