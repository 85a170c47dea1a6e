(ns pybridge.nrepl
  "What an nREPL server needs for Python: an interrupt that reaches it, and CIDER's own printer kept from taking handles apart.

  Start the server with the middleware `[pybridge.nrepl/middleware]`, as `pybridge nrepl` does."
  (:require [nrepl.middleware :refer [set-descriptor!]]
            [nrepl.middleware.session :refer [session]]
            [pybridge.core :as pb]
            [pybridge.runtime :as runtime])
  (:import (clojure.lang MultiFn)
           (java.io FileNotFoundException)
           (java.util Collections Map WeakHashMap)
           (java.util.concurrent ConcurrentHashMap)
           (pybridge.handle Handle)))

(set! *warn-on-reflection* true)

;; ---- printing ------------------------------------------------------------------------------------------------------

;; It would deref a handle: copy all of a tensor, and for what has no value print the error, whose data holds a handle.
(when-let [printer (try (requiring-resolve 'orchard.print/print) (catch FileNotFoundException _ nil))]
  (.addMethod ^MultiFn @printer Handle print-method))

;; ---- interrupts: nREPL interrupts a session's thread, of which a call of Python knows nothing ----------------------

(def ^:private ^ConcurrentHashMap threads "The id of a session -> the thread that evaluates for it." (ConcurrentHashMap.))

(def ^:private ^Map idents "Thread -> its number in Python." (Collections/synchronizedMap (WeakHashMap.)))

(defn- remember-ident! []
  (.put idents (Thread/currentThread) (pb/call (pb/module "threading") :get_ident)))

(add-watch #'runtime/transport ::ident (fn [_ _ _ started] (when started (remember-ident!))))

(defn- remember-thread! [id]
  (.put threads id (Thread/currentThread))
  (when (and runtime/transport (not (.get idents (Thread/currentThread)))) (remember-ident!)))

(defn- interrupt-python!
  "Raise KeyboardInterrupt in the Python code of the thread `ident`."
  [ident]
  (let [ctypes (pb/module "ctypes")]
    (pb/call (pb/attr ctypes :pythonapi) :PyThreadState_SetAsyncExc
             (pb/call ctypes :c_ulong ident)
             (pb/call ctypes :py_object (pb/attr (pb/module "builtins") :KeyboardInterrupt)))))

(defn wrap-thread
  "Remember which thread evaluates for a session."
  [handler]
  (fn [{:keys [op session id] :as message}]
    (when-let [execute (and (#{"eval" "load-file"} op) (:exec (meta session)))]
      (execute id #(remember-thread! (:id (meta session))) nil))
    (handler message)))

(set-descriptor! #'wrap-thread {:requires #{#'session}, :expects #{"eval" "load-file"}})

(defn wrap-interrupt
  "Interrupt the Python code, too, of a session that is interrupted or closed."
  [handler]
  (fn [{:keys [op session] :as message}]
    (let [^Thread thread (when (#{"interrupt" "close"} op) (.get threads (str session)))]
      (handler message)
      (when (and thread (.isInterrupted thread) (.isAlive thread))
        (some-> (.get idents thread) interrupt-python!))
      (when (= "close" op) (.remove threads (str session))))))

(set-descriptor! #'wrap-interrupt {:expects #{#'session}})

(def middleware "What a server needs." `[wrap-interrupt wrap-thread])
