(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.python-class
  "Python classes written in Clojure. `pybridge.core` has these functions too."
  (:refer-clojure :exclude [class])
  (:require [pybridge.names :as names]
            [pybridge.native.traces :as traces]
            [pybridge.runtime :as runtime]))

(set! *warn-on-reflection* true)

(defn- refuse
  ([message] (throw (ex-info message #:pybridge{:reason :option})))
  ([message given] (throw (ex-info (str message "; got " (pr-str given)) #:pybridge{:reason :option, :given given}))))

(defn- member
  "[name value] of an entry of the members."
  [entry]
  (if (and (vector? entry) (= 2 (count entry)) (or (ident? (first entry)) (string? (first entry))))
    (vec entry)
    (refuse "a class takes its members as a map or a vector of [name value]" entry)))

(defn- distinct-in-python
  "`xs`, which are [name value]; two names that are one in Python are refused, as Python would keep the last. `what` they are."
  [what xs]
  (reduce (fn [taken [k]]
            (let [spelled (names/->python k), before (get taken spelled)]
              (cond
                (nil? before) (assoc taken spelled k)
                (= before k) (refuse (str "the " what " " (pr-str k) " of a class is given twice"))
                :else (refuse (str "the " what "s " (pr-str before) " and " (pr-str k) " of a class are one in Python; keep one of them")))))
          {}
          xs)
  xs)

(defn- options-of
  "The map of the options of a class, which are given as pairs, as one map, or as pairs and a map."
  [xs]
  (let [pairs (if (and (odd? (count xs)) (or (nil? (last xs)) (map? (last xs)))) (concat (butlast xs) (mapcat identity (last xs))) xs)]
    (when (odd? (count pairs))
      (refuse (str "the option " (pr-str (last pairs)) " of a class has no value")))
    (let [pairs (map vec (partition 2 pairs))]
      (when-let [[k] (first (remove #(or (ident? (first %)) (string? (first %))) pairs))]
        (refuse "the options of a class are names and values" k))
      (into {} (distinct-in-python "option" pairs)))))

(defn class
  "The Python class called `class-name`, of a vector of `bases`. `members` is a map of names and values, or a vector of [name value]
  where their order matters. A function is a method whose first argument is the object, a handle: write it with `pybridge.core/fn`
  where Python passes arguments by name. What `__init__` returns is ignored; the `__new__` of a metaclass is given the bases and the
  namespace as the tuple and the dict that they are. `options` are the keywords of Python's class statement, `:metaclass` among them.

  (def Scale
    (pb/class \"Scale\" [(pb/attr (pb/module \"keras.layers\") :Layer)]
      {:__init__ (fn [self factor] (pb/call (pb/super self) :__init__) (pb/set-attr! self :factor factor))
       :call (pb/fn [self x] (ops/* x (pb/attr self :factor)))}))"
  {:arglists '([class-name bases members & {:as options}])}
  [class-name bases members & options]
  (when-not (sequential? bases)
    (refuse "a class takes its bases as a vector" bases))
  (runtime/help "make_class" (name class-name) bases (distinct-in-python "member" (mapv member members)) (options-of options) (str (ns-name *ns*))))

(defn super
  "What Python's super() is: the methods of `self` that follow the class whose method this is written in, be it in a function inside
  the method, on another thread or later. A function outside of methods belongs to the method that calls it. Where that is not
  known, name the class `cls` whose parent is meant.

  (pb/call (pb/super self) :__init__ (pb/kw :name \"scale\"))"
  ([self] (runtime/help-handle "own_super" self (traces/running-code)))
  ([cls self] (runtime/help-handle "super_of" self cls)))

(defn property
  "A property of a class: functions that get, set and delete it, the last two optional.

  (pb/class \"Square\" [] {:side 2, :area (pb/property (fn [self] (let [side (pb/attr self :side)] (* side side))))})"
  ([getter] (runtime/help-handle "property" getter))
  ([getter setter] (runtime/help-handle "property" getter setter))
  ([getter setter deleter] (runtime/help-handle "property" getter setter deleter)))

(defn static-method
  "A method of a class that is not given the object."
  [f]
  (runtime/help-handle "staticmethod" f))

(defn class-method
  "A method of a class that is given the class in place of the object."
  [f]
  (runtime/help-handle "classmethod" f))
