(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.unsafe.stop
  "Stops Clojure code that ignores an interrupt: throws an exception into its thread, as `Thread.stop` did until Java 20.

  `Thread.stop` was removed because an exception that arrives anywhere can leave shared state half changed. StopThread of the JVM
  Tool Interface (JVMTI) still throws one. Here the thread is suspended first, and the exception is thrown only where a block's own
  code runs: not in a call of Python, in a lock, in the compiler or while a class is initialized. Code that is never seen in such a
  place is not stopped. `pybridge.session.unsafe` in Python, with its README, attaches this namespace; a session works without both."
  (:import (java.lang.foreign FunctionDescriptor Linker Linker$Option MemoryLayout MemorySegment ValueLayout)
           (java.lang.invoke MethodHandleProxies MethodHandles)
           (java.util.concurrent.atomic AtomicBoolean AtomicLong)
           (java.util.function LongBinaryOperator LongUnaryOperator)))

(set! *warn-on-reflection* true)

(defn- prints-value?
  "Does this frame compute or print what a block gave, as the block itself might?"
  [^StackTraceElement frame]
  (boolean (re-find #"^pybridge\.native\.(evaluation\$printed_value|bounded\$compute)(\$|$)" (.getClassName frame))))

(defn- bridge? [^StackTraceElement frame]
  (and (not (prints-value? frame))
       (boolean (re-find #"^pybridge\.(native|runtime|unsafe)\b" (.getClassName frame)))))

(defn- library? [^StackTraceElement frame]
  (and (not (prints-value? frame))
       (boolean (re-find #"^(java|javax|jdk|sun|com\.sun|org\.jpype|clojure|pybridge)\." (.getClassName frame)))))

(def ^:private walks
  "What clojure.lang.RT does on a collection, for as long as that has elements."
  #{"count" "countFrom" "seq" "seqFrom" "first" "second" "third" "fourth" "next" "more" "nth" "nthFrom" "get" "getFrom" "contains" "find"
    "conj" "cons" "assoc" "print" "printString" "length" "boundedLength" "toArray" "seqToArray" "seqToTypedArray" "seqToPassedArray"})

(defn- walk? [^StackTraceElement frame]
  (and (= "clojure.lang.RT" (.getClassName frame)) (contains? walks (.getMethodName frame))))

(defn- passes-on?
  "Does this frame do no more than call what a var, a keyword or a symbol stands for, as the printer is called by its var?"
  [^StackTraceElement frame]
  (boolean (and (re-find #"^clojure\.lang\.(Keyword|Symbol|Var)$" (.getClassName frame))
                (contains? #{"invoke" "applyTo" "call" "run"} (.getMethodName frame)))))

(defn- changes-shared-state?
  "May code of this class be half way through a change that others rely on?"
  [^StackTraceElement frame]
  (and (not (walk? frame))
       (not (passes-on? frame))
       (boolean
        (re-find #"(?x)^( jdk\. | sun\. | com\.sun\. | org\.jpype\. | java\.util\.concurrent\. | pybridge\.(core|handle|session)\b
                            | java\.lang\.(Class|ClassLoader|ThreadLocal|foreign|invoke|ref|reflect)\b
                            | clojure\.lang\.(Compiler|DynamicClassLoader|Keyword|LockingTransaction|Namespace|RT|Ref|Symbol|Var)\b
                            | clojure\.core\$(push|pop)_thread_bindings\b )"
                 (.getClassName frame)))))

(defn- class-initializer? [^StackTraceElement frame] (= "<clinit>" (.getMethodName frame)))

(defn safe-to-stop?
  "Is a thread whose stack is `frames`, the innermost first, in a block's own code, or in what that has called of plain Clojure?"
  [frames]
  (let [since-the-bridge (take-while (complement bridge?) frames)
        [called own] (split-with library? since-the-bridge)]
    (boolean (and (seq own)
                  (not-any? changes-shared-state? called)
                  (not-any? class-initializer? since-the-bridge)))))

(defn- jvmti-function
  "The JVMTI function at `address`, which takes the environment `jvmti` and `n` more longs, as the functional interface `operator`."
  [jvmti address n ^Class operator]
  (let [longs (into-array MemoryLayout (repeat (inc (long n)) ValueLayout/JAVA_LONG))
        handle (.downcallHandle (Linker/nativeLinker)
                                (MemorySegment/ofAddress (long address))
                                (FunctionDescriptor/of ValueLayout/JAVA_INT longs) (make-array Linker$Option 0))]
    (MethodHandleProxies/asInterfaceInstance operator (MethodHandles/insertArguments handle 0 (object-array [(long jvmti)])))))

(def ^:private a-blocks-stack
  (mapv (fn [[class-name method]] (StackTraceElement. class-name method nil 0))
        [["clojure.lang.RT" "nth"] ["clojure.lang.Var" "invoke"] ["user$eval1" "invoke"]]))

(defn- link!
  "Have what is called while a thread is suspended loaded and linked. Both functions fail here: the thread of the target is not suspended,
  and there is nothing to throw."
  [{:keys [resume stop]} {:keys [reference]}]
  (safe-to-stop? a-blocks-stack)
  (.applyAsLong ^LongUnaryOperator resume (long reference))
  (.applyAsLong ^LongBinaryOperator stop (long reference) 0))

(defn- throw-into!
  "Suspend `thread`, throw `exception` into it if `(safe? its-stack)`, and resume it; returns whether it was thrown.
  While `thread` is suspended nothing may be loaded, linked or waited for: the thread itself may be half way through just that."
  [{:keys [suspend resume stop]} {:keys [^Thread thread reference]} exception safe?]
  (let [^LongUnaryOperator suspend suspend, ^LongUnaryOperator resume resume, ^LongBinaryOperator stop stop
        reference (long reference)]
    (if (zero? (.applyAsLong suspend reference))
      (try
        (and (safe? (.getStackTrace thread))
             (zero? (.applyAsLong stop reference (long exception))))
        (finally (.applyAsLong resume reference)))
      false)))

(defn- throw-when-safe!
  "Try to throw `exception` into the thread of `target` for two seconds, as long as `(wanted?)`; returns whether it was thrown."
  [functions target exception wanted? safe?]
  (let [safe? (fn [frames] (and (wanted?) (safe? frames)))]
    ;; On this thread's own stack first: what the test needs is then loaded before a thread is suspended.
    (safe? (.getStackTrace (Thread/currentThread)))
    (let [end (+ (System/nanoTime) 2000000000)]
      (loop []
        (cond
          (throw-into! functions target exception safe?) true
          (or (pos? (- (System/nanoTime) end)) (not (wanted?))) false
          :else (do (Thread/sleep 5) (recur)))))))

(def ^:private ^AtomicBoolean rehearsing (AtomicBoolean.))
(def ^:private ^AtomicBoolean turning (AtomicBoolean.))

(defn start-rehearsal-thread!
  "Start a thread called `thread-name` that is busy until it is stopped, or the rehearsal is over. It has loaded what it needs, and holds
  no lock of that any more."
  [thread-name]
  (.set rehearsing true)
  (.set turning false)
  (doto (Thread. ^Runnable (fn [] (try (while (.get rehearsing) (.set turning true)) (catch Throwable _))) ^String thread-name)
    (.setDaemon true)
    (.start))
  (while (not (.get turning)) (Thread/yield))
  nil)

(defn end-rehearsal-thread!
  "Let the rehearsal thread end, if nothing has stopped it."
  []
  (.set rehearsing false)
  nil)

(defn- thread-called [thread-name]
  (some #(when (= thread-name (.getName ^Thread %)) %) (keys (Thread/getAllStackTraces))))

(def ^:private attached "The functions, the exceptions and the target, once `attach!` was called." (atom nil))

(defn attach!
  "Prepare to stop the thread called `thread-name`.

  jvmti: the address of a JVMTI environment that can suspend and signal threads.
  functions: the addresses of its SuspendThread, ResumeThread and StopThread.
  references: JNI references to the thread, to the thread called `rehearsal-name`, and to the exceptions to throw, the mildest
  first. The rehearsal thread is stopped here, so that everything that a stop needs is loaded and linked before it counts."
  [jvmti [suspend resume stop] thread-name rehearsal-name [reference rehearsal-reference & exceptions]]
  (let [functions {:suspend (jvmti-function jvmti suspend 1 LongUnaryOperator)
                   :resume (jvmti-function jvmti resume 1 LongUnaryOperator)
                   :stop (jvmti-function jvmti stop 2 LongBinaryOperator)}
        ^Thread rehearsal-thread (thread-called rehearsal-name)
        rehearsal {:thread rehearsal-thread, :reference rehearsal-reference}]
    (link! functions rehearsal)
    (throw-when-safe! functions rehearsal (last exceptions)
                      #(.isAlive rehearsal-thread) (fn [frames] (safe-to-stop? frames) true))
    (reset! attached {:functions functions
                      :target {:thread (thread-called thread-name), :reference reference}
                      :exceptions (vec exceptions)})
    nil))

(def ^:private ^:const pause-ns "Between two exceptions: the second must not arrive where the first is being handled." 1000000000)
(def ^:private ^AtomicLong last-thrown (AtomicLong. (- (System/nanoTime) (long pause-ns))))

(defn stop-thread!
  "Throw an exception into the attached thread, as long as `(wanted?)`; returns whether it was thrown. What a first `attempt` (0)
  throws may be caught by `(catch Exception _)`; a second's is an Error."
  [attempt wanted?]
  (locking last-thrown
    (if-let [{:keys [functions target exceptions]} (when (> (- (System/nanoTime) (.get last-thrown)) (long pause-ns)) @attached)]
      (let [exception (exceptions (min (long attempt) (dec (count exceptions))))
            thrown? (throw-when-safe! functions target exception wanted? safe-to-stop?)]
        (when thrown? (.set last-thrown (System/nanoTime)))
        thrown?)
      false)))
