(ns pybridge.native.start
  "Where the interpreter comes from: this JVM opens libpython, or Python is in the process already."
  (:require [pybridge.native.capi :as capi]
            [pybridge.native.find :as find]
            [pybridge.native.fork :as fork]
            [pybridge.native.interpreter :as python]
            [pybridge.native.interrupt :as interrupt]
            [pybridge.native.platform :as platform]
            [pybridge.native.to-clojure :as to-clojure]
            [pybridge.runtime :as runtime]
            [pybridge.runtime.native :as native])
  (:import (java.io Writer)
           (pybridge.runtime.native Native Objects)
           (sun.misc Signal SignalHandler)))

(set! *warn-on-reflection* true)

(defn- bind!
  "Use the Python in `library` (a dlopen handle)."
  [^long library]
  (alter-var-root #'python/api
                  (constantly (platform/implement
                               (fn [function-name]
                                 (let [address (platform/find-symbol library (str function-name))]
                                   (if (zero? address) (throw (capi/unknown-function function-name)) address))))))
  (alter-var-root #'python/known (constantly (python/find-known library)))
  (alter-var-root #'to-clojure/special (constantly (Objects.)))
  (Native.))

(defn use!
  "Make `transport`, on a Python that has pybridge, the one that everything calls through; it."
  [transport]
  (runtime/use-transport! transport)
  (fork/watch!)
  (interrupt/watch!)
  (runtime/help "offer_clojure" (fn [] @(requiring-resolve 'pybridge.native.guest/functions)))
  transport)

(defn attach!
  "Use the interpreter that runs in this process already, in `library`: Python is the host, or another bridge has started it."
  [library]
  (use! (bind! (long library))))

;; ---- a JVM hosts Python --------------------------------------------------------------------------------------------

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

(defn- initialise [library executable]
  (if (zero? (platform/find-symbol library "PyInitConfig_Create"))
    (initialise-from-name library executable)
    (initialise-from-config library executable))
  (foreign library "PyEval_SaveThread" 'long []))

(defn- close!
  "At the JVM's exit: what Python does at its own, then no more calls."
  []
  (try
    (runtime/help "run_exit_functions")
    (catch Throwable _ nil)
    (finally (.set ^java.util.concurrent.atomic.AtomicBoolean python/closing true))))

(defn hear-interrupts!
  "Ctrl-C at a REPL ends the Python call that the REPL's thread is in; anywhere else it ends the program with one line, at once:
  a JVM that leaves in its own way while TensorFlow computes crashes."
  []
  (let [repl? (boolean (some-> (resolve 'clojure.core/*repl*) deref)) ; from Clojure 1.12 on
        thread (Thread/currentThread)
        frame (python/frame)
        before (atom nil)
        handler (reify SignalHandler
                  (handle [_ signal]
                    (cond
                      (zero? (.calls frame)) (.handle ^SignalHandler @before signal)
                      repl? (.interrupt thread)
                      :else (do (close!)
                                (.println System/err "interrupted")
                                (.halt (Runtime/getRuntime) 130)))))]
    (runtime/help "hear_interrupts")
    (reset! before (Signal/handle (Signal. "INT") handler))))

(defn- write-to [stream]
  (fn [text]
    (let [^Writer writer @stream]
      (.write writer ^String text)
      (.flush writer))))

(defn redirect-output!
  "Send what Python prints to `*out*` and `*err*`."
  []
  (runtime/help "redirect_output" (write-to #'*out*) (write-to #'*err*)))

(defn close-at-exit!
  "Let the JVM that hosts Python take its leave of it."
  []
  (.addShutdownHook (Runtime/getRuntime) (Thread. ^Runnable close!)))

(defn- running-library
  "The dlopen handle of a Python that already runs in this process (libpython-clj's, say), or nil."
  []
  (let [address (platform/find-symbol 0 "Py_IsInitialized")]
    (when-not (zero? address)
      (when (== 1 (int (platform/call-at address 'int [])))
        0))))

(defn- host!
  "Open libpython and initialise it for the Python that `options` and the surroundings name."
  [options]
  (let [{:keys [executable library]} (find/python options)
        handle (platform/open-library library)]
    (when (zero? handle)
      (throw (ex-info (str "cannot open " library ", the library of " executable) {:reason :start, :library library})))
    (initialise handle executable)
    (let [transport (use! (bind! handle))]
      (hear-interrupts!)
      (redirect-output!)
      (close-at-exit!)
      transport)))

(defn running
  "The transport on the Python that runs in this process already, or nil."
  []
  (when-let [library (running-library)]
    (bind! library)))

(defn start!
  "The native transport: on the Python that runs in this process, or on one that this JVM starts. Where libpython-clj is in
  use, its Python is the one, and values pass between both."
  [options]
  (if (find-ns 'libpython-clj2.python)
    ((requiring-resolve 'pybridge.runtime.libpython/start!) options)
    (or (some-> (running) use!) (host! options))))
