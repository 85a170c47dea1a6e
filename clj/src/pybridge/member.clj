(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.member
  "A function or class of a Python module as `pybridge.require-python` gives it: a function with plain keyword options in Clojure,
  the very same object in Python."
  (:require [clojure.core.protocols :as protocols]
            [pybridge.handle :as handle]
            [pybridge.names :as names]
            [pybridge.native.objects :as objects]
            [pybridge.once :refer [once]])
  (:import (clojure.lang ExceptionInfo IFn IPersistentVector)
           (java.io Writer)
           (pybridge.handle Holder)
           (pybridge.native.objects Keyword-Argument)))

(set! *warn-on-reflection* true)

(defn- refuse [path sentence given]
  (throw (ex-info (str path ": " sentence) #:pybridge{:reason :option, :given given})))

(defn- with-option
  "`options` and one more, which must differ from them as Python spells it."
  [path options k v]
  (let [spelled (names/->snake (name k))]
    (when (some #(= spelled (names/->snake (name %))) (keys options))
      (refuse path (str "the option " k " is given twice") k))
    (assoc options k v)))

(defn- marked? [x] (instance? Keyword-Argument x))

(defn- option-of
  "[k v more] of the arguments `xs`, which begin with the keyword `k`."
  [path [k v :as xs]]
  (when (or (nil? (next xs)) (marked? v))
    (refuse path (str k " has no value; from the first keyword on, the arguments are options. To pass it as a value, write "
                      (pr-str (names/->snake (name k))))
            k))
  [k v (nnext xs)])

(defn- parse
  "[arguments options] of a call: keyword options begin at the first keyword; what `pybridge.core/kw` marks may be anywhere."
  [path xs]
  (loop [xs (seq xs), arguments [], options {}, named? false]
    (let [x (first xs)]
      (cond
        (nil? xs) [arguments options]
        (marked? x) (recur (next xs) arguments (with-option path options (.-k ^Keyword-Argument x) (.-v ^Keyword-Argument x)) named?)
        (keyword? x) (let [[k v more] (option-of path xs)]
                       (recur more arguments (with-option path options k v) true))
        named? (refuse path (str "expected an option, got " (pr-str x) "; from the first keyword on, the arguments are options. "
                                 "Arguments by place come before them")
                       x)
        :else (recur (next xs) (conj arguments x) options false)))))

(defn- by-place?
  "Are the arguments `xs`, a vector, without options?"
  [^IPersistentVector xs]
  (loop [i 0]
    (or (= i (.count xs))
        (let [x (.nth xs i)]
          (and (not (keyword? x)) (not (marked? x)) (recur (inc i)))))))

(defn- call [path callable xs]
  (if (by-place? xs)
    (objects/apply-to callable xs nil)
    (let [[arguments options] (parse path xs)]
      (objects/apply-to callable arguments options))))

(defn- shown
  "What is printed of a member: its object, or a string that says why there is none."
  [member]
  (try
    (handle/held member)
    (catch ExceptionInfo failure (str "#py[<" (ex-message failure) ">]"))))

(defmacro ^:private define-member
  "deftype Member, with the arities of IFn written out. `path` is its name for errors; `find-handle` gives the handle."
  []
  (let [arguments (mapv #(symbol (str "a" %)) (range 20))]
    `(deftype ~'Member [~'path ~'find-handle]
       Holder
       (~'held [~'_] (~'find-handle))
       Object
       (~'toString [~'this] (str (shown ~'this)))
       (~'equals [~'this ~'other] (= (handle/held ~'this) (handle/held ~'other)))
       (~'hashCode [~'this] (.hashCode ^Object (handle/held ~'this)))
       Runnable
       (~'run [~'_] (call ~'path (~'find-handle) []) nil)
       Callable
       (~'call [~'_] (call ~'path (~'find-handle) []))
       IFn
       ~@(for [n (range 21)]
           `(~'invoke [~'_ ~@(take n arguments)] (call ~'path (~'find-handle) ~(vec (take n arguments)))))
       (~'invoke [~'_ ~@arguments ~'more] (call ~'path (~'find-handle) (into ~arguments ~'more)))
       (~'applyTo [~'_ ~'xs] (call ~'path (~'find-handle) (vec ~'xs))))))

(once Member (define-member))

(defn member
  "The function or class on `callable`, a handle, which errors call `path`."
  [path callable]
  (Member. path (constantly callable)))

(defn later
  "The same of what `find-handle` gives on the first use."
  [path find-handle]
  (let [found (atom nil)]
    (Member. path #(or @found (reset! found (find-handle))))))

(defmethod print-method Member [x ^Writer writer]
  (let [shown (shown x)]
    (if (string? shown) (.write writer ^String shown) (print-method shown writer))))

(extend-protocol protocols/Datafiable
  Member
  (datafy [x] (protocols/datafy (handle/held x))))
