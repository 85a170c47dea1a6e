;; What a JVM runs once, so that Java's cache holds the classes that a start needs: it loads the namespaces, calls Python and is called.

(import '(java.util.jar JarFile JarEntry))

(require '[pybridge.core :as pb] '[pybridge.tensors] '[pybridge.native.guest] '[clojure.pprint])

;; What only a start from Python uses is loaded without being run; what lacks a library is left out.
(doseq [path (.split (System/getProperty "java.class.path") java.io.File/pathSeparator)
        :when (re-find #"(pybridge-[0-9a-f]+-[0-9a-f]+|org\.jpype)\.jar$" path)]
  (with-open [jar (JarFile. ^String path)]
    (doseq [^JarEntry entry (enumeration-seq (.entries jar))
            :let [[_ path] (re-matches #"(.+)\.class" (.getName entry))]
            :when path]
      (try
        (Class/forName (.replace ^String path \/ \.) false (clojure.lang.RT/baseLoader))
        (catch LinkageError _)
        (catch ClassNotFoundException _)))))

(defn- cross []
  (let [builtins (pb/module "builtins")]
    (pb/call (pb/module "math") :sqrt 2)
    (pr-str (pb/call builtins :list (pb/call builtins :map (fn [x] (inc x)) [1 2.5 "three" {:four 4}])))
    (pb/with-scope (pb/call* builtins :dict (pb/kw :a 1)))
    (try (pb/call (pb/module "math") :sqrt -1) (catch Exception failure (ex-message failure)))))

(try
  (cross)
  (require '[pybridge.native.attach]) ; which does nothing more where Python runs
  (catch Throwable failure ; where no Python can be hosted, the rest is worth having
    (println (ex-message failure))))

;; What JPype does as it starts, so that Java's own classes for that are known.
(try (Class/forName "org.jpype.JPypeUtilities") (catch Throwable _))

;; The time of a source in a folder, for which Clojure asks.
(.getLastModified (.openConnection (.toURL (.toURI (java.io.File. (System/getProperty "java.home") "release")))))

(eval '(let [{:keys [a]} {:a [1 2 3]}] (for [x a :when (odd? x)] (str x))))

(System/exit 0)
