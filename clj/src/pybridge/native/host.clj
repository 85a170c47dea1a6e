(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.host
  "A JVM hosts Python: it opens libpython, passes on Ctrl-C and what Python prints, and lets Python take its leave at the exit."
  (:require [pybridge.native.ending :as ending]
            [pybridge.native.env :as env]
            [pybridge.native.interrupts :as interrupts]
            [pybridge.native.objects :as objects]
            [pybridge.native.platform :as platform])
  (:import (clojure.lang Var)
           (java.io OutputStreamWriter PrintStream Reader Writer)
           (java.nio.charset Charset)
           (pybridge.native.env Env)
           (sun.misc Signal SignalHandler)))

(set! *warn-on-reflection* true)

(defn- foreign
  "Call the C function `function-name` of `library` once."
  [library function-name result types & arguments]
  (apply platform/call-at (platform/find-symbol library function-name) result types arguments))

(defn- wide
  "The address of `s` as wchar_t text, kept for ever."
  [^String s]
  (let [points (.toArray (.codePoints s))
        address (platform/allocate (* 4 (inc (alength points))))]
    (platform/put-array address points)
    address))

(defn- initialise-from-config
  "Python 3.14 and newer (PEP 741)."
  [library executable]
  (let [config (foreign library "PyInitConfig_Create" 'long [])]
    (foreign library "PyInitConfig_SetStr" 'int '[long long long] config (platform/c-string "program_name") (platform/c-string executable))
    (foreign library "PyInitConfig_SetInt" 'int '[long long long] config (platform/c-string "install_signal_handlers") 0)
    (foreign library "PyInitConfig_SetInt" 'int '[long long long] config (platform/c-string "faulthandler") 0)
    (foreign library "PyInitConfig_SetInt" 'int '[long long long] config (platform/c-string "utf8_mode") 1)
    (when (neg? (int (foreign library "Py_InitializeFromInitConfig" 'int '[long] config)))
      (throw (ex-info (str "Python did not start from " executable) #:pybridge{:reason :start, :python executable})))
    (foreign library "PyInitConfig_Free" 'void '[long] config)))

(defn- initialise-from-name
  "Python 3.11 to 3.13: the virtual environment is found from the program's name. Started so, it hears nothing of PYTHONUTF8.
  In its development mode it takes the signals of faults, by which a JVM lives, so its very first line gives them back."
  [library executable]
  (platform/poke-int (platform/find-symbol library "Py_UTF8Mode") 1)
  (foreign library "Py_SetProgramName" 'void '[long] (wide executable))
  (let [run-line (platform/function-at (platform/find-symbol library "PyRun_SimpleString") 'int '[long])
        give-back (platform/c-string "import faulthandler; faulthandler.disable()")]
    (foreign library "Py_InitializeEx" 'void '[int] (int 0))
    (run-line give-back)))

(defn- initialise
  "Start the Python of `executable`, whose library is open as `library`; then its GIL is given away."
  [library executable]
  (if (zero? (platform/find-symbol library "PyInitConfig_Create"))
    (initialise-from-name library executable)
    (initialise-from-config library executable))
  (foreign library "PyEval_SaveThread" 'long []))

(defn handle-sigint!
  "Ctrl-C at a REPL ends the Python call that the REPL's thread is in; anywhere else it ends the program with one line, at once:
  a JVM that leaves in its own way while TensorFlow computes crashes."
  []
  (let [repl? (boolean (some-> (resolve 'clojure.core/*repl*) deref)) ; from Clojure 1.12 on
        thread (Thread/currentThread)
        ^Env env (env/current)
        before (atom nil)
        handler (reify SignalHandler
                  (handle [_ signal]
                    (cond
                      (zero? (.callsOfPython env)) (.handle ^SignalHandler @before signal)
                      repl? (.interrupt thread)
                      :else (do (ending/leave-python!)
                                (.println System/err "interrupted")
                                (.halt (Runtime/getRuntime) 130)))))]
    (interrupts/signal-by! (objects/help "handle_sigint"))
    (try
      (reset! before (Signal/handle (Signal. "INT") handler))
      (catch IllegalArgumentException _)))) ; java -Xrs leaves Ctrl-C to the system

(defn- to-stream
  "A function that writes text to the calling thread's `variable`, `*out*` or `*err*`, and flushes it at the end of a line and for \"\";
  it gives false where that is the process's own `stream` and its charset lacks a character. Without text: is it the process's own?"
  [^Var variable ^PrintStream stream]
  (let [own (.getRawRoot variable)
        charset (Charset/forName (.getEncoding (OutputStreamWriter. stream)))] ; so has Clojure made its writers
    (fn
      ([] (identical? own @variable))
      ([text]
       (let [^Writer writer @variable
             held? (or (not (identical? own writer)) (.canEncode (.newEncoder charset) ^String text))]
         (when held? (.write writer ^String text))
         (when (or (not held?) (= "" text) (not (neg? (.indexOf ^String text "\n")))) (.flush writer))
         held?)))))

(defn- next-line
  "The next line of `reader` with its end, \"\" where there is none. A reader may give -1 when it is asked again, so this stops at once."
  [^Reader reader]
  (let [line (StringBuilder.)]
    (loop []
      (let [c (.read reader)]
        (when-not (neg? c)
          (.append line (char c))
          (when-not (== c (int \newline)) (recur)))))
    (str line)))

(defn- from-in
  "A function that gives the next line of the calling thread's `*in*`. Without an argument: is that the process's own?"
  []
  (let [own (.getRawRoot #'*in*)]
    (fn
      ([] (identical? own *in*))
      ([_]
       (.flush ^Writer *out*) ; a prompt without a line's end
       (next-line *in*)))))

(defn- conveying
  "A function that gives the calling thread's bindings, nil where Clojure's streams are the process's own, and binds what it is given."
  []
  (let [variables [#'*out* #'*err* #'*in*]
        own (mapv #(.getRawRoot ^Var %) variables)]
    (fn
      ([] (when-not (every? true? (map identical? own (map deref variables)))
            (Var/cloneThreadBindingFrame)))
      ([frame] (Var/resetThreadBindingFrame frame)))))

(defn redirect-streams!
  "Send what Python prints to `*out*` and `*err*`, and have it read from `*in*` where that is another than the process's; on threads that
  Python starts, to what is bound where they are started."
  []
  (objects/help "convey_bindings" (conveying))
  (objects/help "redirect_input" (from-in))
  (objects/help "redirect_output" (to-stream #'*out* System/out) (to-stream #'*err* System/err)))

(defn settle!
  "Set up a Python that this JVM hosts: it leaves the JVM the signals of faults, and finds modules in the working directory, as
  `python -c` does."
  []
  (objects/help "keep_faults" true)
  (objects/help "add_working_directory"))

(defn running
  "The dlopen handle of a Python that already runs in this process (libpython-clj's, say), or nil."
  []
  (let [address (platform/find-symbol 0 "Py_IsInitialized")]
    (when-not (zero? address)
      (when (== 1 (int (platform/call-at address 'int [])))
        0))))

(defn open!
  "Open libpython and start the Python of `executable`; its dlopen handle."
  [{:keys [executable library]}]
  (let [opened (platform/open-library library)]
    (when (zero? opened)
      (throw (ex-info (str "cannot open " library ", the library of " executable) #:pybridge{:reason :start, :library library})))
    (initialise opened executable)
    opened))
