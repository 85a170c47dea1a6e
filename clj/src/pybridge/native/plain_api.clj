(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.plain-api
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
  "An `Api` over the array `callers`, which has room for an instance of one of those interfaces for each C function; `(make i)` gives one."
  [callers make]
  `(reify Api
     ~@(for [[i function] (map-indexed vector capi/functions)
             :let [arguments (arguments-of function)
                   caller (with-meta 'caller {:tag (caller-name function)})]]
         `(~(first function) [~'_ ~@arguments]
           (let [~caller (or (aget ~callers ~i) (~make ~i))]
             (.call ~'caller ~@arguments))))))

(defn implement
  "The `Api` whose function at `i` of `capi/functions` calls the method handle `(link i result arguments)`, made at the first call."
  ^Api [link]
  (let [^objects callers (object-array (count capi/functions))
        make (fn [i]
               (let [[_ result arguments :as function] (nth capi/functions i)
                     interface (Class/forName (str "pybridge.native.plain_api." (caller-name function)))
                     caller (MethodHandleProxies/asInterfaceInstance interface (link i result arguments))]
                 (aset callers i caller)
                 caller))]
    (implementation callers make)))
