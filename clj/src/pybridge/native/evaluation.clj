(ns pybridge.native.evaluation
  "Clojure as Python asks for it: code, the variables of a namespace, and a session's blocks."
  (:require [pybridge.names :as names]
            [pybridge.native.bounded :as bounded]
            [pybridge.native.objects :as objects]
            [pybridge.native.traces :as traces])
  (:import (clojure.lang LineNumberingPushbackReader)
           (java.io File StringReader)))

(set! *warn-on-reflection* true)

(defn- user-namespace
  "The namespace called `namespace-name`; a new one refers to clojure.core, as at a REPL."
  [namespace-name]
  (let [found (symbol namespace-name)]
    (or (find-ns found)
        (binding [*ns* (create-ns found)]
          (refer 'clojure.core)
          *ns*))))

(defn- evaluate-here
  "The value of the last form of `code`, in `*ns*`. What a form throws arrives as it was thrown."
  [code]
  (let [reader (LineNumberingPushbackReader. (StringReader. code))
        end (Object.)]
    (loop [value nil]
      (let [form (read {:eof end :read-cond :allow} reader)]
        (if (identical? form end)
          value
          (recur (eval form)))))))

(defn- evaluate [code namespace-name]
  (binding [*ns* (user-namespace namespace-name)
            *file* "NO_SOURCE_PATH"]
    (evaluate-here code)))

;; Where a session's blocks are evaluated; a block's `ns` or `in-ns` changes it.
(defonce ^:private session-namespace (atom "user"))

(defn current-namespace "The name of the session's namespace." [] @session-namespace)

(def ^:private ^:const longest-shown 200)
(def ^:private ^:const most-values "As many fill what a session sends of a value." 100000)
(def ^:private ^:const longest-ms "How long it may take to find out how many there are." 1000)

(defn- value-shown
  "A handle on the Python object that `value` becomes; nil of what has no form there, of more than anybody would be shown, and of a seq
  that goes on past what is printed."
  [value]
  (when (bounded/small? value most-values longest-shown (bounded/deadline longest-ms))
    (objects/object value)))

;; What blocks have made for others, by the name that the session gives it.
(defonce ^:private kept (atom {}))

(defn take-kept "The value kept under `key`, which is kept no longer." [key]
  (let [[before _] (swap-vals! kept dissoc key)]
    (get before key)))

(defn define-kept "Give the value kept under `key` to the var `var-name` of the session's namespace." [key var-name]
  (intern (user-namespace @session-namespace) (symbol var-name) (take-kept key))
  nil)

(defn- show
  "Evaluate `code`, which is from `file` unless that is empty, in the session's namespace: [text value], value nil when it has no form in
  Python or is too much for one. The value itself is kept under `key` unless that is empty."
  [code file key]
  (binding [*ns* (user-namespace @session-namespace)
            *file* (if (= "" file) "NO_SOURCE_PATH" file)
            *source-path* (if (= "" file) "NO_SOURCE_FILE" (.getName (File. ^String file)))
            *print-length* longest-shown]
    (let [value (evaluate-here code)]
      (reset! session-namespace (str (ns-name *ns*)))
      (when-not (= "" key) (swap! kept assoc key value))
      [(if (nil? value) "" (pr-str value))
       (try
         (value-shown value)
         (catch InterruptedException interrupt (throw interrupt))
         (catch Exception failure (traces/pass-interrupt! failure)))])))

(defn- lookup
  "[value] of the first of `candidates` that the namespace has: a function stays its var, so that Python sees its name and doc."
  [namespace-name candidates]
  (let [found (some #(ns-resolve (user-namespace namespace-name) (symbol %)) candidates)]
    (cond
      (nil? found) []
      (class? found) []
      (fn? @found) [found]
      :else [@found])))

(defn- define [namespace-name var-name value]
  (intern (user-namespace namespace-name) (symbol var-name) value)
  nil)

(defn- public-names [namespace-name]
  (names/attributes (user-namespace namespace-name)))

(defn- load-namespace [namespace-name]
  (require (symbol namespace-name))
  nil)

(def functions
  "What Python may ask of Clojure, whoever is the host."
  {"eval" evaluate
   "show" show
   "lookup" lookup
   "define" define
   "names" public-names
   "require" load-namespace})
