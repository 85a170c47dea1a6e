(ns pybridge.handle
  "A Python object in Clojure. What a handle can do, it does through the transport: print, deref, count, nth, seq, call."
  (:require [clojure.core.protocols :as protocols]
            [clojure.pprint :as pprint]
            [pybridge.names :as names]
            [pybridge.runtime :as runtime])
  (:import (clojure.lang Counted IDeref IFn Indexed MultiFn Seqable SeqIterator)
           (java.io FileNotFoundException Writer)))

(set! *warn-on-reflection* true)

(runtime/once Keyword-Argument (deftype Keyword-Argument [k v]))

(defn- split-options
  "[arguments options] of a call in which keyword arguments are marked with `pybridge.core/kw`."
  [xs]
  (let [marked? #(instance? Keyword-Argument %)]
    (if (some marked? xs)
      [(vec (remove marked? xs))
       (reduce (fn [options ^Keyword-Argument x]
                 (when (contains? options (.-k x))
                   (throw (ex-info (str "the option " (.-k x) " is given twice") {:reason :option, :given (.-k x)})))
                 (assoc options (.-k x) (.-v x)))
               {}
               (filter marked? xs))]
      [xs nil])))

(defn call
  "Call the handle `callable` with `xs`, among which keyword arguments are marked."
  [callable xs]
  (let [[arguments options] (split-options xs)]
    (runtime/invoke-object runtime/transport callable arguments options)))

(declare elements)

(defmacro ^:private or-else
  "The value of `body`, or `instead` for a handle that is released, or whose Python is gone: it can still be printed and compared."
  [instead & body]
  `(try ~@body (catch IllegalStateException ~'gone ~instead)))

(defmacro ^:private define-handle
  "deftype Handle, with the arities of IFn written out."
  []
  (let [arguments (mapv #(symbol (str "a" %)) (range 20))]
    `(deftype ~'Handle [~'reference]
       Object
       (~'toString [~'this] (or-else (str "#py[" (ex-message ~'gone) "]") (runtime/help "text" ~'this)))
       (~'equals [~'this ~'other]
         (boolean (and (instance? ~'Handle ~'other) (or-else false (runtime/same? runtime/transport ~'this ~'other)))))
       (~'hashCode [~'this] (int (or-else 0 (runtime/identity-hash runtime/transport ~'this))))
       IDeref
       (~'deref [~'this] (runtime/help "plain" ~'this))
       Counted
       (~'count [~'this] (int (runtime/help "length" ~'this)))
       Indexed
       (~'nth [~'this ~'i] (runtime/help "element" ~'this ~'i))
       (~'nth [~'this ~'i ~'not-found]
         (if (< -1 ~'i (long (runtime/help "length" ~'this))) (runtime/help "element" ~'this ~'i) ~'not-found))
       Seqable
       (~'seq [~'this] (seq (elements ~'this)))
       Iterable
       (~'iterator [~'this] (SeqIterator. (elements ~'this)))
       Runnable
       (~'run [~'this] (call ~'this []) nil)
       Callable
       (~'call [~'this] (call ~'this []))
       IFn
       ~@(for [n (range 21)]
           `(~'invoke [~'this ~@(take n arguments)] (call ~'this ~(vec (take n arguments)))))
       (~'invoke [~'this ~@arguments ~'more] (call ~'this (into ~arguments ~'more)))
       (~'applyTo [~'this ~'xs] (call ~'this (vec ~'xs))))))

(runtime/once Handle (define-handle))

(defn handle? "Is `x` a Python object that Clojure holds?" [x] (instance? Handle x))

(defn- elements
  "The elements of a handle's object, lazily, one at a time: a generator runs no further than it is read."
  [handle]
  (let [iterator (runtime/help "elements" handle)]
    ((fn step []
       (lazy-seq
        (let [some-elements (runtime/help "following" iterator 1)]
          (when (seq some-elements)
            (cons (first some-elements) (step)))))))))

(defmethod print-method Handle [^Handle x ^Writer writer]
  (.write writer (str x)))

(prefer-method print-method Handle IDeref)

;; Without these, pretty printing and CIDER would deref it: copy all of a tensor, or print the error of what has no value.
(.addMethod ^MultiFn pprint/simple-dispatch Handle pr)
(when-let [printer (try (requiring-resolve 'orchard.print/print) (catch FileNotFoundException _ nil))]
  (.addMethod ^MultiFn @printer Handle print-method))

(extend-protocol protocols/Datafiable
  Handle
  (datafy [x]
    (let [{:keys [type text attributes]} (runtime/help "datafied" x)]
      {:type type
       :text text
       :attributes (with-meta (mapv names/->keyword attributes)
                     {`protocols/nav (fn [_ _ attribute] (runtime/attribute (runtime/started) x attribute))})})))

(defn arithmetic-hint
  "What to do instead, where `throwable` is the error of clojure.core's arithmetic on a handle; else nil."
  [^Throwable throwable]
  (when (and (instance? ClassCastException throwable)
             (re-find #"pybridge\.handle\.Handle cannot be cast to class java\.lang\.Number" (str (ex-message throwable))))
    "Clojure's own arithmetic takes numbers only; on tensors use + - * / of pybridge.ops, or functions of pybridge.tensors"))
