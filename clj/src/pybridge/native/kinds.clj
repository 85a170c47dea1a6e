(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.kinds
  "What objects of a Python type are to Clojure: asked of Python once for each type."
  (:require [clojure.string :as string]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.env :refer [api type-of]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.text :as text]
            [pybridge.once :refer [once]])
  (:import (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

(once Kind
  ;; crossing: how it crosses, a keyword; shape: what its handle can do, a keyword; value?: do its own __eq__ and __hash__ count?
  ;; shown?: is there more to show of it than text? All as `pybridge.clojure.support.kind` says.
  (deftype Kind [crossing shape value? shown?]))

;; Address of a type, which is kept alive -> its Kind.
(defonce ^:private ^ConcurrentHashMap kinds (ConcurrentHashMap.))

;; Address of a type, which is kept alive -> the function that a user has registered for its objects.
(defonce ^:private ^ConcurrentHashMap registered (ConcurrentHashMap.))

(def ^:private ^:const most-of-no-kind 4000)

(defn- ask ^Kind [env ^long type]
  (let [answer (helpers/call-helper env "kind" type)]
    (try
      (let [[crossing shape equality display] (string/split (text/string->clojure env answer) #" ")]
        (Kind. (keyword crossing) (keyword shape) (= "value" equality) (= "shown" display)))
      (finally (.Py_DecRef (api env) answer)))))

(def ^:private capsule-kind (Kind. :capsule :plain false false))

(defn- keep-alive [env ^long type]
  (.Py_IncRef (api env) type))

(defn kind-of-type
  "The Kind of the object at `pointer`, whose type is the one at `type`."
  ^Kind [env ^long type ^long pointer]
  (or (.get kinds type)
      (let [^Kind found (if (capsule/capsule? env pointer) capsule-kind (ask env type))]
        (when (or (not= (.-crossing found) :handle) (< (.size kinds) (long most-of-no-kind)))
          (keep-alive env type)
          (.put kinds type found))
        found)))

(defn kind
  "The Kind of the object at `pointer`."
  ^Kind [env ^long pointer]
  (kind-of-type env (type-of env pointer) pointer))

(defn register!
  "Have objects of the very type at `type` cross as what `f` makes of a handle on them."
  [env ^long type f]
  (keep-alive env type)
  (.put registered type f)
  (.put kinds type (let [^Kind asked (ask env type)] (Kind. :registered (.-shape asked) (.-value? asked) (.-shown? asked)))))

(defn forget!
  "Let objects of the type at `type` cross as they did before."
  [_env ^long type]
  (.remove registered type)
  (.remove kinds type))

(def ^:dynamic *converting?*
  "Does a function that a user has registered run? Objects of Python's then come to it as handles, and it can make and ask them."
  false)

(defn convert
  "The value of `handle`, on an object of the type at `type`, as the function registered for that makes it."
  [^long type handle]
  (if *converting?*
    handle
    (binding [*converting?* true]
      ((.get registered type) handle))))
