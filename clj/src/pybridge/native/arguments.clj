(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.arguments
  "The arguments of a call from Python, each put where its name or its place says; and why a call does not fit, in Python's words."
  (:require [clojure.string :as string]
            [pybridge.names :as names]
            [pybridge.native.signature :as signature])
  (:import (clojure.lang Var)))

(set! *warn-on-reflection* true)

(defn- collected
  "The map of `options`, [[name value] …]: a name that Python could write is a keyword, any other a string."
  [options]
  (into {} (map (fn [[k v]] [(or (names/->keyword k) k) v])) options))

(defn- room?
  "Is there room for the positional arguments `xs`? A map of options may be given in its place, too."
  [{:keys [fixed rest collects]} xs]
  (let [more (- (count xs) (count fixed))]
    (boolean (or rest
                 (<= more 0)
                 (and (= more 1) (case collects :last true, :rest (map? (peek xs)), nil false))))))

(defn- named? [options k] (some (fn [[name _]] (= k name)) options))

(defn- place
  "The arguments, and how many options went into a map, of a call that fits `arity`; else nil."
  [{:keys [fixed collects] :as arity} xs options]
  (let [n (count xs)
        short? (<= n (count fixed))
        left (when short? (subvec fixed n))
        others (- (count options) (count left))]
    (when (and (every? #(named? options %) left)
               (room? arity xs)
               (or (zero? others)
                   (and collects short? (not-any? #(named? options %) (subvec fixed 0 n)))))
      {:arguments (cond-> (into xs (map (into {} options)) left)
                    (and short? (or (= collects :last) (pos? others))) (conj (collected (remove #(some #{(first %)} left) options))))
       :collected others})))

(defn- plural [n] (if (= 1 n) "" "s"))

(defn- listed
  "Names as Python lists them: 'a', 'b', and 'c'."
  [names]
  (let [quoted (map #(str "'" % "'") names)]
    (if (< (count quoted) 3)
      (string/join " and " quoted)
      (str (string/join ", " (butlast quoted)) ", and " (last quoted)))))

(defn- most
  "How many positional arguments an arity takes, beside a map of options; nil for any number."
  [{:keys [fixed rest]}]
  (when-not rest (count fixed)))

(defn- too-many [arities n]
  (let [fewest (apply min (map most arities)), most (apply max (map most arities))]
    (str "takes " (if (= fewest most) (str most " positional argument" (plural most)) (str "from " fewest " to " most " positional arguments"))
         " but " n " " (if (= n 1) "was" "were") " given")))

(defn- wrong-option
  "What is wrong with the first of `names` that an arity does not take, or not again after `n` arguments."
  [{:keys [fixed collects]} n names]
  (some (fn [name]
          (let [i (.indexOf ^java.util.List fixed name)]
            (cond
              (<= 0 i (dec n)) (str "got multiple values for argument '" name "'")
              (and (neg? i) (not collects)) (str "got an unexpected keyword argument '" name "'"))))
        names))

(defn- missing [{:keys [fixed]} n names]
  (when-let [left (seq (remove (set names) (drop n fixed)))]
    (str "missing " (count left) " required positional argument" (plural (count left)) ": " (listed left))))

(defn- nearest
  "The arity that a call which fits none comes nearest to."
  [arities n names]
  (let [wanted (+ n (count (remove (set (mapcat #(take n (:fixed %)) arities)) names)))]
    (first (sort-by (fn [{:keys [fixed collects] :as arity}]
                      [(if collects 0 (count (remove (set fixed) names)))
                       (if-let [most (most arity)] (max 0 (- wanted (long most))) 0)
                       (count fixed)])
                    arities))))

(defn- complaint
  "Why a call with `n` arguments and options of these `names` fits none of `arities`."
  [arities n names]
  (let [arity (nearest arities n names)]
    (or (wrong-option arity n names)
        (when (every? #(some-> (most %) (< n)) arities) (too-many arities n))
        (missing arity n names)
        (too-many [arity] n))))

(defn- bare-arities
  "Arities of a function that is known by its counts only, with Python's positional names."
  [[exact least]]
  (let [arity (fn [rest n] {:fixed (mapv #(str "x" %) (range n)), :rest rest})]
    (cond-> (mapv #(arity nil %) (sort exact)) least (conj (arity "rest" least)))))

(defn takes?
  "Does `f` take `n` arguments, as far as that can be known?"
  [f n]
  (let [counts (signature/counts f)
        arities (signature/arities f)]
    (cond
      (and counts (not= counts signature/anything)) (signature/takes? counts n)
      arities (boolean (some (fn [{:keys [fixed rest collects]}]
                               (if (or rest (= collects :rest)) (<= (count fixed) n) (= n (cond-> (count fixed) collects inc))))
                             arities))
      :else true)))

(defn- bind-unnamed
  "For a function without names. One that takes options as Clojure gives them, in a last map, is given that behind its fixed arguments."
  [f xs options]
  (let [[_ least :as counts] (signature/counts f)]
    (cond
      (empty? options) (if (takes? f (count xs)) xs (complaint (bare-arities counts) (count xs) []))
      (and (= least (count xs)) (signature/takes-options? f)) (conj xs (collected options))
      :else (str "got an unexpected keyword argument '" (ffirst options) "': Python does not know its arguments' names; "
                 "define it with pb/fn or pb/defn, or pass its var"))))

(defn bind
  "The vector of arguments of a call of `f` with the arguments `xs` and `options`, [[name value] …]; a string says why it does not fit."
  [f xs options]
  (if-let [arities (signature/arities f)]
    (if-let [placed (seq (keep #(place % xs options) arities))]
      (:arguments (if (next placed) (apply min-key :collected (reverse placed)) (first placed)))
      (complaint arities (count xs) (map first options)))
    (bind-unnamed f xs options)))

(defn missing-at
  "The complaint about a call of `f` that omits the arguments at `places` but passes a later one."
  [f places]
  (let [longest (last (sort-by (comp count :fixed) (signature/arities f)))]
    (missing {:fixed (mapv #(get (:fixed longest) % (str "x" %)) places)} 0 [])))

(defn why-refused
  "Why a call of `f`, which may be a method in Python, does not fit; nil for one that does, or of a macro. At `holes` among `xs` is nothing."
  [f xs options holes]
  (when-not (and (var? f) (.isMacro ^Var f))
    (let [bound (if (seq holes) (missing-at f holes) (bind f xs options))]
      (when (string? bound) bound))))
