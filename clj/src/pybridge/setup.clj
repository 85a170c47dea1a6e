(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.setup
  "Give a Clojure project the Python half of pybridge: a virtual environment that has it.

  clojure -M -m pybridge.setup"
  (:require [clojure.java.io :as io]
            [clojure.string :as string]
            [pybridge.native.find :as find]
            [pybridge.native.halves :as halves]
            [pybridge.native.java :as java])
  (:import (clojure.lang ExceptionInfo)
           (java.io File IOException)))

(set! *warn-on-reflection* true)

(def ^:private names "What the Pythons on PATH are called, in the order in which they are tried."
  ["python3.13" "python3.12" "python3.11" "python3" "python"])

(defn- refuse [& words]
  (throw (ex-info (apply str words) #:pybridge{:reason :setup})))

(defn- no-venv [answer]
  (when-not (:venv answer)
    "it cannot make virtual environments, for its module ensurepip is missing (Debian and Ubuntu: apt install python3-venv)"))

(defn- python-to-make-with
  "The path of the Python that `named` stands for, or of the first on PATH that can make an environment for pybridge."
  [named]
  (let [paths (if (some? named) [(find/program "the option :python" named)] (distinct (mapcat find/on-path names)))
        tried (for [path paths, :let [answer (find/ask path)]]
                [path (some #(% answer) [find/too-old no-venv find/no-library])])]
    (or (some (fn [[path fault]] (when-not fault path)) tried)
        (refuse "pybridge needs Python 3.11 or newer, and "
                (if (seq tried)
                  (string/join "; " (map (fn [[path fault]] (str path ": " fault)) tried))
                  "there is none on PATH")
                ". Install one from your system or python.org, or name one with (setup! {:python \"…\"})"))))

(defn- run!!
  "Run a program and show what it says as it comes; throw when it fails, with `failed` and its last lines."
  [failed & command]
  (let [process (.start (.redirectErrorStream (ProcessBuilder. ^"[Ljava.lang.String;" (into-array String command)) true))
        _ (.close (.getOutputStream process))
        said (with-open [lines (io/reader (.getInputStream process))]
               (reduce (fn [said line] (println line) (flush) (take-last 3 (concat said [line]))) [] (line-seq lines)))]
    (when-not (zero? (.waitFor process))
      (refuse failed ": " (string/join " / " said)))))

(defn- make! [^File folder python]
  (println "making" (str folder) "with" python)
  (run!! (str python " could not make " folder) python "-m" "venv" (str folder)))

(defn- install! [python package]
  (println "installing" package "and what it needs (TensorFlow is the largest part: a few hundred megabytes)")
  (run!! (str "pip could not install " package) python "-m" "pip" "install" "--disable-pip-version-check" "--upgrade" package))

(defn- checked
  "`answer`, what the Python in `folder` says of itself, unless it does not run."
  [^File folder {:keys [fault] :as answer}]
  (when fault
    (refuse folder " is there, but is no virtual environment that works: " fault ". Delete it, and try again"))
  answer)

(defn setup!
  "What `pybridge.core/setup!` does."
  ([] (setup! {}))
  ([{:keys [python folder package] :as options}]
   (when-let [unknown (seq (remove #{:python :folder :package} (keys options)))]
     (throw (ex-info (str "setup! has no option " (first unknown) "; it takes :python :folder :package") #:pybridge{:reason :option})))
   (some-> (java/fault) println)
   (let [folder (.getAbsoluteFile (io/file (or folder ".venv")))
         own (str (io/file folder "bin/python"))
         there? (.exists folder)
         _ (when-not there? (make! folder (python-to-make-with python)))
         did (cond
               (or package (find/no-half (checked folder (find/ask own)))) (do (install! own (or package (halves/requirement)))
                                                                  (if there? :installed :made))
               :else :nothing)
         {:keys [half] :as answer} (checked folder (find/ask own))]
     (when-let [fault (find/unfit answer)]
       (refuse own ": " fault))
     (println (if (= did :nothing) "nothing to do:" "done:") (str folder) "has pybridge-clj" (:version half))
     {:python own, :version (:version half), :did did})))

(defn- complain [status words]
  (binding [*out* *err*]
    (println words))
  (System/exit status))

(defn -main
  "Do it, and say in a sentence what is missing."
  [& arguments]
  (when (seq arguments)
    (complain 2 "clojure -M -m pybridge.setup takes no arguments; (pybridge.core/setup! {…}) takes :python, :folder and :package"))
  (try
    (setup!)
    (catch ExceptionInfo failure
      (complain 1 (ex-message failure)))
    (catch IOException failure
      (complain 1 (str "a program could not be started: " (ex-message failure))))))
