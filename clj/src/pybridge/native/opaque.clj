(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.opaque
  "What has no counterpart in Python: there it is a `ClojureObject`, one for each object, which asks here what it prints and equals."
  (:require [pybridge.native.bounded :as bounded]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.env :refer [api]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.limits :as limits]
            [pybridge.native.to-python :refer [Foreign]])
  (:import (clojure.lang IFn Var$Unbound)
           (pybridge.native.to_python Opaque)))

(set! *warn-on-reflection* true)

(def ^:private ^:const longest-text 240)

(def ^:private ^:const longest-ms "How long a text may take." 1500)

(defn- printed [x]
  (binding [*print-length* 20, *print-level* 6]
    (bounded/printed x longest-ms longest-text)))

(defn- written [x]
  (or (bounded/or-unprintable x longest-ms #(str x))
      (bounded/unprintable x "printing gives nothing")))

(defn- call
  "Call `f` as Python calls it. A promise, for one, has no `applyTo`."
  [f arguments options]
  (let [[x y z :as xs] (cond-> arguments (seq options) (conj options))]
    (case (count xs)
      0 (f)
      1 (f x)
      2 (f x y)
      3 (f x y z)
      (apply f xs))))

(defn- order
  "How Java orders `x` and `y`: a negative number, zero or a positive one; nil of what it does not order."
  [x y]
  (when (and (instance? Comparable x) (instance? Comparable y))
    (try (compare x y) (catch ClassCastException _ nil))))

(def operations
  "What a `ClojureObject` may ask of Clojure."
  {"repr" printed
   "str" written
   "equal" =
   "hash" hash
   "order" order
   "apply" call})

(defn opaque->python
  "The `ClojureObject` of `x`: a new reference, to the same one while Python holds it."
  ^long [env x]
  (let [capsule (capsule/capsule env x)]
    (try
      (helpers/call-helper env (if (instance? IFn x) "clojure_callable" "clojure_object") capsule)
      (finally (.Py_DecRef (api env) capsule)))))

(extend-protocol Foreign
  Var$Unbound (foreign->python [x _]
                (limits/refuse (str (.-v ^Var$Unbound x) " is declared and has no value yet, so it has no form in Python; define it first") {}))
  Object (foreign->python [x env] (opaque->python env x))
  Opaque (foreign->python [x env] (opaque->python env (.-object ^Opaque x))))
