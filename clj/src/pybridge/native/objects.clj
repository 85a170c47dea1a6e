(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.objects
  "What Python does for Clojure: calls, attributes, items and conversions, each with the GIL taken and given back."
  (:require [pybridge.handle :as handle]
            [pybridge.names :as names]
            [pybridge.native.arrays :as arrays]
            [pybridge.native.call :as call]
            [pybridge.native.counterparts :as counterparts]
            [pybridge.native.env :refer [api]]
            [pybridge.native.exceptions :as exceptions]
            [pybridge.native.gil :refer [with-gil]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.kinds :as kinds]
            [pybridge.native.limits :as limits]
            [pybridge.native.plain :as plain]
            [pybridge.native.python-error :as python-error]
            [pybridge.native.reference :as reference]
            [pybridge.native.text :as text]
            [pybridge.native.to-clojure :refer [->clojure]]
            [pybridge.native.to-python :as to-python :refer [->python]]
            [pybridge.native.traces :as traces]
            [pybridge.native.vectors :as vectors]
            [pybridge.once :refer [once]])
  (:import (clojure.lang Compiler$CompilerException ExceptionInfo)
           (java.util Collection Map)
           (pybridge.native.bridge Bridge Peer)
           (pybridge.native.call Arguments)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)

(defn- plain-data?
  "Is `x` a value that Python would be given a copy of?"
  [x]
  (or (nil? x) (boolean? x) (number? x) (string? x) (char? x) (ident? x) (coll? x)
      (instance? Map x) (instance? Collection x) (.isArray (class x)) (satisfies? counterparts/Counterpart x)))

(defn- peer? [^Env env x]
  (.holds ^Peer (.-peer ^Bridge (.-bridge env)) x))

(def ^:private ^:const longest-shown 60)

(defn- refuse-plain [function-name x]
  (throw (ex-info (str function-name " needs a Python object, and " (if (nil? x) "nil, which None becomes," (text/cut (pr-str x) longest-shown)) " is plain Clojure data, a copy that Python does not know: "
                       "keep the object with pb/attr*, pb/call*, pb/item* or pb/run*, or make one with (pb/->py …)")
                  #:pybridge{:reason :conversion, :given x})))

(defn target
  "A handle on the Python object `x`, for the function `function-name`; plain data is refused."
  [function-name x]
  (if (handle/handle? x)
    x
    (with-gil [env]
      (when (and (plain-data? x) (not (peer? env x))) (refuse-plain function-name x))
      (reference/own env (->python env x)))))

(defn invoke
  "Call the handle `callable` with counted `xs` and a map of `options`, decimals as floats: a function of the stable API."
  [callable xs options]
  (with-gil [env]
    (->clojure env (call/vectorcall env (reference/address callable) (Arguments. xs options to-python/with-floats)))))

(defn apply-to
  "The same, each value as itself."
  [callable xs options]
  (with-gil [env]
    (->clojure env (call/call env (reference/address callable) xs options))))

(defn help
  "Call the helper `helper-name` of `pybridge.clojure.support`."
  [helper-name & xs]
  (with-gil [env]
    (->clojure env (call/call env (helpers/helper env helper-name) (vec xs) nil))))

(defn plain
  "What the helper `helper-name` gives for the handle `x`: data, or an array of the numbers that are to be nested vectors."
  [helper-name x]
  (with-gil [env]
    (vectors/plain env helper-name x)))

(defn plain-vector
  "The vector of what the handle `x` has, where that is a list or tuple of numbers, texts, booleans and None alone; else nil."
  [x]
  (with-gil [env]
    (plain/vector-at env (reference/address x))))

(defn help-handle
  "The same; the result stays a handle, whatever it is."
  [helper-name & xs]
  (with-gil [env]
    (reference/own env (call/call env (helpers/helper env helper-name) (vec xs) nil))))

(defn object
  "A handle on the Python object that `x` becomes."
  [x]
  (with-gil [env]
    (reference/own env (->python env x))))

(defn import-module
  "A handle on the module called `module-name`, imported when needed."
  [module-name]
  (with-gil [env]
    (reference/lasting env (call/call env (helpers/helper env "import_module") [module-name] nil))))

(defn python-object?
  "Is `x` an object of Python's that Clojure holds, here or by another bridge?"
  [x]
  (or (handle/handle? (handle/held x))
      (with-gil [env] (boolean (peer? env x)))))

(defn memory
  "The memory of an array or tensor, whose elements are of `dtype` in the byte order `order`, as a buffer."
  [handle dtype order]
  (with-gil [env]
    (arrays/buffer env (reference/address handle) dtype order)))

(once Keyword-Argument (deftype Keyword-Argument [k v]))

(defn- marked? [x] (instance? Keyword-Argument x))

(defn- refuse-twice
  "Throw when two of `options` have one name in Python, which would keep the last without a word."
  [options]
  (reduce (fn [taken option]
            (let [python-name (names/->python option)]
              (when-let [before (taken python-name)]
                (throw (ex-info (if (= before option)
                                  (str "the option " option " is given twice")
                                  (str "the options " before " and " option " are one in Python; keep one of them"))
                                #:pybridge{:reason :option, :given option})))
              (assoc taken python-name option)))
          {}
          options))

(defn- arguments-of
  "The Arguments of a call with `xs`, among which keyword arguments are marked with `pybridge.core/kw`."
  ^Arguments [xs]
  (if (reduce (fn [_ x] (if (marked? x) (reduced true) false)) false xs)
    (let [options (mapv (fn [^Keyword-Argument x] [(.-k x) (.-v x)]) (filter marked? xs))]
      (when (< 1 (count options)) (refuse-twice (map first options)))
      (Arguments. (into [] (remove marked?) xs) (into {} options) to-python/as-itself))
    (Arguments. xs nil to-python/as-itself)))

(defn call
  "Call the handle `callable` with `xs`, among which keyword arguments are marked."
  [callable xs]
  (let [arguments (arguments-of xs)]
    (with-gil [env]
      (->clojure env (call/vectorcall env (reference/address callable) arguments)))))

(once Step
  ;; One member access: of an attribute (no arguments), of a method, or of an item (`member` is the key, `arguments` is :item).
  (deftype Step [member arguments]))

(defn attribute-step [attribute-name] (Step. attribute-name nil))
(defn item-step [k] (Step. k :item))
(defn method-step
  ([method-name xs] (Step. method-name (arguments-of xs)))
  ([method-name xs options] (Step. method-name (Arguments. xs options to-python/as-itself))))

(defn- better-said
  "What is thrown for Python's `failure` to take `step` at `pointer`: what says more, where the attribute cannot be called."
  [env ^long pointer ^Step step failure]
  (if-not (and (instance? Arguments (.-arguments step)) (= "TypeError" (python-error/type-name failure)))
    failure
    (let [attribute-name (.-member step)
          found (long (try (call/attribute env pointer attribute-name) (catch ExceptionInfo _ 0)))]
      (cond
        (zero? found) failure
        (not (zero? (.PyCallable_Check (api env) found))) (do (.Py_DecRef (api env) found) failure)
        :else
        (ex-info (str "the attribute " attribute-name " of " (pr-str (reference/borrow env pointer)) " is "
                      (text/cut (pr-str (->clojure env found)) longest-shown) ", which cannot be called; read it with pb/attr")
                 #:pybridge{:reason :not-callable})))))

(defn- take-step
  "What `step` finds at the object at `pointer`, which is given up: a new reference."
  ^long [env ^long pointer ^Step step]
  (try
    (let [arguments (.-arguments step)]
      (cond
        (nil? arguments) (call/attribute env pointer (.-member step))
        (= :item arguments) (call/item env pointer (.-member step))
        :else (call/vectorcall-method env pointer (.-member step) arguments)))
    (catch ExceptionInfo failure (throw (better-said env pointer step failure)))
    (finally (.Py_DecRef (api env) pointer))))

(defn help-with-item
  "Call the helper `helper-name` with the handle `x`, an item's key and more; of a mapping or set, the key is one that can be hashed."
  [helper-name x k & more]
  (with-gil [env]
    (let [k (reference/own env (call/item-key->python env (reference/address x) k))]
      (->clojure env (call/call env (helpers/helper env helper-name) (into [x k] more) nil)))))

(defn- walk-to
  "What `steps`, a vector, find from `x` one after the other: a new reference."
  ^long [env x steps]
  (let [start (reference/address x), n (count steps)]
    (.Py_IncRef (api env) start)
    (loop [pointer start, i 0]
      (if (< i n) (recur (take-step env pointer (nth steps i)) (inc i)) pointer))))

(defn walk
  "What `steps` find from the Python object `x`; objects in between stay as they are."
  [function-name x steps]
  (let [x (target function-name x)]
    (with-gil [env]
      (->clojure env (walk-to env x steps)))))

(defn walk-handle
  "The same; the result stays a handle, whatever it is."
  [function-name x steps]
  (let [x (target function-name x)]
    (with-gil [env]
      (reference/own env (walk-to env x steps)))))

(defn python-type?
  "Is the handle `x` a Python class?"
  [x]
  (and (handle/handle? (handle/held x)) (help "is_class" x)))

(defn register-type!
  "Have objects of the Python class `x` itself cross as what `f` makes of a handle on them."
  [x f]
  (let [x (handle/held x)]
    (when-let [built-in (help "built_in_name" x)]
      (limits/refuse (str "values of " built-in " cross as the table says; register a conversion for a class of your own") #:pybridge{:class x}))
    (with-gil [env]
      (kinds/register! env (reference/address x) f))))

(defn forget-type!
  "Let objects of the Python class `x` cross as they did before."
  [x]
  (let [x (handle/held x)]
    (with-gil [env]
      (kinds/forget! env (reference/address x)))))

(defn raise
  "Throw an exception of Python's, a class with arguments or an instance; `causes` holds what it is raised from, if anything."
  [exception xs causes]
  (if (and (instance? Throwable exception) (empty? xs) (empty? causes))
    (throw exception)
    (let [^Arguments arguments (arguments-of (vec xs))
          throwable (with-gil [env] (exceptions/made env (handle/held exception) (.-xs arguments) (.-options arguments) causes))]
      (when (exceptions/python-exception throwable) (traces/begin-here! throwable))
      (throw throwable))))

(defn error?
  "Does `throwable` stand for a Python exception of `classes`, a class or several?"
  [throwable classes]
  (boolean (when-let [exception (some-> throwable (traces/unwrapped Compiler$CompilerException) exceptions/python-exception)]
             (help "is_instance" exception (if (vector? classes) classes [classes])))))
