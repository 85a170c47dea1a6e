(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.numbers
  "Python's ints and floats, read where they lie: in a long list, a call for each would take longer than all else. The GIL is held in all
  of this."
  (:require [pybridge.native.env :as env :refer [api]]
            [pybridge.native.platform :refer [peek-int peek-word]]
            [pybridge.once :refer [once]])
  (:import (java.util.concurrent.atomic AtomicReference)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(once Layout
  ;; counted?: does an int have, after its type, how many digits it has, negative where it is, and then its digits, of 30 bits?
  ;; tagged?:  does it have a tag in place of that number, as from Python 3.12 on?
  ;; float?:   does a float have, after its type, its double?
  ;; Of a build of CPython that keeps them otherwise, nothing is true: then each is asked for by a call.
  (deftype Layout [counted? tagged? float?]))

(def ^:const not-small "Stands for an int of more digits than one, or of an unknown layout." Long/MIN_VALUE)

(defmacro ^:private after-type [env pointer] `(+ ~pointer 8 (.type-offset (env/types ~env))))

(defn- counted ^long [env ^long pointer]
  (let [place (after-type env pointer), n (peek-word place)]
    (if (<= -1 n 1) (* n (peek-int (+ place 8))) not-small)))

(defn- tagged ^long [env ^long pointer]
  (let [place (after-type env pointer), tag (peek-word place)]
    (if (<= 0 tag 15) (* (- 1 (bit-and tag 3)) (peek-int (+ place 8))) not-small)))

(defn- in-place ^double [env ^long pointer]
  (Double/longBitsToDouble (peek-word (after-type env pointer))))

(defn- reads?
  "Does `read` find each of `xs` in the object that `make` makes of it?"
  [env xs make read]
  (every? (fn [x]
            (let [pointer (env/new-reference env (make x))]
              (try
                (= (if (and (int? x) (> (abs (long x)) 0x3FFFFFFF)) not-small x) (read pointer))
                (finally (.Py_DecRef (api env) pointer)))))
          xs))

(defn- find-layout
  "The Layout, found by looking at known numbers."
  ^Layout [env]
  (let [ints [1 0 -1 1000 -1000 0x3FFFFFFF -0x3FFFFFFF 0x40000000 -0x40000000 Long/MAX_VALUE Long/MIN_VALUE]
        int-of #(.PyLong_FromLongLong (api env) (long %))]
    (Layout. (reads? env ints int-of #(counted env (long %)))
             (reads? env ints int-of #(tagged env (long %)))
             (reads? env [0.0 1.5 -1e300 Double/MIN_VALUE] #(.PyFloat_FromDouble (api env) (double %)) #(in-place env (long %))))))

(defonce ^:private ^AtomicReference known (AtomicReference.))

(defn- layout "The Layout of this Python." ^Layout [env] (env/found-once known (find-layout env)))

(defn small
  "The int at `pointer`, borrowed, or `not-small`."
  ^long [env ^long pointer]
  (let [layout (layout env)]
    (cond
      (.-counted? layout) (counted env pointer)
      (.-tagged? layout) (tagged env pointer)
      :else not-small)))

(defn float->clojure
  "The double of the float at `pointer`, borrowed."
  ^double [env ^long pointer]
  (if (.-float? (layout env))
    (in-place env pointer)
    (.PyFloat_AsDouble (api env) pointer)))
