(ns pybridge.native.exceptions
  "Exceptions across the bridge: typed, with both traces, and the same object again when they come home."
  (:require [pybridge.handle :refer [cast-hint handle?]]
            [pybridge.native.call :as call]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.env :as env :refer [api type-of types]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.platform :as platform]
            [pybridge.native.reference :as reference]
            [pybridge.native.to-python :refer [->python Foreign]]
            [pybridge.native.traces :as traces]
            [pybridge.once :refer [once]])
  (:import (clojure.lang Compiler$CompilerException ExceptionInfo)
           (java.lang.ref Cleaner WeakReference)
           (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

(once Borrowed (deftype Borrowed [^long address]))

(extend-protocol Foreign
  Borrowed
  (foreign->python [x env]
    (let [address (.-address ^Borrowed x)]
      (.Py_IncRef (api env) address)
      address)))

(defn- message [type text]
  (if (= "" text) type (str type ": " text)))

(defn python-exception
  "The handle of the Python exception that `throwable` stands for, or nil. Data taken over into another ex-info is no more than data."
  [throwable]
  (when (instance? ExceptionInfo throwable)
    (let [{:py/keys [type exception] text :py/message} (traces/data throwable)]
      (when (and (handle? exception) (= (ex-message throwable) (message type text)))
        exception))))

(defn- exception-info
  "The ex-info of a Python exception, with the Throwables of its cause and of a group's members."
  [exception type text traceback cause members notes]
  (ExceptionInfo. (message type text)
                  (cond-> {:py/type type, :py/message text, :py/traceback traceback, :py/exception exception}
                    (seq members) (assoc :py/exceptions members)
                    (seq notes) (assoc :py/notes notes))
                  cause))

(defn- give-cause!
  "Show on `throwable` the cause that Python gave it: its own, which is final, stays."
  [^Throwable throwable cause]
  (let [shown (concat (traces/causes throwable) (.getSuppressed throwable))
        exception (python-exception cause)]
    (when-not (some #(or (identical? cause %) (and exception (= exception (python-exception %)))) shown)
      (.addSuppressed throwable cause))))

(defn- come-home
  [^Throwable throwable frames cause]
  (traces/come-through-python! throwable frames)
  (when cause (give-cause! throwable cause))
  throwable)

(defn- throwable-of
  "The Throwable of a row as `describe_exception` gives it; `made` are those of the rows before."
  [made [exception type text traceback frames cause members notes :as row]]
  (case (count row)
    8 (doto ^Throwable (exception-info exception type text traceback (some->> cause (nth made)) (mapv made members) notes)
        (traces/begin-in-python! frames))
    3 (let [[throwable frames cause] row]
        (come-home throwable frames (some->> cause (nth made))))
    1 (ExceptionInfo. (first row) {})))

(defn- described
  "The Throwable of the exception at `pointer`, borrowed. A cause of it that one of `known` stands for is that one."
  ^Throwable [env ^long pointer known]
  (loop [rows (call/help env "describe_exception" (Borrowed. pointer)), made []] ; no `reduce`, which would be in the stack trace
    (if-let [[row & more] (seq rows)]
      (recur more (conj made (or (when (seq known)
                                   (some #(when (= (first row) (python-exception %)) %) known))
                                 (throwable-of made row))))
      (peek made))))

;; Address of an exception that Clojure raised -> its `Raised`, as long as its ex-info lives, which keeps the exception.
(defonce ^:private ^ConcurrentHashMap raised (ConcurrentHashMap.))
(defonce ^:private ^Cleaner cleaner (Cleaner/create))
;; The ex-info of such an exception that this thread has thrown into Python last, for Python keeps it no other way.
(defonce ^:private ^ThreadLocal thrown (ThreadLocal.))

(once Raised (deftype Raised [^WeakReference reference ^longs frames-known]))

(defn- keep-raised [throwable ^long address]
  (let [entry (Raised. (WeakReference. throwable) (long-array 1))]
    (.put raised address entry)
    (.register cleaner throwable (fn [] (.remove raised address entry)))))

(defn- raised-entry
  "The `Raised` of the exception at `pointer`, if that is one."
  ^Raised [^long pointer]
  (when-let [^Raised entry (.get raised pointer)]
    (when-let [throwable (.get ^WeakReference (.-reference entry))]
      (when (== pointer (reference/address (:py/exception (ex-data throwable))))
        entry))))

(defn- raised-here
  "The ex-info of the exception at `pointer`, borrowed, that Clojure has raised; nil of any other."
  [env ^long pointer]
  (when-let [^Raised entry (raised-entry pointer)]
    (let [throwable (.get ^WeakReference (.-reference entry))]
      (.remove thrown)
      (traces/come-through-python! throwable (call/help env "frames" (Borrowed. pointer) (aget ^longs (.-frames-known entry) 0)))
      throwable)))

(defn throw-python
  "Throw the Python exception that is set."
  [env]
  (let [pointer (env/fetched env)]
    (throw (try
             (or (raised-here env pointer) (described env pointer nil))
             (finally (.Py_DecRef (api env) pointer))))))

(defn- data->python
  "What `ex-data` holds, a new reference, with what does not convert printed instead."
  ^long [env data]
  (letfn [(converted [x]
            (try (->python env x) (catch Throwable _ nil)))
          (converts? [x]
            (when-let [pointer (converted x)]
              (.Py_DecRef (api env) (long pointer))
              true))
          (printed [x]
            (binding [*print-length* 100, *print-level* 20] (pr-str x)))]
    (long (or (converted (or data {}))
              (converted (into {} (map (fn [[k v]] [(if (converts? {k nil}) k (printed k)) (if (converts? v) v (printed v))])) data))
              (->python env {:data (printed data)})))))

(defn- place
  "Where a form is that does not compile."
  [{:clojure.error/keys [source line column]}]
  (str (when-not (= source "NO_SOURCE_PATH") source) ":" line ":" column))

(declare message-of)

(defn- own-message [^Throwable throwable]
  (cond
    (and (instance? ExceptionInfo throwable) (ex-message throwable)) (ex-message throwable)
    (cast-hint throwable) (cast-hint throwable)
    (and (instance? Compiler$CompilerException throwable) (.getCause throwable))
    (str (message-of (.getCause throwable)) " (the form at " (place (ex-data throwable)) ")")
    (ex-message throwable) (str (.getSimpleName (class throwable)) ": " (ex-message throwable))
    :else (.getSimpleName (class throwable))))

(defn- message-of
  "What Python's exception of `throwable` says. One whose class throws when it is asked is that exception all the same."
  [^Throwable throwable]
  (try
    (own-message throwable)
    (catch Throwable failure
      (traces/pass-interrupt! failure)
      (str (.getSimpleName (class throwable)) ": (its message cannot be shown: " (.getSimpleName (class failure)) ")"))))

(defn- new-error
  "The Python exception of the Throwable in `capsule`, whose cause is at `cause`, borrowed, or zero: a new reference."
  [env throwable capsule sections cause]
  (let [data (data->python env (traces/data throwable))]
    (try
      (call/call env (helpers/helper env "clojure_error")
                 [(message-of throwable) (Borrowed. capsule) (Borrowed. data) (traces/text sections) (first sections)
                  (when-not (zero? (long cause)) (Borrowed. cause))]
                 nil)
      (finally (.Py_DecRef (api env) data)))))

(defn- error-of
  "The Python exception of `throwable`: a new reference, to the same one while Python holds it."
  ^long [env throwable sections ^long cause]
  (if-let [exception (python-exception throwable)]
    (let [address (reference/address exception)]
      (.Py_IncRef (api env) address)
      address)
    (let [capsule (capsule/capsule env throwable)]
      (try
        (let [living (helpers/call-helper env "living_error" capsule)]
          (if (== living (.none (types env)))
            (do (.Py_DecRef (api env) living)
                (long (new-error env throwable capsule (force sections) cause)))
            living))
        (finally (.Py_DecRef (api env) capsule))))))

(def ^:private ^:const most-causes 20)

(defn throwable->python
  "The Python exception of `throwable`, whose causes become its causes: a new reference."
  ^long [env throwable]
  (let [chain (traces/causes throwable)
        sections (delay (mapv traces/section chain))]
    (loop [i (dec (min (count chain) (long most-causes))), cause 0]
      (let [error (long (try
                          (error-of env (chain i) (delay (subvec @sections i)) cause)
                          (finally (when-not (zero? cause) (.Py_DecRef (api env) cause)))))]
        (if (zero? i) error (recur (dec i) error))))))

(extend-protocol Foreign
  Throwable (foreign->python [throwable env] (throwable->python env throwable)))

(defn- set-exception
  "Set the exception at `pointer`, borrowed. One that has a context keeps it, as in Python one that passes does; another gets what
  Python is handling."
  [env ^long pointer]
  (let [context (.PyException_GetContext (api env) pointer)
        type (type-of env pointer)]
    (if (zero? context)
      (.PyErr_SetObject (api env) type pointer)
      (do (.Py_DecRef (api env) context)
          (.Py_IncRef (api env) type)
          (.Py_IncRef (api env) pointer)
          (.PyErr_Restore (api env) type pointer (.PyException_GetTraceback (api env) pointer))))))

(defn- raise-python
  "Set `exception`, which `throwable` stands for, with the Clojure frames that it has come through."
  [env exception throwable]
  (let [pointer (reference/address exception)
        passed (call/help env "add_trace" (Borrowed. pointer) (traces/clojure-lines throwable))]
    (when-let [^Raised entry (raised-entry pointer)]
      (aset ^longs (.-frames-known entry) 0 (long passed))
      (.set thrown throwable))
    (set-exception env pointer)))

(defn- set-new [env ^long pointer]
  (set-exception env pointer)
  (.Py_DecRef (api env) pointer))

(defn- thrown-in-file
  "What a form of a loaded file threw, without the exception that tells the form's line, which the trace has too."
  [^Throwable throwable]
  (if (and (instance? Compiler$CompilerException throwable)
           (= :execution (:clojure.error/phase (traces/data throwable)))
           (.getCause throwable))
    (recur (.getCause throwable))
    throwable))

(defn raise
  "Set the Python exception of `throwable`. Nothing leaves this function: an exception in an upcall would end the JVM."
  [env throwable]
  (try
    (let [throwable (thrown-in-file throwable)]
      (if-let [exception (python-exception throwable)]
        (raise-python env exception throwable)
        (set-new env (if (instance? InterruptedException throwable)
                       (call/call env (helpers/helper env "interruption") [(message-of throwable)] nil)
                       (throwable->python env throwable)))))
    (catch Throwable second-failure
      (if-let [interrupt (python-exception second-failure)] ; Ctrl-C, heard while the first was described
        (set-exception env (reference/address interrupt))
        (.PyErr_SetString (api env) (helpers/helper env "RuntimeError")
                          (platform/c-string (str "a Clojure " (.getSimpleName (class throwable)) " could not be described: "
                                                (.getSimpleName (class second-failure)))))))))

(defn made
  "What to throw for an exception of Python's, a class with `arguments` and `options` or an instance; `causes` holds what it is
  raised from, if anything."
  ^Throwable [env exception arguments options causes]
  (let [pointer (call/call env (helpers/helper env "made_exception") [exception arguments (or options {}) causes] nil)]
    (try
      (let [throwable (described env pointer causes)]
        (when (python-exception throwable) (keep-raised throwable pointer))
        throwable)
      (finally (.Py_DecRef (api env) pointer)))))
