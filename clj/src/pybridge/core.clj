(ns pybridge.core
  "Start Python, and reach anything in it: modules, attributes, calls, items, context managers.

  (require '[pybridge.core :as pb])
  (def np (pb/module \"numpy\"))
  @(pb/call np :linspace 0 1 (pb/kw :num 5))  ; => [0.0 0.25 0.5 0.75 1.0]"
  (:refer-clojure :exclude [fn])
  (:require [pybridge.handle :as handle]
            [pybridge.native.objects :as objects]
            [pybridge.runtime :as runtime])
  (:import (pybridge.handle Handle)
           (pybridge.native.objects Keyword-Argument)))

(set! *warn-on-reflection* true)

(defn start!
  "Start Python unless it runs already; nil. The first call of any function does so too.

  Options: `:transport` :native (Java 22 and newer) or :libpython (libpython-clj); `:python` the path of a Python to use,
  before PYBRIDGE_PYTHON, the project's .venv and PATH. Throws when none fits, and says why for each."
  ([] (start! {}))
  ([options]
   (when-let [unknown (seq (remove #{:transport :python} (keys options)))]
     (throw (ex-info (str "start! has no option " (first unknown) "; it takes :transport :python") {:reason :option})))
   (runtime/start! options)
   nil))

(defn py?
  "Is `x` a Python object that Clojure holds (a handle)?"
  [x]
  (handle/handle? x))

(defn ->py
  "A handle on the Python object that `x` becomes."
  ^Handle [x]
  (runtime/object x))

(defn ->clj
  "The Clojure value of the Python object `x`: a list as a vector, a tensor or array as a number or nested vectors. What has no value
  stays the handle."
  [x]
  (if (handle/handle? x)
    (let [value (runtime/value x)]
      (if (and (handle/handle? value) (runtime/help "is_array" value)) @value value))
    x))

(defn module
  "The Python module called `module-name`, imported when needed.

  (pb/module \"numpy\")"
  [module-name]
  (runtime/import-module (name module-name)))

(defn attr
  "The attribute `attribute-name` of `x`.

  (pb/attr (pb/module \"math\") :pi)  ; => 3.141592653589793"
  [x attribute-name]
  (runtime/attribute x attribute-name))

(defn set-attr!
  "Set the attribute `attribute-name` of `x` to `value`; nil."
  [x attribute-name value]
  (runtime/help "set_attr" x attribute-name value))

(defn kw
  "Mark a keyword argument of a `call`.

  (pb/call np :linspace 0 1 (pb/kw :num 5))"
  [option value]
  (Keyword-Argument. option value))

(defn call
  "Call the method `method-name` of `x`, or the function of that name in a module.

  (pb/call np :linspace 0 1 (pb/kw :num 5))"
  [x method-name & arguments]
  (let [method (attr x method-name)]
    (when-not (handle/handle? method)
      (throw (ex-info (str "the attribute " method-name " of " x " is " (pr-str method) ", which cannot be called; read it with pb/attr")
                      {:reason :not-callable})))
    (objects/call method (vec arguments))))

(defn item
  "The item of `x` at `k`: Python's x[k].

  (pb/item (pb/->py {\"a\" 1}) \"a\")  ; => 1"
  [x k]
  (runtime/help "item" x k))

(defn set-item!
  "Set the item of `x` at `k` to `value`; nil."
  [x k value]
  (runtime/help "set_item" x k value))

(defn tuple
  "A Python tuple of `xs`, where a list will not do."
  [& xs]
  (runtime/help-handle "tuple" (vec xs)))

(defn slice
  "A Python slice, for `item`: a stop, a start and a stop, or a start, a stop and a step; nil stands for an open end."
  [& bounds]
  (apply runtime/help-handle "slice" bounds))

(defn iter
  "A Python iterator over the seq `xs`, which is read as Python asks for it."
  [xs]
  (let [remaining (volatile! xs)]
    (runtime/help "SeqIterator"
                  (clojure.core/fn [] (if-let [more (seq @remaining)]
                           (do (vreset! remaining (rest more)) [(first more)])
                           [])))))

(defn buffer
  "The memory of a tensor or array as a java.nio buffer in native byte order, or past 2 GiB as a MemorySegment. An array's is
  writable, a tensor's read-only, a variable's a snapshot."
  [x]
  (let [[source dtype] (runtime/help "buffer_source" x)]
    (runtime/memory source dtype)))

(defn from-python
  "The variable `variable-name` of the Python session.

  (pb/from-python :x)"
  [variable-name]
  (runtime/help "session_value" variable-name))

(defn run
  "Run Python `code` in the session; the value of its last line when that is an expression."
  [code]
  (runtime/help "run" code))

(defmacro with-scope
  "Evaluate `body` and release at its end every handle it received, but for those in its result.

  (pb/with-scope (t/to-list (t/matmul x w)))"
  [& body]
  `(runtime/in-scope (clojure.core/fn [] ~@body)))

(defmacro fn
  "Like clojure.core/fn with one argument vector; Python sees the arguments' names and can pass them by name.

  (pb/fn [y-true y-pred] (t/mean (t/square (- y-true y-pred))))"
  [& definition]
  `(with-meta (clojure.core/fn ~@definition)
     {:arglists '(~(first (filter vector? definition)))
      :name '~(when (symbol? (first definition)) (first definition))}))

(defn call-with
  "Call `body` inside the context manager `manager` with what that gives; the value of `body`, or nil when the manager swallows
  its exception."
  [manager body]
  (let [result (volatile! nil)]
    (runtime/help "call_with" manager (clojure.core/fn [given] (vreset! result (body given)) nil))
    @result))

(defmacro with
  "Evaluate `body` inside Python context managers; the bindings take what each gives. A manager that swallows an exception makes
  the value nil.

  (pb/with [f (pb/call (pb/module \"io\") :open \"notes.txt\")]
    (pb/call f :read))"
  [bindings & body]
  (if (empty? bindings)
    `(do ~@body)
    (let [[given manager & more] bindings]
      `(call-with ~manager (clojure.core/fn [~given] (with [~@more] ~@body))))))
