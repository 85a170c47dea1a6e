;; Named in full, so that tools which load all namespaces of a folder do not see it: its library may not be there.
(clojure.core/ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.libpython-clj
  "Beside libpython-clj in one process: whichever comes first starts the one interpreter, and values pass between both. On a Java older
  than 22 the C functions are called through JNA, which libpython-clj brings. What is required here is loaded before
  `libpython-clj2.python` is: see `native.beside`."
  (:require [clojure.java.io :as io]
            [clojure.string :as string]
            [libpython-clj2.python.base :as base]
            [libpython-clj2.python.bridge-as-jvm]
            [libpython-clj2.python.ffi :as ffi]
            [libpython-clj2.python.fn :as fn]
            [libpython-clj2.python.protocols :as protocols]
            [pybridge.handle]
            [pybridge.native.boot :as boot]
            [pybridge.native.bridge :as bridge]
            [pybridge.native.ending :as ending]
            [pybridge.native.env :as env :refer [api types]]
            [pybridge.native.find :as find]
            [pybridge.native.gil :refer [with-gil]]
            [pybridge.native.host :as host]
            [pybridge.native.python-edn :as python-edn]
            [pybridge.native.reference :as reference]
            [pybridge.native.which :as which]
            [tech.v3.datatype.ffi :as dt-ffi])
  (:import (clojure.lang ExceptionInfo)
           (libpython_clj2.python.protocols PPythonType)
           (pybridge.handle Handle)
           (pybridge.native.bridge Peer)
           (tech.v3.datatype.ffi Pointer)))

(set! *warn-on-reflection* true)

;; libpython-clj's objects are the very same Python objects here …
(defn- theirs?
  "Is `x` an object of libpython-clj's? It gives no interface to those that it holds as pointers."
  [x]
  (or (instance? PPythonType x) (instance? Pointer x)))

(defn- ours
  "The Python object of libpython-clj's `x`: a new reference."
  ^long [env x]
  (let [address (.address ^Pointer (dt-ffi/->pointer x))
        address (if (zero? address) (.none (types env)) address)]
    (.Py_IncRef (api env) address)
    address))

(def ^:private peer
  (reify Peer
    (holds [_ x] (theirs? x))
    (toPython [_ x] (if (theirs? x) (ours (env/current) x) 0))))

;; … and ours are there.
(defn- theirs
  "The Python object of `owner` as libpython-clj holds it, with a reference of its own."
  [^Handle owner]
  (with-gil [env]
    (ffi/incref-track-pyobject (Pointer. (reference/address owner)))))

(defn- bridge
  "`owner` as libpython-clj shows such an object to Clojure."
  [owner]
  (ffi/with-gil (base/as-jvm (theirs owner))))

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
  (->jvm [owner options] (ffi/with-gil (base/->jvm (theirs owner) options)))
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

;; An array of ours is a reader of dtype-next's too, of which libpython-clj would make a tuple.
(alter-var-root #'fn/bridged-fn-arg->python
                (fn [convert]
                  (fn
                    ([x] (if (instance? Handle x) (theirs x) (convert x)))
                    ([x options] (if (instance? Handle x) (theirs x) (convert x options))))))

(defonce ^:private connection
  (delay
    (when-not (ffi/library-loaded?) (ffi/set-library! nil)) ; what this process has open: `initialize!` then finds that Python runs
    (bridge/meet! peer)))

(defn connect!
  "Have values pass between libpython-clj and the Python that pybridge is connected with."
  []
  @connection
  nil)

;; Where both start Python at once, libpython-clj waits for us when it has opened a library, and takes the one whose Python runs then.
(add-watch @#'ffi/library* ::one-python
           (fn [_ _ _ _]
             (locking bridge/starting
               (when (and (host/running) (ffi/library-loaded?) (not= 1 (ffi/Py_IsInitialized)))
                 (ffi/set-library! nil)))))

(def ^:private ^:const patience-ms 20000)

(defn- await-start
  "Wait for libpython-clj where it is about to start Python on another thread."
  []
  (let [end (+ (System/currentTimeMillis) patience-ms)]
    (while (and (ffi/library-loaded?) (not (host/running)) (< (System/currentTimeMillis) end))
      (Thread/sleep 5))))

(defn- sys
  "The attribute of Python's module sys, by libpython-clj."
  [attribute-name]
  (ffi/with-gil (protocols/get-attr (base/as-jvm (ffi/import-module "sys")) attribute-name)))

(defn- settle!
  "What the JVM that hosts Python does for it, where libpython-clj does not: its standard output lacks what programs ask a stream
  for (`encoding`, `fileno`), Ctrl-C ends no call, and nothing is done at the exit."
  []
  (when-not (ffi/with-gil (protocols/has-attr? (sys "stdout") "encoding"))
    (host/redirect-streams!))
  (host/settle!)
  (try
    (host/handle-sigint!)
    (catch ExceptionInfo _ nil)) ; Python hears signals on the thread that initialised it alone, which this is not
  (ending/end-with-jvm!))

(defn- check!
  "Throw unless the Python that runs has pybridge. A cause would hide the sentence: a REPL shows the innermost one."
  []
  (try
    (ffi/with-gil (ffi/import-module "pybridge.clojure.support"))
    (catch Exception failure
      (throw (ex-info (str "the Python that libpython-clj has started, in " (sys "prefix")
                           ", cannot import pybridge (" (first (string/split-lines (str (ex-message failure))))
                           "); install pybridge there, or name another Python with (initialize! :python-executable \"…\")")
                      #:pybridge{:reason :start})))))

(defn- folder [executable]
  (some-> (io/file executable) .getAbsoluteFile .toPath .normalize .getParent .toString))

(defn- check-choice!
  "Throw where the Python that runs is none of this project's, if that has one."
  [options]
  (let [executable (sys "executable")
        library (which/library)
        of-project (find/of-project options)
        same? (fn [{itself :executable, found :library}]
                (and (= (folder itself) (folder executable))
                     (or (nil? library) (= library (.getCanonicalPath (io/file found))))))]
    (when (and (seq of-project) (not-any? same? of-project))
      (let [{:keys [source], itself :executable, found :library} (first of-project)]
        (throw (ex-info (str "libpython-clj has started another Python than this project's: " executable " with " library ", where " source
                             " names " itself " with " found "; start that, with (initialize! :python-executable \"" itself
                             "\" :library-path \"" found "\")"
                             (when-not (= (folder itself) (folder executable))
                               (str ", or choose the other, with PYBRIDGE_PYTHON or (start! {:python \"" executable "\"})")))
                        #:pybridge{:reason :start, :running {:executable executable, :library library}
                                   :project {:executable itself, :library found, :source source}}))))))

(defn- initialize!
  "Have libpython-clj start the Python that `options`, python.edn and the surroundings name; where that was found."
  [options]
  (let [initialize (requiring-resolve 'libpython-clj2.python/initialize!)
        {:keys [executable library source]} (try
                                              (find/python options)
                                              (catch ExceptionInfo failure
                                                (when-not (:pre-initialize-fn (python-edn/settings)) ; which may make that Python
                                                  (throw failure))))]
    (if executable
      (initialize :python-executable executable :library-path library)
      (initialize))
    (or source "python.edn")))

(defn start!
  "Use libpython-clj's interpreter, which is initialised with the Python that `options` name unless it runs; what is to be told of that."
  [options]
  (await-start)
  (let [running? (host/running)
        source (when-not running? (initialize! options))
        embedded? (find-ns 'libpython-clj2.embedded)] ; Python is the host there, and has all that settles it itself
    (check!)
    (when (and running? (not embedded?)) (check-choice! options))
    (boot/start! (boot/boot (host/running)))
    (when-not embedded? (settle!))
    (cond-> {:started-by (if embedded? :python :libpython-clj)}
      source (assoc :source source))))
