(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.find
  "The Python that a JVM hosts: which one, where its library is, and why the others do not do."
  (:require [clojure.edn :as edn]
            [clojure.java.io :as io]
            [clojure.string :as string]
            [pybridge.native.halves :as halves]
            [pybridge.native.python-edn :as python-edn])
  (:import (java.io File InputStream IOException)
           (java.nio.charset Charset StandardCharsets)
           (java.nio.file Files LinkOption Path)
           (java.util.concurrent TimeUnit)
           (java.util.regex Matcher)))

(set! *warn-on-reflection* true)

(def ^:private question
  "What a Python is asked; its answer is EDN."
  (string/join
   "\n"
   ["import sys"
    "sys.path[:] = filter(None, sys.path)" ; what is in the folder where somebody works is not installed
    "import os, sysconfig"
    "v = sysconfig.get_config_var"
    "d, n = v('LIBDIR') or '', v('INSTSONAME') or v('LDLIBRARY') or ''"
    "m = v('PYTHONFRAMEWORKPREFIX')"
    "paths = [os.path.join(m, n)] if m else [os.path.join(p, n) for p in (d, os.path.join(d, v('MULTIARCH') or ''), os.path.join(sys.base_prefix, 'lib'))]"
    "found = next((p for p in paths if n.endswith(('.so', '.dylib')) or '.so.' in n or m if os.path.exists(p)), '')"
    ;; importlib.util's find_spec does the same, but importing that takes as long as all else.
    "specs = [f.find_spec('pybridge', None) for f in sys.meta_path]"
    "spec = next((s for s in specs if s and s.origin), None)" ; an empty folder has none
    "has = 'true' if spec else 'false'"
    "venv = 'true' if all(any(f.find_spec(n, None) for f in sys.meta_path) for n in ('venv', 'ensurepip')) else 'false'"
    "version = api = ''"
    "try:"
    "    import pybridge"
    "    version = getattr(pybridge, '__version__', '')"
    "    import pybridge._digest"
    "    api = pybridge._digest.DIGEST"
    "except Exception:"
    "    pass"
    "q = lambda s: '\"' + str(s).replace('\\\\', '\\\\\\\\').replace('\"', '\\\\\"') + '\"'"
    "print('{:version [%d %d] :library %s :venv %s :pybridge %s :half {:version %s :api %s :file %s} :executable %s}'"
    "      % (*sys.version_info[:2], q(found), venv, has, q(version), q(api), q(spec and spec.origin), q(sys.executable)))"]))

(def ^:private ^:const patience-s 60)
(def ^:private ^:const longest-answer 100000)

(defn- reading
  "A promise of the text that `stream` gives; its thread keeps no JVM from its end."
  [^InputStream stream]
  (let [text (promise)]
    (doto (Thread. (fn [] (deliver text (try (String. (.readNBytes stream longest-answer) StandardCharsets/UTF_8) (catch IOException _ "")))))
      (.setDaemon true)
      (.start))
    text))

(defn- last-line [text]
  (last (remove string/blank? (string/split-lines text))))

(defn- complaint
  "The line of `text`, a failed Python's last words, that says why."
  [text]
  (or (last (re-seq #"(?m)^\w*Error\b.*" text)) (last-line text)))

(defn- does-not-run [reason]
  {:fault (str "it does not run: " (string/replace reason #"[\s.]+$" "")
               (when-let [home (System/getenv "PYTHONHOME")] (str " (PYTHONHOME is " home ")")))})

(defn- misread?
  "Does `path` have characters that this Java, by the locale it was started in, cannot hand to the system?"
  [^String path]
  (let [charset (Charset/forName (System/getProperty "sun.jnu.encoding" "UTF-8"))]
    (not (.canEncode (.newEncoder charset) path))))

(defn ask
  "What the Python at `path` says of itself, or `:fault`, why it did not."
  [path]
  (try
    (let [builder (ProcessBuilder. ^"[Ljava.lang.String;" (into-array String [path "-c" question]))
          _ (.put (.environment builder) "PYTHONIOENCODING" "utf-8")
          process (.start builder)
          [said complained] [(reading (.getInputStream process)) (reading (.getErrorStream process))]]
      (.close (.getOutputStream process))
      (if-not (.waitFor process patience-s TimeUnit/SECONDS)
        (do (.destroyForcibly process)
            {:fault (str "it did not answer within " patience-s " s")})
        (let [status (.exitValue process)
              answer (some->> (last-line @said) (re-matches #"\{:version .*\}") edn/read-string)]
          (cond
            (not (zero? status)) (does-not-run (or (complaint @complained) (last-line @said) (str "it ends with status " status)))
            answer answer
            :else {:fault (str "it is no Python: asked for its version, it says " (pr-str (last-line @said)))}))))
    (catch IOException failure
      (does-not-run (if (misread? path)
                      (str "this Java reads and writes file names in " (System/getProperty "sun.jnu.encoding") "; start it with LC_ALL=C.UTF-8")
                      (ex-message failure))))))

(defn too-old
  "Why a Python is too old, or does not run; nil for another."
  [{:keys [fault version]}]
  (or fault
      (when (neg? (compare version [3 11]))
        (str "it is Python " (string/join "." version) ", and 3.11 or newer is needed"))))

(defn no-library
  "Why a Python cannot be opened by a JVM, or nil."
  [{:keys [library]}]
  (when (empty? library)
    "it has no shared libpython (Debian: apt install libpython3-dev; pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared)"))

(defn no-half
  "Why a Python has no half of pybridge's that goes with this one, or nil."
  [{:keys [pybridge half executable]}]
  (if pybridge
    (halves/fault (assoc half :executable executable))
    "it has no pybridge installed"))

(defn unfit
  "Why a Python that gave an answer cannot be hosted, or nil when it can."
  [answer]
  (or (too-old answer) (no-half answer) (no-library answer)))

(defn on-path
  "The programs called `name` on PATH."
  [name]
  (for [folder (string/split (or (System/getenv "PATH") "") (re-pattern File/pathSeparator))
        :let [^File file (io/file folder name)]
        :when (.canExecute file)]
    (.getPath file)))

(defn program
  "The path of the Python that `named` stands for: a string, File or Path of the program or of its environment's folder. Its part
  `~` is the home."
  [source named]
  (when-not (or (instance? File named) (instance? Path named) (and (string? named) (not= "" named)))
    (throw (ex-info (str source " names a Python by a string, File or Path, not " (pr-str named)) #:pybridge{:reason :option, :given named})))
  (let [path (string/replace-first (str named) #"^~(?=/|$)" (Matcher/quoteReplacement (System/getProperty "user.home")))]
    (if (.isDirectory (io/file path))
      (str (io/file path "bin/python"))
      path)))

(defn- owner
  "Whom a file or folder belongs to; nil where that cannot be told."
  [^File file]
  (try (Files/getOwner (.toPath file) (make-array LinkOption 0)) (catch IOException _ nil)))

(defn- environment-above
  "The Python of the nearest folder .venv, in the working directory or above it, as far as the home folder, and as all belongs to one
  owner: what others put above a folder is not run. Or nil."
  []
  (let [home (io/file (System/getProperty "user.home"))
        start (.getAbsoluteFile (io/file ""))]
    (loop [^File folder start]
      (when (and folder (= (owner folder) (owner start)))
        (let [environment (io/file folder ".venv")
              python (io/file environment "bin/python")]
          (cond
            (and (.canExecute python) (or (= folder start) (= (owner environment) (owner start)))) (.getPath python)
            (= folder home) nil
            :else (recur (.getParentFile folder))))))))

(defn- candidates
  "[source path] in the order of preference; one that is named stands alone."
  [options]
  (let [named (some (fn [[source named]] (when (some? named) [source (program source named)]))
                    [["the option :python" (:python options)]
                     ["PYBRIDGE_PYTHON" (not-empty (System/getenv "PYBRIDGE_PYTHON"))]
                     ["python.edn" (:python-executable (python-edn/settings))]])
        class-path (System/getProperty "java.class.path")
        beside (for [^String folder (string/split class-path (re-pattern File/pathSeparator))
                     up [".." "../.."]
                     :let [^File python (io/file folder up ".venv/bin/python")]
                     :when (.canExecute python)]
                 ["the project's .venv" (.getPath (.toFile (.normalize (.toPath python))))])]
    (if named
      [named]
      (distinct
       (concat (when-let [environment (not-empty (System/getenv "VIRTUAL_ENV"))] [["VIRTUAL_ENV" (str environment "/bin/python")]])
               (when-let [python (environment-above)] [["the project's .venv" python]])
               beside
               (map #(vector "PATH" %) (concat (on-path "python3") (on-path "python"))))))))

(defn- tried [found]
  (for [[source path] found
        :let [answer (ask path)]]
    {:source source, :path path, :answer answer, :unfit (unfit answer)}))

(defn- fitting
  "What is told of a Python that fits; `:executable` is the one that it gives itself, which a launcher on PATH may not be."
  [{:keys [source path answer]}]
  {:executable (or (not-empty (:executable answer)) path)
   :library (or (when (= source "python.edn") (python-edn/library (python-edn/settings))) (:library answer))
   :source source})

(defn of-project
  "The Pythons that fit and are the project's own, rather than any on PATH."
  [options]
  (map fitting (remove :unfit (tried (remove #(= "PATH" (first %)) (candidates options))))))

(defn python
  "The first Python that fits: {:executable :library :source}. When none does, the error says why for each."
  [options]
  (let [tried (tried (candidates options))
        found (first (remove :unfit tried))]
    (if found
      (fitting found)
      (throw (ex-info (str "no Python that pybridge can use; "
                           (if (seq tried)
                             (string/join "; " (map (fn [{:keys [source path unfit]}] (str path " (" source "): " unfit)) tried))
                             "none was found on PATH")
                           ". (pybridge.core/setup!) makes .venv with " (halves/requirement)
                           "; or name a Python that has it in PYBRIDGE_PYTHON or with (start! {:python \"…\"})")
                      #:pybridge{:reason :start, :tried (mapv #(select-keys % [:source :path :unfit]) tried)})))))
