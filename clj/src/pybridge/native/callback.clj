(ns pybridge.native.callback
  "Clojure functions as Python callables, and Clojure objects that pass through Python untouched.

  Both are capsules: Python's reference to an entry of `registry`, which goes when Python drops the capsule."
  (:require [clojure.string :as string]
            [pybridge.names :as names]
            [pybridge.native.capi]
            [pybridge.native.convert :as convert :refer [Foreign]]
            [pybridge.native.failure :as failure]
            [pybridge.native.interpreter :as python :refer [api new-reference]]
            [pybridge.native.platform :as platform :refer [peek-word poke-int poke-word]])
  (:import (clojure.lang AFunction Fn IObj MultiFn RestFn Var)
           (java.lang.reflect Method)
           (java.util.concurrent ConcurrentHashMap)
           (java.util.concurrent.atomic AtomicLong)
           (pybridge.native.capi Api Upcall)
           (pybridge.native.interpreter Frame)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

;; ---- capsules ------------------------------------------------------------------------------------------------------

(def ^:private ^ConcurrentHashMap registry "Id -> Clojure object, as long as Python holds its capsule." (ConcurrentHashMap.))
(def ^:private ^AtomicLong ids (AtomicLong. 1))

(defn live "How many Clojure objects Python holds." [] (.size registry))

(def ^:private capsule-name (delay (platform/c-string "pybridge.clojure")))

(def ^:private self-name (delay (convert/string->python "__self__")))

(deftype Identity [x]
  Object
  (hashCode [_] (System/identityHashCode x))
  (equals [_ other] (and (instance? Identity other) (identical? x (.-x ^Identity other)))))

(def ^:private ^ConcurrentHashMap capsules
  "Clojure object -> the address of its capsule, so that one function is equal to itself in Python too."
  (ConcurrentHashMap.))

(deftype Entry [x ^long capsule])

(declare drop-stub)

(defn capsule
  "A capsule of the Clojure object `x`: a new reference, the same capsule while Python holds one."
  ^long [x]
  (let [identity (Identity. x)]
    (if-let [existing (.get capsules identity)]
      (let [existing (long existing)] (.Py_IncRef api existing) existing)
      (let [id (.getAndIncrement ids)
            made (new-reference (.PyCapsule_New api id (long @capsule-name) (long @drop-stub)))]
        (.put registry id (Entry. x made))
        (.put capsules identity made)
        made))))

(defn- inside
  "The Clojure object of the capsule at `pointer`."
  [^long pointer]
  (.-x ^Entry (.get registry (.PyCapsule_GetPointer api pointer (long @capsule-name)))))

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
      (recur (inc i) (conj! xs (convert/borrowed->clojure (peek-word (+ arguments (* 8 i))))))
      (persistent! xs))))

(defn- with-options
  "`xs` with the keyword arguments that follow it: those that the function names go to their place, the rest into a trailing map."
  [xs ^long arguments ^long keyword-names parameters]
  (let [n (count xs)
        options (into {} (map (fn [i]
                                [(names/->keyword (convert/string->clojure (.PyTuple_GetItem api keyword-names (long i))))
                                 (convert/borrowed->clojure (peek-word (+ arguments (* 8 (+ n (long i))))))]))
                      (range (.PyTuple_Size api keyword-names)))
        named (take-while #(contains? options %) (drop n parameters))
        rest (apply dissoc options named)]
    (cond-> (into xs (map options) named)
      (seq rest) (conj rest))))

(defprotocol Described
  (parameters [f] "The keywords of the arguments that `f` names, in order, or nil."))

(extend-protocol Described
  Object
  (parameters [f] (:pybridge/parameters (meta f)))
  Var
  (parameters [v]
    (let [arglists (:arglists (meta v))]
      (when (= 1 (count arglists))
        (->> (first arglists) (take-while #(not= '& %)) (filter symbol?) (map keyword) vec)))))

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
  (let [f (inside self)
        xs (positional arguments n)
        xs (if (zero? keyword-names) xs (with-options xs arguments keyword-names (parameters f)))]
    (convert/->python (invoke f xs))))

(deftype Trampoline []
  Upcall
  (call [_ self arguments n keyword-names]
    (let [^Frame frame (python/frame)]
      (try
        (if (> (.deeper frame) (long deepest))
          (throw (ex-info (str "calls between Clojure and Python are nested more than " deepest " deep; is a function calling itself across the bridge?")
                          {:reason :too-deep}))
          (answer self arguments n keyword-names))
        (catch Throwable throwable
          ;; On an exhausted stack even describing the error fails: Python then raises SystemError for the bare zero.
          (try (failure/raise throwable) 0 (catch Throwable _ 0)))
        (finally (.shallower frame)))))
  (drop [_ capsule]
    (try
      (let [id (.PyCapsule_GetPointer api capsule (long @capsule-name))
            ^Entry entry (.remove registry id)]
        (when entry (.remove capsules (Identity. (.-x entry)))))
      (catch Throwable _ nil))))

(def ^:private upcalls (delay (Trampoline.)))
(def ^:private call-stub (delay (platform/call-stub @upcalls)))
(def ^:private drop-stub (delay (platform/drop-stub @upcalls)))

;; ---- signatures ----------------------------------------------------------------------------------------------------

(defn- python-name
  "A Clojure name as a Python identifier: `fit!` is fit, `empty?` is empty, `x->y` is x_to_y."
  [s]
  (let [text (-> (names/->snake (str s)) (string/replace "->" "_to_") (string/replace #"[!?*'+<>=&%$]" "") (string/replace #"[-.|/]" "_"))]
    (if (names/identifier? text) text "clojure_function")))

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
  (let [[fixed [_ rest]] (split-with #(not= '& %) arglist)]
    (string/join ", " (concat (map-indexed (fn [i x] (if (symbol? x) (python-name x) (str "x" i))) fixed)
                              (when rest ["*rest" "**options"])))))

(defn- described
  "[name signature doc] of a function, as Python's inspect shows them."
  [f]
  (let [{:keys [arglists name doc]} (if (instance? IObj f) (meta f) nil)
        {:keys [arglists name doc]} (if (var? f) (meta f) {:arglists arglists :name name :doc doc})]
    [(if name (python-name name) "clojure_function")
     (cond
       (= 1 (count arglists)) (declared-signature (first arglists))
       (fn? f) (bare-signature f)
       (and (var? f) (fn? @f)) (bare-signature @f)
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

(defn function->python
  "A Python callable of the Clojure function `f`: a new reference."
  ^long [f]
  (let [self (capsule f)
        callable (.PyCFunction_NewEx api (definition (described f)) self 0)]
    (.Py_DecRef api self)
    (new-reference callable)))

(extend-protocol Foreign
  Fn (foreign->python [f] (function->python f))
  Var (foreign->python [v] (function->python v))
  MultiFn (foreign->python [f] (function->python f))
  Throwable (foreign->python [throwable] (capsule throwable)))
