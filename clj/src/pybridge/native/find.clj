(ns pybridge.native.find
  "The Python that a JVM hosts: which one, where its library is, and why the others do not do."
  (:require [clojure.edn :as edn]
            [clojure.java.io :as io]
            [clojure.string :as string]
            [pybridge.native.python-edn :as python-edn])
  (:import (java.io File)))

(set! *warn-on-reflection* true)

(def ^:private question
  "What a Python is asked; its answer is EDN."
  (string/join
   "\n"
   ["import importlib.util, os, sys, sysconfig"
    "v = sysconfig.get_config_var"
    "d, n = v('LIBDIR') or '', v('INSTSONAME') or v('LDLIBRARY') or ''"
    "m = v('PYTHONFRAMEWORKPREFIX')"
    "paths = [os.path.join(m, n)] if m else [os.path.join(p, n) for p in (d, os.path.join(d, v('MULTIARCH') or ''), os.path.join(sys.base_prefix, 'lib'))]"
    "found = next((p for p in paths if n.endswith(('.so', '.dylib')) or '.so.' in n or m if os.path.exists(p)), '')"
    "has = 'true' if importlib.util.find_spec('pybridge') else 'false'"
    "q = lambda s: '\"' + s.replace('\\\\', '\\\\\\\\').replace('\"', '\\\\\"') + '\"'"
    "print('{:version [%d %d] :library %s :pybridge %s :executable %s}' % (*sys.version_info[:2], q(found), has, q(sys.executable)))"]))

(defn- ask
  "What the Python at `path` says of itself, or nil when it does not run."
  [path]
  (try
    (let [process (.start (ProcessBuilder. ^"[Ljava.lang.String;" (into-array String [path "-c" question])))
          answer (slurp (.getInputStream process))]
      (when (zero? (.waitFor process)) (edn/read-string answer)))
    (catch Exception _ nil)))

(defn- unfit
  "Why a Python that gave `answer` cannot be hosted, or nil when it can."
  [{:keys [version library pybridge] :as answer}]
  (cond
    (nil? answer) "it does not run"
    (neg? (compare version [3 11])) (str "it is Python " (string/join "." version) ", and 3.11 or newer is needed")
    (not pybridge) "it has no pybridge installed"
    (empty? library) "it has no shared libpython (Debian: apt install libpython3-dev; pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared)"))

(defn- on-path
  "The programs called `name` on PATH."
  [name]
  (for [folder (string/split (or (System/getenv "PATH") "") (re-pattern File/pathSeparator))
        :let [^File file (io/file folder name)]
        :when (.canExecute file)]
    (.getPath file)))

(defn- candidates
  "[source path] in the order of preference; one that is named stands alone."
  [options]
  (let [named (or (when-let [path (:python options)] ["the option :python" path])
                  (when-let [path (System/getenv "PYBRIDGE_PYTHON")] ["PYBRIDGE_PYTHON" path])
                  (when-let [path (:python-executable (python-edn/settings))] ["python.edn" path]))
        class-path (System/getProperty "java.class.path")
        beside (for [^String folder (string/split class-path (re-pattern File/pathSeparator))
                     up [".." "../.."]
                     :let [^File python (io/file folder up ".venv/bin/python")]
                     :when (.canExecute python)]
                 ["the project's .venv" (.getPath (.toFile (.normalize (.toPath python))))])]
    (if named
      [named]
      (distinct
       (concat (when-let [environment (System/getenv "VIRTUAL_ENV")] [["VIRTUAL_ENV" (str environment "/bin/python")]])
               (when (.canExecute (io/file ".venv/bin/python")) [["the project's .venv" (.getAbsolutePath (io/file ".venv/bin/python"))]])
               beside
               (map #(vector "PATH" %) (concat (on-path "python3") (on-path "python"))))))))

(defn- tried [found]
  (for [[source path] found
        :let [answer (ask path)]]
    {:source source, :path path, :answer answer, :unfit (unfit answer)}))

(defn- fitting
  "What is told of a Python that fits: `:executable` is its path as it was found, `:itself` the one that it gives."
  [{:keys [source path answer]}]
  {:executable path
   :itself (:executable answer)
   :library (or (when (= source "python.edn") (python-edn/library (python-edn/settings))) (:library answer))
   :source source})

(defn of-project
  "The Pythons that fit and are the project's own, rather than any on PATH."
  [options]
  (map fitting (remove :unfit (tried (remove #(= "PATH" (first %)) (candidates options))))))

(defn python
  "The first Python that fits: {:executable :itself :library :source}. When none does, the error says why for each."
  [options]
  (let [tried (tried (candidates options))
        found (first (remove :unfit tried))]
    (if found
      (fitting found)
      (throw (ex-info (str "no Python that pybridge can use; "
                           (if (seq tried)
                             (string/join "; " (map (fn [{:keys [source path unfit]}] (str path " (" source "): " unfit)) tried))
                             "none was found on PATH")
                           ". Install pybridge into a virtual environment and name its Python in PYBRIDGE_PYTHON or with (start! {:python \"…\"})")
                      {:reason :start, :tried (mapv #(select-keys % [:source :path :unfit]) tried)})))))
