(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.exceptions
  "Exceptions across the bridge: typed, with both traces, and the same object again when they come home."
  (:require [clojure.string :as string]
            [pybridge.native.call :as call]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.env :as env :refer [api type-of types]]
            [pybridge.native.gil :as gil :refer [with-gil]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.platform :as platform]
            [pybridge.native.python-error :as python-error]
            [pybridge.native.reference :as reference]
            [pybridge.native.spare :as spare]
            [pybridge.native.text :as text]
            [pybridge.native.to-python :refer [Foreign]]
            [pybridge.native.traces :as traces]
            [pybridge.once :refer [once]])
  (:import (clojure.lang Compiler$CompilerException ExceptionInfo)
           (java.lang.ref Cleaner WeakReference)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicBoolean AtomicReference)
           (pybridge PythonError)
           (pybridge.native.python_error Told)))

(set! *warn-on-reflection* true)

(once Borrowed (deftype Borrowed [^long address]))

(extend-protocol Foreign
  Borrowed
  (foreign->python [x env]
    (let [address (.-address ^Borrowed x)]
      (.Py_IncRef (api env) address)
      address)))

(defn python-exception
  "The handle of the Python exception that `throwable` stands for, or nil. Data taken over into another ex-info is no more than data."
  [throwable]
  (python-error/exception throwable))

(defn- message [type text]
  (if (= "" text) type (str type ": " text)))

(once Crossed
  ;; A Python exception as it was when it crossed: what its Throwable tells is made by functions, at the first look.
  (deftype Crossed [exception type make-data make-frames ^AtomicReference made ^AtomicBoolean done]
    Told
    (exception [_] exception)
    (type [_] type)
    (data [_]
      (or (.get made)
          (do (.compareAndSet made nil (make-data)) ; no lock is held while Python is asked
              (.get made))))
    (trace [_ elements] (traces/begun-in-python (make-frames) elements))
    (settled [_] (.get done))
    (settle [_] (.set done true))))

(defn- python-error
  "The Throwable of the Python exception of the handle `exception`."
  ^Throwable [exception type text cause make-data make-frames]
  (PythonError. (message type text) cause
                (Crossed. exception type make-data make-frames (AtomicReference.) (AtomicBoolean.))))

(defn- asked
  "What the helper `helper-name` says of an exception; why it does not, where Python takes no more calls."
  [helper-name instead & arguments]
  (try
    (with-gil [env] (apply call/help env helper-name arguments))
    (catch IllegalStateException failure (instead failure))))

(defn- plain-error
  "The Throwable of the exception at `pointer`, borrowed, of which type, message and traceback are all there is to say; nil of any other."
  [env ^long pointer]
  (let [parts (helpers/call-helper env "plain_parts" pointer)]
    (try
      (when-not (== parts (.none (types env)))
        (let [part (fn [i] (.PyTuple_GetItem (api env) parts (long i)))
              kept (fn [^long address] (.Py_IncRef (api env) address) (reference/lasting env address))
              type (text/string->clojure env (part 0))
              text (text/string->clojure env (part 1))
              exception (kept pointer)
              traceback (kept (part 2))]
          (python-error exception type text nil
                        (fn []
                          {:py/type type, :py/message text, :py/exception exception
                           :py/traceback (asked "plain_text" #(str "(" (ex-message %) ")") exception traceback)})
                        #(asked "frames_of" (constantly "") traceback))))
      (finally (.Py_DecRef (api env) parts)))))

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
    8 (let [data (cond-> {:py/type type, :py/message text, :py/traceback traceback, :py/exception exception}
                   (seq members) (assoc :py/exceptions (mapv made members))
                   (seq notes) (assoc :py/notes notes))]
        (python-error exception type text (some->> cause (nth made)) (constantly data) (constantly frames)))
    3 (let [[throwable frames cause] row]
        (come-home throwable frames (some->> cause (nth made))))
    1 (ExceptionInfo. (first row) {})))

(defn- described
  "The Throwable of the exception at `pointer`, borrowed, and those of all that it comes from. A cause that one of `known` stands for is
  that one."
  ^Throwable [env ^long pointer known]
  (loop [rows (call/help env "describe_exception" (Borrowed. pointer)), made []] ; no `reduce`, which would be in the stack trace
    (if-let [[row & more] (seq rows)]
      (recur more (conj made (or (when (seq known)
                                   (some #(when (= (first row) (python-exception %)) %) known))
                                 (throwable-of made row))))
      (peek made))))

;; Address of an exception that Clojure raised, or that a future's Throwable wraps -> its `Raised`, as long as its Throwable lives,
;; which keeps the exception.
(defonce ^:private ^ConcurrentHashMap raised (ConcurrentHashMap.))
(defonce ^:private ^Cleaner cleaner (Cleaner/create))
;; The Throwable of such an exception that this thread has thrown into Python last, for Python keeps it no other way.
(defonce ^:private ^ThreadLocal thrown (ThreadLocal.))

(once Raised (deftype Raised [^WeakReference reference ^longs frames-known]))

(defn- keep-raised ^Raised [throwable ^long address]
  (let [entry (Raised. (WeakReference. throwable) (long-array 1))]
    (.put raised address entry)
    (.register cleaner throwable (fn [] (.remove raised address entry)))
    entry))

(defn- raised-entry
  "The `Raised` of the exception at `pointer`, if that is one."
  ^Raised [^long pointer]
  (when-let [^Raised entry (.get raised pointer)]
    (when-let [throwable (.get ^WeakReference (.-reference entry))]
      (when (== pointer (reference/address (python-exception (traces/unwrapped throwable))))
        entry))))

(defn- raised-here
  "The Throwable of the exception at `pointer`, borrowed, that Clojure has raised; nil of any other."
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
    (when (gil/forked?) (gil/end-forked env pointer))
    (throw (try
             (or (raised-here env pointer) (plain-error env pointer) (described env pointer nil))
             (finally (.Py_DecRef (api env) pointer))))))

(defn- new-error
  "The Python exception of the Throwable in `capsule`, whose cause is at `cause`, borrowed, or zero: a new reference. It asks for what
  else there is to say when somebody looks."
  ^long [env throwable capsule ^long cause]
  (call/call env (helpers/helper env "clojure_error")
             [(traces/message-of throwable) (Borrowed. capsule) (identical? :conversion (traces/said throwable :pybridge/reason))
              (when-not (zero? cause) (Borrowed. cause))]
             nil))

(defn- error-of
  "The Python exception of `throwable`: a new reference, to the same one while Python holds it."
  ^long [env throwable ^long cause]
  (if-let [exception (python-exception throwable)]
    (let [address (reference/address exception)]
      (.Py_IncRef (api env) address)
      address)
    (let [capsule (capsule/capsule env throwable)]
      (try
        (let [living (helpers/call-helper env "living_error" capsule)]
          (if (== living (.none (types env)))
            (do (.Py_DecRef (api env) living)
                (new-error env throwable capsule cause))
            living))
        (finally (.Py_DecRef (api env) capsule))))))

(def ^:private ^:const most-causes 20)

(defn throwable->python
  "The Python exception of `throwable`, whose causes become its causes: a new reference."
  ^long [env throwable]
  (let [chain (traces/causes throwable)]
    (loop [i (dec (min (count chain) (long most-causes))), cause 0]
      (let [error (long (try
                          (error-of env (chain i) cause)
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

(defn- entry-for
  "The `Raised` of the exception at `pointer` under which `throwable` comes home; nil of one of Python's, for which it is made anew."
  ^Raised [throwable ^long pointer]
  (let [^Raised entry (raised-entry pointer)]
    (cond
      (and entry (identical? throwable (.get ^WeakReference (.-reference entry)))) entry
      (or entry (not (python-exception throwable))) (keep-raised throwable pointer))))

(defn- raise-python
  "Set `exception`, which `throwable` stands for or wraps, with the Clojure frames that it has come through."
  [env exception throwable]
  (let [pointer (reference/address exception)
        lines (string/join (map traces/clojure-lines (distinct [(traces/unwrapped throwable) throwable])))
        passed (call/help env "add_trace" (Borrowed. pointer) lines)]
    (when-let [^Raised entry (entry-for throwable pointer)]
      (aset ^longs (.-frames-known entry) 0 (long passed))
      (.set thrown throwable))
    (set-exception env pointer)))

(defn- set-new [env ^long pointer]
  (set-exception env pointer)
  (.Py_DecRef (api env) pointer))

(defn thrown-in-file
  "What a form of a loaded file threw, without the exception that tells the form's line, which the trace has too."
  [^Throwable throwable]
  (if (and (instance? Compiler$CompilerException throwable)
           (= :execution (:clojure.error/phase (traces/data throwable)))
           (.getCause throwable))
    (recur (.getCause throwable))
    throwable))

(defn- raise-described [env throwable]
  (let [throwable (thrown-in-file throwable)]
    (if-let [exception (python-exception (traces/unwrapped throwable))]
      (raise-python env exception throwable)
      (set-new env (if (instance? InterruptedException throwable)
                     (call/call env (helpers/helper env "KeyboardInterrupt") [(traces/message-of throwable)] nil)
                     (throwable->python env throwable))))))

(defn raise
  "Set the Python exception of `throwable`. Nothing leaves this function: an exception in an upcall would end the JVM."
  [env throwable]
  (try
    (try
      (when (spare/exhausted? throwable) (spare/give!))
      (raise-described env throwable)
      (catch OutOfMemoryError failure
        (when-not (spare/give!) (throw failure))
        (raise-described env throwable)))
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
      (let [throwable (or (when (empty? causes) (plain-error env pointer)) (described env pointer causes))]
        (when (python-exception throwable) (keep-raised throwable pointer))
        throwable)
      (finally (.Py_DecRef (api env) pointer)))))
