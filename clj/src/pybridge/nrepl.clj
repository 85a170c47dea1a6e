(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.nrepl
  "nREPL's server, which has pybridge loaded before it listens: two clients may then ask for it at once. Its editors show the documentation
  and the arguments of vars that hold functions of Python's, and figures as pictures; completion offers none of pybridge's own namespaces.

  `pybridge nrepl` starts it, and `clojure -M:nrepl` where the alias says `-m pybridge.nrepl`."
  (:require [clojure.edn :as edn]
            [clojure.java.io :as io]
            [pybridge.core]
            [pybridge.handle :as handle]
            [pybridge.internal :as internal]
            [pybridge.runtime :as runtime])
  (:import (clojure.lang Namespace Var)
           (java.io FileNotFoundException)))

(set! *warn-on-reflection* true)

(defn- part
  "The var of nREPL's called `full-name`; nil where nREPL is not on the class path."
  [full-name]
  (try (requiring-resolve full-name) (catch FileNotFoundException _ nil)))

(defn- documentation
  "The metadata that the Python object `x` gives a var; nil where it is none to call."
  [x]
  (when-let [[doc arglists] (runtime/help "documentation" (handle/held x) (handle/handle? x))]
    {:doc doc, :arglists (edn/read-string arglists)}))

(defn- describe!
  "Let a var that holds a function of Python's say what that is, unless it says something already. To define it again takes that away."
  [^Var v]
  (when (and (.isBound v) (not (some (meta v) [:doc :arglists ::described])))
    (let [x (.getRawRoot v)]
      (when (and (handle/handle? (handle/held x)) (runtime/started?))
        (alter-meta! v merge {::described true} (try (documentation x) (catch Exception _ nil)))))))

(defn- describe-all! [namespace-name]
  (when-let [found (some-> namespace-name str symbol find-ns)]
    (run! describe! (vals (ns-interns ^Namespace found)))))

(defn- describing
  "A response, once the vars are described of the namespace that its value comes from."
  [response]
  (when-let [[_ value] (find response :value)]
    (run! describe-all! (cond-> #{(:ns response)} (var? value) (conj (namespace (symbol value))))))
  response)

(defn- pictured
  "A response with the picture that its value is, in place of the value, as CIDER's content types have it."
  [{:keys [value] :as response}]
  (let [x (handle/held value)]
    (if-let [[content-type file] (when (and (handle/handle? x) (runtime/started?))
                                   (try (runtime/help "picture" x) (catch Exception _ nil)))]
      (-> (dissoc response :value)
          (update :nrepl.middleware.print/keys (fnil disj #{}) :value)
          (assoc :content-type [content-type {}], :content-transfer-encoding "base64", :body file))
      response)))

(defn- offered
  "A response whose completions are those of the API."
  [response]
  (letfn [(own? [{:keys [candidate ns]}]
            (let [[_ scope] (re-matches #"(.*)/." (str candidate))]
              (or (internal/internal? (re-find #"[^@#':].*" (str candidate)))
                  (and ns (not scope) (internal/internal? ns)))))]
    (cond-> response
      (:completions response) (update :completions (partial into [] (remove own?))))))

(defn- sending
  "nREPL's `transport`, which sends of each response what `f` makes of it."
  [f transport]
  (let [send (requiring-resolve 'nrepl.transport/send)
        receive (requiring-resolve 'nrepl.transport/recv)
        made (requiring-resolve 'nrepl.transport/->FnTransport)]
    (made (fn [& timeout] (apply receive transport timeout))
          (fn [response] (send transport (f response)))
          (fn []))))

(defn middleware
  "nREPL middleware: vars that hold functions of Python's have documentation and arguments, a client that asks for content types gets
  figures and images as pictures, and none is offered pybridge's own namespaces."
  [handler]
  (fn [{:keys [op content-type] :as message}]
    (handler (case op
               "eval" (update message :transport (partial sending (if content-type (comp pictured describing) describing)))
               "load-file" (update message :transport (partial sending describing))
               ("completions" "complete" "cider/complete") (update message :transport (partial sending offered))
               message))))

(when-let [set-descriptor! (part 'nrepl.middleware/set-descriptor!)]
  (let [prints (requiring-resolve 'nrepl.middleware.print/wrap-print)] ; until then a value is not text yet
    (set-descriptor! #'middleware
                     {:requires #{"clone" prints}, :expects #{"eval" "load-file" "completions" "complete" "cider/complete"}, :handles {}})))

(defn- mixed-in
  "The middleware that the server has unless its arguments say which: ours, CIDER's where that is there, and what `.nrepl.edn` names."
  []
  (let [named (:middleware (some-> (part 'nrepl.config/config) deref))]
    (cond-> [`middleware]
      (io/resource "cider/nrepl.clj") (conj 'cider.nrepl/cider-middleware)
      named (into (if (sequential? named) named [named])))))

(defn -main
  "`nrepl.cmdline` with its arguments, and our middleware where they name none."
  [& arguments]
  (apply (requiring-resolve 'nrepl.cmdline/-main)
         (cond->> arguments
           (not-any? #{"-m" "--middleware"} arguments) (concat ["--middleware" (pr-str (mixed-in))]))))
