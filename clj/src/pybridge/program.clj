(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.program
  "Clojure programs as `pybridge run` runs them, and what it says of one that fails."
  (:require [clojure.main :as main]
            [clojure.string :as string]
            [pybridge.handle :as handle])
  (:import (clojure.lang Compiler Compiler$CompilerException)
           (java.io StringReader)))

(set! *warn-on-reflection* true)

(defonce ^:private failure (atom nil))

(defn value
  "Run the program in the file `path`, or its `text`, with `arguments`, as clojure.main does; the value of its last form."
  [^String path arguments & [text]]
  (try
    (main/with-bindings
      (in-ns 'user)
      (set! *command-line-args* (seq arguments))
      (if text
        (Compiler/load (StringReader. text) path path)
        (load-file path)))
    (catch Throwable thrown
      (reset! failure thrown)
      (throw thrown))))

(defn run
  "The same for a program whose last value nobody wants, which may have no end, or no form in Python."
  [path arguments & [text]]
  (value path arguments text)
  nil)

(defn- root ^Throwable [^Throwable throwable]
  (if-let [cause (.getCause throwable)]
    (recur cause)
    throwable))

(defn- own-frame?
  "Is this a frame of the program's or of a library of its, in either language?"
  [^StackTraceElement frame]
  (not (re-find #"^(clojure|java|jdk|sun|javax|org\.jpype)\.|^pybridge\.(native|runtime|handle|program|core|reload)\b|^python: _boundary$"
                (.getClassName frame))))

(defn- shown
  "A frame as Clojure's own messages have it, `namespace/function (file:line)`."
  [^StackTraceElement frame]
  (let [function (if (string/starts-with? (.getClassName frame) "python: ")
                   (str (subs (.getClassName frame) (count "python: ")) "." (.getMethodName frame))
                   (main/demunge (.getClassName frame)))]
    [function (str function " (" (.getFileName frame) ":" (.getLineNumber frame) ")")]))

(defn- frames
  "The program's frames in the trace of `throwable`, the innermost first. A function has two methods, and one may call itself."
  [^Throwable throwable]
  (->> (.getStackTrace throwable)
       (filter own-frame?)
       (map shown)
       (remove #(re-find #"/eval\d+" (first %)))
       (partition-by first)
       (map (comp second first))))

(defn- place
  "Where the outermost form begins that failed, as editors read it."
  [^Throwable throwable]
  (let [{:clojure.error/keys [source line column]} (ex-data throwable)]
    (str source ":" line ":" column)))

(defn- heading [^Throwable throwable]
  (let [cause (root throwable)
        {:py/keys [type message]} (ex-data cause)]
    (cond
      type (str "Execution error (" type ")\n" message)
      (handle/cast-hint cause) (handle/cast-hint cause)
      :else (string/trimr (main/ex-str (main/ex-triage (Throwable->map throwable)))))))

(defn last-failure
  "What is to be said of the program that failed last: what went wrong, the program's frames, and where the form begins."
  []
  (let [throwable ^Throwable @failure]
    (if (and (instance? Compiler$CompilerException throwable) (= :execution (:clojure.error/phase (ex-data throwable))))
      (string/join "\n    at " [(heading throwable) (string/join "\n    at " (frames (root throwable))) (str "the form at " (place throwable))])
      (heading throwable))))
