(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.view
  "The memory of Python's arrays, by CPython's buffer protocol. The GIL is held in all of this."
  (:require [pybridge.native.env :as env :refer [api]]
            [pybridge.native.platform :refer [peek-word with-memory]]))

(set! *warn-on-reflection* true)

(def ^:const size "Bytes that a Py_buffer needs, whose first word is the address of the memory." 128)

(defmacro with-view
  "Evaluate `body` with `address` bound to the memory of the array at `pointer`, borrowed, asked for with `flags`; then release it."
  [[address env pointer flags] & body]
  `(with-memory [view# size]
     (when (neg? (.PyObject_GetBuffer (api ~env) ~pointer view# (int ~flags))) (env/raise ~env))
     (try
       (let [~address (peek-word view#)] ~@body)
       (finally (.PyBuffer_Release (api ~env) view#)))))
