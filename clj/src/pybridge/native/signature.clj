(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.signature
  "What a Clojure function says of itself: its name, and for each number of arguments their names, as Python writes them."
  (:require [clojure.string :as string]
            [pybridge.names :as names])
  (:import (clojure.lang AFunction Compiler Fn MethodImplCache MultiFn RestFn Var)
           (java.lang ClassValue)
           (java.lang.reflect Field Method Modifier)
           (java.util.concurrent ConcurrentHashMap)))

(set! *warn-on-reflection* true)

(defn- unless-taken
  "`candidate`, with underscores until it is none of `names`."
  [names candidate]
  (first (remove (set names) (iterate #(str % "_") candidate))))

(defn- distinct-names
  "The names in Python of `parameters`; what is taken apart or named twice is x0, x1, …"
  [parameters]
  (reduce (fn [names x]
            (let [named (when (symbol? x) (names/->identifier x))]
              (conj names (if (and named (not-any? #{named} names))
                            named
                            (unless-taken names (str "x" (count names)))))))
          []
          parameters))

(defn- arity
  "What one arglist tells: the names of `:fixed` arguments, the name of `:rest`, and whether the function `:collects` options in a
  map, at the end of its :rest or as its :last argument."
  [arglist]
  (let [[parameters [_ more]] (split-with #(not= '& %) arglist)
        collects (cond (map? more) :rest
                       (and (nil? more) (map? (last parameters))) :last)
        fixed (distinct-names (if (= collects :last) (butlast parameters) parameters))]
    {:fixed fixed
     :rest (when (and more (not collects))
             (unless-taken fixed (or (when (symbol? more) (names/->identifier more)) "rest")))
     :collects collects}))

(def ^:private ^ClassValue counts-of-class
  (proxy [ClassValue] []
    (computeValue [^Class c]
      (set (keep (fn [^Method m] (when (= "invoke" (.getName m)) (.getParameterCount m))) (.getDeclaredMethods c))))))

(def ^:private ^Class with-metadata "What `with-meta` makes of a compiled function." (class (with-meta (fn []) {})))

(defn- root [f]
  (if (var? f) (.getRawRoot ^Var f) f))

(defn- code
  "The compiled function that a call of `f` runs, or nil."
  [f]
  (let [f (root f)]
    (cond
      (identical? with-metadata (class f)) (with-meta f nil)
      (instance? Fn f) f)))

(defn counts
  "[counts least]: the numbers of arguments that the compiled function of `f` takes, and where it takes any number, from which on.
  Nil where `f` is no compiled function."
  [f]
  (when-let [function (code f)]
    [(.get counts-of-class (class function))
     (when (instance? RestFn function) (.getRequiredArity ^RestFn function))]))

(def anything
  "The counts of a function that takes any number of arguments, or hands on whatever it gets: what `memoize` makes is one."
  [#{} 0])

(def ^:private ^ClassValue options-of-class
  "Of each class of functions, whether its code takes a map apart, by what that calls."
  (proxy [ClassValue] []
    (computeValue [^Class c]
      (let [constants (into #{}
                            (comp (filter (fn [^Field x] (and (Modifier/isStatic (.getModifiers x)) (Modifier/isPublic (.getModifiers x)))))
                                  (map (fn [^Field x] (.get x nil)))
                                  (filter var?))
                            (.getDeclaredFields c))]
        (every? constants [#'clojure.core/seq? #'clojure.core/to-array])))))

(defn takes-options?
  "Does the compiled function of `f`, whose arguments have no known names, take what follows its fixed arguments apart as a map, as far
  as its code tells? One that is linked directly does not tell."
  [f]
  (let [function (code f)]
    (and (instance? RestFn function) (.get options-of-class (class function)))))

(defn takes?
  "Does the compiled function with these `counts` take `n` arguments?"
  [[exact least] n]
  (boolean (or (contains? exact n) (and least (<= (long least) (long n))))))

(defn- true-of?
  "Does an arity tell the truth about a compiled function with these counts?"
  [[_ least :as counts] {:keys [fixed rest collects]}]
  (if (or rest (= collects :rest))
    (boolean (and least (<= (long least) (count fixed))))
    (takes? counts (cond-> (count fixed) collects inc))))

(defn- told
  "The arities that `arglists` tell, the shortest first, as far as they are true of the compiled function with these counts."
  [arglists counts]
  (let [arities (sort-by (comp count :fixed) (map arity (filter vector? (when (sequential? arglists) arglists))))]
    (vec (if counts (filter #(true-of? counts %) arities) arities))))

(def ^:private ^ClassValue parts-of-class
  "Of each class of functions, [namespace name]; no name for an anonymous one, whatever it is in."
  (proxy [ClassValue] []
    (computeValue [^Class c]
      (let [[namespace & parts] (string/split (.getName c) #"\$")
            own (string/replace (or (last parts) "") #"__\d+$" "")]
        (if (string/starts-with? (.getName c) "clojure.lang.")
          ["clojure.core" nil]
          [(Compiler/demunge namespace) (when-not (re-matches #"fn|eval\d+|\d*" own) (Compiler/demunge own))])))))

(def ^:private ^ClassValue definition-of-class
  "Of each class of functions, the metadata of the var that was defined with it, once that is known: another definition has another class."
  (proxy [ClassValue] []
    (computeValue [_] (volatile! nil))))

(defn- method-definition [^MethodImplCache cache]
  (let [{:keys [sigs var]} (.-protocol cache)]
    (assoc (get sigs (.-methodk cache)) :ns (.ns ^Var var))))

(defn- var-definition [function]
  (let [known (.get definition-of-class (class function))]
    (or @known
        (let [[namespace name] (.get parts-of-class (class function))
              v (when name (some-> (find-ns (symbol namespace)) (ns-interns) (get (symbol name))))]
          (when (and v (identical? function (code v)))
            ;; The class of a closure has more functions than this.
            (cond->> (meta v) (re-matches #"[^$]*\$[^$]*" (.getName (class function))) (vreset! known)))))))

(defn- definition
  "The metadata of the var, or of the protocol's method, that the compiled function of `f` is written for; nil where it is unknown."
  [f]
  (when-let [function (code f)]
    (if-let [cache (when (instance? AFunction function) (.-__methodImplCache ^AFunction function))]
      (method-definition cache)
      (var-definition function))))

(defn- metadata
  "What the first of these says that says anything of `k`: the metadata of `f`, that of the function a var holds, and its definition's."
  [f k]
  (or (get (meta f) k)
      (when (var? f) (get (meta (root f)) k))
      (get (definition f) k)))

(def ^:private ^ClassValue arities-of-class
  "Of each class of functions, arglists -> arities."
  (proxy [ClassValue] []
    (computeValue [_] (ConcurrentHashMap.))))

(defn- told-once
  "The arities that the `:arglists` of `metadata` tell of `f`; nil for none."
  [f metadata]
  (when-let [arglists (:arglists metadata)]
    (let [^ConcurrentHashMap known (.get arities-of-class (class (or (code f) f)))]
      (seq (or (.get known arglists)
               (let [arities (told arglists (counts f))]
                 (.put known arglists arities)
                 arities))))))

(defn arities
  "The arities of a var, or of a function that carries its arglists or whose var is known, as far as these are true; nil where none is."
  [f]
  (or (told-once f (meta f))
      (when (var? f) (told-once f (meta (root f))))
      (told-once f (definition f))))

(defn- parts
  "[namespace name] of `f`, strings; the name may be nil."
  [f]
  (let [[class-namespace class-name] (when-let [function (code f)] (.get parts-of-class (class function)))]
    [(str (or (some-> (metadata f :ns) ns-name) class-namespace "clojure.core"))
     (some-> (or (metadata f :name) class-name) str)]))

(defn qualified
  "The name of `f` in Clojure: \"my.ns/f\"."
  [f]
  (let [[namespace name] (parts f)]
    (str namespace "/" (or name (if (instance? MultiFn f) "multimethod" "fn")))))

(defn python-name
  "The name of `f` as Python writes it."
  [f]
  (or (some-> (second (parts f)) names/->identifier) "clojure_function"))

(defn- bare-parameters
  "Of a function that is known by its counts only, and by whether it takes options."
  [[exact least] options?]
  (let [all (cond-> (set exact) least (conj least))
        fewest (apply min all)]
    (concat (for [i (range (apply max all))] [(str "x" i) "POSITIONAL_ONLY" (>= i fewest)])
            (when least [["rest" "VAR_POSITIONAL" false]])
            (when options? [["options" "VAR_KEYWORD" false]]))))

(defn- starts-with? [longer shorter]
  (= shorter (take (count shorter) longer)))

(defn- named-parameters
  "Of a function with known arities; nil where the same place has different names."
  [arities]
  (let [{:keys [fixed]} (last arities)
        rest (some :rest arities)
        fewest (count (:fixed (first arities)))]
    (when (every? #(starts-with? fixed (:fixed %)) arities)
      (concat (map-indexed (fn [i name] [name "POSITIONAL_OR_KEYWORD" (>= i fewest)]) fixed)
              (when rest [[(unless-taken fixed rest) "VAR_POSITIONAL" false]])
              (when (some :collects arities) [[(unless-taken (cons rest fixed) "options") "VAR_KEYWORD" false]])))))

(defn parameters
  "[name kind optional?] of each parameter, as Python's inspect has them."
  [f]
  (let [arities (arities f), counts (counts f)]
    (vec (cond
           (seq arities) (or (named-parameters arities)
                             (bare-parameters [(map (comp count :fixed) arities)
                                               (some #(when (or (:rest %) (:collects %)) (count (:fixed %))) arities)]
                                              (some :collects arities)))
           counts (bare-parameters counts (takes-options? f))
           :else [["rest" "VAR_POSITIONAL" false]]))))

(defn- other-names
  "The names of arguments that `parameters` cannot show, because the same place has different ones."
  [f]
  (let [arities (arities f)]
    (if (or (empty? arities) (named-parameters arities)) [] (vec (distinct (mapcat :fixed arities))))))

(defn- own-code
  "The name of the class that the code of `f` is compiled to; empty where that is Clojure's, such as what `partial` makes."
  [f]
  (let [class-name (some-> ^Object (code f) class .getName)]
    (if (or (nil? class-name) (string/starts-with? class-name "clojure.")) "" class-name)))

(defn described
  "What Python shows and knows of a function."
  [f]
  {"name" (python-name f)
   "qualified" (qualified f)
   "code" (own-code f)
   "module" (first (parts f))
   "doc" (metadata f :doc)
   "parameters" (parameters f)
   "other names" (other-names f)})
