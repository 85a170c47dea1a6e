;; What a JVM runs once, so that Java's cache holds the classes that a start needs: it loads the namespaces, calls Python and is called.

(require '[pybridge.core :as pb] '[pybridge.tensors] '[pybridge.native.guest] '[pybridge.repl] '[clojure.pprint])

(defn- cross []
  (let [builtins (pb/module "builtins")]
    (pb/call (pb/module "math") :sqrt 2)
    (pr-str (pb/call builtins :list (pb/call builtins :map (fn [x] (inc x)) [1 2.5 "three" {:four 4}])))
    (pb/with-scope (pb/call* builtins :dict (pb/kw :a 1)))
    (try (pb/call (pb/module "math") :sqrt -1) (catch Exception failure (ex-message failure)))))

(try
  (cross)
  (catch Throwable failure ; where no Python can be hosted, the rest is worth having
    (println (ex-message failure))))

(eval '(let [{:keys [a]} {:a [1 2 3]}] (for [x a :when (odd? x)] (str x))))

(System/exit 0)
