(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.helpers
  "The Python side of what need not be fast: functions of `pybridge.clojure.support`, found once each and called with objects as they
  are. `pybridge.native.call/help` calls them with Clojure's values."
  (:require [pybridge.native.env :as env :refer [api new-reference]]
            [pybridge.native.halves :as halves]
            [pybridge.native.platform :as platform :refer [poke-word]]
            [pybridge.native.text :as text])
  (:import (java.util.concurrent ConcurrentHashMap)
           (pybridge.native.bridge Bridge)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(defn- refuse-import
  "Throw for the Python exception that is set: without pybridge, an error has to do without what describes it."
  [env]
  (let [exception (env/fetched env)
        words (.PyObject_Str (api env) exception)]
    (.Py_DecRef (api env) exception)
    (throw (ex-info (str "this Python cannot import pybridge (" (if (zero? words) "its error has no message" (text/string->clojure env words))
                         "); run `python -m pip install '" (halves/requirement) "'` with it, or name another Python in PYBRIDGE_PYTHON or with "
                         "(start! {:python \"…\"})")
                    #:pybridge{:reason :start}))))

(defn- imported
  "The module `module-name` of pybridge: a new reference."
  ^long [env module-name]
  (let [module (.PyImport_ImportModule (api env) (platform/c-string module-name))]
    (if (zero? module) (refuse-import env) module)))

(defn- text-in
  "The text of `attribute-name` in the module `module-name`, which is there; nil where it has none."
  [env module-name attribute-name]
  (let [module (.PyImport_ImportModule (api env) (platform/c-string module-name))
        attribute-text (text/string->python env attribute-name)
        value (if (zero? module) 0 (.PyObject_GetAttr (api env) module attribute-text))
        words (if (zero? value) 0 (.PyObject_Str (api env) value))]
    (doseq [^long reference [module attribute-text value] :when (not (zero? reference))] (.Py_DecRef (api env) reference))
    (if (zero? words)
      (do (.Py_DecRef (api env) (env/fetched env)) nil)
      (text/string->clojure env words))))

(defn- check-half!
  "Throw unless the Python half goes with this one."
  [env]
  (.Py_DecRef (api env) (imported env "pybridge"))
  (when-let [fault (halves/fault {:version (text-in env "pybridge" "__version__")
                                  :api (text-in env "pybridge._digest" "DIGEST")
                                  :file (text-in env "pybridge" "__file__")
                                  :executable (text-in env "sys" "executable")})]
    (throw (ex-info fault #:pybridge{:reason :halves}))))

(defn- support
  "The module of helpers, which the first call of one checks: a new reference."
  ^long [^Env env]
  (when (.isEmpty ^ConcurrentHashMap (.-helpers ^Bridge (.-bridge env)))
    (check-half! env))
  (imported env "pybridge.clojure.support"))

(defn helper
  "The function of `pybridge.clojure.support` called `helper-name`: borrowed, kept for ever."
  ^long [^Env env helper-name]
  (let [^ConcurrentHashMap helpers (.-helpers ^Bridge (.-bridge env))]
    (long (or (.get helpers helper-name)
              (let [module (support env)
                    helper-text (text/string->python env helper-name)
                    function (.PyObject_GetAttr (api env) module helper-text)]
                (.Py_DecRef (api env) helper-text)
                (.Py_DecRef (api env) module)
                (.put helpers helper-name (new-reference env function))
                function)))))

(defn call-helper
  "What the helper `helper-name` gives for the object at `pointer`, which is borrowed: a new reference."
  ^long [^Env env helper-name ^long pointer]
  (let [function (helper env helper-name)
        place (.push env 2)]
    (poke-word (+ place 8) pointer)
    (try
      (new-reference env (.PyObject_Vectorcall (api env) function (+ place 8) (bit-or 1 Long/MIN_VALUE) 0))
      (finally (.pop env place)))))
