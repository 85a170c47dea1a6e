(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.reload
  "How compiled namespaces of ours are loaded: at once, without a search for their sources; by `:reload`, from their sources.

  Clojure itself would open each source to compare its time with the class's, and by `:reload` take the class again, which the JVM has
  and initializes once only: nothing would happen."
  (:import (clojure.lang Namespace RT Var)
           (java.io File)
           (java.lang.reflect Field)
           (java.net URL)
           (java.util Set)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicReference)))

(set! *warn-on-reflection* true)

(def ^:private ^Set loaded (ConcurrentHashMap/newKeySet))

(def ^:private began (System/currentTimeMillis))

(def ^:private ^URL own-source (RT/getResource (RT/baseLoader) "pybridge/reload.clj"))

(def ^:private ^File sources
  "The folder of the sources, where they are in one."
  (when (= "file" (some-> own-source .getProtocol))
    (-> (File. (.toURI own-source)) .getParentFile .getParentFile)))

(defn- source ^File [^String path]
  (when sources
    (let [file (File. sources (str (subs path 1) ".clj"))]
      (when (.isFile file) file))))

(defn- namespace-of [path]
  (symbol (.replace (.replace (subs path 1) \/ \.) \_ \-)))

(defn- again?
  "Was `path` loaded before? `:reload-all` binds the variable that tells anew. What another thread is about to load is not."
  [path]
  (or (.contains loaded path)
      (contains? @(.getRawRoot ^Var #'clojure.core/*loaded-libs*) (namespace-of path))))

(defn- load-class
  "Load the compiled namespace at `path`; false where none is."
  [^String path]
  (try
    (binding [*ns* *ns*, *warn-on-reflection* *warn-on-reflection*, *unchecked-math* *unchecked-math*]
      (some? (Class/forName (str (.replace (subs path 1) \/ \.) "__init") true (RT/baseLoader))))
    (catch ClassNotFoundException _ false)))

(defn- loading
  "What `load` does instead for ours: a class is right unless its source was written after this JVM began."
  [load]
  (fn [& paths]
    (doseq [^String path paths]
      (let [file (when (.startsWith path "/pybridge/") (source path))]
        (cond
          (nil? file) (load path)
          (or (again? path) (> (.lastModified file) (long began))) (RT/loadResourceScript (str (subs path 1) ".clj"))
          (load-class path) (.add loaded path)
          :else (load path))))))

;; Where a namespace keeps what its symbols stand for; nil in a Clojure that has no such field.
(def ^:private ^Field mappings-field
  (try
    (doto (.getDeclaredField Namespace "mappings") (.setAccessible true))
    (catch Exception _)))

(defn- mappings ^AtomicReference [^Namespace a-namespace]
  (.get ^Field mappings-field a-namespace))

(defn- referring
  "What clojure.core knows, and what a namespace knows that refers to it and to nothing else."
  [core]
  (let [sample (create-ns (gensym "pybridge.reload."))]
    (try
      (binding [*ns* sample] (refer 'clojure.core))
      [core (.get (mappings sample))]
      (finally (remove-ns (ns-name sample))))))

(def ^:private known (atom nil))

(defn- share-core!
  "Have the current namespace refer to clojure.core by one map that all namespaces share; false where it has changed meanwhile."
  []
  (let [core (.get (mappings (the-ns 'clojure.core)))
        [_ shared] (swap! known (fn [[before :as known]] (if (identical? before core) known (referring core))))
        own (mappings *ns*)
        before (.get own)]
    (.compareAndSet own before (reduce-kv assoc shared before))))

(defn refer-core
  "`(refer 'clojure.core)`, which takes a millisecond each time."
  []
  (when-not (and mappings-field (share-core!))
    (refer 'clojure.core)))

(defn refer-names
  "`(refer lib :only names)`, which takes a millisecond each time."
  [lib names]
  (doseq [a-name names]
    (.refer *ns* a-name (find-var (symbol (name lib) (name a-name))))))

;; `load` is marked as one that may be redefined. Sources alone need none of this, and classes that somebody else has compiled are as
;; Clojure has them: only those in a jar that is named by a digest of the sources are right without a look at times.
(when (some->> (RT/getResource (RT/baseLoader) "pybridge/reload__init.class") str (re-find #"/pybridge-\p{XDigit}{16}-\p{XDigit}{16}\.jar!"))
  (alter-var-root #'clojure.core/load loading))
