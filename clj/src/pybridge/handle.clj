(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.handle
  "A Python object in Clojure: a handle prints, compares, derefs and is called; it counts, is indexed, looked up and read as a seq where
  its object is, by Python's `collections.abc`. `pybridge.native.operations` asks Python for all of that."
  (:require [clojure.core.protocols :as protocols]
            [pybridge.names :as names]
            [pybridge.once :refer [once]])
  (:import (clojure.lang Counted IDeref IFn ILookup IMeta IReduce ITransientAssociative2 ITransientSet Indexed MapEntry MultiFn Seqable SeqIterator
                         Sequential)
           (java.io Writer)
           (java.lang.reflect Method)
           (java.util Iterator)))

(set! *warn-on-reflection* true)

(once Operations
  (definterface Operations
    (text [handle])
    (repr [handle])
    (datafied [handle])
    (meta [handle])
    (attribute [handle attribute_name])
    (^boolean same [handle other])
    (^int identityHash [handle])
    (^int compare [handle other])
    (deref [handle])
    (^int count [handle])
    (nth [handle ^int i])
    (nth [handle ^int i not_found])
    (^boolean contains [handle k])
    (lookup [handle k not_found])
    (elements [handle])
    (iterator [handle])
    (call [handle arguments])))

(once Handle
  (definterface Handle
    (^pybridge.handle.Operations operations [])
    (reference [])
    (kind [])
    (keptSeq [])                     ; of a one-shot iterator: what has been read of it, so that it can be read again
    (^void keepSeq [elements])))

(once Holder
  (definterface Holder
    (held [])))

(defn held
  "The handle of `x`, when that is something else which stands for a Python object: a function or class of a required module.
  Otherwise `x`."
  [x]
  (if (instance? Holder x) (.held ^Holder x) x))

(def ^:private every-handle
  "What all handles do. `operations` are Python's; `reference` is what the JVM owns of the object; `kind` is its type's Kind."
  (let [arguments (mapv #(symbol (str "a" %)) (range 20))]
    `[Object
      (~'toString [~'this] (.text ~'operations ~'this))
      (~'equals [~'this ~'other] (or (identical? ~'this ~'other) (.same ~'operations ~'this ~'other)))
      (~'hashCode [~'this] (.identityHash ~'operations ~'this))
      IMeta
      (~'meta [~'this] (.meta ~'operations ~'this))
      Comparable
      (~'compareTo [~'this ~'other] (.compare ~'operations ~'this ~'other))
      IDeref
      (~'deref [~'this] (.deref ~'operations ~'this))
      Runnable
      (~'run [~'this] (.call ~'operations ~'this []) nil)
      Callable
      (~'call [~'this] (.call ~'operations ~'this []))
      IFn
      ~@(for [n (range 21)]
          `(~'invoke [~'this ~@(take n arguments)] (.call ~'operations ~'this ~(vec (take n arguments)))))
      (~'invoke [~'this ~@arguments ~'more] (.call ~'operations ~'this (into ~arguments ~'more)))
      (~'applyTo [~'this ~'xs] (.call ~'operations ~'this (vec ~'xs)))]))

(def ^:private sized
  `[Counted
    (~'count [~'this] (.count ~'operations ~'this))])

(defn- reduced-from [f start ^Iterator elements]
  (loop [result start]
    (if (.hasNext elements)
      (let [result (f result (.next elements))]
        (if (reduced? result) @result (recur result)))
      result)))

(defn- reduced-without-start [f ^Iterator elements]
  (if (.hasNext elements) (reduced-from f (.next elements) elements) (f)))

(def ^:private iterable
  `[Seqable
    (~'seq [~'this] (seq (.elements ~'operations ~'this)))
    Iterable
    (~'iterator [~'this] (SeqIterator. (.elements ~'operations ~'this)))
    IReduce
    (~'reduce [~'this ~'f] (reduced-without-start ~'f (.iterator ~'operations ~'this)))
    (~'reduce [~'this ~'f ~'start] (reduced-from ~'f ~'start (.iterator ~'operations ~'this)))])

(defn- unchangeable []
  (throw (UnsupportedOperationException.
          "this is Python's own object: change it with pb/set-item!, pb/del-item! and its methods, or make Clojure data of it with pb/->clj")))

(def ^:private indexed
  `[Indexed
    (~'nth [~'this ~'i] (.nth ~'operations ~'this ~'i))
    (~'nth [~'this ~'i ~'not-found] (.nth ~'operations ~'this ~'i ~'not-found))])

(def ^:private sequential
  "What is no Sequence of Python's has no positions of its own: Clojure's nth then walks its seq, as it does a lazy seq's."
  `[Sequential])

(def ^:private gettable
  "get and contains? of what is neither ILookup nor a map: Clojure asks a transient set, which this is to it."
  `[ITransientSet
    (~'get [~'this ~'k] (.lookup ~'operations ~'this ~'k nil))
    (~'contains [~'this ~'k] (.contains ~'operations ~'this ~'k))
    (~'disjoin [~'this ~'k] (unchangeable))
    (~'conj [~'this ~'x] (unchangeable))
    (~'persistent [~'this] (unchangeable))])

(def ^:private mapping
  "get, find, contains? and destructuring; a kept mapping is changed by `pybridge.core/set-item!`, not by what makes new maps."
  `[ILookup
    (~'valAt [~'this ~'k] (.lookup ~'operations ~'this ~'k nil))
    (~'valAt [~'this ~'k ~'not-found] (.lookup ~'operations ~'this ~'k ~'not-found))
    ITransientAssociative2
    (~'containsKey [~'this ~'k] (.contains ~'operations ~'this ~'k))
    (~'entryAt [~'this ~'k]
      (when (.contains ~'operations ~'this ~'k) (MapEntry/create ~'k (.lookup ~'operations ~'this ~'k nil))))
    (~'assoc [~'this ~'k ~'v] (unchangeable))
    (~'conj [~'this ~'x] (unchangeable))
    (~'persistent [~'this] (unchangeable))])

(defmacro ^:private define-handle
  "deftype `type-name`, a handle that has `abilities` besides those of every handle."
  [type-name & abilities]
  `(deftype ~type-name [~(with-meta 'operations {:tag `Operations}) ~'reference ~'kind ~(with-meta 'kept {:volatile-mutable true})]
     Handle
     (~'operations [~'_] ~'operations)
     (~'reference [~'_] ~'reference)
     (~'kind [~'_] ~'kind)
     (~'keptSeq [~'_] ~'kept)
     (~'keepSeq [~'_ ~'elements] (set! ~'kept ~'elements))
     ~@every-handle
     ~@(mapcat #(deref (resolve %)) abilities)))

(once PlainHandle (define-handle PlainHandle))
(once SizedHandle (define-handle SizedHandle sized))
(once IterableHandle (define-handle IterableHandle iterable sequential))
(once CollectionHandle (define-handle CollectionHandle sized iterable sequential))
(once MappingHandle (define-handle MappingHandle sized iterable sequential mapping))
(once SequenceHandle (define-handle SequenceHandle sized iterable indexed gettable))
(once SetHandle (define-handle SetHandle sized iterable sequential gettable))

(defn handle
  "A handle whose object is of the `shape` that `pybridge.clojure.support.kind` names."
  ^Handle [operations reference kind shape]
  (case shape
    :plain (PlainHandle. operations reference kind nil)
    :sequence (SequenceHandle. operations reference kind nil)
    :set (SetHandle. operations reference kind nil)
    :collection (CollectionHandle. operations reference kind nil)
    (:iterator :iterable) (IterableHandle. operations reference kind nil)
    :mapping (MappingHandle. operations reference kind nil)
    :sized (SizedHandle. operations reference kind nil)))

(defn handle? "Is `x` a Python object that Clojure holds?" [x] (instance? Handle x))

(defn- repr [^Handle x] (.repr (.operations x) x))

(defmethod print-method Handle [x ^Writer writer]
  (.write writer (str (if *print-readably* (repr x) x))))

(defn- print-by!
  "Have the multimethod `printer` print handles by `f`, whatever other interfaces they have that it knows: to deref one would copy all of a
  tensor, or print the error of what has no value."
  [^MultiFn printer f]
  (.addMethod printer Handle f)
  (doseq [^Class other (keys (methods printer))
          :when (and (class? other) (not= other Object) (not= other Handle)
                     (not (contains? (get (prefers printer) other) Handle))
                     (some #(.isAssignableFrom other ^Class %) [IterableHandle MappingHandle SequenceHandle SetHandle]))]
    (.preferMethod printer Handle other)))

(print-by! print-method (get-method print-method Handle))

(def ^:private others-printers
  "Multimethods that print, in libraries that a program may load at any time, each with what prints a handle there."
  {'clojure.pprint/simple-dispatch pr
   'orchard.print/print print-method}) ; CIDER's

(defonce ^:private methods-seen (atom {}))

(defn- print-by-others!
  "Have those of `others-printers` that are loaded print handles. One that is still being loaded gets more methods, and is met again."
  []
  (doseq [[printer f] others-printers
          :let [found (some-> (find-ns (symbol (namespace printer))) (ns-resolve (symbol (name printer))) deref)]
          :when (and (instance? MultiFn found)
                     (not= (count (methods found)) (@methods-seen printer)))]
    (print-by! found f)
    (swap! methods-seen assoc printer (count (methods found)))))

;; Clojure notes a library as it begins to be loaded, and again when it is.
(add-watch @#'clojure.core/*loaded-libs* ::printers (fn [_ _ _ _] (print-by-others!)))
(print-by-others!)

(extend-protocol protocols/Datafiable
  Handle
  (datafy [x]
    (let [operations (.operations x)
          {:keys [type text attributes]} (.datafied operations x)]
      {:type type
       :text text
       :attributes (with-meta (mapv names/->keyword attributes)
                     {`protocols/nav (fn [_ _ attribute] (.attribute operations x attribute))})})))

(def ^:private on-tensors
  "Clojure's own arithmetic and Math take numbers only; on tensors use + - * / sin exp and the others of pybridge.ops, or functions of pybridge.tensors; pb/->clj makes a number of a kept one")

(def ^:private hints
  "What clojure.core's functions cannot cast a handle to, and what to do instead."
  {#"java\.lang\.Number" on-tensors
   #"clojure\.lang\.(Associative|IPersistent\w+|ITransientMap)" "Clojure's own functions change no Python object: use pb/set-item!, pb/del-item! and its methods, or make Clojure data of it with pb/->clj"})

(def ^:private functions-of-math
  "Those that Java has for several kinds of numbers, so that Clojure looks for the one for a handle."
  (delay (into #{} (map key) (filter #(< 1 (val %)) (frequencies (map #(.getName ^Method %) (.getMethods Math)))))))

(defn cast-hint
  "What to do instead, where `throwable` is the error of a function of clojure.core's or of Math's that a handle was given to; else nil."
  [^Throwable throwable]
  (let [message (str (ex-message throwable))]
    (cond
      (instance? ClassCastException throwable)
      (when-let [[_ wanted] (re-find #"pybridge\.handle\.\w*Handle cannot be cast to class (\S+)" message)]
        (some (fn [[pattern hint]] (when (re-matches pattern wanted) hint)) hints))

      (instance? IllegalArgumentException throwable)
      (when-let [[_ method] (re-matches #"No matching method (\w+) found taking \d+ args" message)]
        (when (@functions-of-math method) on-tensors)))))
