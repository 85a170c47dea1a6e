(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.env
  "What a thread has for its calls of Python: an `Env`, given from function to function as JNI gives a JNIEnv.

  An Env holds the C functions and types of the bridge, a stack of words for arguments, and counts of what is under way."
  (:require [pybridge.native.bridge :as bridge]
            [pybridge.native.platform :as platform :refer [peek-word]]
            [pybridge.native.stack :as stack]
            [pybridge.once :refer [once]])
  (:import (java.lang.ref Cleaner)
           (java.nio ByteBuffer)
           (java.util Collections Set WeakHashMap)
           (java.util.concurrent ConcurrentLinkedQueue)
           (java.util.concurrent.atomic AtomicBoolean AtomicInteger AtomicReference)
           (pybridge.native.bridge Bridge Types)
           (pybridge.native.capi Api)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(once ThreadState
  (definterface ThreadState
    (^long push [^long words])         ; words of the argument stack: the address of the first
    (^void pop [^long to])
    (^long scratch [])                 ; two words that any function may use until it calls another
    (^void enterPython [])
    (^void leavePython [])
    (^long callsOfPython [])           ; under way on this thread
    (^long enterClojure [])
    (^void leaveClojure [])
    (^long callsOfClojure [])
    (inPython [])                      ; is the innermost of what is under way Python's, which has the GIL or gets it back itself?
    (^void setInPython [in])
    (^long delivery [])                ; of an interrupt to Python: `none`, `at-entry`, `under-way` or `delivered`
    (^void setDelivery [^long state])
    (^long signal [])                  ; that interrupts this thread, or zero: then only a line of Python does
    (^void setSignal [^long number])
    (^long stackFloor [])
    (scope [])                         ; the handles that a `with-scope` will release, or nil
    (^void setScope [scope])))

;; The states of an interrupt's delivery to Python.
(def ^:const none 0)
(def ^:const at-entry 1) ; it came while the thread was outside Python, and ends the next call if it is the thread's still
(def ^:const under-way 2)
(def ^:const delivered 3)

(once Env
  (deftype Env [^Bridge bridge ^Api api ^Types types ^ByteBuffer memory ^long base ^long limit ^Thread thread ^long python-ident
                ^:unsynchronized-mutable ^long top ^:unsynchronized-mutable ^long python-calls
                ^:unsynchronized-mutable in-python ^:volatile-mutable ^long delivery-state ^:volatile-mutable ^long signal-number
                ^:unsynchronized-mutable ^long clojure-calls ^long floor ^:unsynchronized-mutable handles]
    ThreadState
    (push [_ words]
      (let [from top, to (+ from (* 8 words))]
        (when (> to limit)
          (throw (IllegalStateException. (str "a call with more than " (quot (- limit from) 8) " arguments does not fit"))))
        (set! top to)
        from))
    (pop [_ to] (set! top to))
    (scratch [_] base)
    (enterPython [_] (set! python-calls (inc python-calls)))
    (leavePython [_] (set! python-calls (dec python-calls)))
    (callsOfPython [_] python-calls)
    (enterClojure [_] (set! clojure-calls (inc clojure-calls)) clojure-calls)
    (leaveClojure [_] (set! clojure-calls (dec clojure-calls)))
    (callsOfClojure [_] clojure-calls)
    (inPython [_] in-python)
    (setInPython [_ in] (set! in-python in))
    (delivery [_] delivery-state)
    (setDelivery [_ state] (set! delivery-state state))
    (signal [_] signal-number)
    (setSignal [_ number] (set! signal-number number))
    (stackFloor [_] floor)
    (scope [_] handles)
    (setScope [_ scope] (set! handles scope))))

(defmacro api
  "The C functions of the Env that the symbol `env` names."
  [env]
  (with-meta `(.-api ~(with-meta env {:tag `Env})) {:tag `Api}))

(defmacro types
  "The types of the Env that the symbol `env` names."
  [env]
  (with-meta `(.-types ~(with-meta env {:tag `Env})) {:tag `Types}))

(defmacro type-of
  "The type's address of the object at `pointer`, borrowed."
  [env pointer]
  `(peek-word (+ (long ~pointer) (.type-offset (types ~env)))))

(defn references
  "The reference count of the object at `pointer`, borrowed."
  ^long [env ^long pointer]
  (bit-and 0xFFFFFFFF (peek-word (+ pointer (- (.type-offset (types env)) 8)))))

(defmacro found-once
  "What the AtomicReference `place` holds; where it holds nothing, what `form` gives, which it keeps. There is no lock, for which a thread
  would wait with the GIL."
  [place form]
  `(let [^AtomicReference place# ~place]
     (or (.get place#)
         (let [found# ~form]
           (.set place# found#)
           found#))))

;; What is to be done before Python runs next, functions of an Env for whoever holds the GIL: to drop what the JVM has given up of
;; Python's, and to write what Clojure has printed.
(defonce ^ConcurrentLinkedQueue releases (ConcurrentLinkedQueue.))

(defn run-releases
  "Do what is left in `releases`. The GIL is held."
  [env]
  (loop []
    (when-let [release (.poll releases)]
      (release env)
      (recur))))

(defonce ^:private ^Set envs (Collections/synchronizedSet (Collections/newSetFromMap (WeakHashMap.))))

(defn living
  "The Envs of all threads that have called Python and still live."
  []
  (vec (.toArray envs)))

(defonce ^:private ^Cleaner threads-gone (Cleaner/create))

(defn delete-thread-state
  "Delete the thread state of a thread that is gone. From Python 3.12 on this makes PyGILState_Ensure forget whoever holds the
  GIL; so a thread state made for it holds the GIL meanwhile, and this thread's, taking it again, is known again."
  [env ^long state]
  (.PyThreadState_Clear (api env) state)
  (let [passing (.PyThreadState_New (api env) (.PyInterpreterState_Get (api env)))
        own (.PyThreadState_Swap (api env) passing)]
    (.PyThreadState_Delete (api env) state)
    (.PyThreadState_Clear (api env) passing)
    (.PyThreadState_DeleteCurrent (api env))
    (.PyEval_RestoreThread (api env) own)))

(defn- give-back-later
  "A Runnable that has the thread state at `state` deleted by whoever holds the GIL next."
  ^Runnable [^long state]
  (fn [] (.add releases (fn [env] (delete-thread-state env state)))))

(def ^:private ^:const argument-words 8192)

;; How many threads are getting a thread state of Python's, which crashes where Python has gone meanwhile.
(defonce ^:private ^AtomicInteger arriving (AtomicInteger.))

;; True once the process is on its way out: nothing may enter Python any more.
(defonce ^AtomicBoolean closing (AtomicBoolean.))

(def late-message "Python is shutting down; no more calls are taken")

(defn arriving? "Does a thread get its thread state, which began before `closing`?" [] (pos? (.get arriving)))

(defn- arrive!
  "Get this thread a thread state of Python's."
  [^Api api]
  (.incrementAndGet arriving) ; before the look at whether Python ends: who ends it looks in the other order
  (try
    (when (.get closing) (throw (IllegalStateException. ^String late-message)))
    (.PyGILState_Ensure api)
    (.PyEval_SaveThread api)
    (finally (.decrementAndGet arriving))))

(defn- new-env
  "An Env for this thread. Its Python thread state is kept between calls (taking the GIL is then cheap, and Python's
  thread-local values last) and given back when the thread is gone; a thread of Python's own has one already."
  []
  (let [^Bridge bridge (or (bridge/installed) (throw (IllegalStateException. "Python has not been started")))
        ^Api api (.-api bridge)
        size (* 8 (long argument-words))
        memory (ByteBuffer/allocateDirect size)
        base (platform/buffer-address memory)
        ours? (zero? (.PyGILState_GetThisThreadState api))
        _ (when ours? (arrive! api))
        env (Env. bridge api (.-types bridge) memory base (+ base size) (Thread/currentThread) (.PyThread_get_thread_ident api)
                  (+ base 64) 0 false none 0 0 (stack/floor) nil)]
    (when ours?
      (.register threads-gone env (give-back-later (.PyGILState_GetThisThreadState api))))
    (.add envs env)
    env))

(defonce ^:private ^ThreadLocal this-threads
  (ThreadLocal/withInitial (reify java.util.function.Supplier (get [_] (new-env)))))

(defmacro virtual?
  "Is this a virtual thread? Python's states of threads belong to the system's threads, and it may go from one of those to another."
  []
  (if (>= (.feature (Runtime/version)) 21)
    `(.isVirtual (Thread/currentThread))
    false))

(defn of-this-carrier
  "The Env of a virtual thread, made anew where another thread carries it than the last time. A call of Python is under way there,
  another bridge's, so that thread has a state of Python's."
  []
  (let [^Env env (.get this-threads)]
    (if (== (.-python-ident env) (.PyThread_get_thread_ident (api env)))
      env
      (doto (new-env) (->> (.set this-threads))))))

(defmacro current
  "This thread's Env."
  []
  `(if (virtual?)
     ~(with-meta `(of-this-carrier) {:tag `Env})
     ~(with-meta `(.get ^ThreadLocal @#'this-threads) {:tag `Env})))

(defn raise
  "Throw the Python exception that is set."
  [env]
  ((.-exceptions ^Bridge (.-bridge ^Env env)) env))

(defn new-reference
  "`address`, the result of a C function, unless it is zero: then its exception is thrown."
  ^long [env ^long address]
  (if (zero? address) (raise env) address))

(defn fetched
  "The exception that is set, cleared and normalized: a new reference."
  ^long [^Env env]
  (let [place (.push env 3)
        [type value traceback] [place (+ place 8) (+ place 16)]]
    (.PyErr_Fetch (api env) type value traceback)
    (.PyErr_NormalizeException (api env) type value traceback)
    (let [exception (peek-word value)]
      (when-not (zero? (peek-word traceback))
        (.PyException_SetTraceback (api env) exception (peek-word traceback))
        (.Py_DecRef (api env) (peek-word traceback)))
      (.Py_DecRef (api env) (peek-word type))
      (.pop env place)
      exception)))
