(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.reload
  "How namespaces of ours are loaded: those that are compiled at once, without a search for their sources; by `:reload`, from their
  sources. And one is noted as loaded when all of it is, so that threads may require what they like: from sources, once one of ours is
  loaded, which brings this along.

  Clojure itself would open each source to compare its time with the class's, and by `:reload` take the class again, which the JVM has
  and initializes once only: nothing would happen. It notes a namespace as loaded behind its `ns` form, so that another thread takes it
  for ready while its functions are still being defined."
  (:import (clojure.lang Namespace RT Var)
           (java.io File)
           (java.lang.reflect Field)
           (java.net URL)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicReference)))

(set! *warn-on-reflection* true)

;; Path -> [which thread has loaded it, when], of what has been loaded by what stands in for `load`.
(defonce ^:private ^ConcurrentHashMap loaded (ConcurrentHashMap.))

(def ^:private ^:const a-moment "Milliseconds in which a thread is sure to come from `require` to `load`." 1000)

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

(defn- note-loaded! [path]
  (.put loaded path [(Thread/currentThread) (System/currentTimeMillis)]))

(defn- by-another-meanwhile?
  "Has another thread loaded `path` just now, so that this one, which asks for it, is not about to load it again?"
  [path]
  (when-let [[thread then] (.get loaded path)]
    (and (not (identical? thread (Thread/currentThread)))
         (< (- (System/currentTimeMillis) (long then)) (long a-moment)))))

(defn- again?
  "Was `path` loaded before? `:reload-all` binds the variable that tells anew. What another thread is about to load is not."
  [path]
  (or (.containsKey loaded path)
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
          (by-another-meanwhile? path) nil
          (or (again? path) (> (.lastModified file) (long began))) (RT/loadResourceScript (str (subs path 1) ".clj"))
          (load-class path) (note-loaded! path)
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

;; The private variable that holds what Clojure notes as loaded; `:reload-all` binds it.
(def ^:private ^Var libraries #'clojure.core/*loaded-libs*)

(defn- one-at-a-time
  "What `load` does instead for sources of ours: what is loaded with one is noted when all is, and a thread that wants it too waits. The
  lock is the one that `requiring-resolve` holds, so that neither waits for the other."
  [load]
  (fn [& paths]
    (doseq [^String path paths]
      (let [before (again? path)]
        (if-not (.startsWith path "/pybridge/")
          (load path)
          (locking RT/REQUIRE_LOCK
            (when-not (or (by-another-meanwhile? path) (and (not before) (again? path)))
              (let [noted @libraries, inside (ref @noted)]
                (with-bindings {libraries inside} (load path))
                (dosync (commute noted into @inside))
                (note-loaded! path)))))))))

;; `load` is marked as one that may be redefined. Classes that somebody else has compiled are as Clojure has them: only those in a jar that
;; is named by a digest of the sources are right without a look at times. These note nothing early, and the JVM initializes a class once.
(let [compiled (some-> (RT/getResource (RT/baseLoader) "pybridge/reload__init.class") str)
      stand-in (cond
                 (nil? compiled) one-at-a-time
                 (re-find #"/pybridge-\p{XDigit}{16}-\p{XDigit}{16}\.jar!" compiled) loading)]
  (locking RT/REQUIRE_LOCK ; two threads may be here
    (when (and stand-in (not (::stands-in (meta #'clojure.core/load))))
      (alter-meta! #'clojure.core/load assoc ::stands-in true)
      (alter-var-root #'clojure.core/load stand-in))))
