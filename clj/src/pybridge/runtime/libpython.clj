(ns pybridge.runtime.libpython
  "Beside libpython-clj in one process: the interpreter is the one that it has started, or starts now, and values pass between
  both. On a Java older than 22 the C functions are called through JNA, which libpython-clj brings."
  (:require [libpython-clj2.python :as libpython]
            [libpython-clj2.python.ffi :as ffi]
            [libpython-clj2.python.protocols :as protocols]
            [pybridge.handle]
            [pybridge.native.convert :as convert :refer [Foreign]]
            [pybridge.native.find :as find]
            [pybridge.native.handle :as handle]
            [pybridge.native.interpreter :as python :refer [api]]
            [pybridge.native.start :as start]
            [tech.v3.datatype.ffi :as dt-ffi])
  (:import (libpython_clj2.python.protocols PPythonType)
           (pybridge.handle Handle)
           (pybridge.native.capi Api)
           (tech.v3.datatype.ffi Pointer)))

(set! *warn-on-reflection* true)

(defn- address-of ^long [x]
  (.address ^Pointer (dt-ffi/->pointer x)))

;; libpython-clj's objects are the very same Python objects here …
(extend-protocol Foreign
  PPythonType
  (foreign->python [x]
    (let [address (address-of x)]
      (.Py_IncRef api address)
      address)))

(defn- theirs
  "The Python object of `owner` as libpython-clj holds it, with a reference of its own."
  [^Handle owner]
  (python/with-gil [frame]
    (ffi/incref-track-pyobject (Pointer. (handle/address owner)))))

;; … and ours are there.
(extend-type Handle
  protocols/PCopyToPython
  (->python [owner _options] (theirs owner))
  protocols/PBridgeToPython
  (as-python [owner _options] (theirs owner)))

(defn start!
  "The transport on libpython-clj's interpreter, which is initialised with the Python that `options` name unless it runs."
  [options]
  (or (start/running)
      (let [{:keys [executable library]} (find/python options)]
        (libpython/initialize! :python-executable executable :library-path library)
        (start/running))))
