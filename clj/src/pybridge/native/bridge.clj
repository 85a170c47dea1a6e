(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.bridge
  "The bridge to one interpreter as one value, and the one place where it is installed."
  (:require [pybridge.native.capi]
            [pybridge.native.platform :as platform :refer [peek-word]]
            [pybridge.once :refer [once]])
  (:import (clojure.lang IFn)
           (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(once Types
  (deftype Types [^long none ^long truth ^long falsehood ^long type-offset
                  ^long none-type ^long bool-type ^long int-type ^long float-type ^long str-type ^long bytes-type
                  ^long list-type ^long tuple-type ^long dict-type ^long set-type ^long frozenset-type]))

(once Peer
  ;; A library that has its own objects of Python's, or of what crosses to Python.
  (definterface Peer
    (^boolean holds [x])               ; is `x` one of Python's objects, as the library holds them?
    (^long toPython [x])))             ; its object, a new reference; zero of what the library does not know

(once Meeting
  (definterface Meeting
    (^void meet [peer])))

(once Peers
  ;; Those that the program has, which may come at any time.
  (deftype Peers [^:volatile-mutable peers]
    Peer
    (holds [_ x]
      (boolean (some (fn [^Peer peer] (.holds peer x)) peers)))
    (toPython [_ x]
      (loop [left peers]
        (if (nil? left)
          0
          (let [found (.toPython ^Peer (first left) x)]
            (if (zero? found) (recur (next left)) found)))))
    Meeting
    (meet [this peer]
      (locking this
        (set! peers (seq (concat peers [peer])))))))

(once Bridge
  ;; api:        the C functions, an `Api`
  ;; types:      `Types`, the addresses of singletons and built-in types
  ;; exceptions: a function of an `Env` that throws the Python exception which is set there
  ;; operations: a `pybridge.handle/Operations`, what Python does for a handle
  ;; peer:       `Peers`, what other libraries in this process make of Python's objects
  ;; helpers:    name -> address of a function of `pybridge.clojure.support`, filled as they are looked up
  (deftype Bridge [api types ^IFn exceptions operations peer ^ConcurrentHashMap helpers]))

(defn- type-offset
  "Where an object keeps its type: after the reference count, whose size differs between builds of CPython."
  [^long true-object ^long bool-type]
  (or (first (filter #(= bool-type (peek-word (+ true-object (long %)))) (range 0 64 8)))
      (throw (ex-info "this build of CPython keeps an object's type where pybridge does not find it" #:pybridge{:reason :unknown-layout}))))

(defn find-types
  "The `Types` of the Python in `library` (a dlopen handle)."
  ^Types [^long library]
  (let [at (fn ^long [name] (platform/find-symbol library name))
        true-object (at "_Py_TrueStruct")
        none (at "_Py_NoneStruct")
        offset (long (type-offset true-object (at "PyBool_Type")))]
    (Types. none true-object (at "_Py_FalseStruct") offset
            (peek-word (+ none offset)) (at "PyBool_Type") (at "PyLong_Type") (at "PyFloat_Type") (at "PyUnicode_Type")
            (at "PyBytes_Type") (at "PyList_Type") (at "PyTuple_Type") (at "PyDict_Type") (at "PySet_Type")
            (at "PyFrozenSet_Type"))))

(once Place
  (definterface Place
    (get [])
    (put [bridge])
    (remove [])))

(once OnePlace
  (deftype OnePlace [^:volatile-mutable bridge]
    Place
    (get [_] bridge)
    (put [this new-bridge]
      (locking this
        (when (some? bridge) (throw (IllegalStateException. "a bridge is installed already")))
        (set! bridge new-bridge)))
    (remove [_] (set! bridge nil))))

(defonce ^:private ^OnePlace place (OnePlace. nil))

;; Held by whoever starts Python.
(defonce starting (Object.))

(defn installed
  "The bridge in use, or nil before Python runs."
  ^Bridge []
  (.get place))

(defn install!
  "Make `bridge` the one in use, once for the process; it."
  [bridge]
  (.put place bridge))

(defn uninstall!
  "Take back the bridge, which came to nothing."
  []
  (.remove place))

(defn meet!
  "Have values that `peer` knows cross as it says."
  [peer]
  (.meet ^Meeting (.-peer (installed)) peer))
