(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.require-python
  "A Python module as a Clojure namespace, so that `doc`, completion and argument lists work for its functions.

  (pybridge.core/require-python '[numpy :as np])
  (np/linspace 0 1 :num 5)"
  (:require [clojure.edn :as edn]
            [clojure.java.io :as io]
            [clojure.string :as string]
            [pybridge.handle :as handle]
            [pybridge.member :as member]
            [pybridge.names :as names]
            [pybridge.runtime :as runtime])
  (:import (clojure.lang Namespace)))

(set! *warn-on-reflection* true)

(defn- refuse [sentence given]
  (throw (ex-info (str "require-python: " sentence) #:pybridge{:reason :libspec, :given given})))

(defn- kebab
  "The symbol in Clojure of a name in Python."
  [python-name]
  (symbol (if-let [k (names/->keyword python-name)] (name k) python-name)))

(defn- path-of
  "The dotted path in Python that a symbol names."
  [module-name]
  (names/->snake (str module-name)))

(defn- lasting
  "What `body` gives; the handles that it receives outlive every scope."
  [body]
  (runtime/outside-scope body))

(defn- intern-member!
  "Make the var of one member, under Python's name too where that differs."
  [^Namespace namespace module path [member-name kind doc arglists x]]
  (let [full-name (str path "." member-name)
        find-handle #(lasting (fn [] (runtime/help-handle "member" module member-name)))
        v (intern namespace
                  (with-meta (kebab member-name)
                    (cond-> {:doc doc, :python (str path "/" member-name)}
                      arglists (assoc :arglists (lazy-seq (edn/read-string arglists)))))
                  (case kind
                    ("value" "module") x
                    ("function" "class") (if (handle/handle? x) (member/member full-name x) x)
                    "object" (find-handle)
                    "later" (member/later full-name find-handle)))]
    (when-not (= (kebab member-name) (symbol member-name))
      (.refer namespace (symbol member-name) v))))

(defn- fill!
  "Make the vars of `namespace` those of the module's members."
  [namespace module path]
  (let [rows (runtime/help "members" path module)
        names (into #{} (mapcat (fn [[member-name]] [(kebab member-name) (symbol member-name)])) rows)]
    ;; Classes of java.lang go too: a module may have an Exception of its own.
    (doseq [s (keys (ns-map namespace)) :when (or (not (names s)) (class? (get (ns-map namespace) s)))]
      (ns-unmap namespace s))
    (run! #(intern-member! namespace module path %) rows)
    (alter-meta! namespace assoc
                 :doc (str "The Python module " path ".")
                 ::module module
                 ::size (runtime/help "member_count" module))))

(defonce ^:private one-at-a-time (Object.))

(defn- made
  "The namespace of the module at `path`: made on the first use, and again when the module is new or has got new names."
  [path reload?]
  (lasting
   (fn []
     (let [module (runtime/help-handle "module_at" path (boolean reload?))]
       (locking one-at-a-time
         (let [namespace (create-ns (symbol (str "pybridge.py." path)))
               {::keys [size] known ::module} (meta namespace)]
           (when (or reload? (not= known module) (not= size (runtime/help "member_count" module)))
             (fill! namespace module path))
           namespace))))))

(defn- unknown-name [module path s]
  (when (string/starts-with? (name s) "_")
    (refuse (str s " is private in " path ", which has vars of its public names only: (pb/attr (pb/module " (pr-str path) ") " (pr-str (name s)) ")")
            s))
  (let [close (runtime/help "close_names" module (path-of s))]
    (refuse (str "the Python module " path " has no " s
                 (when (seq close) (str "; did you mean " (string/join " or " (map kebab close)) "?")))
            s)))

(defn- with-submodules
  "The namespace of the module at `path`, after submodules among the names `wanted` are imported, as `from package import name` does."
  [namespace path wanted]
  (let [{::keys [module]} (meta namespace)
        unknown (remove (ns-publics namespace) wanted)]
    (doseq [s unknown]
      (when-not (runtime/help "import_submodule" module (path-of s))
        (unknown-name module path s)))
    (if (seq unknown) (made path false) namespace)))

(defn- special [path s]
  (refuse (str s " is a special form of Clojure, so " path "'s can only be called through an alias: (pb/require-python '[" path
               " :as m]) (m/" s " …)")
          s))

(defn- starred
  "The names of a namespace that `:refer :all` and `:refer :*` mean."
  [namespace refer-kind]
  (let [python-names (case refer-kind
                       :all (remove #(string/starts-with? (name %) "_") (keys (ns-publics namespace)))
                       :* (mapcat (juxt kebab symbol) (runtime/help "exported" (::module (meta namespace)))))]
    (remove special-symbol? (distinct python-names))))

(defn- refer-names! [namespace path {:keys [refer exclude rename]}]
  (let [listed (if (keyword? refer) (starred namespace refer) refer)
        excluded (into #{} (map (comp kebab path-of)) exclude)
        chosen (remove (comp excluded kebab path-of) listed)]
    (when-let [s (first (filter special-symbol? (remove (set (keys rename)) chosen)))]
      (special path s))
    (when-let [s (first (remove (set chosen) (keys rename)))]
      (refuse (str ":rename has " s ", which :refer does not name") s))
    (let [namespace (with-submodules namespace path chosen)]
      (clojure.core/refer (ns-name namespace) :only chosen :rename (or rename {})))))

(defn- taken?
  "Is a namespace of Clojure called so, or an alias here, or could one be required?"
  [s]
  (or (find-ns s)
      (get (ns-aliases *ns*) s)
      (some #(io/resource (str (string/escape (str s) {\. "/", \- "_"}) %)) [".clj" ".cljc" "__init.class"])))

(defn- alias!
  "The alias `as`; without one the module's name as it was `written`, where nothing else is called so."
  [namespace written as]
  (cond
    as (alias as (ns-name namespace))
    (not (taken? written)) (alias written (ns-name namespace))))

(defn- bind! [namespace written as]
  (let [var-name (or as written)]
    (when (string/includes? (str var-name) ".")
      (refuse (str ":bind-ns needs a name without dots for its var; add :as to " written) var-name))
    (intern *ns* var-name (::module (meta namespace)))))

(defn- load! [written {:keys [as refer reload bind-ns] :as options}]
  (let [path (path-of written)
        namespace (made path reload)]
    (alias! namespace written as)
    (when refer (refer-names! namespace path options))
    (when bind-ns (bind! namespace written as))))

(def ^:private flags #{:reload :bind-ns})

(def ^:private fitting
  "What each option takes: a predicate, and how a sentence calls it."
  (let [names? #(and (sequential? %) (every? simple-symbol? %))]
    {:as [simple-symbol? "a symbol"]
     :refer [#(or (#{:all :*} %) (names? %)) "a vector of names, :all, or :* for what Python's import * binds"]
     :exclude [names? "a vector of names"]
     :rename [#(and (map? %) (every? simple-symbol? (mapcat identity %))) "a map of names"]}))

(defn- options-of
  "The options of a libspec, `more` being what follows its name; a flag may have true or false behind it."
  [spec more]
  (loop [more (seq more), options {}]
    (let [[k v] more, [fits? what] (fitting k)]
      (cond
        (nil? more) options
        (and (flags k) (boolean? v)) (recur (nnext more) (assoc options k v))
        (flags k) (recur (next more) (assoc options k true))
        (nil? what)
        (refuse (str "unknown option " (pr-str k) " in " (pr-str spec) "; there are :as :refer :exclude :rename :reload :bind-ns") k)
        (not (and (next more) (fits? v)))
        (refuse (str k " takes " what ", as in [numpy :as np :refer [linspace]]; got " (pr-str spec)) spec)
        :else (recur (nnext more) (assoc options k v))))))

(defn- specs
  "[module-name options] of each module that a libspec or prefix list names."
  [prefix spec]
  (let [[head & more] (if (sequential? spec) spec [spec])]
    (when-not (simple-symbol? head)
      (refuse (str "expected a module's name, as in 'numpy or '[numpy :as np], got " (pr-str spec)) spec))
    (let [module-name (symbol (str prefix head))]
      (if (or (nil? more) (keyword? (first more)))
        [[module-name (options-of spec more)]]
        (mapcat #(specs (str module-name ".") %) more)))))

(defn require-python
  "Make namespaces of Python modules and name them in the calling namespace, as `require` does.

  A libspec is the name of a module, or a vector of the name and options. A list names modules below one: (os [path :as p]).
  A class will do as well as a module.

  :as        an alias; without it the module's own name is the alias, unless a Clojure namespace has that name
  :refer     names, `:all`, or `:*` for what Python's import * binds; `:exclude` and `:rename` work as in `refer`
  :reload    run the module again, as Python's importlib.reload does; may also follow all libspecs. What the new code leaves
             undefined stays, as it does when a Clojure namespace is reloaded; what it deletes is removed
  :bind-ns   define a var that holds the module itself

  numpy becomes the namespace `pybridge.py.numpy`. Names work in Python's spelling and in Clojure's: array_equal, array-equal.
  Functions and classes take arguments, then options from the first keyword on; to pass a keyword as a value, write a string.
  Python receives its own function or class when you pass one to it. Numbers, strings, booleans and nil are values; any other
  object is a handle. What a module loads only on demand is loaded on first use; if it is data, `pybridge.core/->clj` gives it.

  (require-python '[numpy :as np :refer [linspace]] '(os [path :as p]))
  (np/linspace 0 1 :num 5 :endpoint false)"
  [& libspecs]
  (let [trailing (filter keyword? libspecs)]
    (when-let [k (first (remove #{:reload} trailing))]
      (refuse (str "unknown flag " k "; the one that may follow the libspecs is :reload") k))
    (doseq [[module-name options] (into [] (mapcat #(specs nil %)) (remove keyword? libspecs))]
      (load! module-name (cond-> options (seq trailing) (assoc :reload true))))))
