(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.sequences
  "Python's lists and tuples, made and read whole. Between the first of a new one's elements and its last nothing is called that could
  run Python or its collector, which must never see one that is half made. The GIL is held in all of this."
  (:require [pybridge.native.env :as env :refer [api]]
            [pybridge.native.platform :as platform :refer [peek-word]]
            [pybridge.once :refer [once]])
  (:import (java.util.concurrent.atomic AtomicReference)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(once Layout
  ;; items: where a tuple keeps its elements
  ;; list:  where a list keeps the address of its elements
  ;; Zero for a build of CPython that keeps them elsewhere: then each is set and read by a call.
  (deftype Layout [^long items ^long list]))

(defn- holds? [^long address ^longs words]
  (every? #(== (aget words (int %)) (peek-word (+ address (* 8 (long %))))) (range (alength words))))

(defn- offset
  "The first of the three words of the object at `pointer` from `first-place` on, its own even if it holds nothing, for which `fits?` holds;
  or zero. Beyond them may lie what looks like an address: a debugging allocator's serial number does."
  ^long [^long pointer ^long first-place fits?]
  (long (or (first (filter #(fits? (+ pointer (long %))) (range first-place (+ first-place 24) 8))) 0)))

(defn- address?
  "May `word` be the address of memory, and not a count or nothing?"
  [^long word]
  (and (> word 65536) (zero? (bit-and 7 word))))

(defn- find-layout
  "The Layout, found by looking at a list and a tuple of three known objects."
  ^Layout [env]
  (let [known (env/types env)
        words (long-array [(.truth known) (.none known) (.falsehood known)])
        tuple (env/new-reference env (.PyTuple_New (api env) 3))
        target (env/new-reference env (.PyList_New (api env) 3))
        after-type (+ 8 (.type-offset known))]
    (run! #(.Py_IncRef (api env) (long %)) (concat words words))
    (dotimes [i 3]
      (.PyTuple_SetItem (api env) tuple i (aget words i))
      (.PyList_SetItem (api env) target i (aget words i)))
    (let [found (Layout. (offset tuple after-type #(holds? % words))
                         (offset target after-type #(let [word (peek-word %)] (and (address? word) (holds? word words)))))]
      (.Py_DecRef (api env) tuple)
      (.Py_DecRef (api env) target)
      found)))

(defonce ^:private ^AtomicReference known (AtomicReference.))

(defn- layout "The Layout of this Python." ^Layout [env] (env/found-once known (find-layout env)))

(defn- items-of-tuple
  "Where the tuple at `pointer` keeps its elements; zero where that is not known."
  ^long [^Layout known ^long pointer]
  (if (zero? (.-items known)) 0 (+ pointer (.-items known))))

(defn- items-of-list
  "Where the list at `pointer` keeps its elements; zero where that is not known."
  ^long [^Layout known ^long pointer]
  (if (zero? (.-list known)) 0 (peek-word (+ pointer (.-list known)))))

(defmacro ^:private all-at
  "Copy all of `words` to or from `address` by `copy`; where the address is zero, evaluate `each` for every place `i` among them."
  [[words address copy] [i each]]
  `(let [n# (alength ~words), address# (long ~address)]
     (cond
       (zero? n#) nil
       (zero? address#) (dotimes [~i n#] ~each)
       :else (~copy address# ~words))))

(defn drop-all
  "Drop the references among `words`; zeros stand for none."
  [env ^longs words]
  (dotimes [i (alength words)]
    (let [word (aget words i)]
      (when-not (zero? word) (.Py_DecRef (api env) word)))))

(defn- made
  "`pointer`, a new list or tuple; if it is zero, its error is thrown, and what was to be its elements is dropped."
  ^long [env ^long pointer words]
  (when (zero? pointer)
    (drop-all env words)
    (env/raise env))
  pointer)

(defn tuple-of
  "A tuple of the new references `words`, which it takes over, also when it fails."
  ^long [env ^longs words]
  (let [known (layout env)
        target (made env (.PyTuple_New (api env) (alength words)) words)]
    (all-at [words (items-of-tuple known target) platform/put-array] [i (.PyTuple_SetItem (api env) target i (aget words i))])
    target))

(defn list-of
  "A list of the new references `words`, which it takes over, also when it fails."
  ^long [env ^longs words]
  (let [known (layout env)
        target (made env (.PyList_New (api env) (alength words)) words)]
    (all-at [words (items-of-list known target) platform/put-array] [i (.PyList_SetItem (api env) target i (aget words i))])
    target))

(defn elements
  "The elements of the tuple at `pointer`: borrowed, as long as it lives."
  ^longs [env ^long pointer]
  (let [words (long-array (.PyTuple_Size (api env) pointer))]
    (all-at [words (items-of-tuple (layout env) pointer) platform/fill-array] [i (aset words i (.PyTuple_GetItem (api env) pointer i))])
    words))

(defn list-elements
  "The elements of the list at `pointer`: borrowed, until Python runs."
  ^longs [env ^long pointer]
  (let [words (long-array (.PyList_Size (api env) pointer))]
    (all-at [words (items-of-list (layout env) pointer) platform/fill-array] [i (aset words i (.PyList_GetItem (api env) pointer i))])
    words))
