(ns pybridge.handle
  "A Python object in Clojure: a handle prints, derefs, counts, is indexed, read as a seq and called. What Python does for it stands
  in `pybridge.native.objects`."
  (:require [clojure.core.protocols :as protocols]
            [clojure.pprint :as pprint]
            [pybridge.names :as names]
            [pybridge.once :refer [once]])
  (:import (clojure.lang Counted IDeref IFn Indexed MultiFn Seqable SeqIterator)
           (java.io FileNotFoundException Writer)))

(set! *warn-on-reflection* true)

(once Operations
  (definterface Operations
    (text [handle])
    (datafied [handle])
    (attribute [handle attribute_name])
    (same [handle other])
    (^int identityHash [handle])
    (deref [handle])
    (^int count [handle])
    (nth [handle i])
    (nth [handle i not_found])
    (elements [handle])
    (call [handle arguments])))

(defmacro ^:private define-handle
  "deftype Handle, with the arities of IFn written out. `operations` are Python's, `reference` is what the JVM owns of the object."
  []
  (let [arguments (mapv #(symbol (str "a" %)) (range 20))]
    `(deftype ~'Handle [~(with-meta 'operations {:tag `Operations}) ~'reference]
       Object
       (~'toString [~'this] (.text ~'operations ~'this))
       (~'equals [~'this ~'other] (boolean (and (instance? ~'Handle ~'other) (.same ~'operations ~'this ~'other))))
       (~'hashCode [~'this] (.identityHash ~'operations ~'this))
       IDeref
       (~'deref [~'this] (.deref ~'operations ~'this))
       Counted
       (~'count [~'this] (.count ~'operations ~'this))
       Indexed
       (~'nth [~'this ~'i] (.nth ~'operations ~'this ~'i))
       (~'nth [~'this ~'i ~'not-found] (.nth ~'operations ~'this ~'i ~'not-found))
       Seqable
       (~'seq [~'this] (seq (.elements ~'operations ~'this)))
       Iterable
       (~'iterator [~'this] (SeqIterator. (.elements ~'operations ~'this)))
       Runnable
       (~'run [~'this] (.call ~'operations ~'this []) nil)
       Callable
       (~'call [~'this] (.call ~'operations ~'this []))
       IFn
       ~@(for [n (range 21)]
           `(~'invoke [~'this ~@(take n arguments)] (.call ~'operations ~'this ~(vec (take n arguments)))))
       (~'invoke [~'this ~@arguments ~'more] (.call ~'operations ~'this (into ~arguments ~'more)))
       (~'applyTo [~'this ~'xs] (.call ~'operations ~'this (vec ~'xs))))))

(once Handle (define-handle))

(defn handle? "Is `x` a Python object that Clojure holds?" [x] (instance? Handle x))

(defmethod print-method Handle [^Handle x ^Writer writer]
  (.write writer (str x)))

(prefer-method print-method Handle IDeref)

;; Without these, pretty printing and CIDER would deref it: copy all of a tensor, or print the error of what has no value.
(.addMethod ^MultiFn pprint/simple-dispatch Handle pr)
(when-let [printer (try (requiring-resolve 'orchard.print/print) (catch FileNotFoundException _ nil))]
  (.addMethod ^MultiFn @printer Handle print-method))

(extend-protocol protocols/Datafiable
  Handle
  (datafy [^Handle x]
    (let [^Operations operations (.-operations x)
          {:keys [type text attributes]} (.datafied operations x)]
      {:type type
       :text text
       :attributes (with-meta (mapv names/->keyword attributes)
                     {`protocols/nav (fn [_ _ attribute] (.attribute operations x attribute))})})))

(defn arithmetic-hint
  "What to do instead, where `throwable` is the error of clojure.core's arithmetic on a handle; else nil."
  [^Throwable throwable]
  (when (and (instance? ClassCastException throwable)
             (re-find #"pybridge\.handle\.Handle cannot be cast to class java\.lang\.Number" (str (ex-message throwable))))
    "Clojure's own arithmetic takes numbers only; on tensors use + - * / of pybridge.ops, or functions of pybridge.tensors"))
