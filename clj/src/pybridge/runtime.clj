(ns pybridge.runtime
  "What a transport does, and the one call path that all namespaces share.

  Nothing here starts Python until something is called."
  (:require [clojure.string :as string])
  (:import (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

(defmacro once
  "Evaluate `definition`, of a type or protocol called `type-name`, unless it is there: a reload must not make types anew, which
  what exists already would not be of."
  [type-name definition]
  (when-not (resolve type-name) definition))

(once Transport
  (defprotocol Transport
    "One way from Clojure to Python. Handles are `pybridge.handle/Handle`; other values convert as the table says."
    (invoke-object [transport callable arguments options] "Call a handle with counted arguments and a map of keyword arguments.")
    (invoke-handle [transport callable arguments options] "The same; the result stays a handle, whatever it is.")
    (attribute [transport handle attribute-name] "An attribute of a Python object.")
    (import-module [transport module-name] "A handle on the module, imported when needed.")
    (object [transport x] "A handle on the Python object that `x` becomes.")
    (value [transport handle] "The Clojure value of a handle's object, where it has one; otherwise the handle.")
    (memory [transport handle dtype] "The memory of an array or tensor as a buffer.")
    (in-scope [transport body] "Call `body`; then release the handles it received, but for those in its result.")
    (same? [transport handle other] "Do both handles name one object?")
    (identity-hash [transport handle] "Equal for handles of one object.")))

(defonce ^{:doc "The transport in use, once Python runs."} transport nil)

(defonce ^:private starting (Object.))

(defn use-transport!
  "Make `new-transport` the one that everything calls through."
  [new-transport]
  (alter-var-root #'transport (constantly new-transport)))

(defn- java-version [] (.feature (Runtime/version)))

(def ^:private transports
  "The start function of each kind of transport; native needs Java 22."
  {:native 'pybridge.native.start/start!
   :libpython 'pybridge.runtime.libpython/start!})

(defn start!
  "Start Python unless it runs already; the transport. `options` as `pybridge.core/start!` takes them."
  ([] (start! {}))
  ([options]
   (let [kind (or (:transport options) (if (>= (java-version) 22) :native :libpython))
         start (or (transports kind)
                   (throw (ex-info (str "unknown transport " (pr-str kind) "; give :native or :libpython") {:reason :option})))]
     (or transport
         (locking starting
           (or transport (use-transport! ((requiring-resolve start) options))))))))

(defmacro started
  "The transport, started on the first use."
  []
  `(or transport (start!)))

(defonce ^:private ^ConcurrentHashMap functions (ConcurrentHashMap.))

(defn- kept
  "A handle on the function that `id`, :module/name, names, once `find-module` has given the module."
  [id find-module]
  (or (.get functions id)
      (let [python (started)
            found (attribute python (find-module python) (name id))]
        (.put functions id found)
        found)))

(defn- helper [helper-name]
  (kept (keyword "support" helper-name) (fn [python] (import-module python "pybridge.clojure.support"))))

(defn help
  "Call a function of the Python side of the bridge, `pybridge.clojure.support`."
  [helper-name & arguments]
  (invoke-object (started) (helper helper-name) (vec arguments) nil))

(defn help-handle
  "Like `help`; the result stays a handle, whatever it is."
  [helper-name & arguments]
  (invoke-handle (started) (helper helper-name) (vec arguments) nil))

(defn- function
  "A handle on the function of the stable API that :subject/name names."
  [id]
  (kept id (fn [_] (help "subject" (namespace id)))))

(defn invoke
  "Call a function of the stable API, :subject/name, with a vector of arguments and a map of options."
  ([id arguments] (invoke id arguments nil))
  ([id arguments options]
   (invoke-object (started) (function id) arguments options)))

;; ---- options -------------------------------------------------------------------------------------------------------

(defn- refuse [message data]
  (throw (ex-info message (assoc data :reason :option))))

(defn- written [id] (str (namespace id) "/" (string/replace (name id) "_" "-")))

(defn- words [options] (string/join " " options))

(defn- named-options
  "The map of `pairs`, option after option."
  [id known positional pairs]
  (loop [pairs (seq pairs), options {}]
    (if-not pairs
      options
      (let [k (first pairs)]
        (when-not (keyword? k)
          (refuse (str (written id) ": expected an option, one of " (words known) ", got " (pr-str k)) {:given k}))
        (when-not (some #{k} known)
          (refuse (str (written id) " has no option " k "; it takes " (words known)
                       (when-let [place (first positional)]
                         (str ". To pass the keyword as a value, name its option: " place " " k)))
                  {:given k, :options known}))
        (when-not (next pairs)
          (refuse (str (written id) ": " k " has no value") {:given k}))
        (when (contains? options k)
          (refuse (str (written id) ": " k " is given twice") {:given k}))
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
                {:given (first more), :options known})
        (keyword? (first more)) [values (named-options id known places more)]
        (and (nil? (next more)) (options-map? known (first more))) [values (first more)]
        (empty? places)
        (refuse (str (written id) " takes at most " (count positional) " optional arguments by place, got " (pr-str (first more)) " beyond them"
                     (when (seq named) (str "; name the option: " (words named))))
                {:given (first more)})
        :else (recur (rest places) (conj values (first more)) (next more))))))

(defn invoke-with
  "Call a function of the stable API with its required arguments and `more`: optional ones by place, then by name or as one map."
  [id required positional named more]
  (if (nil? more)
    (invoke id required nil)
    (let [[values options] (parse id positional named more)
          twice (some (set (take (count values) positional)) (keys options))]
      (when twice (refuse (str (written id) ": " twice " is given by place and by name") {:given twice}))
      (invoke id (into required values) options))))

(defn call-method
  "Call the method `method-name` of the Python object `x`."
  [x method-name arguments]
  (let [python (started)]
    (invoke-object python (attribute python x method-name) arguments nil)))

(defn property
  "The attribute `attribute-name` of the Python object `x`."
  [x attribute-name]
  (attribute (started) x attribute-name))
