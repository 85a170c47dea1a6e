(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.operations
  "What a handle does: `pybridge.handle/Operations` by calls of Python."
  (:require [pybridge.handle :as handle]
            [pybridge.native.env :as env :refer [api]]
            [pybridge.native.gil :refer [with-gil]]
            [pybridge.native.kinds]
            [pybridge.native.objects :as objects :refer [help]]
            [pybridge.native.reference :as reference]
            [pybridge.native.to-python :refer [->python]]
            [pybridge.once :refer [once]])
  (:import (clojure.lang ExceptionInfo)
           (java.util Iterator NoSuchElementException)
           (pybridge.handle Handle Operations)
           (pybridge.native.kinds Kind)))

(set! *warn-on-reflection* true)

(defmacro ^:private or-else
  "The value of `body`, or `instead` for a handle that is released, or whose Python is gone: it can still be printed and compared."
  [instead & body]
  `(try ~@body (catch IllegalStateException ~'gone ~instead)))

(defn- shape [^Handle handle] (.-shape ^Kind (.kind handle)))
(defn- shown? [^Handle handle] (.-shown? ^Kind (.kind handle)))
(defn- value? [^Handle handle] (.-value? ^Kind (.kind handle)))

(defn- own-hash
  "What the object at `pointer` says that its hash is, as a Long; nil when it has none after all."
  [env ^long pointer]
  (let [found (.PyObject_Hash (api env) pointer)]
    (if (== -1 found) ; no hash is -1: an exception is set
      (do (.PyErr_Clear (api env)) nil)
      found)))

(defn- hash-of-identity
  "Python's own hash of an object without a better one, which is at `address`: other bridges' handles on it hash so too."
  ^long [^long address]
  (Long/rotateRight address 4))

(def ^:private ^:const py-lt 0)
(def ^:private ^:const py-eq 2)

(defn- holds?
  "Does Python's comparison `operator` hold of the objects at `x` and `y`?"
  [env x y operator]
  (let [answer (.PyObject_RichCompareBool (api env) (long x) (long y) (int operator))]
    (when (neg? answer) (env/raise env))
    (== 1 answer)))

(defn- same-handle? [^Handle x ^Handle y]
  (or-else false
    (with-gil [env]
      (let [a (reference/address x), b (reference/address y)]
        (or (== a b)
            (and (value? x) (value? y)
                 (when-let [hash (own-hash env a)]
                   (and (= hash (own-hash env b)) (holds? env a b py-eq)))))))))

(defn- compare-objects [x y]
  (with-gil [env]
    (let [a (reference/address x), b (->python env y)]
      (try
        (cond
          (== a b) 0
          (holds? env a b py-lt) -1
          (holds? env b a py-lt) 1
          (and (identical? :set (shape x)) (not (holds? env a b py-eq)))
          (throw (ex-info (str "Python orders sets by what they hold, and neither of " (pr-str x) " and " (pr-str y) " holds the other; "
                               "sort by something else, such as count")
                          #:pybridge{:reason :order, :given [x y]}))
          :else 0)
        (finally (.Py_DecRef (api env) b))))))

(defn- length [handle]
  (let [n (long (help "length" handle))]
    (when (> n Integer/MAX_VALUE)
      (throw (ex-info (str "this has " n " elements, more than Clojure counts to; ask Python: (pb/call x :__len__)") #:pybridge{:reason :count})))
    n))

(def ^:private ^:const most-at-once 32)

(defn- part
  "Up to `n` elements of the handle's list, tuple, range, text or array from the place `at` on, in a vector; one, where not all of them cross."
  [handle ^long at ^long n]
  (try
    (help "part" handle at n)
    (catch ExceptionInfo failure
      (if (and (> n 1) (identical? :conversion (:pybridge/reason (ex-data failure))))
        (help "part" handle at 1)
        (throw failure)))))

(defn- following
  "The next element of the Python iterator that a handle holds, in a vector; empty at its end."
  [iterator]
  (help "following" iterator 1))

(defn- source
  "A function that gives, call by call, vectors of the next elements of a handle's object, and an empty one at its end: more of them at once,
  the longer it is read, where Python runs nothing to find them; else one, as a generator runs no further than it is read."
  [handle]
  (if (= :iterator (shape handle))
    #(following handle)
    (if-let [iterator (help "elements" handle)]
      #(following iterator)
      (let [at (volatile! 0), n (volatile! 1)]
        (fn []
          (let [found (part handle @at @n)]
            (vswap! at + (count found))
            (vswap! n #(min most-at-once (* 4 (long %))))
            found))))))

(defn- lazily
  "The seq of the elements that a `source` gives."
  [source]
  (lazy-seq
   (when-let [found (seq (source))]
     (chunk-cons (chunk-first found) (lazily source)))))

(defn- elements
  "The elements of a handle's object. What can be read once only is kept as far as it was read, so that it can be read again."
  [^Handle handle]
  (if (= :iterator (shape handle))
    (or (.keptSeq handle)
        (locking handle
          (or (.keptSeq handle)
              (let [read (lazily (source handle))]
                (.keepSeq handle read)
                read))))
    (lazily (source handle))))

(defn- iterator
  "A java.util.Iterator over a handle's object, which keeps little of what it has given."
  ^Iterator [^Handle handle]
  (if-let [kept (.keptSeq handle)]
    (clojure.lang.SeqIterator. kept)
    (let [next-part (source handle), ahead (volatile! nil)
          look (fn [] (or @ahead (vreset! ahead (sequence (next-part)))))]
      (reify Iterator
        (hasNext [_] (boolean (seq (look))))
        (next [_]
          (let [found (look)]
            (when (empty? found) (throw (NoSuchElementException.)))
            (vreset! ahead (next found))
            (first found)))))))

(defn- lookup [handle k not-found]
  (let [found (objects/help-with-item "lookup" handle k)]
    (if (seq found) (first found) not-found)))

(defn hiccup
  "What shows the object of `handle` in a browser: hiccup, with the metadata by which tools of scicloj's know that."
  [handle]
  (let [[kind content] (help "shown" handle)]
    (case kind
      "text/html" (with-meta [content] {:kindly/kind :kind/html})
      "text/plain" (with-meta [:pre content] {:kindly/kind :kind/hiccup})
      (with-meta [:img {:src content}] {:kindly/kind :kind/hiccup}))))

(def ^:private by-hiccup
  "The metadata of what is shown so, as kindly (version 4) has it."
  {:kindly/kind :kind/fn, :kindly/options {:kindly/f hiccup}})

(once HandleOperations
  (deftype HandleOperations []
    Operations
    (text [_ handle] (or-else (str "#py[" (ex-message gone) "]") (help "text" handle)))
    (repr [_ handle] (or-else (str "#py[" (ex-message gone) "]") (help "representation" handle)))
    (datafied [_ handle] (help "datafied" handle))
    (meta [_ handle] (when (shown? handle) by-hiccup))
    (attribute [_ handle attribute-name] (objects/walk "nav" handle [(objects/attribute-step attribute-name)]))
    (same [_ handle other]
      (let [other (handle/held other)]
        (boolean (cond
                   (instance? Handle other) (same-handle? handle other)
                   (or (nil? other) (or-else true (not (objects/python-object? other)))) false
                   :else (.equals ^Object other handle)))))
    (identityHash [_ handle]
      (int (or-else 0 (with-gil [env]
                        (let [address (reference/address handle)]
                          (Long/hashCode (long (or (when (value? handle) (own-hash env address)) (hash-of-identity address)))))))))
    (compare [_ handle other] (int (compare-objects handle other)))
    (deref [_ handle] (objects/plain "plain_or_block" handle))
    (count [_ handle] (int (length handle)))
    (nth [_ handle i] (help "element" handle i))
    (nth [_ handle i not-found]
      (if (< -1 i (long (help "length" handle))) (help "element" handle i) not-found))
    (contains [_ handle k] (boolean (objects/help-with-item "contains" handle k)))
    (lookup [_ handle k not-found] (lookup handle k not-found))
    (elements [_ handle] (elements handle))
    (iterator [_ handle] (iterator handle))
    (call [_ handle xs] (objects/call handle xs))))
