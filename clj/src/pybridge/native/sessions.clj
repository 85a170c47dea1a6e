(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.sessions
  "What lasts from one block of a session to the next: bindings, the variables that blocks define, and values kept for other blocks."
  (:require [pybridge.native.spare :as spare])
  (:import (clojure.lang Namespace)))

(set! *warn-on-reflection* true)

(defn user-namespace
  "The namespace called `namespace-name`; a new one refers to clojure.core, as at a REPL."
  [namespace-name]
  (let [found (symbol namespace-name)]
    (or (find-ns found)
        (binding [*ns* (create-ns found)]
          (refer 'clojure.core)
          *ns*))))

;; What a session's block may `set!` or lead elsewhere, as at a REPL, and finds so in the next: *ns*, *1, *warn-on-reflection*, …
;; The blocks of an editor have them in common, and each console that joins has its own.
(defonce ^:private sessions (atom {:whose "" :bindings {}}))

(defn- initial-bindings []
  {#'*ns* (user-namespace "user"), #'*1 nil, #'*2 nil, #'*3 nil, #'*e nil
   #'*print-length* *print-length*, #'*print-level* *print-level*, #'*print-meta* *print-meta*
   #'*print-namespace-maps* *print-namespace-maps*, #'*warn-on-reflection* *warn-on-reflection*, #'*unchecked-math* *unchecked-math*
   #'*math-context* *math-context*, #'*data-readers* *data-readers*, #'*default-data-reader-fn* *default-data-reader-fn*
   #'*assert* *assert*, #'*compile-path* *compile-path*, #'*command-line-args* *command-line-args*})

(def ^:dynamic *whose* "Whose session another thread than the main one asks about; nil for the one whose turn it is." nil)

(defn bindings-now
  "Those of the session whose turn it is, or that `*whose*` says."
  []
  (let [{:keys [whose bindings]} @sessions]
    (or (bindings (or *whose* whose)) (initial-bindings))))

(defn keep-bindings!
  "Keep what the block has bound. Want of memory may have taken bindings away, which stay what they were."
  []
  (let [before (bindings-now)
        now (merge before (select-keys (get-thread-bindings) (keys before)))]
    (swap! sessions #(assoc-in % [:bindings (:whose %)] now))))

(defn leave!
  "Those of `whose` are over."
  [whose]
  (swap! sessions update :bindings dissoc whose)
  nil)

(defn current-namespace "The name of the session's namespace." [] (str (ns-name (get (bindings-now) #'*ns*))))

(defn enter!
  "From now on, blocks are those of `whose`, \"\" for the editor's; the name of their namespace."
  [whose]
  (spare/keep-back!)
  (swap! sessions assoc :whose whose)
  (current-namespace))

(defn- session-ns [] (get (bindings-now) #'*ns*))

;; What blocks have made for others, by the key that the session gives it.
(defonce ^:private kept (atom {}))

(defn keep-last! "Keep the last block's value under `key`." [key]
  (swap! kept assoc key (get (bindings-now) #'*1))
  nil)

(defn take-kept! "The value kept under `key`, which is kept no longer." [key]
  (let [[before _] (swap-vals! kept dissoc key)]
    (get before key)))

(defn define! "Give a var of the session's namespace a value." [var-name value]
  (intern (session-ns) (symbol var-name) value)
  nil)

(defn define-kept! "Give a var of the session's namespace the value kept under `key`." [var-name key]
  (define! var-name (take-kept! key)))

(defn- of-a-block?
  "Whether a var is from no file, as those that blocks define, or Python for them."
  [found]
  (let [^String file (:file (meta found))]
    (or (nil? file) (.startsWith file "<"))))

(def ^:private spaces-told "The namespaces that were looked at last, each with its mappings." (atom nil))

(defn changed-definitions
  "The vars that blocks have defined in `user` and the namespaces that they went to, by lines; nil where nothing has changed since this was asked."
  []
  (let [user (find-ns 'user)
        before @spaces-told
        spaces (into {} (for [^Namespace space (distinct (concat (keys before) [user (session-ns)]))
                              :when space]
                          [space (.getMappings space)]))]
    (when-not (and (= (count before) (count spaces)) (every? true? (map identical? (vals before) (vals spaces))))
      (reset! spaces-told spaces)
      (let [found (for [space (keys spaces)
                        [sym v] (ns-interns space)
                        :when (of-a-block? v)]
                    [(or (:line (meta v)) 0) (if (= space user) (str sym) (str (symbol v)))])]
        (mapv second (sort found))))))
