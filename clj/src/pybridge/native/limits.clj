(ns pybridge.native.limits
  "What does not cross the bridge: how that is said, and how deep data may be nested, since both languages' stacks are short."
  (:require [pybridge.native.gil :as gil]))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:const deepest 500)
(def ^:const deepest-on-own-stack "A level takes kilobytes, and a thread may have half a megabyte." 50)

(defn refuse
  "Throw the error of a value that cannot cross."
  [message data]
  (throw (ex-info message (assoc data :reason :conversion))))

(defn deeper
  "One level more than `depth`; past the deepest, an error."
  ^long [^long depth]
  (if (< depth (long deepest))
    (inc depth)
    (refuse (str "data nested more than " deepest " levels deep does not cross the bridge, nor does data that holds itself; flatten it") {})))

(defmacro at-depth
  "The value of `form`, whose data lies `depth` levels deep: from some depth on, computed where the stack does for all of them, with
  the symbol `env` bound to that thread's Env."
  [env depth form]
  `(if (== ~depth (long deepest-on-own-stack))
     (gil/on-large-stack ~env (fn [~env] ~form))
     ~form))
