(ns pybridge.native.libpython-clj
  "Beside libpython-clj in one process: the interpreter is the one that it has started, or starts now, and values pass between
  both. On a Java older than 22 the C functions are called through JNA, which libpython-clj brings."
  (:require [clojure.string :as string]
            [libpython-clj2.python :as libpython]
            [libpython-clj2.python.ffi :as ffi]
            [libpython-clj2.python.protocols :as protocols]
            [pybridge.handle]
            [pybridge.native.boot :as boot]
            [pybridge.native.ending :as ending]
            [pybridge.native.env :as env :refer [api]]
            [pybridge.native.find :as find]
            [pybridge.native.gil :refer [with-gil]]
            [pybridge.native.host :as host]
            [pybridge.native.reference :as reference]
            [pybridge.native.to-python :refer [Foreign]]
            [tech.v3.datatype.ffi :as dt-ffi])
  (:import (clojure.lang ExceptionInfo)
           (libpython_clj2.python.protocols PPythonType)
           (pybridge.handle Handle)
           (pybridge.native.bridge Peer)
           (tech.v3.datatype.ffi Pointer)))

(set! *warn-on-reflection* true)

(defn- address-of ^long [x]
  (.address ^Pointer (dt-ffi/->pointer x)))

;; libpython-clj's objects are the very same Python objects here …
(defn- ours
  "The Python object of libpython-clj's `x`: a new reference."
  ^long [env x]
  (let [address (address-of x)]
    (.Py_IncRef (api env) address)
    address))

(def ^:private peer
  (reify Peer
    (type [_] PPythonType)
    (toPython [_ x] (ours (env/current) x))))

(extend-protocol Foreign
  Pointer (foreign->python [x env] (ours env x))) ; as it holds those that it gives no interface

;; … and ours are there.
(defn- theirs
  "The Python object of `owner` as libpython-clj holds it, with a reference of its own."
  [^Handle owner]
  (with-gil [env]
    (ffi/incref-track-pyobject (Pointer. (reference/address owner)))))

(defn- bridge
  "`owner` as libpython-clj shows such an object to Clojure."
  [owner]
  (libpython/as-jvm (theirs owner)))

(extend-type Handle
  dt-ffi/PToPointer
  (convertible-to-pointer? [_owner] true)
  (->pointer [owner] (theirs owner))
  protocols/PPythonType
  (get-python-type [owner] (protocols/get-python-type (bridge owner)))
  protocols/PCopyToPython
  (->python [owner _options] (theirs owner))
  protocols/PBridgeToPython
  (as-python [owner _options] (theirs owner))
  protocols/PCopyToJVM
  (->jvm [owner options] (libpython/->jvm (theirs owner) options))
  protocols/PBridgeToJVM
  (as-jvm [owner _options] (bridge owner))
  protocols/PPyDir
  (dir [owner] (protocols/dir (bridge owner)))
  protocols/PPyAttr
  (has-attr? [owner attribute] (protocols/has-attr? (bridge owner) attribute))
  (get-attr [owner attribute] (protocols/get-attr (bridge owner) attribute))
  (set-attr! [owner attribute value] (protocols/set-attr! (bridge owner) attribute value))
  protocols/PPyCallable
  (callable? [owner] (protocols/callable? (bridge owner)))
  protocols/PyCall
  (call [owner arguments options] (protocols/call (bridge owner) arguments options))
  (marshal-return [owner result] (protocols/marshal-return (bridge owner) result))
  protocols/PPyItem
  (has-item? [owner k] (protocols/has-item? (bridge owner) k))
  (get-item [owner k] (protocols/get-item (bridge owner) k))
  (set-item! [owner k value] (protocols/set-item! (bridge owner) k value)))

(defn- settle!
  "What the JVM that hosts Python does for it, where libpython-clj does not: its standard output lacks what programs ask a stream
  for (`encoding`, `fileno`), Ctrl-C ends no call, and nothing is done at the exit."
  []
  (when-not (libpython/has-attr? (libpython/get-attr (libpython/import-module "sys") "stdout") "encoding")
    (host/redirect-output!))
  (try
    (host/handle-sigint!)
    (catch ExceptionInfo _ nil)) ; Python hears signals on the thread that initialised it alone, which this is not
  (ending/end-with-jvm!))

(defn- check!
  "Throw unless the Python that runs has pybridge. A cause would hide the sentence: a REPL shows the innermost one."
  []
  (try
    (libpython/import-module "pybridge.clojure.support")
    (catch Exception failure
      (throw (ex-info (str "the Python that libpython-clj has started, in " (libpython/get-attr (libpython/import-module "sys") "prefix")
                           ", cannot import pybridge (" (first (string/split-lines (str (ex-message failure))))
                           "); install pybridge there, or name another Python with (initialize! :python-executable \"…\")")
                      {:reason :start})))))

(defn start!
  "Use libpython-clj's interpreter, which is initialised with the Python that `options` name unless it runs."
  [options]
  (when-not (host/running)
    (let [{:keys [executable library]} (find/python options)]
      (libpython/initialize! :python-executable executable :library-path library)))
  (check!)
  (boot/start! (boot/boot (host/running) peer))
  (when-not (find-ns 'libpython-clj2.embedded) ; Python is the host there, and has all of that itself
    (settle!)))
