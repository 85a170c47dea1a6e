(ns pybridge.native.exceptions
  "Exceptions across the bridge: typed, with both traces, and the same object again when they come home."
  (:require [clojure.string :as string]
            [pybridge.handle :refer [arithmetic-hint]]
            [pybridge.native.call :as call]
            [pybridge.native.env :as env :refer [api type-of]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.platform :as platform]
            [pybridge.native.reference :as reference]
            [pybridge.native.to-python :refer [->python]])
  (:import (clojure.lang Compiler$CompilerException ExceptionInfo)
           (java.io PrintWriter StringWriter)))

(set! *warn-on-reflection* true)

(defn- internal?
  "Is this a frame of the bridge's or the evaluator's own, which tells a reader nothing?"
  [^StackTraceElement element]
  (boolean (re-find #"(?x)^( pybridge\.(native|unsafe|runtime|handle)\b | java\.lang\.(invoke|foreign|reflect)\. | jdk\.internal\. | org\.jpype\.
                            | com\.sun\.jna\. | clojure\.lang\.(Compiler|AFn|RestFn|Var|RT|MultiFn|LazySeq)\b
                            | clojure\.core\$(eval|apply|load|require|with_bindings|binding_conveyor)\w*\b )"
                    (.getClassName element))))

(defn- trimmed [elements] (remove internal? elements))

(def ^:private python-prefix "python: ")

(defn- python-frame ^StackTraceElement [[module function file line]]
  (StackTraceElement. (str python-prefix module) function file (int line)))

(defn- python-frame? [^StackTraceElement element]
  (string/starts-with? (.getClassName element) python-prefix))

(declare throwable-of)

(defn- exception-info
  "The ex-info of a Python exception. Its stack trace begins with Python's frames, the innermost first."
  [{:keys [exception type message traceback frames cause]}]
  (let [error (ExceptionInfo. (if (= "" message) type (str type ": " message))
                              {:py/type type, :py/message message, :py/traceback traceback, :py/exception exception}
                              (when cause (throwable-of cause)))
        elements (concat (map python-frame frames) (trimmed (.getStackTrace error)))]
    (doto error (.setStackTrace (into-array StackTraceElement elements)))))

(defn- call-from-python? [^StackTraceElement element]
  (= "pybridge.native.callables.Trampoline" (.getClassName element)))

(defn- come-through-python
  "`throwable`, with Python's `frames` in its stack trace in place of the bridge's own, where it left Clojure for Python."
  [^Throwable throwable frames]
  (let [[inner outer] (split-with (complement call-from-python?) (.getStackTrace throwable))
        inner (reverse (drop-while internal? (reverse inner)))]
    (when (seq outer)
      (.setStackTrace throwable (into-array StackTraceElement (concat inner (map python-frame frames) (drop-while internal? outer)))))
    throwable))

(defn- throwable-of
  "The Throwable of an exception that is described; one that began as a Clojure exception is that same Throwable again."
  ^Throwable [{:keys [throwable frames] :as described}]
  (if throwable
    (come-through-python throwable frames)
    (exception-info described)))

(defn throw-python
  "Throw the Python exception that is set."
  [env]
  (let [exception (reference/lasting env (env/fetched env))]
    (throw (throwable-of (assoc (call/help env "describe_exception" exception) :exception exception)))))

(defn- trace-text ^String [^Throwable throwable]
  (let [writer (StringWriter.)]
    (with-open [printer (PrintWriter. writer)]
      (loop [^Throwable cause throwable, prefix ""]
        (.println printer (str prefix cause))
        (doseq [element (trimmed (.getStackTrace cause))] (.println printer (str "    at " element)))
        (when-let [next-cause (.getCause cause)] (recur next-cause "Caused by: "))))
    (str writer)))

(defn- python-cause
  "The Python exception at the bottom of `throwable`, if one is: a future wraps what was thrown in it."
  [^Throwable throwable]
  (some #(:py/exception (ex-data %)) (take-while some? (iterate #(.getCause ^Throwable %) throwable))))

(defn- converts? [env x]
  (try
    (.Py_DecRef (api env) (->python env x))
    true
    (catch Throwable _ false)))

(defn- data->python
  "What `ex-data` holds, with what does not convert printed instead."
  [env data]
  (let [data (into {} (map (fn [[k v]] [(if (converts? env {k nil}) k (pr-str k)) (if (converts? env v) v (pr-str v))])) data)]
    (if (converts? env data) data {:data (pr-str data)})))

(defn- place
  "Where a form is that does not compile."
  [{:clojure.error/keys [source line column]}]
  (str (when-not (= source "NO_SOURCE_PATH") source) ":" line ":" column))

(defn- message-of [^Throwable throwable]
  (cond
    (instance? ExceptionInfo throwable) (ex-message throwable)
    (arithmetic-hint throwable) (arithmetic-hint throwable)
    (and (instance? Compiler$CompilerException throwable) (.getCause throwable))
    (str (message-of (.getCause throwable)) " (the form at " (place (ex-data throwable)) ")")
    (ex-message throwable) (str (.getSimpleName (class throwable)) ": " (ex-message throwable))
    :else (.getSimpleName (class throwable))))

(defn- set-exception [env ^long exception]
  (.PyErr_SetObject (api env) (type-of env exception) exception))

(defn- add-clojure-trace
  "Add to Python's `exception` the Clojure frames that `throwable`, which stands for it here, has come through."
  [env exception ^Throwable throwable]
  (when-let [elements (seq (remove (some-fn internal? python-frame?) (.getStackTrace throwable)))]
    (call/help env "add_trace" exception (string/join (map #(str "    at " % "\n") elements)))))

(defn- thrown-in-file
  "What a form of a loaded file threw, without the exception that tells the form's line, which the trace has too."
  [^Throwable throwable]
  (if (and (instance? Compiler$CompilerException throwable)
           (= :execution (:clojure.error/phase (ex-data throwable)))
           (.getCause throwable))
    (recur (.getCause throwable))
    throwable))

(defn- set-clojure-error [env ^Throwable throwable]
  (let [error (call/call env (helpers/helper env "clojure_error")
                         [(message-of throwable) throwable (data->python env (ex-data throwable)) (trace-text throwable)
                          (python-cause throwable) (instance? InterruptedException throwable)]
                         nil)]
    (set-exception env error)
    (.Py_DecRef (api env) error)))

(defn raise
  "Set the Python exception of `throwable`. Nothing leaves this function: an exception in an upcall would end the JVM."
  [env throwable]
  (try
    (let [throwable (thrown-in-file throwable)]
      (if-let [exception (:py/exception (ex-data throwable))]
        (do (add-clojure-trace env exception throwable)
            (set-exception env (reference/address exception)))
        (set-clojure-error env throwable)))
    (catch Throwable second-failure
      (if-let [interrupt (:py/exception (ex-data second-failure))] ; Ctrl-C, heard while the first was described
        (set-exception env (reference/address interrupt))
        (.PyErr_SetString (api env) (helpers/helper env "RuntimeError")
                          (platform/c-string (str "a Clojure " (.getSimpleName (class throwable)) " could not be described: "
                                                (.getSimpleName (class second-failure)))))))))
