(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.evaluation
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

(defn- evaluate
  "The value of the last form of `code`, whose file traces call <clojure>, as they do <python> that of Python code."
  [code namespace-name]
  (binding [*ns* (user-namespace namespace-name)
            *file* "<clojure>"
            *source-path* "<clojure>"]
    (evaluate-here code)))

(def ^:private ^:const longest-shown 200)
(def ^:private ^:const most-values "As many fill what a session sends of a value." 100000)
(def ^:private ^:const longest-ms "How long it may take to find out how many there are." 1000)

(defn- value-shown
  "A handle on the Python object that `value` becomes; nil of what has no form there, of more than anybody would be shown, and of a seq
  that goes on past what is printed."
  [value]
  (when (bounded/small? value most-values longest-shown (bounded/deadline longest-ms))
    (objects/object value)))

;; What a session's block may `set!` or lead elsewhere, as at a REPL, and finds so in the next: *ns*, *1, *warn-on-reflection*, …
;; The blocks of an editor have them in common, and each console that joins has its own.
(defonce ^:private sessions (atom {:whose "" :bindings {}}))

(defn- initial-bindings []
  {#'*ns* (user-namespace "user"), #'*1 nil, #'*2 nil, #'*3 nil, #'*e nil
   #'*print-length* longest-shown, #'*print-level* *print-level*, #'*print-meta* *print-meta*
   #'*print-namespace-maps* *print-namespace-maps*, #'*warn-on-reflection* *warn-on-reflection*, #'*unchecked-math* *unchecked-math*
   #'*math-context* *math-context*, #'*data-readers* *data-readers*, #'*default-data-reader-fn* *default-data-reader-fn*
   #'*assert* *assert*, #'*compile-path* *compile-path*, #'*command-line-args* *command-line-args*})

(def ^:dynamic *whose* "Whose session another thread than the main one asks about; nil for the one whose turn it is." nil)

(defn- bindings-now []
  (let [{:keys [whose bindings]} @sessions]
    (or (bindings (or *whose* whose)) (initial-bindings))))

(defn- keep-bindings! []
  (let [now (select-keys (get-thread-bindings) (keys (bindings-now)))]
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

(defrecord ^:private Asked [ask])

(defn- answered
  "What `x` stands for: a value of Python's that nobody had asked for yet."
  [x]
  (if (instance? Asked x) ((:ask x)) x))

(defn- ask-for-results!
  "Have those of *1, *2, *3 and *e at hand that `code` speaks of."
  [code]
  (when (re-find #"\*1" code) (set! *1 (answered *1)))
  (when (re-find #"\*2" code) (set! *2 (answered *2)))
  (when (re-find #"\*3" code) (set! *3 (answered *3)))
  (when (re-find #"\*e" code) (set! *e (answered *e))))

(defn- push-result! [value]
  (set! *3 *2)
  (set! *2 *1)
  (set! *1 value))

(defn- block-bindings [^String file]
  (assoc (bindings-now) #'*file* file #'*source-path* (.getName (File. file))))

(defmacro ^:private in-session
  "Evaluate `body` as a block of the session that is from `file`."
  [file & body]
  `(with-bindings (block-bindings ~file)
     (try
       ~@body
       (finally (keep-bindings!)))))

(defn- show
  "Evaluate `code`, which is from `file`, in the session's namespace: [text value], value nil when it has no form in Python or is too
  much for one."
  [code file]
  (in-session file
    (ask-for-results! code)
    (let [[value text] (try
                         (let [value (evaluate-here code)]
                           [value (if (nil? value) "" (pr-str value))])
                         (catch Throwable thrown (set! *e thrown) (throw thrown)))]
      (push-result! value)
      [text
       (try
         (value-shown value)
         (catch InterruptedException interrupt (throw interrupt))
         (catch Exception failure (traces/pass-interrupt! failure)))])))

(defn- remember
  "Python has got a result, or an error if `raised?`: what `ask` gives or throws is *1 or *e once somebody speaks of it."
  [ask raised?]
  (in-session "<python>"
    (if raised?
      (set! *e (->Asked #(try (ask) (catch Throwable thrown thrown))))
      (push-result! (->Asked ask)))))

(defn- result
  "The last result, in Python's form."
  []
  (answered (get (bindings-now) #'*1)))

(defn- next-form
  "[form rest] of `code`, as texts; [] where nothing is left, nil where the form goes on beyond `code`. What cannot be read is a form to
  the end, whose evaluation says why."
  [^String code]
  (let [reader (LineNumberingPushbackReader. (StringReader. code))
        end (Object.)]
    (with-bindings (assoc (bindings-now) #'*read-eval* false #'*data-readers* {} #'*default-data-reader-fn* tagged-literal)
      (.captureString reader)
      (try
        (let [form (read {:eof end :read-cond :allow} reader)
              text (.getString reader)]
          (if (identical? form end)
            []
            [text (slurp reader)]))
        (catch RuntimeException failure
          (when-not (re-find #"EOF while reading" (str (ex-message failure)))
            [code ""]))))))

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
   "remember" remember
   "result" result
   "next-form" next-form
   "lookup" lookup
   "define" define
   "names" public-names
   "require" load-namespace})
