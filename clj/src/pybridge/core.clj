(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.core
  "Start Python, and reach anything in it: modules, attributes, calls, items, context managers.

  (require '[pybridge.core :as pb])
  (def np (pb/module \"numpy\"))
  @(pb/call np :linspace 0 1 (pb/kw :num 5))  ; => [0.0 0.25 0.5 0.75 1.0]"
  (:refer-clojure :exclude [.. class fn])
  (:require [pybridge.handle :as handle]
            [pybridge.native.objects :as objects]
            [pybridge.native.operations :as operations]
            [pybridge.python-class :as python-class]
            [pybridge.members :as members]
            [pybridge.require-python :as require-python]
            [pybridge.runtime :as runtime]
            [pybridge.version :as version])
  (:import (clojure.lang MultiFn)
           (pybridge.handle Handle)
           (pybridge.native.objects Keyword-Argument)))

(set! *warn-on-reflection* true)

(defn start!
  "Start Python unless it runs already, which the first call of any function does too. A map of which Python it is: its `:executable`,
  `:version` and `:library`, `:started-by` (:pybridge, :libpython-clj, :another-library, or :python where that hosts the JVM), and the
  `:source` of its path.

  Options: `:transport` :native (Java 22 and newer) or :libpython (libpython-clj starts it); `:python` the path of a Python to use,
  before PYBRIDGE_PYTHON, a python.edn, VIRTUAL_ENV, the project's .venv and PATH. Throws when none fits, and says why for each."
  ([] (start! {}))
  ([options]
   (when-let [unknown (seq (remove #{:transport :python} (keys options)))]
     (throw (ex-info (str "start! has no option " (first unknown) "; it takes :transport :python") #:pybridge{:reason :option})))
   (runtime/start! options)
   (runtime/description)))

(defn setup!
  "Make a virtual environment with the Python half of pybridge, or bring the one that is there up to this half; a map of what was done:
  `:python`, `:version` and `:did` (:made, :installed or :nothing). `clojure -M -m pybridge.setup` does the same.

  Options: `:python` the Python to make it with, before those on PATH; `:folder` where, .venv by default; `:package` what pip installs.
  Throws when something is missing, and says what."
  ([] (setup! {}))
  ([options] ((requiring-resolve 'pybridge.setup/setup!) options)))

(defn version
  "The version of pybridge, a string; its first two numbers are those of the Python half too. This starts no Python."
  []
  version/number)

(defn py?
  "Is `x` a Python object that Clojure holds (a handle)?"
  [x]
  (handle/handle? (handle/held x)))

(defn ->py
  "A handle on the Python object that `x` becomes."
  ^Handle [x]
  (runtime/object x))

(defn ->clj
  "The Clojure value of the Python object `x`, whatever kind of container it is: a list, tuple, range or deque as a vector, any mapping or
  dataclass as a map, a set as a set, a tensor or array as a number or nested vectors. What has no value stays the handle.

  So are the containers inside it, and those in Clojure data `x`; a tensor or array inside stays a handle, to be dereferenced."
  [x]
  (runtime/data x))

(defn ->hiccup
  "Hiccup that shows the Python object `x` in a browser: a matplotlib figure as a picture, a data frame and a tensor of one or two axes as
  a table, anything else as text. Tools that know kindly (Clay) find it by themselves.

  (pb/->hiccup (t/ones [2 3]))"
  [x]
  (operations/hiccup (->py x)))

(defn module
  "The Python module called `module-name`, imported when needed.

  (pb/module \"numpy\")"
  [module-name]
  (runtime/import-module (name module-name)))

(defn attr
  "The attribute `attribute-name` of `x`.

  (pb/attr (pb/module \"math\") :pi)  ; => 3.141592653589793"
  [x attribute-name]
  (runtime/walk "pb/attr" x [(objects/attribute-step attribute-name)]))

(defn attr*
  "Like `attr`; the result stays a Python object, whatever it is, and what is done to it is done in Python.

  (pb/call (pb/attr* (pb/module \"sys\") :path) :append \"/some/folder\")"
  ^Handle [x attribute-name]
  (runtime/walk-handle "pb/attr*" x [(objects/attribute-step attribute-name)]))

(defn set-attr!
  "Set the attribute `attribute-name` of `x` to `value`; nil."
  [x attribute-name value]
  (runtime/help "set_attr" (runtime/target "pb/set-attr!" x) attribute-name value))

(defn del-attr!
  "Delete the attribute `attribute-name` of `x`; nil."
  [x attribute-name]
  (runtime/help "del_attr" (runtime/target "pb/del-attr!" x) attribute-name))

(defn kw
  "Mark a keyword argument of a `call`, where a bare keyword is an argument by place: a string.

  (pb/call (pb/module \"numpy\") :linspace 0 1 (pb/kw :num 5))"
  [option value]
  (when-not (or (ident? option) (string? option))
    (throw (ex-info (str "the name of a keyword argument is a keyword, a symbol or a string, not " (pr-str option)) #:pybridge{:reason :option, :given option})))
  (Keyword-Argument. option value))

(defn call
  "Call the method `method-name` of `x`, or the function of that name in a module. Options are marked with `kw`: a bare keyword is an
  argument, a string.

  (pb/call (pb/module \"numpy\") :linspace 0 1 (pb/kw :num 5))"
  [x method-name & arguments]
  (runtime/walk "pb/call" x [(objects/method-step method-name (vec arguments))]))

(defn call*
  "Like `call`; the result stays a Python object, whatever it is.

  (pb/call* (pb/module \"builtins\") :dict (pb/kw :a 1))"
  ^Handle [x method-name & arguments]
  (runtime/walk-handle "pb/call*" x [(objects/method-step method-name (vec arguments))]))

(defn item
  "The item of `x` at `k`: Python's x[k]; for several, as in x[i, j], `k` is a `(pb/tuple i j)`. A mapping's key that is a vector is
  a tuple anyway.

  (pb/item (pb/->py {\"a\" 1}) \"a\")  ; => 1"
  [x k]
  (runtime/walk "pb/item" x [(objects/item-step k)]))

(defn item*
  "Like `item`; the result stays a Python object, whatever it is."
  ^Handle [x k]
  (runtime/walk-handle "pb/item*" x [(objects/item-step k)]))

(defn set-item!
  "Set the item of `x` at `k` to `value`; nil."
  [x k value]
  (runtime/help-with-item "pb/set-item!" "set_item" x k value))

(defn del-item!
  "Delete the item of `x` at `k`; nil."
  [x k]
  (runtime/help-with-item "pb/del-item!" "del_item" x k))

(defmacro ..
  "Walk the members of the Python object `x`: `-name` is an attribute, `(method arguments… :option value)` a call, `[k]` an item. Objects
  in between stay Python's; the last is converted.

  (pb/.. (pb/module \"numpy\") -linalg (svd [[3 0] [0 4]] :full-matrices false) -S)"
  [x & members]
  `(runtime/walk "pb/.." ~x [~@(map members/step members)]))

#_{:clj-kondo/ignore [:syntax]} ; a name of dots is ours to give
(defmacro ..*
  "Like `..`; the last object stays Python's too, whatever it is."
  [x & members]
  `(runtime/walk-handle "pb/..*" ~x [~@(map members/step members)]))

(defn tuple
  "A Python tuple of `xs`, where a list will not do."
  [& xs]
  (runtime/help-handle "tuple" (vec xs)))

(defn slice
  "A Python slice, for `item`: a stop, a start and a stop, or a start, a stop and a step; nil stands for an open end."
  ([stop] (runtime/help-handle "slice" stop))
  ([start stop] (runtime/help-handle "slice" start stop))
  ([start stop step] (runtime/help-handle "slice" start stop step)))

(defn iter
  "A Python iterator over the seq `xs`, which is read as Python asks for it."
  [xs]
  (when-not (seqable? xs)
    (throw (IllegalArgumentException. (str "pb/iter takes what has a seq, not " (pr-str xs)))))
  (let [remaining (volatile! xs)]
    (runtime/help "SeqIterator"
                  (clojure.core/fn [] (if-let [more (seq @remaining)]
                           (do (vreset! remaining (rest more)) [(first more)])
                           [])))))

(defn buffer
  "The memory of a tensor or array as a java.nio buffer in its own byte order, or past 2 GiB as a MemorySegment. An array's is
  writable, a tensor's read-only, a variable's a snapshot."
  [x]
  (let [[source dtype order] (runtime/help "buffer_source" x)]
    (runtime/memory source dtype order)))

(defn from-python
  "The variable `variable-name` of the Python session.

  (pb/from-python :x)"
  [variable-name]
  (runtime/help "session_value" variable-name))

(defn run
  "Run Python `code`, which may be indented, in the session; the value of its last line when that is an expression."
  [code]
  (runtime/help "run" code))

(defn run*
  "Like `run`; the result stays a Python object, whatever it is.

  (def xs (pb/run* \"[1, 2]\"))"
  ^Handle [code]
  (runtime/help-handle "run" code))

(defn require-python
  "Make namespaces of Python modules, as `require` does of Clojure's: `pybridge.py.numpy` of numpy.

  (pb/require-python '[numpy :as np :refer [linspace]])
  (np/linspace 0 1 :num 5 :endpoint false)

  `pybridge.require-python/require-python` says which libspecs there are."
  [& libspecs]
  (apply require-python/require-python libspecs))

(defmacro with-scope
  "Evaluate `body` and release at its end every handle it received, but for those in its result. Of a lazy seq there, the first 10,000
  elements are computed before, and those beyond must need none of the handles.

  (pb/with-scope (t/to-list (t/matmul x w)))"
  [& body]
  `(runtime/in-scope (clojure.core/fn [] ~@body)))

(defmacro fn
  "Like clojure.core/fn; Python sees the arguments' names and can pass them by name.

  (pb/fn [y-true y-pred] (t/mean (t/square (- y-true y-pred))))"
  [& definition]
  (let [function-name (when (symbol? (first definition)) (first definition))
        arities (if function-name (rest definition) definition)
        arglists (if (vector? (first arities)) [(first arities)] (map first arities))]
    ;; Metadata of the form, unlike that of `with-meta`, leaves the function its own class: calls stay as fast, arities known.
    (with-meta `(clojure.core/fn ~@definition)
      (assoc (meta &form) :arglists `'~(list* arglists), :name `'~function-name))))

(ns-unmap *ns* 'defn)

(defmacro defn
  "Like clojure.core/defn; the function, and not its var only, tells Python its arguments' names and its documentation.

  (pb/defn weighted \"Scale x.\" [x & {:keys [weight]}] (* x weight))"
  [function-name & definition]
  (let [[_ defined function] (macroexpand-1 `(clojure.core/defn ~function-name ~@definition))
        {:keys [arglists doc]} (meta defined)]
    (list 'def defined (vary-meta function assoc :arglists arglists, :doc doc, :name `'~(symbol (name function-name))))))

;; Compiled, the variable was there before the name was free for it.
(.refer ^clojure.lang.Namespace *ns* 'defn #'defn)

(defn call-with
  "Call `body` inside the context manager `manager` with what that gives; the value of `body`, or nil when the manager swallows
  its exception."
  [manager body]
  (let [result (volatile! nil)]
    (runtime/help "call_with" manager (clojure.core/fn [given] (vreset! result (body given)) nil))
    @result))

(defmacro with
  "Evaluate `body` inside Python context managers; the bindings take what each gives, lists and dicts as the objects that they are. A
  manager that swallows an exception makes the value nil.

  (pb/with [f (pb/call (pb/module \"io\") :open \"notes.txt\")]
    (pb/call f :read))"
  [bindings & body]
  (when-not (and (vector? bindings) (even? (count bindings)))
    (throw (IllegalArgumentException.
            (str "pb/with takes a vector of names and context managers, (pb/with [f (pb/call io :open \"notes.txt\")] …), not " (pr-str bindings)))))
  (if (empty? bindings)
    `(do ~@body)
    (let [[given manager & more] bindings]
      `(call-with ~manager (clojure.core/fn [~given] (with [~@more] ~@body))))))

(defn- conversion-of [x]
  (cond
    (class? x) :java
    (runtime/python-type? x) :python
    :else (throw (ex-info (str "a conversion is registered for a Java class or a Python class, not for " (pr-str x)) #:pybridge{:reason :conversion}))))

(defn- check-converter [convert]
  (when-not (or (fn? convert) (var? convert) (instance? MultiFn convert) (and (py? convert) (runtime/help "callable" convert)))
    (throw (ex-info (str "a conversion is a function of one value, not " (pr-str convert) "; write (fn [x] …)") #:pybridge{:reason :conversion, :given convert}))))

(defn add-conversion!
  "Have values of a type cross as what `convert` makes of them; nil. `type` is a Java class (subclasses count too) whose values then go to
  Python as `(convert value)` does, or a Python class (subclasses do not count) whose objects come to Clojure as `(convert handle)`. The
  built-in types of either language cross as they do.

  (defrecord Point [x y])
  (pb/add-conversion! Point (fn [p] (pb/call (pb/module \"shapely\") :Point (:x p) (:y p))))"
  [type convert]
  (let [kind (conversion-of type)]
    (check-converter convert)
    (case kind
      :java (runtime/register-class! type convert)
      :python (runtime/register-type! type convert)))
  nil)

(defn remove-conversion!
  "Let values of `type`, a Java class or a Python class, cross as they did before `add-conversion!`; nil."
  [type]
  (case (conversion-of type)
    :java (runtime/forget-class! type)
    :python (runtime/forget-type! type))
  nil)

(defn raise
  "Throw an exception of Python's: a class and its arguments, keyword arguments marked with `kw`, or an instance. Python's `except`
  catches it as what it is; here it is an `ex-info` like any other of Python's.

  (pb/raise (pb/attr (pb/module \"builtins\") :KeyError) \"k\")"
  [exception & arguments]
  (runtime/raise exception arguments []))

(defn raise-from
  "Like `raise`, as Python's `raise … from cause`: `cause` is a Throwable or an exception of Python's, or nil for none, which also hides
  what Python is handling.

  (catch Exception e (pb/raise-from e KeyError \"k\"))"
  [cause exception & arguments]
  (runtime/raise exception arguments [cause]))

(defn error?
  "Does `throwable` stand for a Python exception that is an instance of `exception-class`, or of one in a vector of classes? Subclasses
  count. One that a future or the compiler has wrapped does too; a Throwable that began in Clojure never does.

  (catch Exception e (cond (pb/error? e KeyError) :missing
                           (pb/error? e [OSError EOFError]) :unreadable
                           :else (throw e)))"
  [throwable exception-class]
  (when-not (or (nil? throwable) (instance? Throwable throwable))
    (throw (IllegalArgumentException. (str "pb/error? takes what was caught, then classes; got " (pr-str throwable) " first"))))
  (objects/error? throwable exception-class))

;; Python classes: `pybridge.python-class` has them.
(def ^{:doc (:doc (meta #'python-class/class)), :arglists (:arglists (meta #'python-class/class))} class python-class/class)
(def ^{:doc (:doc (meta #'python-class/super)), :arglists (:arglists (meta #'python-class/super))} super python-class/super)
(def ^{:doc (:doc (meta #'python-class/property)), :arglists (:arglists (meta #'python-class/property))} property python-class/property)
(def ^{:doc (:doc (meta #'python-class/static-method)), :arglists '([f])} static-method python-class/static-method)
(def ^{:doc (:doc (meta #'python-class/class-method)), :arglists '([f])} class-method python-class/class-method)
