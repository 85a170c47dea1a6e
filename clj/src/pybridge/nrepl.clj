(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.nrepl
  "nREPL's server, which has pybridge loaded before it listens: two clients may then ask for it at once. Its editors show the documentation
  and the arguments of vars that hold functions of Python's.

  `pybridge nrepl` starts it."
  (:require [clojure.edn :as edn]
            [pybridge.core]
            [pybridge.handle :as handle]
            [pybridge.runtime :as runtime])
  (:import (clojure.lang Namespace Var)
           (java.io FileNotFoundException)))

(set! *warn-on-reflection* true)

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
  "nREPL's `transport`, which describes the vars of the namespace that a value comes from before it sends the value."
  [transport]
  (let [send (requiring-resolve 'nrepl.transport/send)
        receive (requiring-resolve 'nrepl.transport/recv)
        made (requiring-resolve 'nrepl.transport/->FnTransport)]
    (made (fn [& timeout] (apply receive transport timeout))
          (fn [response]
            (when-let [[_ value] (find response :value)]
              (run! describe-all! (cond-> #{(:ns response)} (var? value) (conj (namespace (symbol value))))))
            (send transport response))
          (fn []))))

(defn document
  "nREPL middleware: vars that hold functions of Python's have documentation and arguments."
  [handler]
  (fn [{:keys [op transport] :as message}]
    (handler (if (contains? #{"eval" "load-file"} op)
               (assoc message :transport (describing transport))
               message))))

(when-let [set-descriptor! (try (requiring-resolve 'nrepl.middleware/set-descriptor!) (catch FileNotFoundException _ nil))]
  (let [prints (requiring-resolve 'nrepl.middleware.print/wrap-print)] ; until then a value is not text yet
    (set-descriptor! #'document {:requires #{"clone" prints}, :expects #{"eval" "load-file"}, :handles {}})))

(defn -main
  "`nrepl.cmdline` with its arguments."
  [& arguments]
  (apply (requiring-resolve 'nrepl.cmdline/-main) arguments))
