(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.limits
  "What does not cross the bridge: how that is said, and how deep data may be nested, since both languages' stacks are short."
  (:require [pybridge.native.gil :as gil]))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:const deepest 500)
(def ^:const deepest-on-own-stack "A level takes kilobytes, and a thread may have half a megabyte." 50)

(def ^:const longest-uncounted "Elements of what does not say how many it has." 10000000)
(def ^:const most-copies "Collections made of others that were made before, since copies do not share." 10000000)
(def ^:const most-bits "Of an integer: thirty million digits." 100000000)

(defn refuse
  "Throw the error of a value that cannot cross."
  [message data]
  (throw (ex-info message (assoc data :pybridge/reason :conversion))))

(defn refuse-integer
  "Throw the error of an integer with too many bits."
  [^long bits]
  (refuse (str "an integer of " bits " bits does not cross the bridge, which takes " most-bits "; pass it in parts, or its digits as text") #:pybridge{:bits bits}))

(def ^:private too-deep "A signal, not an error: this thread's stack does not do for the data." (Error. "data deeper than a thread's own stack does for"))

(defn deeper
  "One level more than `depth`; past the deepest, an error. On a stack that is not `tall?` it ends earlier, for `on-stack-for`."
  ^long [^long depth tall?]
  (cond
    (>= depth (long deepest))
    (refuse (str "data nested more than " deepest " levels deep does not cross the bridge, nor does data that holds itself; flatten it") {})
    (and (>= depth (long deepest-on-own-stack)) (not tall?)) (throw ^Error too-deep)
    :else (inc depth)))

(defmacro or-when-too-deep
  "What `form` gives; or `instead`, where this thread's stack does not do for the data."
  [form instead]
  `(try
     ~form
     (catch Error failure#
       (if (identical? failure# @#'too-deep) ~instead (throw failure#)))))

(defn on-stack-for
  "What `f` gives for an Env and false; where data is too deep for this thread, for the Env of one whose stack does for any data, and true."
  [env f]
  (or-when-too-deep (f env false) (gil/on-large-stack env (fn [large] (f large true)))))
