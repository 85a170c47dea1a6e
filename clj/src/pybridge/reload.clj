(ns pybridge.reload
  "Has `:reload` evaluate the source of a namespace of ours that came as compiled classes, as it does of one that came as source.

  Clojure would take the class again, which the JVM has and initializes once only: nothing would happen."
  (:import (clojure.lang RT)
           (java.util Set)
           (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

(def ^:private ^Set loaded (ConcurrentHashMap/newKeySet))

(def ^:private began (System/currentTimeMillis))

(defn- resource [path ending] (RT/getResource (RT/baseLoader) (str (subs path 1) ending)))

(defn- changed?
  "Was the source of `path` written after this JVM began, with whose sources the classes agree?"
  [path]
  (let [^java.net.URL source (resource path ".clj")]
    (and source (= "file" (.getProtocol source))
         (> (.lastModified (java.io.File. (.toURI source))) (long began)))))

(defn- libraries
  "Those that are loaded; `:reload-all` binds the variable anew."
  []
  @(.getRawRoot ^clojure.lang.Var #'clojure.core/*loaded-libs*))

(defn- by-source?
  "Is the compiled namespace at `path` to be loaded from its source: once more, or since that has changed?"
  [^String path]
  (and (.startsWith path "/pybridge/")
       (resource path "__init.class")
       (resource path ".clj")
       (or (not (.add loaded path))
           (contains? (libraries) (symbol (.replace (.replace (subs path 1) \/ \.) \_ \-)))
           (changed? path))))

(defn- load-by-source [load]
  (fn [& paths]
    (doseq [path paths]
      (if (by-source? path)
        (RT/loadResourceScript (str (subs path 1) ".clj"))
        (load path)))))

;; `load` is marked as one that may be redefined. Sources alone need none of this.
(when (resource "/pybridge/reload" "__init.class")
  (alter-var-root #'clojure.core/load load-by-source))
