(ns pybridge.native.signature
  "What a Clojure function says of itself, as Python's `inspect` shows it."
  (:require [clojure.string :as string]
            [pybridge.names :as names])
  (:import (clojure.lang IMeta RestFn)
           (java.lang.reflect Method)
           (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

(def ^:private ^ConcurrentHashMap parameters-of (ConcurrentHashMap.))

(defn- distinct-names
  "The names in Python of an arglist's `fixed` arguments; what is taken apart or named twice is x0, x1, …"
  [fixed]
  (reduce (fn [names x]
            (let [named (when (symbol? x) (names/->identifier x))
                  numbered (str "x" (count names))]
              (conj names (first (remove (set names) (cons (or named numbered) (iterate #(str % "_") numbered)))))))
          []
          fixed))

(defn parameters
  "The names in Python of the fixed arguments of `arglist`."
  [arglist]
  (or (.get parameters-of arglist)
      (let [names (distinct-names (take-while #(not= '& %) arglist))]
        (.put parameters-of arglist names)
        names)))

(defn arglist
  "The one arglist of a var, or of a function that carries it; nil where there are several or none."
  [f]
  (let [arglists (when (instance? IMeta f) (:arglists (meta f)))]
    (when (= 1 (count arglists)) (first arglists))))

(defn- arities
  "The numbers of arguments that a compiled function takes, and whether it takes any number beyond the last."
  [f]
  (let [methods (.getDeclaredMethods (class f))
        fixed (sort (keep (fn [^Method m] (when (= "invoke" (.getName m)) (.getParameterCount m))) methods))]
    [(distinct fixed) (when (instance? RestFn f) (.getRequiredArity ^RestFn f))]))

(defn- bare-signature [f]
  (let [[fixed required] (arities f)
        most (apply max 0 (cond-> fixed required (conj required)))
        least (apply min (cond-> fixed required (conj required)))
        argument (fn [i] (str "x" i (when (>= (long i) (long least)) "=None")))]
    (string/join ", " (concat (map argument (range most))
                              (when (pos? (long most)) ["/"])
                              (when required ["*rest" "**options"])))))

(defn- declared-signature
  "The text signature of one arglist."
  [arglist]
  (string/join ", " (concat (parameters arglist) (when (some #{'&} arglist) ["*rest" "**options"]))))

(defn described
  "[name signature doc] of a function, as Python's inspect shows them."
  [f]
  (let [{:keys [name doc]} (when (instance? IMeta f) (meta f))
        function (if (var? f) @f f)]
    [(or (some-> name names/->identifier) "clojure_function")
     (cond
       (arglist f) (declared-signature (arglist f))
       (fn? function) (bare-signature function)
       :else "*rest, **options")
     (or doc "A Clojure function.")]))
