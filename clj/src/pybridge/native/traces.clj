(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.traces
  "Stack traces that show both languages, and not what the bridge does between them."
  (:require [clojure.string :as string]
            [pybridge.handle :refer [cast-hint]]
            [pybridge.native.bounded :as bounded]
            [pybridge.native.python-error :as python-error]
            [pybridge.native.text :as text])
  (:import (clojure.lang Compiler$CompilerException ExceptionInfo PersistentArrayMap PersistentHashMap)
           (java.lang StackWalker StackWalker$StackFrame)
           (java.lang.reflect InvocationTargetException)
           (java.util Collections IdentityHashMap List)
           (java.util.concurrent CompletionException ConcurrentHashMap ExecutionException)
           (java.util.function Function)
           (java.util.stream BaseStream)))

(set! *warn-on-reflection* true)

(defn- internal-class? [class-name]
  (boolean (re-find #"(?x)^( pybridge\.(native|unsafe|runtime|handle|reload|nrepl)\b | pybridge\.core\$raise | java\.lang\.(invoke|foreign|reflect)\.
                            | jdk\.internal\. | org\.jpype\. | com\.sun\.jna\.
                            | clojure\.lang\.(Compiler|AFn|RestFn|Var|RT|MultiFn|LazySeq)\b
                            | nrepl\. | cider\.nrepl\. | clojure\.main\$repl\b
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
  (when (= "KeyboardInterrupt" (python-error/type-name failure))
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

(defn said
  "What the data of `throwable` says under the keyword `k`, if that is an ex-info of Clojure's and its data a map of Clojure's: no
  other's code runs."
  [throwable k]
  (when (identical? ExceptionInfo (class throwable))
    (let [data (ex-data throwable)]
      (when (or (instance? PersistentArrayMap data) (instance? PersistentHashMap data))
        (get data k)))))

(defn- elements
  "The stack trace of `throwable`, as far as it can say."
  [^Throwable throwable]
  (or-else [] (.getStackTrace throwable)))

(defn begun-in-python
  "The stack trace of a Throwable whose frames in the JVM are `elements`, which begins with Python's `frames`, the innermost first."
  [^String frames elements]
  (into-array StackTraceElement (concat (python-frames frames) (remove internal? elements))))

(defn begin-here!
  "Let the trace of `throwable` begin at the caller of the bridge. The frames below stay as they are."
  [^Throwable throwable]
  (set-trace! throwable []) ; which is the one that shows from now on
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

(defn end-at!
  "`throwable`, whose trace and those of its causes end above the outermost frame of the class called `class-name`, and go on where what
  is no longer the bridge's own called it."
  [class-name throwable]
  (doseq [^Throwable each (causes throwable)]
    (let [[below above] (split-with #(not= class-name (.getClassName ^StackTraceElement %)) (rseq (vec (elements each))))
          above (drop-while #(= class-name (.getClassName ^StackTraceElement %)) above)]
      (when (seq above)
        (set-trace! each (vec (concat (reverse above) (drop-while internal? (reverse below))))))))
  throwable)

(defn unwrapped
  "What was thrown, without what it is wrapped in by futures, reflection and the classes of `more`."
  ^Throwable [throwable & more]
  (let [cause (when (or (instance? ExecutionException throwable) (instance? CompletionException throwable)
                        (instance? InvocationTargetException throwable) (some #(instance? % throwable) more))
                (.getCause ^Throwable throwable))]
    (if cause (recur cause more) throwable)))

(defn- place
  "Where a form is that does not compile."
  [{:clojure.error/keys [source line column]}]
  (str (when-not (contains? #{"NO_SOURCE_PATH" "<clojure>"} source) (str source ":")) line ":" column))

(declare message-of)

(defn- own-message [^Throwable throwable]
  (cond
    (and (instance? ExceptionInfo throwable) (ex-message throwable)) (ex-message throwable)
    (cast-hint throwable) (cast-hint throwable)
    (and (instance? Compiler$CompilerException throwable) (.getCause throwable))
    (str (message-of (.getCause throwable)) " (the form at " (place (ex-data throwable)) ")")
    (ex-message throwable) (str (.getSimpleName (class throwable)) ": " (ex-message throwable))
    :else (.getSimpleName (class throwable))))

(defn message-of
  "What Python's exception of `throwable` says. One whose class throws when it is asked is that exception all the same."
  [^Throwable throwable]
  (try
    (own-message throwable)
    (catch Throwable failure
      (pass-interrupt! failure)
      (str (.getSimpleName (class throwable)) ": (its message cannot be shown: " (.getSimpleName (class failure)) ")"))))

(def ^:private ^:const longest-heading 10000)

(defn- heading
  "What a trace begins with, as far as people read it. Of an ex-info's data that is what is plain, and nothing where it is that of a
  Python exception, whose traceback stands elsewhere; of another's class it is what that says by `deadline`."
  [throwable deadline]
  (let [class-name (.getName (class throwable))
        message #(text/cut (str (ex-message throwable)) longest-heading)]
    (cond
      (or (python-error/python-error? throwable) (said throwable :py/traceback)) (message)
      (identical? ExceptionInfo (class throwable)) (str class-name ": " (message) " " (bounded/at-once (ex-data throwable)))
      :else (text/cut (bounded/within throwable (bounded/time-left deadline) #(or-else class-name (str throwable)) class-name)
                      longest-heading))))

(defn section
  "What a trace shows of `throwable` alone, with what was suppressed for it."
  [^Throwable throwable deadline]
  (let [lines (StringBuilder. (str (heading throwable deadline) "\n"))]
    (doseq [element (elements throwable)]
      (when-not (internal? element)
        (.append lines "    at ") (.append lines (str element)) (.append lines "\n")))
    (doseq [suppressed (.getSuppressed throwable)]
      (.append lines (str "  Suppressed: " (heading suppressed deadline) "\n")))
    (str lines)))

(defn text
  "The trace of `throwable` and of its causes."
  [throwable deadline]
  (string/join "Caused by: " (map #(section % deadline) (causes throwable))))

(def ^:private ^:const longest-data 400)
(def ^:private ^:const longest-data-ms 1000)

(defn shown-data
  "The beginning of what `pr` writes of the data of an `ex-info`, which may be endless, hold itself, or wait for ever."
  [throwable]
  (let [data (ex-data throwable)]
    (binding [*print-length* 20, *print-level* 5]
      (bounded/printed data longest-data-ms longest-data))))
