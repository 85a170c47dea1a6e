(ns pybridge.test-runner
  "The Clojure tests: all of them with `clojure -M:test`, or one at a time with clojure.test's own report as text."
  (:require [clojure.java.io :as io]
            [clojure.string :as string]
            [clojure.test :as test]
            [pybridge.core :as pb])
  (:import (java.io File PrintWriter StringWriter)))

(def ^:private home (.getParentFile (io/file (io/resource "pybridge/test_runner.clj"))))

(def ^:private needed
  "Test namespace -> the namespace that it is about, for those that not every run has."
  '{pybridge.libpython-test libpython-clj2.python
    pybridge.dtype-next-test libpython-clj2.python})

(defn- namespaces
  "The test namespaces, found by their files, but for those that need what this run does not use."
  []
  (sort (for [^File file (file-seq home)
              :let [path (string/replace (subs (.getPath file) (inc (count (.getParent home)))) File/separator "/")]
              :when (string/ends-with? path "_test.clj")
              :let [found (symbol (-> path (string/replace #"\.clj$" "") (string/replace "/" ".") (string/replace "_" "-")))]
              :when (or (nil? (needed found)) (find-ns (needed found)))]
          found)))

(defn tests
  "The names of the deftests of a namespace, or of all namespaces, as strings."
  ([] (into [] (mapcat tests) (namespaces)))
  ([namespace]
   (require namespace)
   (for [[_ v] (sort-by key (ns-interns namespace)) :when (:test (meta v))]
     (str (symbol v)))))

(defn- chosen
  "The deftests that `arguments` name, by their own names or their namespaces'."
  [arguments]
  (mapcat #(if (string/includes? % "/") [%] (tests (symbol %))) arguments))

(defn run
  "Run the deftest called `test-name`: {:pass :fail :error :report}, the report being what clojure.test prints of failures."
  [test-name]
  (let [v (requiring-resolve (symbol test-name))
        report (StringWriter.)]
    (binding [test/*report-counters* (ref test/*initial-report-counters*)
              test/*test-out* (PrintWriter. report true)
              test/*stack-trace-depth* 16]
      (test/test-vars [v])
      (assoc (select-keys @test/*report-counters* [:pass :fail :error]) :report (str report)))))

(defn answer
  "The answer to one line of a program that runs tests, as a line of EDN: a test's name, or `tests` for the list of all."
  [line]
  (prn-str (if (= line "tests") (tests) (run line))))

(defn- serve
  "Answer the lines of the standard input in the file `answers`; at their end only Clojure's own idle threads are ended."
  [answers]
  (with-open [out (io/writer answers)]
    (doseq [line (line-seq (io/reader System/in))]
      (.write out ^String (answer line))
      (.flush out)))
  (shutdown-agents))

(defn- start!
  "Reach Python by `transport`; :libpython has libpython-clj start it first, as a project that uses it does. Without one, that is what
  happens where libpython-clj is on the class path."
  [transport]
  (case (or transport (if (io/resource "libpython_clj2/python.clj") :libpython :native))
    :native (pb/start! {:transport :native})
    :libpython (let [{:keys [executable library]} ((requiring-resolve 'pybridge.native.find/python) {})]
                 ((requiring-resolve 'libpython-clj2.python/initialize!) :python-executable executable :library-path library)
                 (pb/start!))))

(defn -main
  "Run the deftests and namespaces that are named, or all; with `--serve FILE`, those that the standard input names, with answers in FILE as EDN.
  `--transport` native or libpython says how to reach Python."
  [& arguments]
  (let [[transport arguments] (if (= "--transport" (first arguments))
                                [(keyword (second arguments)) (drop 2 arguments)]
                                [nil arguments])]
    (start! transport)
    (if (= "--serve" (first arguments))
      (serve (second arguments))
      (let [results (mapv run (if (seq arguments) (chosen arguments) (tests)))
            {:keys [pass fail error]} (apply merge-with + (map #(dissoc % :report) results))]
        (run! print (map :report results))
        (println (str (count results) " tests, " (+ pass fail error) " assertions, " fail " failures, " error " errors"))
        (shutdown-agents)
        (System/exit (if (zero? (+ fail error)) 0 1))))))
