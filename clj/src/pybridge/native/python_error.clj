(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.python-error
  "The class of Throwables that stand for Python's exceptions: an ExceptionInfo whose data and stack trace are made at the first look."
  (:require [pybridge.once :refer [once]])
  (:import (clojure.lang Compiler DynamicClassLoader ExceptionInfo IPersistentMap RT)))

(set! *warn-on-reflection* true)

(once Told
  ;; What a Throwable of this class knows of its exception.
  (definterface Told
    (exception [])                     ; the handle of it
    (type [])                          ; the name of its class
    (data [])
    (trace [elements])                 ; the stack trace, as an array, of one whose frames in the JVM are `elements`
    (^boolean settled [])              ; is the stack trace the one that shows?
    (^void settle [])))

(defn- class-bytes
  "The class, whose methods are the functions here that begin with `error-`; a class made by `proxy` cannot call its parent's methods
  while another thread calls its own."
  ^bytes []
  (second (#'clojure.core/generate-class
           {:name 'pybridge.PythonError
            :extends ExceptionInfo
            :constructors {[String Throwable Object] [String IPersistentMap Throwable]}
            :init 'init
            :state 'told
            :exposes-methods '{getStackTrace parentGetStackTrace, setStackTrace parentSetStackTrace, printStackTrace parentPrintStackTrace}
            :prefix "error-"
            :impl-ns 'pybridge.native.python-error
            :load-impl-ns false})))

(defmacro ^:private define-class
  "Define the class as this is compiled, and ahead of time beside the compiled code, which finds it there."
  []
  (if *compile-files*
    (Compiler/writeClassFile "pybridge/PythonError" (class-bytes))
    (.defineClass ^DynamicClassLoader (RT/baseLoader) "pybridge.PythonError" (class-bytes) nil))
  nil)

(once pybridge.PythonError (define-class))

(import 'pybridge.PythonError)

(defn python-error? "Does `x` stand for a Python exception?" [x] (instance? PythonError x))

(defn- told ^Told [^PythonError error] (.-told error))

(defn exception
  "The handle of the Python exception that `throwable` stands for, or nil."
  [throwable]
  (when (python-error? throwable) (.exception (told throwable))))

(defn type-name
  "The name of the class of that exception, or nil."
  [throwable]
  (when (python-error? throwable) (.type (told throwable))))

(defn- settle!
  "Have the stack trace of `error` be the one that shows. No lock is held while Python is asked."
  [^PythonError error]
  (let [told (told error)]
    (when-not (.settled told)
      (let [elements (.trace told (.parentGetStackTrace error))]
        (locking told
          (when-not (.settled told)
            (.parentSetStackTrace error elements)
            (.settle told)))))))

(defn- error-init [message cause told]
  [[message {} cause] told])

(defn- error-getData [error]
  (.data (told error)))

(defn- error-getStackTrace [^PythonError error]
  (settle! error)
  (.parentGetStackTrace error))

(defn- error-setStackTrace [^PythonError error elements]
  (let [told (told error)]
    (locking told
      (.parentSetStackTrace error elements)
      (.settle told))))

(defn- error-printStackTrace
  ([^PythonError error]
   (settle! error)
   (.parentPrintStackTrace error))
  ([^PythonError error stream]
   (settle! error)
   (if (instance? java.io.PrintStream stream)
     (.parentPrintStackTrace error ^java.io.PrintStream stream)
     (.parentPrintStackTrace error ^java.io.PrintWriter stream))))

(defn- error-toString
  "As any Throwable's. One that another wraps is asked for it, and the other's trace shows the frames of this one as they then are."
  [^PythonError error]
  (settle! error)
  (str "pybridge.PythonError: " (.getMessage error)))
