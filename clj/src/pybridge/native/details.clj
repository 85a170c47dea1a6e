(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.details
  "What a Throwable's exception in Python asks when somebody looks at it: the data and the trace, by a deadline whatever they hold."
  (:require [pybridge.native.bounded :as bounded]
            [pybridge.native.gil :refer [with-gil]]
            [pybridge.native.reference :as reference]
            [pybridge.native.to-python :refer [->python]]
            [pybridge.native.traces :as traces]
            [pybridge.ordered :refer [ordered-map]]))

(set! *warn-on-reflection* true)

(def ^:private ^:const longest-ms "How long each of three may take: to compute data, to convert it, and to print what does not convert." 1000)
(def ^:private ^:const part-ms "How long one value of it may be computed, and as long again one element of it." 200)
(def ^:private ^:const most-values 1000000)
(def ^:private ^:const most-computed 100000)
(def ^:private ^:const longest-text 10000)

(defn- computed
  "[x] with all of `x` computed; nil where that is endless; a text where it throws or takes too long: a lazy seq that has thrown would
  be empty to the next who reads it."
  [x end]
  (if (bounded/scalar? x)
    [x]
    (bounded/or-unprintable x (min (* 2 part-ms) (bounded/time-left end))
                            #(when (bounded/small? x most-values most-computed (bounded/deadline part-ms)) [x]))))

(defn- converted
  "A handle on the Python object of `x`; nil of what does not convert by `end`."
  [x end]
  (bounded/within x (bounded/time-left end)
                  #(try (with-gil [env] (reference/own env (->python env x))) (catch Throwable _ nil))
                  nil))

(defn- printed [x end]
  (binding [*print-length* 100, *print-level* 20]
    (bounded/printed x (bounded/time-left end) longest-text)))

(defn- map-of [entries]
  (apply ordered-map (mapcat identity entries)))

(defn- converted-one-by-one
  "The map of `entries`, with what does not convert printed instead."
  [entries print-end]
  (let [end (bounded/deadline longest-ms)]
    (map-of (for [[k v] entries]
              [(if (converted {k nil} end) k (printed k print-end))
               (or (converted v end) (printed v print-end))]))))

(defn- dict
  "What becomes the dict of `entries`, of which what is endless, throws or does not convert is text."
  [entries]
  (let [end (bounded/deadline longest-ms)
        shown (for [[k v] entries] [(computed k end) (computed v end)])
        print-end (do (dorun shown) (bounded/deadline longest-ms))
        value (fn [x found] (cond (nil? found) (printed x print-end), (vector? found) x, :else found))
        entries (mapv (fn [[k v] [found-k found-v]] [(value k found-k) (value v found-v)]) entries shown)]
    (or (converted (map-of entries) (bounded/deadline longest-ms))
        (converted (converted-one-by-one entries print-end) (bounded/deadline longest-ms))
        {:data (printed (map-of entries) print-end)})))

(defn- data
  "What `ex-data` gives of `throwable`, for a dict."
  [throwable]
  (if-let [entries (bounded/within throwable longest-ms #(vec (traces/data throwable)) nil)]
    (if (seq entries) (dict entries) {})
    {:data (bounded/unprintable throwable "data takes too long")}))

(defn- trace [throwable]
  (traces/text throwable (bounded/deadline longest-ms)))

(defn- note
  "What a traceback shows below Python's own frames."
  [throwable]
  (traces/section throwable (bounded/deadline longest-ms)))

(def functions
  "What Python may ask of a Throwable."
  {"data" data
   "trace" trace
   "note" note})
