(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.boot
  "Make the bridge to an interpreter that runs in this process, and set it to work."
  (:require [pybridge.native.arguments :as arguments]
            [pybridge.native.arrays]
            [pybridge.native.bridge :as bridge]
            [pybridge.native.callables]
            [pybridge.native.capi :as capi]
            [pybridge.native.details :as details]
            [pybridge.native.evaluation :as evaluation]
            [pybridge.native.exceptions :as exceptions]
            [pybridge.native.forks :as forks]
            [pybridge.native.interrupts :as interrupts]
            [pybridge.native.objects :as objects]
            [pybridge.native.opaque :as opaque]
            [pybridge.native.operations]
            [pybridge.native.platform :as platform]
            [pybridge.native.signature :as signature]
            [pybridge.native.values])
  (:import (java.util.concurrent ConcurrentHashMap)
           (pybridge.native.bridge Bridge Peers)
           (pybridge.native.operations HandleOperations)))

(set! *warn-on-reflection* true)

(defn- find-function ^long [^long library function-name]
  (let [address (platform/find-symbol library (str function-name))]
    (if (zero? address) (throw (capi/unknown-function function-name)) address)))

(defn boot
  "The bridge to the Python in `library` (a dlopen handle)."
  ^Bridge [library]
  (Bridge. (platform/implement #(find-function (long library) %))
           (bridge/find-types (long library))
           exceptions/throw-python
           (HandleOperations.)
           (Peers. nil)
           (ConcurrentHashMap.)))

(defn start!
  "Make `bridge`, to a Python that has pybridge, the one that everything calls through; `(functions)` is what Python may ask of Clojure."
  ([bridge] (start! bridge (fn [] evaluation/functions)))
  ([bridge functions]
   (bridge/install! bridge)
   (try
     (objects/help "register_opaque" opaque/operations) ; the first call of a helper compares both halves
     (catch Throwable failure
       (bridge/uninstall!)
       (throw failure)))
   (forks/watch!)
   (interrupts/watch!)
   (objects/help "register_details" details/functions)
   (objects/help "register_description" signature/described arguments/why-refused)
   (objects/help "register_jvm" functions)))
