(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.runtime
  "The one call path that all namespaces share. Nothing here starts Python until something is called."
  (:require [clojure.string :as string]
            [pybridge.caught :as caught]
            [pybridge.names :as names]
            [pybridge.native.bridge :as bridge]
            [pybridge.native.exceptions :as exceptions]
            [pybridge.native.gathered :as gathered]
            [pybridge.native.gil :as gil]
            [pybridge.native.limits :as limits]
            [pybridge.native.objects :as objects]
            [pybridge.native.reference :as reference]
            [pybridge.native.snapshot :as snapshot]
            [pybridge.native.start :as start]
            [pybridge.native.traces :as traces])
  (:import (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

(defn started?
  "Does Python run, so that calls reach it?"
  []
  (some? (bridge/installed)))

(defn- checked-transport [transport]
  (case transport
    (nil :native) (if (>= (.feature (Runtime/version)) 22) :native :libpython)
    :libpython :libpython
    (throw (ex-info (str "unknown transport " (pr-str transport) "; give :native or :libpython") #:pybridge{:reason :option}))))

(defn start!
  "Start Python unless it runs already. `options` as `pybridge.core/start!` takes them."
  ([] (start! {}))
  ([options]
   (let [options (update options :transport checked-transport)]
     (start/prepare! options)
     (locking bridge/starting
       (when-not (started?) (start/start! options))))))

(defn description
  "Which Python runs, who has started it and where it was found."
  []
  (start/description))

(defmacro ^:private with-python
  "Evaluate `body`, with Python started on the first use."
  [& body]
  `(do (when-not (bridge/installed) (start!)) ~@body))

(defn help
  "Call a function of the Python side of the bridge, `pybridge.clojure.support`."
  [helper-name & arguments]
  (with-python (apply objects/help helper-name arguments)))

(defn help-handle
  "Like `help`; the result stays a handle, whatever it is."
  [helper-name & arguments]
  (with-python (apply objects/help-handle helper-name arguments)))

(defn import-module
  "A handle on the module called `module-name`, imported when needed."
  [module-name]
  (with-python (objects/import-module module-name)))

(defn target
  "A handle on the Python object `x`, for the function `function-name`; plain data is refused."
  [function-name x]
  (with-python (objects/target function-name x)))

(defn walk
  "What `steps` (of `pybridge.native.objects`) find from the Python object `x`, for the function `function-name`."
  [function-name x steps]
  (with-python (objects/walk function-name x steps)))

(defn walk-handle
  "The same; the result stays a handle, whatever it is."
  [function-name x steps]
  (with-python (objects/walk-handle function-name x steps)))

(defn help-with-item
  "Call the helper `helper-name` with the Python object `x`, an item's key and more, for the function `function-name`."
  [function-name helper-name x k & more]
  (with-python (apply objects/help-with-item helper-name (objects/target function-name x) k more)))

(defn object
  "A handle on the Python object that `x` becomes."
  [x]
  (with-python (objects/object x)))

(defn- refuse-equal-as-data [element]
  (throw (ex-info (str "elements of a set are equal as data: " (pr-str element) "; leave the set as it is, or convert its elements one by one")
                  #:pybridge{:reason :conversion})))

(declare data-inside)

(defn- replaced-inside
  "The map, vector or set `x` with data in place of the handles among its values."
  [x ^long depth tall?]
  (if (set? x)
    (reduce (fn [target element]
              (let [found (data-inside element depth tall?)]
                (cond
                  (identical? found element) target
                  (contains? target found) (refuse-equal-as-data found)
                  :else (conj (disj target element) found))))
            x x)
    (reduce-kv (fn [target k part]
                 (let [found (data-inside part depth tall?)]
                   (if (identical? found part) target (assoc target k found))))
               x x)))

(defn- leaf? [x] (or (number? x) (string? x) (keyword? x) (nil? x) (boolean? x)))

(defn- data-inside
  "`x`, `depth` levels deep in plain data, with data in place of the handles in its maps, vectors and sets. Tensors and arrays stay."
  [x ^long depth tall?]
  (cond
    (leaf? x) x
    (and (vector? x) (reduce (fn [_ part] (or (leaf? part) (reduced false))) true x)) x
    (objects/python-object? x) (let [found (help "data_inside" x)]
                                 (if (objects/python-object? found) x (data-inside found depth tall?)))
    (or (== depth limits/deepest) (record? x) (not (or (map? x) (vector? x) (set? x)))) x
    :else (replaced-inside x (limits/deeper depth tall?) tall?)))

(defn- all-data-inside
  "`x` with data in place of the handles in it, on a stack that does for it."
  [x]
  (limits/or-when-too-deep
   (data-inside x 0 false)
   (gil/with-gil [env]
     (gil/on-large-stack env (fn [large] (gil/without-gil large (data-inside x 0 true)))))))

(defn data
  "Plain data of the Python object `x`, or of the handles in the plain data `x`; what has no data stays a handle."
  [x]
  (with-python
    (if (objects/python-object? x)
      (let [handle (object x)]
        (or (objects/plain-vector handle)
            (let [found (objects/plain "data_or_block" handle)]
              (if (objects/python-object? found) x (all-data-inside found)))))
      (all-data-inside x))))

(defn python-type?
  "Is `x` a Python class?"
  [x]
  (with-python (objects/python-type? x)))

(def register-class! "Have values of a Java class go to Python as a function makes them." snapshot/register!)
(def forget-class! "Let them go as they did before." snapshot/forget!)
(defn register-type! "Have objects of a Python class come to Clojure as `f` makes them of handles." [x f] (objects/register-type! x f))
(defn forget-type! "Let them come as they did before." [x] (objects/forget-type! x))

(defn raise
  "Throw an exception of Python's, a class with arguments or an instance; `causes` holds what it is raised from, if anything."
  [exception arguments causes]
  (with-python (objects/raise exception arguments causes)))

(defn memory
  "The memory of an array or tensor, whose elements are of `dtype` in the byte order `order`, as a buffer."
  [handle dtype order]
  (with-python (objects/memory handle dtype order)))

(defn in-scope
  "Call `body`; then release the handles it received, but for those in its result."
  [body]
  (with-python (reference/in-scope body)))

(defn outside-scope
  "Call `body`; no scope releases the handles that it receives."
  [body]
  (with-python (reference/outside-scope body)))

(defonce ^:private ^ConcurrentHashMap functions (ConcurrentHashMap.))

(defn- function
  "A handle on the function of the stable API that `id`, :subject/name, names."
  [id]
  (or (.get functions id)
      (let [found (walk-handle "invoke" (help "subject" (namespace id)) [(objects/attribute-step (name id))])]
        (.put functions id found)
        found)))

(def ^:private readers-of-numbers "Functions that only read the numbers in their first argument." #{:tensors/tensor :tensors/variable :tensors/to_numpy})

(defn invoke
  "Call a function of the stable API, :subject/name, with a vector of arguments and a map of options."
  ([id arguments] (invoke id arguments nil))
  ([id arguments options]
   (objects/invoke (function id)
                   (if (contains? readers-of-numbers id) (update arguments 0 gathered/float-rows) arguments)
                   options)))

(defn- refuse [message data]
  (throw (ex-info message (assoc data :pybridge/reason :option))))

(defn- written [id] (str (namespace id) "/" (names/->kebab (names/function-name (name id)))))

(defn- words [options] (string/join " " options))

(defn- named-options
  "The map of `pairs`, option after option."
  [id known positional pairs]
  (loop [pairs (seq pairs), options {}]
    (if-not pairs
      options
      (let [k (first pairs)]
        (when-not (keyword? k)
          (refuse (str (written id) ": expected an option, one of " (words known) ", got " (pr-str k)) #:pybridge{:given k}))
        (when-not (some #{k} known)
          (refuse (str (written id) " has no option " k "; it takes " (words known)
                       (when-let [place (first positional)]
                         (str ". To pass the keyword as a value, name its option: " place " " k)))
                  #:pybridge{:given k, :options known}))
        (when-not (next pairs)
          (refuse (str (written id) ": " k " has no value") #:pybridge{:given k}))
        (when (contains? options k)
          (refuse (str (written id) ": " k " is given twice") #:pybridge{:given k}))
        (recur (nnext pairs) (assoc options k (second pairs)))))))

(defn- options-map? [known x]
  (and (map? x) (seq x) (every? (set known) (keys x))))

(defn- parse
  "[values options]: what follows the required arguments. `positional` names the parameters that may come by place, `named` those
  that only come by name."
  [id positional named more]
  (let [known (into (vec positional) named)]
    (loop [places positional, values [], more (seq more)]
      (cond
        (nil? more) [values {}]
        (and (keyword? (first more)) (nil? (next more)) (not (some #{(first more)} known)) (seq places))
        (refuse (str (written id) ": " (first more) " is no option and a keyword needs its name here: " (first places) " " (first more))
                #:pybridge{:given (first more), :options known})
        (keyword? (first more)) [values (named-options id known places more)]
        (and (nil? (next more)) (options-map? known (first more))) [values (first more)]
        (empty? places)
        (refuse (str (written id) " takes at most " (count positional) " optional arguments by place, got " (pr-str (first more)) " beyond them"
                     (when (seq named) (str "; name the option: " (words named))))
                #:pybridge{:given (first more)})
        :else (recur (rest places) (conj values (first more)) (next more))))))

(defn invoke-with
  "Call a function of the stable API with its required arguments and `more`: optional ones by place, then by name or as one map."
  [id required positional named more]
  (if (nil? more)
    (invoke id required nil)
    (let [[values options] (parse id positional named more)
          twice (some (set (take (count values) positional)) (keys options))]
      (when twice (refuse (str (written id) ": " twice " is given by place and by name") #:pybridge{:given twice}))
      (invoke id (into required values) options))))

(defn call-method
  "Call the method `method-name` of the Python object `x`."
  [x method-name arguments]
  (walk (name method-name) x [(objects/method-step method-name arguments)]))

(defn property
  "The attribute `attribute-name` of the Python object `x`."
  [x attribute-name]
  (walk (name attribute-name) x [(objects/attribute-step attribute-name)]))

(defn- said-by-python
  "The lines that a session says of `throwable`, where a Python exception is among its causes."
  [throwable]
  (when (and (started?) (some exceptions/python-exception (traces/causes throwable)))
    (let [thrown (exceptions/thrown-in-file throwable)]
      (walk "an error" (import-module "pybridge.session.errors") [(objects/method-step :brief [thrown "" (traces/clojure-lines thrown)])]))))

(caught/ask-python-by! said-by-python)
