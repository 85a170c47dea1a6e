(ns pybridge.native.objects
  "What Python does for Clojure: calls, attributes and conversions, each with the GIL taken and given back; and what a handle does."
  (:require [pybridge.native.arrays :as arrays]
            [pybridge.native.call :as call]
            [pybridge.native.gil :refer [with-gil]]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.reference :as reference]
            [pybridge.native.to-clojure :refer [->clojure borrowed->clojure]]
            [pybridge.native.to-python :refer [->python]]
            [pybridge.once :refer [once]])
  (:import (pybridge.handle Handle Operations)
           (pybridge.native.bridge Bridge Peer)))

(set! *warn-on-reflection* true)

(defn invoke
  "Call the handle `callable` with counted arguments and a map of keyword arguments."
  [callable arguments options]
  (with-gil [env]
    (->clojure env (call/call env (reference/address callable) arguments options))))

(defn invoke-handle
  "The same; the result stays a handle, whatever it is."
  [callable arguments options]
  (with-gil [env]
    (reference/own env (call/call env (reference/address callable) arguments options))))

(defn help
  "Call the helper `helper-name` of `pybridge.clojure.support`."
  [helper-name & arguments]
  (with-gil [env]
    (->clojure env (call/call env (helpers/helper env helper-name) (vec arguments) nil))))

(defn help-handle
  "The same; the result stays a handle, whatever it is."
  [helper-name & arguments]
  (with-gil [env]
    (reference/own env (call/call env (helpers/helper env helper-name) (vec arguments) nil))))

(defn object
  "A handle on the Python object that `x` becomes."
  ^Handle [x]
  (with-gil [env]
    (reference/own env (->python env x))))

(defn attribute
  "The attribute `attribute-name` of a Python object."
  [x attribute-name]
  (with-gil [env]
    (let [^Peer peer (.-peer ^Bridge (.-bridge env))
          x (if (and peer (.isInstance (.type peer) x)) (reference/own env (->python env x)) x)]
      (->clojure env (call/attribute env (reference/address x) attribute-name)))))

(defn import-module
  "A handle on the module called `module-name`, imported when needed."
  [module-name]
  (with-gil [env]
    (reference/lasting env (call/import-module env module-name))))

(defn value
  "The Clojure value of a handle's object, where it has one; otherwise the handle."
  [handle]
  (with-gil [env]
    (borrowed->clojure env (reference/address handle))))

(defn memory
  "The memory of an array or tensor, whose elements are of `dtype`, as a buffer."
  [handle dtype]
  (with-gil [env]
    (arrays/buffer env (reference/address handle) dtype)))

(once Keyword-Argument (deftype Keyword-Argument [k v]))

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
    (invoke callable arguments options)))

(defn- elements
  "The elements of a handle's object, lazily, one at a time: a generator runs no further than it is read."
  [handle]
  (let [iterator (help "elements" handle)]
    ((fn step []
       (lazy-seq
        (let [some-elements (help "following" iterator 1)]
          (when (seq some-elements)
            (cons (first some-elements) (step)))))))))

(defmacro ^:private or-else
  "The value of `body`, or `instead` for a handle that is released, or whose Python is gone: it can still be printed and compared."
  [instead & body]
  `(try ~@body (catch IllegalStateException ~'gone ~instead)))

(once HandleOperations
  (deftype HandleOperations []
    Operations
    (text [_ handle] (or-else (str "#py[" (ex-message gone) "]") (help "text" handle)))
    (datafied [_ handle] (help "datafied" handle))
    (attribute [_ handle attribute-name] (attribute handle attribute-name))
    (same [_ handle other]
      (or (identical? handle other)
          (or-else false (with-gil [env] (== (reference/address handle) (reference/address other))))))
    (identityHash [_ handle]
      (int (or-else 0 (with-gil [env] (Long/hashCode (reference/address handle))))))
    (deref [_ handle] (help "plain" handle))
    (count [_ handle] (int (help "length" handle)))
    (nth [_ handle i] (help "element" handle i))
    (nth [_ handle i not-found]
      (if (< -1 (long i) (long (help "length" handle))) (help "element" handle i) not-found))
    (elements [_ handle] (elements handle))
    (call [_ handle arguments] (call handle arguments))))
