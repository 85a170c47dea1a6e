(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.gil
  "Who may run Python: `with-gil` is the one way in, and says when there is none: at the end, in a forked process, on a stack that is
  used up."
  (:require [pybridge.native.bridge :as bridge]
            [pybridge.native.env :as env :refer [api]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.platform :as platform :refer [peek-word]]
            [pybridge.native.stack :as stack])
  (:import (java.lang.invoke VarHandle)
           (java.util.concurrent ExecutionException Executors ExecutorService Future FutureTask ThreadFactory)
           (java.util.concurrent.atomic AtomicReference)
           (java.util.concurrent.locks LockSupport)
           (pybridge.native.bridge Bridge)
           (pybridge.native.capi Api DropTarget)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

;; The Envs of the threads that stand still from then on, where they would be refused: those that had called Python before the end.
(defonce ^AtomicReference stopped (AtomicReference. #{}))

;; The thread that ends the Python which hosts this JVM, once Clojure takes no more calls.
(defonce ^AtomicReference ending-thread (AtomicReference.))

;; The Env of Python's main thread, from when another runs Python's handlers of signals in its stead until it knows what they have raised.
(defonce ^AtomicReference handled-elsewhere (AtomicReference.))

;; The address of a word that is 0, and 1 in a process that was forked off this one.
(defonce forked-mark (platform/allocate 8))

(def forked-message
  "a forked process has no JVM of its own, so Clojure and Python cannot call each other in it; start processes afresh, with multiprocessing's \"spawn\"")

(def ^:private forked-error "Made before: a JVM that cannot collect had better make nothing." (IllegalStateException. ^String forked-message))

(defn forked? [] (not (zero? (peek-word (long forked-mark)))))

(def ^:private ^:const longest-stop-s 60)

(defn stand-still
  "Hold this thread up for as long as a process takes to end, and longer. An interrupt does not wake it."
  []
  (let [end (+ (System/nanoTime) (* 1000000000 (long longest-stop-s)))]
    (loop []
      (let [left (- end (System/nanoTime))]
        (when (pos? left)
          (LockSupport/parkNanos left)
          (Thread/interrupted)
          (recur))))))

(defn- refuse-late
  "Take no call of a thread that has `calls` of Python under way, each of which may end where the JVM is the host."
  [^Env env ^long calls]
  (when (or (zero? calls) (.get ending-thread))
    (when (contains? (.get stopped) env) (stand-still))
    (throw (IllegalStateException. ^String env/late-message))))

(defn- refuse-counted
  "Take no call that counts itself among those under way; it does not while it is held up."
  [^Env env]
  (.leavePython env)
  (try
    (refuse-late env (.callsOfPython env))
    (finally (.enterPython env))))

(defn refuse-when-closing
  "Take no call, which counts itself among those under way, once the process is on its way out."
  [^Env env]
  (when (.get env/closing) (refuse-counted env))
  (when (forked?) (throw ^Throwable forked-error)))

(def ^:const for-callbacks "Bytes more that a call from Python may use, so that a call of Python which was let through gets its callbacks." 32768)

(defmacro stack-left?
  "Has the thread of `env` enough of its stack left for a call between the languages, `extra` bytes being there for it besides?"
  ([env] `(stack-left? ~env 0))
  ([env extra] `(>= (+ (stack/pointer) (long ~extra)) (.stackFloor ~env))))

(defn stack-message []
  (str "too little of this thread's stack of " (quot (long (second (stack/extent))) 1024) " KB is left for a call between Clojure and Python; "
       "is a function calling itself for ever? Otherwise give threads more: -Xss8m for Java's, threading.stack_size(8 * 2**20) for Python's"))

(defn refuse-for-stack []
  (throw (StackOverflowError. (stack-message))))

(defn settle-interrupt
  "This thread, which holds the GIL, is about to leave Python, and an interrupt was delivered to it there, or is just being. One that has
  not been heard yet hits nothing later: it stays Java's, and this thread interrupted. One that has been is over."
  [^Env env]
  (while (== (.delivery env) env/under-way) (Thread/onSpinWait))
  (when (== (.delivery env) env/delivered)
    (Thread/yield) ; a signal sent to this thread comes at the latest as it returns from the system
    (.setDelivery env env/none)
    (let [heard-nothing (.PyObject_Vectorcall (api env) (helpers/helper env "nothing") 0 0 0)]
      (if-not (zero? heard-nothing)
        (do (.Py_DecRef (api env) heard-nothing)
            (Thread/interrupted))
        (let [exception (env/fetched env)
              ours? (== (env/type-of env exception) (helpers/helper env "KeyboardInterrupt"))]
          (when-not ours? (.PyErr_SetObject (api env) (env/type-of env exception) exception))
          (.Py_DecRef (api env) exception)
          (when-not ours? (env/raise env)))))))

(defn end-forked
  "End this process, which was forked off inside a call of Python, in Python's way: the JVM that made the call is not there. Other
  processes go on. `exception` is the address of what the call has raised, or of None."
  [env ^long exception]
  (.Py_DecRef (api env) (helpers/call-helper env "end_forked" exception)))

(defmacro out-of-python
  "The thread of `env`, which holds the GIL, leaves Python's code for what it was in before, if `in` says that this was not Python's."
  [env in]
  `(when-not ~in
     (when (forked?) (end-forked ~env (.none (env/types ~env))))
     (.setInPython ~env false)
     (when-not (zero? (.signal ~env)) (VarHandle/fullFence)) ; whoever sends it a signal looks in the other order
     (when-not (zero? (.delivery ~env)) (settle-interrupt ~env))))

(defn raise-signals
  "Throw what Python's handler of a signal has raised, KeyboardInterrupt of Ctrl-C. A call that waits in C looks at signals
  only when one comes, and a loop of such calls never: those that came before are looked for here."
  [env]
  (when (neg? (.PyErr_CheckSignals (api env)))
    (Thread/interrupted)
    (env/raise env)))

(defn hear-at-entry
  "This thread, which holds the GIL, enters Python, and an interrupt came while it was outside. If it is interrupted still, that ends
  this call: of calls as short as most are, none would otherwise be under way when somebody looks."
  [^Env env]
  (.setDelivery env env/none)
  (when (Thread/interrupted)
    (.PyErr_SetObject (api env) (helpers/helper env "KeyboardInterrupt") (.none (env/types env)))
    (env/raise env)))

(def ^:private ^:const large-stack 8388608)

(defonce ^:private ^ExecutorService platform-threads
  (Executors/newCachedThreadPool
   (reify ThreadFactory
     (newThread [_ work] (doto (Thread. nil work "pybridge, for virtual threads" large-stack) (.setDaemon true))))))

(defn- outcome
  "What `task` gives or throws."
  [^Future task]
  (try
    (.get task)
    (catch ExecutionException failure (throw (.getCause failure)))))

(defn on-platform-thread
  "Call `f` on a thread of the system's, for a virtual thread that waits: the GIL and Python's thread states belong to those."
  [f]
  (let [task (.submit platform-threads ^Callable (bound-fn* f))]
    (try
      (outcome task)
      (catch InterruptedException interrupt (.cancel task true) (throw interrupt)))))

(defn handle-elsewhere
  "Run Python's handlers of signals by `run-handlers`, in the stead of the thread of `main`, which is inside Clojure: it waits for them
  before it goes on in Python. It is interrupted if they have raised something. The GIL is held, but handlers may give it away."
  [^Env main run-handlers]
  (locking handled-elsewhere
    (let [raised-before (.get handled-elsewhere)]
      (.set handled-elsewhere main)
      (if (try (run-handlers) (catch Throwable _ false))
        (.interrupt ^Thread (.-thread main))
        (.set handled-elsewhere raised-before)))))

(defmacro handled-elsewhere? [env]
  `(identical? ~env (.get handled-elsewhere)))

(defn settle-handlers
  "This thread, which holds the GIL, is back in Python, if `in` says so, after another has run Python's handlers of signals in its stead,
  or while it does. Throw what they have raised; the interrupt was of that."
  [^Env env in]
  (.setInPython env false)
  (let [state (.PyEval_SaveThread (api env))]
    (locking handled-elsewhere nil) ; an interrupt does not end this wait
    (.PyEval_RestoreThread (api env) state))
  (.setInPython env in)
  (when (.compareAndSet handled-elsewhere env nil)
    (Thread/interrupted)
    (let [nothing-raised (.PyObject_Vectorcall (api env) (helpers/helper env "raise_handled") 0 0 0)]
      (.Py_DecRef (api env) (env/new-reference env nothing-raised)))))

(defmacro without-gil
  "Run `body`, which may be anybody's code, with the GIL given away: a body that waits for another thread's Python call must
  not stop that call."
  [env & body]
  (let [env (with-meta env {:tag `Env})]
    `(let [in# (.inPython ~env)
           _# (.setInPython ~env false)
           state# (.PyEval_SaveThread (api ~env))]
       (try
         ~@body
         (finally
           (.PyEval_RestoreThread (api ~env) state#)
           (if (handled-elsewhere? ~env)
             (settle-handlers ~env in#)
             (.setInPython ~env in#)))))))

(defn refuse-waiting
  "Take no call that has waited for the GIL until the end."
  [^Env env]
  (without-gil env (refuse-counted env)))

(defn ended? "Does Clojure take no more calls?" [] (some? (.get ending-thread)))

(defn answer-late
  "None for the thread that ends Python, as a new reference; any other stops, as Python's own daemon threads do then."
  ^long [env]
  (when-not (identical? (Thread/currentThread) (.get ending-thread))
    (without-gil env (stand-still)))
  (let [none (.none (env/types env))]
    (.Py_IncRef (api env) none)
    none))

(defmacro holding-gil [[env] & body]
  `(let [~env (env/current)]
     (.enterPython ~env) ; before the look at whether Python ends: who ends it looks in the other order
     (try
       (refuse-when-closing ~env)
       (when-not (stack-left? ~env) (refuse-for-stack))
       (let [state# (.PyGILState_Ensure (api ~env))
             in# (.inPython ~env)]
         (try
           (when (.get env/closing) (refuse-waiting ~env))
           (when-not (.isEmpty env/releases) (env/run-releases ~env)) ; before an interrupt may come, which a finalizer would swallow
           (.setInPython ~env true)
           (when (handled-elsewhere? ~env) (settle-handlers ~env true))
           (raise-signals ~env)
           (when (== (.delivery ~env) env/at-entry) (hear-at-entry ~env))
           ~@body
           (catch Throwable throwable#
             (.PyErr_Clear (api ~env)) ; one that could not be fetched, for want of stack or memory, would confuse the next call
             (throw throwable#))
           (finally
             (try
               (out-of-python ~env in#)
               (finally
                 (.PyGILState_Release (api ~env) state#))))))
       (finally (.leavePython ~env)))))

(defn holds-gil?
  "Does the thread that carries this virtual thread hold the GIL, for a call of Python by another bridge that is under way?"
  []
  (let [^Bridge bridge (bridge/installed)]
    (and (some? bridge) (== 1 (.PyGILState_Check ^Api (.-api bridge))))))

(def ^:private ^ThreadLocal held-work "What this virtual thread is about to do without leaving its carrier." (ThreadLocal.))

(deftype Work []
  DropTarget
  (drop [_ _]
    (let [^Runnable work (.get held-work)]
      (.remove held-work)
      (.run work))))

(def ^:private through-c "Does `held-work`." (delay (platform/function-at (platform/drop-stub (Work.)) 'void '[long])))

(defn on-this-carrier
  "Call `f` on the thread that carries this virtual thread and holds the GIL: by way of C, which keeps it there whatever `f` waits for."
  [f]
  (when (< (stack/pointer) (stack/floor)) (refuse-for-stack))
  (let [task (FutureTask. ^Callable f)]
    (.set held-work task)
    (@through-c 0)
    (outcome task)))

(defmacro with-gil
  "Run `body` holding the GIL, with this thread's Env bound to the symbol `env`."
  [[env] & body]
  `(if (env/virtual?)
     ((if (holds-gil?) on-this-carrier on-platform-thread) (fn [] (holding-gil [~env] ~@body)))
     (holding-gil [~env] ~@body)))

(defn on-large-stack
  "Call `f` with the Env of a thread whose stack does for any data that crosses, for a thread that holds the GIL; to its end, since
  `f` uses what the caller holds: an interrupt is passed on."
  [^Env env f]
  (let [scope (.scope env)
        task (FutureTask. (bound-fn* (fn [] (holding-gil [large] (.setScope large scope) (f large)))))
        thread (Thread. nil task "pybridge, for deep data" (bit-shift-left 1 26))]
    (.setDaemon thread true)
    (without-gil env
      (.start thread)
      (while (not (.isDone task))
        (try (.join thread) (catch InterruptedException _ (.interrupt thread))))
      (outcome task))))
