(ns pybridge.native.callback
  "Clojure functions as Python twins, and Clojure objects that pass through Python untouched.

  Both are capsules: Python's reference to an entry of `registry`, which goes when Python drops the capsule."
  (:require [clojure.string :as string]
            [pybridge.names :as names]
            [pybridge.native.capi]
            [pybridge.native.failure :as failure]
            [pybridge.native.fork :as fork]
            [pybridge.native.handle :as handle]
            [pybridge.native.interpreter :as python :refer [api new-reference]]
            [pybridge.native.platform :as platform :refer [peek-word poke-int poke-word]]
            [pybridge.native.text :as text]
            [pybridge.native.to-clojure :refer [borrowed->clojure]]
            [pybridge.native.to-python :refer [->python Foreign]])
  (:import (clojure.lang Fn IMeta MultiFn RestFn Var)
           (java.lang ClassValue)
           (java.lang.ref Cleaner WeakReference)
           (java.lang.reflect Method)
           (java.util Collections Map WeakHashMap)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicLong)
           (pybridge.native.capi Api Upcall)
           (pybridge.native.interpreter Frame Known)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

;; ---- capsules ------------------------------------------------------------------------------------------------------

(definterface Holder
  (object [])
  (hold [x])
  (loosen []))

(deftype Entry [^:volatile-mutable held ^WeakReference reference]
  Holder
  (object [_] (.get reference))
  (hold [_ x] (set! held x))
  (loosen [_] (set! held nil)))

(def ^:private ^ConcurrentHashMap registry "Id -> the entry of a Clojure object, as long as Python has its capsule." (ConcurrentHashMap.))
(def ^:private ^AtomicLong ids (AtomicLong. 1))

(defn live "How many Clojure objects Python has." [] (.size registry))

(def ^:private capsule-name (delay (platform/c-string "pybridge.clojure")))

(def ^:private self-name (delay (text/string->python "__self__")))

(declare drop-stub)

(defn- new-capsule
  "A capsule of the Clojure object in `entry`: a new reference."
  ^long [entry]
  (let [id (.getAndIncrement ids)
        made (new-reference (.PyCapsule_New api id (long @capsule-name) (long @drop-stub)))]
    (.put registry id entry)
    made))

(deftype Identity [x]
  Object
  (hashCode [_] (System/identityHashCode x))
  (equals [_ other] (and (instance? Identity other) (identical? x (.-x ^Identity other)))))

(def ^:private ^ConcurrentHashMap capsules
  "Clojure object, but for functions -> the address of its capsule, so that one object is one in Python too."
  (ConcurrentHashMap.))

(defn capsule
  "A capsule of the Clojure object `x`: a new reference, the same capsule while Python holds one."
  ^long [x]
  (let [identity (Identity. x)]
    (if-let [existing (.get capsules identity)]
      (let [existing (long existing)] (.Py_IncRef api existing) existing)
      (let [made (new-capsule (Entry. x (WeakReference. x)))]
        (.put capsules identity made)
        made))))

(defn- inside
  "The Clojure object of the capsule at `pointer`; nil for a function that is gone."
  [^long pointer]
  (.object ^Entry (.get registry (.PyCapsule_GetPointer api pointer (long @capsule-name)))))

(defn capsule?
  "Is the object at `pointer` a capsule of ours?"
  [^long pointer]
  (== 1 (.PyCapsule_IsValid api pointer (long @capsule-name))))

(defn capsule->clojure [^long pointer] (inside pointer))

(defn function->clojure
  "The Clojure function of the builtin function at `pointer`, borrowed; nil when it is one of Python's own."
  [^long pointer]
  (let [self (new-reference (.PyObject_GetAttr api pointer @self-name))]
    (try
      (when (capsule? self) (inside self))
      (finally (.Py_DecRef api self)))))

;; ---- calls from Python ---------------------------------------------------------------------------------------------

(def ^:private ^:const deepest 200)

(defn- positional [^long arguments ^long n]
  (loop [i 0, xs (transient [])]
    (if (< i n)
      (recur (inc i) (conj! xs (borrowed->clojure (peek-word (+ arguments (* 8 i))))))
      (persistent! xs))))

(def ^:private ^ConcurrentHashMap parameters-of (ConcurrentHashMap.))

(defn- distinct-names
  "The names in Python of an arglist's `fixed` arguments; what is taken apart or named twice is x0, x1, …"
  [fixed]
  (reduce (fn [names x]
            (let [named (when (symbol? x) (names/->identifier x))
                  numbered (str "x" (count names))]
              (conj names (first (remove (set names) (cons (or named numbered) (iterate #(str % "_") numbered)))))))
          []
          fixed))

(defn- parameters
  "The names in Python of the fixed arguments of `arglist`."
  [arglist]
  (or (.get parameters-of arglist)
      (let [names (distinct-names (take-while #(not= '& %) arglist))]
        (.put parameters-of arglist names)
        names)))

(defn- arglist
  "The one arglist of a var, or of a function that carries it; nil where there are several or none."
  [f]
  (let [arglists (when (instance? IMeta f) (:arglists (meta f)))]
    (when (= 1 (count arglists)) (first arglists))))

(defn- options-of
  "[[name value] …] of the keyword arguments that follow `n` others."
  [^long arguments ^long n ^long keyword-names]
  (mapv (fn [i]
          [(text/string->clojure (.PyTuple_GetItem api keyword-names (long i)))
           (borrowed->clojure (peek-word (+ arguments (* 8 (+ n (long i))))))])
        (range (.PyTuple_Size api keyword-names))))

(defn- with-options
  "`xs` and the keyword arguments `options`: those that the function names go to their place, the rest into a trailing map."
  [xs options parameters]
  (let [given (into {} options)
        named (take-while #(contains? given %) (drop (count xs) parameters))
        rest (remove (comp (set named) first) options)]
    (cond-> (into xs (map given) named)
      (seq rest) (conj (into {} (map (fn [[k v]] [(names/->keyword k) v])) rest)))))

(defn- prepare-thread
  "Threads that Python started have no class loader, without which Clojure finds no classes."
  []
  (let [thread (Thread/currentThread)]
    (when-not (.getContextClassLoader thread)
      (.setContextClassLoader thread (.getClassLoader Upcall)))))

(defn- invoke
  "Call `f` with the GIL given away: its body may wait for another thread's call of Python."
  [f xs]
  (python/without-gil (apply f xs)))

(defn- answer ^long [^long self ^long arguments ^long n ^long keyword-names]
  (python/refuse-when-closing)
  (prepare-thread)
  (let [f (or (inside self) (throw (IllegalStateException. "this Clojure function is gone: nothing held it but a weak reference")))
        xs (positional arguments n)
        xs (if (zero? keyword-names) xs (with-options xs (options-of arguments n keyword-names) (some-> (arglist f) parameters)))]
    (->python (invoke f xs))))

(deftype Trampoline []
  Upcall
  (call [_ self arguments n keyword-names]
    (if (python/forked?)
      (do (fork/refuse) 0)
      (let [^Frame frame (python/frame)]
        (try
          (if (> (.deeper frame) (long deepest))
            (throw (ex-info (str "calls between Clojure and Python are nested more than " deepest " deep; is a function calling itself across the bridge?")
                            {:reason :too-deep}))
            (answer self arguments n keyword-names))
          (catch Throwable throwable
            ;; On an exhausted stack even describing the error fails: Python then raises SystemError for the bare zero.
            (try (failure/raise throwable) 0 (catch Throwable _ 0)))
          (finally (.shallower frame))))))
  (drop [_ capsule]
    (when-not (python/forked?)
      (try
        (let [id (.PyCapsule_GetPointer api capsule (long @capsule-name))
              ^Entry entry (.remove registry id)]
          (when entry (.remove capsules (Identity. (.object entry)))))
        (catch Throwable _ nil)))))

(def ^:private upcalls (delay (Trampoline.)))
(def ^:private call-stub (delay (platform/call-stub @upcalls)))
(def ^:private drop-stub (delay (platform/drop-stub @upcalls)))

;; ---- signatures ----------------------------------------------------------------------------------------------------

(defn- arities
  "The numbers of arguments that a compiled function takes, and whether it takes any number beyond the last."
  [f]
  (let [methods (.getDeclaredMethods (class f))
        fixed (sort (keep (fn [^Method m] (when (= "invoke" (.getName m)) (.getParameterCount m))) methods))]
    [(distinct fixed) (when (instance? RestFn f) (.getRequiredArity ^RestFn f))]))

(defn- bare-signature [f]
  (let [[fixed required] (arities f)
        most (apply max 0 (cond-> fixed required (conj required)))
        least (apply min (cond-> fixed required (conj required)))
        argument (fn [i] (str "x" i (when (>= (long i) (long least)) "=None")))]
    (string/join ", " (concat (map argument (range most))
                              (when (pos? (long most)) ["/"])
                              (when required ["*rest" "**options"])))))

(defn- declared-signature
  "The text signature of one arglist."
  [arglist]
  (string/join ", " (concat (parameters arglist) (when (some #{'&} arglist) ["*rest" "**options"]))))

(defn- described
  "[name signature doc] of a function, as Python's inspect shows them."
  [f]
  (let [{:keys [name doc]} (when (instance? IMeta f) (meta f))
        function (if (var? f) @f f)]
    [(or (some-> name names/->identifier) "clojure_function")
     (cond
       (arglist f) (declared-signature (arglist f))
       (fn? function) (bare-signature function)
       :else "*rest, **options")
     (or doc "A Clojure function.")]))

(def ^:private ^ConcurrentHashMap definitions (ConcurrentHashMap.))
(def ^:private ^:const fastcall-with-keywords 0x82)

(defn- definition
  "The PyMethodDef of [name signature doc], which Python keeps a pointer to: made once for each."
  ^long [[function-name signature doc :as described]]
  (long (or (.get definitions described)
            (let [struct (platform/allocate 32)]
              (poke-word struct (platform/c-string function-name))
              (poke-word (+ struct 8) @call-stub)
              (poke-int (+ struct 16) fastcall-with-keywords)
              (poke-word (+ struct 24) (platform/c-string (str function-name "(" signature ")\n--\n\n" doc)))
              (.put definitions described struct)
              struct))))

(def ^:private ^ClassValue definition-of-class
  "For functions that say nothing of themselves."
  (proxy [ClassValue] []
    (computeValue [_] (AtomicLong.))))

(def ^:private ^Map definition-of-meta
  "For vars, and functions that carry their arglist."
  (Collections/synchronizedMap (WeakHashMap.)))

(defn- definition-of
  "The PyMethodDef of `f`."
  ^long [f]
  (let [metadata (when (instance? IMeta f) (meta f))]
    (cond
      (nil? metadata) (let [^AtomicLong known (.get definition-of-class (class f))]
                        (when (zero? (.get known)) (.set known (definition (described f))))
                        (.get known))
      (arglist f) (long (or (.get definition-of-meta metadata)
                            (let [made (definition (described f))]
                              (.put definition-of-meta metadata made)
                              made)))
      :else (definition (described f)))))

;; ---- one function, one callable -------------------------------------------------------------------------------------

;; What Python keeps by identity, such as the traces of a compiled function, needs the same callable for a function as long as
;; that lives in Clojure. So the JVM holds the callable as long as the function lives, and the callable holds the function as
;; long as Python holds more of it than that one reference; which of them it is, each collection of the JVM looks.

(def ^:private ^Cleaner collections (Cleaner/create))

(deftype Twin [owner ^Entry entry ^long definition root])

(def ^:private ^Map twins "Clojure function -> its `Twin`." (Collections/synchronizedMap (WeakHashMap.)))

(defn- references
  "The reference count of the object at `pointer`."
  ^long [^long pointer]
  (bit-and 0xFFFFFFFF (peek-word (+ pointer (- (.type-offset ^Known python/known) 8)))))

(defn- look-after-collection
  "After the next collection, let the functions go whose callables nobody but the JVM holds."
  []
  (.register collections (Object.)
             (fn []
               (.add python/dropped
                     (fn []
                       (locking twins
                         (doseq [^Twin twin (.values twins)]
                           (when (== 1 (references (handle/address (.-owner twin))))
                             (.loosen ^Entry (.-entry twin)))))
                       (look-after-collection))))))

(def ^:private looking (delay (look-after-collection)))

(defn- root
  "What a var holds for all threads: another definition of it is another function."
  [f]
  (when (var? f) (.getRawRoot ^Var f)))

(defn- new-twin [f ^long definition]
  (let [entry (Entry. f (WeakReference. f))
        self (new-capsule entry)
        callable (.PyCFunction_NewEx api definition self 0)]
    (.Py_DecRef api self)
    (Twin. (handle/lasting (new-reference callable)) entry definition (root f))))

(defn- twin-of ^Twin [f]
  (force looking)
  (let [definition (definition-of f)
        ^Twin known (.get twins f)]
    (if (and known (== definition (.-definition known)) (identical? (root f) (.-root known)))
      known
      (let [made (new-twin f definition)]
        (.put twins f made)
        made))))

(defn function->python
  "The Python callable of the Clojure function `f`: a new reference, to the same callable each time."
  ^long [f]
  (let [twin (twin-of f)
        address (handle/address (.-owner twin))]
    (.Py_IncRef api address)
    (.hold ^Entry (.-entry twin) f)
    address))

(extend-protocol Foreign
  Fn (foreign->python [f] (function->python f))
  Var (foreign->python [v] (function->python v))
  MultiFn (foreign->python [f] (function->python f))
  Throwable (foreign->python [throwable] (capsule throwable)))
