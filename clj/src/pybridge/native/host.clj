(ns pybridge.native.host
  "A JVM hosts Python: it opens libpython, passes on Ctrl-C and what Python prints, and lets Python take its leave at the exit."
  (:require [pybridge.native.ending :as ending]
            [pybridge.native.env :as env]
            [pybridge.native.find :as find]
            [pybridge.native.objects :as objects]
            [pybridge.native.platform :as platform])
  (:import (java.io Writer)
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
    (foreign library "PyInitConfig_SetInt" 'int '[long long long] config (platform/c-string "utf8_mode") 1)
    (when (neg? (int (foreign library "Py_InitializeFromInitConfig" 'int '[long] config)))
      (throw (ex-info (str "Python did not start from " executable) {:reason :start, :python executable})))
    (foreign library "PyInitConfig_Free" 'void '[long] config)))

(defn- initialise-from-name
  "Python 3.11 to 3.13: the virtual environment is found from the program's name."
  [library executable]
  (platform/call-at (platform/libc "setenv") 'int '[long long int] (platform/c-string "PYTHONUTF8") (platform/c-string "1") (int 0))
  (foreign library "Py_SetProgramName" 'void '[long] (wide executable))
  (foreign library "Py_InitializeEx" 'void '[int] (int 0)))

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
    (objects/help "handle_sigint")
    (reset! before (Signal/handle (Signal. "INT") handler))))

(defn- write-to [stream]
  (fn [text]
    (let [^Writer writer @stream]
      (.write writer ^String text)
      (.flush writer))))

(defn redirect-output!
  "Send what Python prints to `*out*` and `*err*`."
  []
  (objects/help "redirect_output" (write-to #'*out*) (write-to #'*err*)))

(defn running
  "The dlopen handle of a Python that already runs in this process (libpython-clj's, say), or nil."
  []
  (let [address (platform/find-symbol 0 "Py_IsInitialized")]
    (when-not (zero? address)
      (when (== 1 (int (platform/call-at address 'int [])))
        0))))

(defn open!
  "Open libpython and start the Python that `options` and the surroundings name; its dlopen handle."
  [options]
  (let [{:keys [executable library]} (find/python options)
        opened (platform/open-library library)]
    (when (zero? opened)
      (throw (ex-info (str "cannot open " library ", the library of " executable) {:reason :start, :library library})))
    (initialise opened executable)
    opened))
