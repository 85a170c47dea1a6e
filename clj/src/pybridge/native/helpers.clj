(ns pybridge.native.helpers
  "The Python side of what need not be fast: functions of `pybridge.clojure.support`, found once each and called with objects as they
  are. `pybridge.native.call/help` calls them with Clojure's values."
  (:require [pybridge.native.env :as env :refer [api new-reference]]
            [pybridge.native.platform :as platform :refer [poke-word]]
            [pybridge.native.text :as text])
  (:import (java.util.concurrent ConcurrentHashMap)
           (pybridge.native.bridge Bridge)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(defn- support
  "The module of helpers: a new reference. An error in its import has to do without them."
  ^long [env]
  (let [module (.PyImport_ImportModule (api env) (platform/c-string "pybridge.clojure.support"))]
    (when (zero? module)
      (let [exception (env/fetched env)
            words (.PyObject_Str (api env) exception)]
        (.Py_DecRef (api env) exception)
        (throw (ex-info (str "this Python cannot import pybridge (" (if (zero? words) "its error has no message" (text/string->clojure env words))
                             "); install pybridge there, or name another Python in PYBRIDGE_PYTHON or with (start! {:python \"…\"})")
                        #:pybridge{:reason :start}))))
    module))

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
