(ns pybridge.native.doubles
  "Many doubles in nested vectors, gathered into one array: each by a call of its own would take three times as long to cross.")

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const fewest 256)
(def ^:const most-axes 8)

(deftype Doubles [^doubles values shape])

(defn- shape-of
  "How many elements nested vectors of doubles have along each axis, if they are as regular as their first ones; else nil."
  [xs]
  (loop [x xs, shape []]
    (cond
      (instance? Double x) shape
      (and (vector? x) (pos? (count x)) (< (count shape) (long most-axes))) (recur (nth x 0) (conj shape (count x))))))

(defn- fill
  "Put the doubles of nested vectors of `shape` into `values` from `at` on; the place behind them, or -1 for anything else."
  ^long [^doubles values ^long at xs shape]
  (if (and (vector? xs) (== (count xs) (long (nth shape 0))))
    (let [inner (next shape)
          elements (.iterator ^Iterable xs)]
      (loop [at at]
        (if (and (.hasNext elements) (not (neg? at)))
          (let [x (.next elements)]
            (cond
              inner (recur (fill values at x inner))
              (instance? Double x) (do (aset values at (.doubleValue ^Double x)) (recur (inc at)))
              :else -1))
          at)))
    -1))

(defn gather
  "The Doubles of regularly nested vectors that hold many doubles and nothing else; nil of anything else."
  [xs]
  (when-let [shape (shape-of xs)]
    (let [n (reduce *' shape)]
      (when (<= (long fewest) n Integer/MAX_VALUE)
        (let [values (double-array n)]
          (when-not (neg? (fill values 0 xs shape))
            (Doubles. values shape)))))))
