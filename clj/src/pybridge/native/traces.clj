(ns pybridge.native.traces
  "Stack traces that show both languages, and not what the bridge does between them."
  (:require [clojure.string :as string])
  (:import (clojure.lang ExceptionInfo)
           (java.lang StackWalker StackWalker$StackFrame)
           (java.util ArrayList Collections IdentityHashMap List)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.function Function)
           (java.util.stream BaseStream)))

(set! *warn-on-reflection* true)

(defn- internal-class? [class-name]
  (boolean (re-find #"(?x)^( pybridge\.(native|unsafe|runtime|handle)\b | pybridge\.core\$raise | java\.lang\.(invoke|foreign|reflect)\.
                            | jdk\.internal\. | org\.jpype\. | com\.sun\.jna\.
                            | clojure\.lang\.(Compiler|AFn|RestFn|Var|RT|MultiFn|LazySeq)\b
                            | clojure\.core\$(eval|apply|load|require|with_bindings|binding_conveyor)\w*\b )"
                    class-name)))

;; Name of a class -> is it internal?
(defonce ^:private ^ConcurrentHashMap classes (ConcurrentHashMap.))
(def ^:private ^:const most-classes 10000)

(defn- internal-name? [^String class-name]
  (let [known (.get classes class-name)]
    (if (nil? known)
      (let [found (internal-class? class-name)]
        (when (< (.size classes) (long most-classes)) (.put classes class-name found))
        found)
      (.booleanValue ^Boolean known))))

(defn- internal?
  "Is this a frame of the bridge's or the evaluator's own, which tells a reader nothing?"
  [^StackTraceElement element]
  (internal-name? (.getClassName element)))

(def ^:private python-prefix "python: ")

(defn- python-frame? [^StackTraceElement element]
  (string/starts-with? (.getClassName element) python-prefix))

(defn- python-frame
  "The element of a frame as `pybridge.clojure.support` writes it: module, function, file and line."
  ^StackTraceElement [^String frame]
  (let [[module function file line] (.split frame "\0")]
    (StackTraceElement. (str python-prefix module) (str function) file (int (or (some-> line parse-long) 0)))))

(defn- python-frames [^String frames]
  (when-not (= "" frames) (map python-frame (.split frames "\n"))))

(defn- set-trace! [^Throwable throwable ^List elements]
  (.setStackTrace throwable (.toArray elements ^"[Ljava.lang.StackTraceElement;" (make-array StackTraceElement 0))))

(defn pass-interrupt!
  "Throw `failure` if it is Python's KeyboardInterrupt, which is heard wherever Python is asked for something."
  [^Throwable failure]
  (when (and (instance? ExceptionInfo failure) (= "KeyboardInterrupt" (:py/type (ex-data failure))))
    (throw failure)))

(defmacro ^:private or-else
  "The value of `body`, which asks a Throwable of anybody's class about itself; `instead` where its answer throws."
  [instead & body]
  `(try
     ~@body
     (catch Throwable failure#
       (pass-interrupt! failure#)
       ~instead)))

(defn data
  "The `ex-data` of `throwable`, if it can say."
  [throwable]
  (or-else nil (ex-data throwable)))

(defn- elements
  "The stack trace of `throwable`, as far as it can say."
  [^Throwable throwable]
  (or-else [] (.getStackTrace throwable)))

(defn begin-in-python!
  "Let the trace of `throwable`, made just now, begin with Python's `frames`, the innermost first."
  [^Throwable throwable frames]
  (let [found (ArrayList.)]
    (run! #(.add found %) (python-frames frames))
    (run! #(when-not (internal? %) (.add found %)) (elements throwable))
    (set-trace! throwable found)))

(defn begin-here!
  "Let the trace of `throwable` begin at the caller of the bridge. The frames below stay as they are."
  [^Throwable throwable]
  (.fillInStackTrace throwable)
  (set-trace! throwable (vec (drop-while internal? (elements throwable)))))

(def ^:private called-class "pybridge.native.callables.Trampoline")

(defn- call-from-python? [^StackTraceElement element]
  (= called-class (.getClassName element)))

(def ^:private ^StackWalker walker (StackWalker/getInstance))

(defn running-code
  "The names of the classes whose code runs on this thread for the innermost call from Python, the innermost first."
  []
  (.walk walker
         (reify Function
           (apply [_ frames]
             (let [frames (.iterator ^BaseStream frames)]
               (loop [names []]
                 (let [class-name (when (.hasNext frames) (.getClassName ^StackWalker$StackFrame (.next frames)))]
                   (cond
                     (or (nil? class-name) (= called-class class-name)) names
                     (or (= class-name (peek names)) (internal-name? class-name)) (recur names)
                     :else (recur (conj names class-name))))))))))

(defn come-through-python!
  "Put Python's `frames` into the trace of `throwable` in place of the bridge's own, where it left Clojure for Python."
  [^Throwable throwable frames]
  (let [[inner outer] (split-with (complement call-from-python?) (elements throwable))]
    (when (seq outer)
      (set-trace! throwable (vec (concat (reverse (drop-while internal? (reverse inner)))
                                         (python-frames frames)
                                         (drop-while internal? outer)))))))

(defn clojure-lines
  "The lines of Clojure's frames in the trace of `throwable`."
  [^Throwable throwable]
  (let [lines (StringBuilder.)]
    (doseq [element (elements throwable)]
      (when-not (or (internal? element) (python-frame? element))
        (.append lines "    at ") (.append lines (str element)) (.append lines "\n")))
    (str lines)))

(def ^:private ^:const most-causes 200)

(defn causes
  "`throwable` and its causes, each once."
  [throwable]
  (let [seen (Collections/newSetFromMap (IdentityHashMap.))]
    (vec (take most-causes (take-while #(and % (.add seen %)) (iterate #(or-else nil (ex-cause %)) throwable))))))

(defn- heading
  "What a trace begins with; the data of a Python exception, its traceback above all, stands elsewhere."
  [throwable]
  (if (contains? (data throwable) :py/traceback)
    (ex-message throwable)
    (binding [*print-length* 100, *print-level* 20]
      (or-else (.getName (class throwable)) (str throwable)))))

(defn section
  "What a trace shows of `throwable` alone, with what was suppressed for it."
  [^Throwable throwable]
  (let [lines (StringBuilder. (str (heading throwable) "\n"))]
    (doseq [element (elements throwable)]
      (when-not (internal? element)
        (.append lines "    at ") (.append lines (str element)) (.append lines "\n")))
    (doseq [suppressed (.getSuppressed throwable)]
      (.append lines (str "  Suppressed: " (heading suppressed) "\n")))
    (str lines)))

(defn text
  "The trace whose sections are `sections`, a Throwable's and its causes'."
  [sections]
  (string/join "Caused by: " sections))
