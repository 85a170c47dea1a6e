(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.gathered
  "Many doubles, or many longs, in nested vectors, gathered into one array: fewer calls than for each by itself."
  (:import (clojure.lang PersistentVector)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const fewest 256)
(def ^:const most-axes 8)

(deftype Numbers [array shape])

;; Doubles that Python gets as one object, which stands for nested lists of them.
(deftype FloatRows [array shape])

(defn- shape-of
  "How many elements nested vectors of numbers have along each axis, if they are as regular as their first ones, and the first number."
  [xs]
  (loop [x xs, shape []]
    (cond
      (or (instance? Double x) (instance? Long x)) [shape x]
      (and (instance? PersistentVector x) (pos? (count x)) (< (count shape) (long most-axes))) (recur (nth x 0) (conj shape (count x))))))

(defmacro ^:private define-fill
  "Define the function `fill`. It copies the numbers in nested vectors of `shape`, which must all be of the class `number`, into `array`
  from the index `at` on, and returns the index after the last one, or -1 if it meets anything else."
  [fill array number value]
  (let [values (with-meta 'values {:tag array}), x (with-meta 'x {:tag number})]
    `(defn- ~fill ~(with-meta [values '^long at 'xs 'shape] {:tag 'long})
       (if (and (instance? PersistentVector ~'xs) (== (count ~'xs) (long (nth ~'shape 0))))
         (let [inner# (next ~'shape)
               elements# (.iterator ~(with-meta 'xs {:tag `Iterable}))]
           (loop [~'at ~'at]
             (if (and (.hasNext elements#) (not (neg? ~'at)))
               (let [~'x (.next elements#)]
                 (cond
                   inner# (recur (~fill ~'values ~'at ~'x inner#))
                   (instance? ~number ~'x) (do (aset ~values ~'at (~value ~x)) (recur (inc ~'at)))
                   :else -1))
               ~'at)))
         -1))))

(define-fill fill-doubles doubles Double .doubleValue)
(define-fill fill-longs longs Long .longValue)

(defn gather
  "The Numbers of regularly nested vectors that hold many doubles, or many longs, and nothing else; nil of anything else."
  [xs]
  (when-let [[shape number] (shape-of xs)]
    (let [n (reduce *' shape)]
      (when (<= (long fewest) n Integer/MAX_VALUE)
        (let [array (if (instance? Double number) (double-array n) (long-array n))
              end (if (instance? Double number) (fill-doubles array 0 xs shape) (fill-longs array 0 xs shape))]
          (when-not (neg? (long end))
            (Numbers. array shape)))))))

(defn float-rows
  "The FloatRows of `xs`, if that is regularly nested vectors of many doubles; else `xs`."
  [xs]
  (if-let [^Numbers numbers (when (instance? Double (second (shape-of xs))) (gather xs))]
    (FloatRows. (.-array numbers) (.-shape numbers))
    xs))
