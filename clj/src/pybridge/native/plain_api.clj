(ns pybridge.native.plain-api
  "The C API without bytecode of our own: each method calls an object that the JDK makes of a method handle."
  (:require [clojure.string :as string]
            [pybridge.native.capi :as capi])
  (:import (java.lang.invoke MethodHandleProxies)
           (pybridge.native.capi Api)))

(set! *warn-on-reflection* true)

(defn- caller-name
  "The name of the interface for C functions of a signature: `Caller_long_long_to_int`."
  [[_ result arguments]]
  (symbol (string/join "_" (concat ["Caller"] arguments ["to" result]))))

(defn- arguments-of [[_ _ types]]
  (mapv #(symbol (str "a" %)) (range (count types))))

(defmacro ^:private define-callers
  "An interface of one method `call` for every signature among the C functions."
  []
  `(do ~@(for [[_ result types :as function] (vals (into {} (map (juxt caller-name identity)) capi/functions))]
           `(definterface ~(caller-name function)
              (~(with-meta 'call {:tag result}) ~(mapv #(vary-meta %1 assoc :tag %2) (arguments-of function) types))))))

(define-callers)

(defmacro ^:private implementation
  "An `Api` over the array `callers`, which has an instance of one of those interfaces for each C function."
  [callers]
  `(reify Api
     ~@(for [[i function] (map-indexed vector capi/functions)
             :let [arguments (arguments-of function)]]
         `(~(first function) [~'_ ~@arguments] (.call ~(with-meta `(aget ~callers ~i) {:tag (caller-name function)}) ~@arguments)))))

(defn implement
  "The `Api` whose functions call the method handles `handles`, in the order of `capi/functions`."
  ^Api [handles]
  (let [interface (fn [function] (Class/forName (str "pybridge.native.plain_api." (caller-name function))))
        ^objects callers (into-array Object (map #(MethodHandleProxies/asInterfaceInstance (interface %1) %2) capi/functions handles))]
    (implementation callers)))
