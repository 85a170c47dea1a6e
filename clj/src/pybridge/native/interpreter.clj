(ns pybridge.native.interpreter
  "The Python interpreter in this process: its C API, its memory, the types that conversion looks for, and who may run.

  Every thread has a `Frame`: a stack of words for arguments, and the depth of its crossings. `with-gil` is the one way in."
  (:require [pybridge.native.capi]
            [pybridge.native.platform :as platform :refer [peek-word]]
            [pybridge.native.stack :as stack])
  (:import (java.lang.ref Cleaner)
           (java.nio ByteBuffer)
           (java.util Collections Set WeakHashMap)
           (java.util.concurrent ConcurrentLinkedQueue ExecutionException Executors ExecutorService FutureTask ThreadFactory)
           (pybridge.native.capi Api)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^Api api "The C API, once `pybridge.native.start` has bound it." nil)

;; ---- what conversion looks for -------------------------------------------------------------------------------------

(deftype Known [^long none ^long truth ^long falsehood ^long type-offset
                ^long none-type ^long bool-type ^long int-type ^long float-type ^long str-type ^long bytes-type
                ^long list-type ^long tuple-type ^long dict-type ^long set-type ^long frozenset-type])

(def ^Known known "Addresses of Python's singletons and built-in types." nil)

(defn- type-offset
  "Where an object keeps its type: after the reference count, whose size differs between builds of CPython."
  [^long true-object ^long bool-type]
  (or (first (filter #(= bool-type (peek-word (+ true-object (long %)))) (range 0 64 8)))
      (throw (ex-info "this build of CPython keeps an object's type where pybridge does not find it" {:reason :unknown-layout}))))

(defn find-known ^Known [^long library]
  (let [at (fn ^long [name] (platform/find-symbol library name))
        true-object (at "_Py_TrueStruct")
        none (at "_Py_NoneStruct")
        offset (long (type-offset true-object (at "PyBool_Type")))]
    (Known. none true-object (at "_Py_FalseStruct") offset
            (peek-word (+ none offset)) (at "PyBool_Type") (at "PyLong_Type") (at "PyFloat_Type") (at "PyUnicode_Type")
            (at "PyBytes_Type") (at "PyList_Type") (at "PyTuple_Type") (at "PyDict_Type") (at "PySet_Type")
            (at "PyFrozenSet_Type"))))

(defmacro type-of
  "The type's address of the object at `pointer`, borrowed."
  [pointer]
  `(peek-word (+ (long ~pointer) (.type-offset known))))

;; ---- references that the JVM gave up -------------------------------------------------------------------------------

(def ^ConcurrentLinkedQueue dropped "Work left for whoever holds the GIL next: functions of no arguments." (ConcurrentLinkedQueue.))

(defn drain
  "Do what is left in `dropped`. The GIL is held."
  []
  (loop []
    (when-let [work (.poll dropped)]
      (work)
      (recur))))

;; ---- threads -------------------------------------------------------------------------------------------------------

(def ^:private ^Cleaner threads-gone (Cleaner/create))
(def ^:private ^:const stack-words 8192)

(definterface Stack
  (^long push [^long words])
  (^void pop [^long to])
  (^long scratch [])
  (^long enter [])
  (^void leave [])
  (^long calls [])
  (told [])
  (^void tell [])
  (^long deeper [])
  (^void shallower [])
  (^long depth [])
  (^long floor [])
  (^void setFloor [^long address])
  (scope [])
  (^void setScope [scope])
  (^Thread thread [])
  (^long ident []))

(deftype Frame [^ByteBuffer memory ^long base ^long limit ^Thread owner ^long python-ident
                ^:unsynchronized-mutable ^long top ^:unsynchronized-mutable ^long in-flight ^:volatile-mutable interrupt-told
                ^:unsynchronized-mutable ^long crossings ^:unsynchronized-mutable ^long lowest ^:unsynchronized-mutable scopes]
  Stack
  (push [_ words]
    (let [from top, to (+ from (* 8 words))]
      (when (> to limit)
        (throw (IllegalStateException. (str "a call with more than " (quot (- limit from) 8) " arguments does not fit"))))
      (set! top to)
      from))
  (pop [_ to] (set! top to))
  (scratch [_] base)
  (enter [_] (set! in-flight (inc in-flight)) in-flight)
  (leave [_]
    (set! in-flight (dec in-flight))
    (when interrupt-told ; Python has had it
      (set! interrupt-told false)
      (Thread/interrupted)))
  (calls [_] in-flight)
  (told [_] interrupt-told)
  (tell [_] (set! interrupt-told true))
  (deeper [_] (set! crossings (inc crossings)) crossings)
  (shallower [_] (set! crossings (dec crossings)))
  (depth [_] crossings)
  (floor [_] lowest)
  (setFloor [_ address] (set! lowest address))
  (scope [_] scopes)
  (setScope [_ scope] (set! scopes scope))
  (thread [_] owner)
  (ident [_] python-ident))

(def ^Set frames "The frames of all threads that have called Python and still live."
  (Collections/synchronizedSet (Collections/newSetFromMap (WeakHashMap.))))

(defn- delete-thread-state
  "Delete the thread state of a thread that is gone. From Python 3.12 on this makes PyGILState_Ensure forget whoever holds the
  GIL; so a thread state made for it holds the GIL meanwhile, and this thread's, taking it again, is known again."
  [^long state]
  (.PyThreadState_Clear api state)
  (let [passing (.PyThreadState_New api (.PyInterpreterState_Get api))
        own (.PyThreadState_Swap api passing)]
    (.PyThreadState_Delete api state)
    (.PyThreadState_Clear api passing)
    (.PyThreadState_DeleteCurrent api)
    (.PyEval_RestoreThread api own)))

(defn- forget-thread-state [^long state]
  (fn []
    (.add dropped (fn [] (delete-thread-state state)))))

(defn- new-frame
  "A frame for this thread. Its Python thread state is kept between calls (taking the GIL is then cheap, and Python's
  thread-local values last) and given back when the thread is gone; a thread of Python's own has one already."
  []
  (let [memory (ByteBuffer/allocateDirect (* 8 (long stack-words)))
        base (platform/buffer-address memory)
        ours? (zero? (.PyGILState_GetThisThreadState api))
        _ (when ours? (.PyGILState_Ensure api) (.PyEval_SaveThread api))
        frame (Frame. memory base (+ base (* 8 (long stack-words)))
                      (Thread/currentThread) (.PyThread_get_thread_ident api) (+ base 64) 0 false 0 (stack/expected-floor) nil)]
    (when ours?
      (let [^Runnable forget (forget-thread-state (.PyGILState_GetThisThreadState api))]
        (.register threads-gone frame forget)))
    (.add frames frame)
    frame))

(def ^ThreadLocal ^:private this-frame
  (ThreadLocal/withInitial (reify java.util.function.Supplier (get [_] (new-frame)))))

(defmacro frame
  "This thread's frame."
  []
  `(let [^Frame frame# (.get ^ThreadLocal @#'this-frame)] frame#))

(def closing "True once the process is on its way out: nothing may enter Python any more."
  (java.util.concurrent.atomic.AtomicBoolean.))

(def forked-mark "The address of a word that is 0, and 1 in a process that was forked off this one." (platform/allocate 8))

(def forked-message
  "a forked process has no JVM of its own, so Clojure and Python cannot call each other in it; start processes afresh, with multiprocessing's \"spawn\"")

(def ^:private forked-error "Made before: a JVM that cannot collect had better make nothing." (IllegalStateException. ^String forked-message))

(defn forked? [] (not (zero? (peek-word (long forked-mark)))))

(defn refuse-when-closing []
  (when (.get ^java.util.concurrent.atomic.AtomicBoolean closing)
    (throw (IllegalStateException. "Python is shutting down; no more calls are taken")))
  (when (forked?) (throw ^Throwable forked-error)))

(defn look-down
  "Throw StackOverflowError unless this thread has enough of its stack left for a call of Python."
  [^Frame frame]
  (.setFloor frame (stack/floor))
  (when (< (stack/pointer) (.floor frame))
    (throw (StackOverflowError.
            "too little of this thread's stack is left to call Python; is a function calling itself for ever? Otherwise start Java with -Xss8m"))))

(declare throw-python)

(defn hear-interrupt
  "Throw what Python's handler of a signal has raised, KeyboardInterrupt of Ctrl-C. A call that waits in C looks at signals
  only when one comes, and a loop of such calls never: those that came before are looked for here."
  []
  (when (neg? (.PyErr_CheckSignals api))
    (Thread/interrupted)
    (throw-python)))

(defmacro virtual? []
  (if (>= (.feature (Runtime/version)) 21)
    `(.isVirtual (Thread/currentThread))
    false))

(def ^:private ^ExecutorService platform-threads
  (Executors/newCachedThreadPool
   (reify ThreadFactory
     (newThread [_ work] (doto (Thread. work "pybridge, for virtual threads") (.setDaemon true))))))

(defn on-platform-thread
  "Call `f` on a thread of the system's, for a virtual thread that waits: the GIL and Python's thread states belong to those."
  [f]
  (let [task (.submit platform-threads ^Callable (bound-fn* f))]
    (try
      (.get task)
      (catch InterruptedException interrupt (.cancel task true) (throw interrupt))
      (catch ExecutionException failure (throw (.getCause failure))))))

(defmacro holding-gil [[frame] & body]
  `(let [~(with-meta frame {:tag `Frame}) (frame)]
     (refuse-when-closing)
     (when (< (stack/pointer) (.floor ~frame)) (look-down ~frame))
     (.enter ~frame)
     (let [state# (.PyGILState_Ensure api)]
       (try
         (refuse-when-closing)
         (when-not (.isEmpty dropped) (drain))
         (hear-interrupt)
         ~@body
         (catch Throwable throwable#
           (.PyErr_Clear api) ; one that could not be fetched, for want of stack or memory, would confuse the next call
           (throw throwable#))
         (finally
           (.PyGILState_Release api state#)
           (.leave ~frame))))))

(defmacro with-gil
  "Run `body` holding the GIL, with this thread's frame bound to the symbol `frame`."
  [[frame] & body]
  `(if (virtual?)
     (on-platform-thread (fn [] (holding-gil [~frame] ~@body)))
     (holding-gil [~frame] ~@body)))

(defmacro without-gil
  "Run `body`, which may be anybody's code, with the GIL given away: a body that waits for another thread's Python call must
  not stop that call."
  [& body]
  `(let [state# (.PyEval_SaveThread api)]
     (try ~@body (finally (.PyEval_RestoreThread api state#)))))

(defn on-tall-stack
  "Call `f` holding the GIL, for a thread that holds it, on one whose stack does for any data that crosses; to its end, since
  `f` uses what the caller holds: an interrupt is passed on."
  [f]
  (let [scope (.scope (frame))
        task (FutureTask. (bound-fn* (fn [] (holding-gil [tall] (.setScope tall scope) (f)))))
        thread (Thread. nil task "pybridge, for deep data" (bit-shift-left 1 26))]
    (.setDaemon thread true)
    (without-gil
      (.start thread)
      (while (not (.isDone task))
        (try (.join thread) (catch InterruptedException _ (.interrupt thread))))
      (try (.get task) (catch ExecutionException failure (throw (.getCause failure)))))))

(def throw-python "A function of no arguments that throws the Python exception which is set; `pybridge.native.failure` gives it." nil)

(defn fetched
  "The exception that is set, cleared and normalized: a new reference."
  ^long []
  (let [^Frame frame (frame)
        place (.push frame 3)
        [type value traceback] [place (+ place 8) (+ place 16)]]
    (.PyErr_Fetch api type value traceback)
    (.PyErr_NormalizeException api type value traceback)
    (let [exception (peek-word value)]
      (when-not (zero? (peek-word traceback))
        (.PyException_SetTraceback api exception (peek-word traceback))
        (.Py_DecRef api (peek-word traceback)))
      (.Py_DecRef api (peek-word type))
      (.pop frame place)
      exception)))

(defn new-reference
  "`address`, the result of a C function, unless it is zero: then its exception is thrown."
  ^long [^long address]
  (if (zero? address) (throw-python) address))
