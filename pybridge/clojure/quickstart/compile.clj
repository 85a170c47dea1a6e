;; Compiles the namespaces named after the first argument, a folder, into that folder. A namespace that another has loaded is
;; compiled by then, and doing it again would make its types anew.
;;
;; `refer` looks through all that both namespaces know, a millisecond each time, so that `ns` calls other functions for it in the
;; classes, where these are loaded by then. It also notes the namespace as loaded before its functions are defined; `require` notes that
;; again when they are, and in the classes then only.

(require '[clojure.walk :as walk])

(defn- sooner [[function & arguments] form]
  `(let [sooner# (resolve '~function)]
     (if (and sooner# (bound? sooner#)) (sooner# ~@arguments) ~form)))

(defn- without-refer [[lib & {:as options}]]
  (into [lib] cat (dissoc options :refer)))

(defn- require-sooner [[_ & quoted]]
  (let [specs (map second quoted)]
    `(do
       (require ~@(for [spec specs] `'~(cond-> spec (vector? spec) without-refer)))
       ~@(for [[lib & {names :refer}] (filter vector? specs)
               :when names]
           (sooner `(pybridge.reload/refer-names '~lib '~names) `(refer '~lib :only '~names))))))

(defn- refer-sooner [form]
  (cond
    (and (seq? form) (= `commute (first form)) (= `(deref (var clojure.core/*loaded-libs*)) (second form))) nil
    (= form `(refer '~'clojure.core)) (sooner `(pybridge.reload/refer-core) form)
    (and (seq? form) (= `require (first form))) (require-sooner form)
    :else form))

(defn- expanding [expand]
  (fn [& arguments] (walk/postwalk refer-sooner (apply expand arguments))))

(let [[folder & names] *command-line-args*]
  (alter-var-root #'ns expanding)
  (binding [*compile-path* folder]
    (doseq [namespace (map symbol names)]
      (when-not (contains? (loaded-libs) namespace)
        (compile namespace))))
  (shutdown-agents))
