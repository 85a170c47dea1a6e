(ns pybridge.session.stop
  "End a block's Clojure code that heeds no interrupt: `Thread.interrupt` only wakes what waits, so `(loop [] (recur))` would
  run on.

  `Thread.stop` is gone from Java, since an exception that strikes anywhere breaks what it strikes. The JVM's tool interface
  can still throw one into a thread. Here the thread is held first, and struck only where a block's own code runs: not in a
  call of Python, in a lock, in the compiler or where a class begins. What is never found in such a place is not stopped."
  (:require [pybridge.native.platform :refer [peek-word]])
  (:import (java.lang.foreign FunctionDescriptor Linker Linker$Option MemoryLayout MemorySegment ValueLayout)
           (java.lang.invoke MethodHandleProxies MethodHandles)
           (java.util.concurrent.atomic AtomicBoolean AtomicLong)
           (java.util.function LongBinaryOperator LongUnaryOperator)))

(set! *warn-on-reflection* true)

;; ---- where code may be stopped -------------------------------------------------------------------------------------

(defn- bridge? [^StackTraceElement frame]
  (boolean (re-find #"^pybridge\.(native|runtime)\b" (.getClassName frame))))

(defn- library? [^StackTraceElement frame]
  (boolean (re-find #"^(java|javax|jdk|sun|com\.sun|org\.jpype|clojure|pybridge)\." (.getClassName frame))))

(defn- delicate?
  "May code of this class be half way through a change that others rely on?"
  [^StackTraceElement frame]
  (boolean (re-find #"(?x)^( jdk\. | sun\. | com\.sun\. | org\.jpype\. | java\.util\.concurrent\. | pybridge\.(core|handle|session)\b
                            | java\.lang\.(Class|ClassLoader|ThreadLocal|foreign|invoke|ref|reflect)\b
                            | clojure\.lang\.(Compiler|DynamicClassLoader|Keyword|LockingTransaction|Namespace|RT|Ref|Symbol|Var)\b )"
                    (.getClassName frame))))

(defn- beginning-of-class? [^StackTraceElement frame] (= "<clinit>" (.getMethodName frame)))

(defn own-code?
  "Is a thread whose stack is `frames`, the innermost first, in a block's own code, or in what that has called of plain Clojure?"
  [frames]
  (let [since-the-bridge (take-while (complement bridge?) frames)
        [called own] (split-with library? since-the-bridge)]
    (boolean (and (seq own)
                  (not-any? delicate? called)
                  (not-any? beginning-of-class? since-the-bridge)))))

;; ---- the JVM's tool interface --------------------------------------------------------------------------------------

;; Positions in the table of functions that the interface begins with.
(def ^:private ^:const suspend-thread 4)
(def ^:private ^:const resume-thread 5)
(def ^:private ^:const stop-thread 6)

(defn- function
  "The function at `position` of the interface `tools`, of `n` more longs, as the functional interface `operator`."
  [^long tools position n ^Class operator]
  (let [longs (into-array MemoryLayout (repeat (inc (long n)) ValueLayout/JAVA_LONG))
        handle (.downcallHandle (Linker/nativeLinker)
                                (MemorySegment/ofAddress (peek-word (+ (peek-word tools) (* 8 (long position)))))
                                (FunctionDescriptor/of ValueLayout/JAVA_INT longs) (make-array Linker$Option 0))]
    (MethodHandleProxies/asInterfaceInstance operator (MethodHandles/insertArguments handle 0 (object-array [tools])))))

;; ---- stopping ------------------------------------------------------------------------------------------------------

(defn- strike
  "Throw the exception at the reference `exception` into `thread` if `strike?` says so of its stack; whether it was.
  While `thread` is held nothing may be loaded, linked or waited for: it might be `thread` that has begun to."
  [{:keys [suspend resume stop]} {:keys [^Thread thread reference]} exception strike?]
  (let [^LongUnaryOperator suspend suspend, ^LongUnaryOperator resume resume, ^LongBinaryOperator stop stop
        reference (long reference)]
    (if (zero? (.applyAsLong suspend reference))
      (try
        (and (strike? (.getStackTrace thread))
             (zero? (.applyAsLong stop reference (long exception))))
        (finally (.applyAsLong resume reference)))
      false)))

(defn- try-to-stop
  "Strike `target` where `strike?` allows it, within two seconds, and while `wanted?` says that it is to end."
  [tools target exception wanted? strike?]
  (let [strike? (fn [frames] (and (wanted?) (strike? frames)))]
    (strike? (.getStackTrace (Thread/currentThread)))
    (loop [tries 400]
      (cond
        (strike tools target exception strike?) true
        (or (zero? tries) (not (wanted?))) false
        :else (do (Thread/sleep 5) (recur (dec tries)))))))

(def ^:private state "The functions, the exceptions and the target, once `attach!` has been told of one." (atom nil))

(def ^:private ^AtomicBoolean victim-wanted (AtomicBoolean.))

(defn start-victim!
  "A thread called `thread-name` that is there to be stopped."
  [thread-name]
  (.set victim-wanted true)
  (doto (Thread. ^Runnable (fn [] (try (while (.get victim-wanted)) (catch Throwable _))) ^String thread-name)
    (.setDaemon true)
    (.start))
  nil)

(defn- thread-called [thread-name]
  (some #(when (= thread-name (.getName ^Thread %)) %) (keys (Thread/getAllStackTraces))))

(defn attach!
  "Stop from now on the thread called `thread-name`, with the JVM's tool interface at `tools`. References are given to the thread
  (0 when there is none), to a victim on whom all that stopping needs is loaded and linked, and to the exceptions to throw, the
  mildest first."
  [tools thread-name victim-name [reference victim & exceptions]]
  (let [tools {:suspend (function tools suspend-thread 1 LongUnaryOperator)
               :resume (function tools resume-thread 1 LongUnaryOperator)
               :stop (function tools stop-thread 2 LongBinaryOperator)}
        ^Thread victim-thread (thread-called victim-name)]
    (try-to-stop tools {:thread victim-thread, :reference victim} (last exceptions)
                 #(.isAlive victim-thread) (fn [frames] (own-code? frames) true))
    (.set victim-wanted false)
    (when-not (zero? reference)
      (reset! state {:tools tools, :target {:thread (thread-called thread-name), :reference reference}, :exceptions (vec exceptions)}))
    nil))

(def ^:private ^:const pause-ns "Between two exceptions: the second must not strike where the first is being handled." 1000000000)
(def ^:private ^AtomicLong struck-at (AtomicLong. (- (System/nanoTime) (long pause-ns))))

(defn- stop-target [attempt wanted?]
  (locking struck-at
    (if-let [{:keys [tools target exceptions]} (when (> (- (System/nanoTime) (.get struck-at)) (long pause-ns)) @state)]
      (let [exception (exceptions (min (long attempt) (dec (count exceptions))))
            struck? (try-to-stop tools target exception wanted? own-code?)]
        (when struck? (.set struck-at (System/nanoTime)))
        struck?)
      false)))

(defn stop!
  "End the Clojure code of `block`, which is the one under way as long as its number stands at `address`. What a first `attempt`
  (0) throws may be caught by `(catch Exception _)`; a second's is an Error. Whether it was thrown."
  [attempt block address]
  (stop-target attempt #(= block (peek-word address))))

(def ^:private ^:const glance-ms 250)
(def ^:private ^:const patience "Glances at which a thread may still be seen with an interrupt that it has not noticed." 6)

(defn- keep-watch [^Thread thread]
  (loop [seen 0]
    (Thread/sleep (long glance-ms))
    (let [seen (if (.isInterrupted thread) (inc seen) 0)]
      (when (and (pos? seen) (zero? (rem seen (long patience))))
        (stop-target (dec (quot seen (long patience))) #(.isInterrupted thread)))
      (recur seen))))

(defn watch!
  "From now on, end the Clojure code of a block once an interrupt has been there for a while that it does not notice."
  []
  (when-let [thread (get-in @state [:target :thread])]
    (doto (Thread. ^Runnable (fn [] (keep-watch thread)) "pybridge, for interrupts that nobody notices")
      (.setDaemon true)
      (.start)))
  nil)

(defn forget-interrupt!
  "Let an interrupt that is still there from the last block do nothing to the next."
  []
  (Thread/interrupted)
  nil)
