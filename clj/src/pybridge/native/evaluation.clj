(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.evaluation
  "Clojure as Python asks for it: code, the variables of a namespace, and a session's blocks."
  (:require [pybridge.names :as names]
            [pybridge.native.bounded :as bounded]
            [pybridge.native.objects :as objects]
            [pybridge.native.sessions :as sessions]
            [pybridge.native.traces :as traces])
  (:import (clojure.lang Compiler Compiler$CompilerException LineNumberingPushbackReader LispReader$ReaderException Var)
           (java.io File StringReader)))

(set! *warn-on-reflection* true)

(defn- read-form
  "The next form of `reader`, or `end`. What cannot be read says where, as Clojure has it of a file that it loads."
  [^LineNumberingPushbackReader reader end]
  (try
    (read {:eof end :read-cond :allow} reader)
    (catch LispReader$ReaderException failure
      (throw (Compiler$CompilerException. *source-path* (.-line failure) (.-column failure) nil
                                          Compiler$CompilerException/PHASE_READ (.getCause failure))))))

(defn- skip-space!
  "Have `reader` at the next form."
  [^LineNumberingPushbackReader reader]
  (let [c (.read reader)]
    (cond
      (neg? c) nil
      (or (Character/isWhitespace c) (= c (int \,))) (recur reader)
      (= c (int \;)) (do (.readLine reader) (recur reader))
      :else (.unread reader c))))

(defn- evaluate-here
  "The value of the last form of `code`, in `*ns*`. What a form throws arrives as it was thrown. `above` lines of `code` are not counted."
  [code above]
  (let [reader (doto (LineNumberingPushbackReader. (StringReader. code))
                 (.setLineNumber (int (- 1 (long above)))))
        end (Object.)]
    (loop [value nil]
      (skip-space! reader)
      (let [line (.getLineNumber reader)
            column (.getColumnNumber reader)
            form (read-form reader end)]
        (if (identical? form end)
          value
          (let [knows-its-place? (:line (meta form))]  ; as lists do; of others, the compiler would say that an error is in line 0
            (.set ^Var Compiler/LINE (if knows-its-place? 0 line))
            (.set ^Var Compiler/COLUMN (if knows-its-place? 0 column))
            (recur (eval form))))))))

(def ^:private places "What `evaluate-here` sets." {Compiler/LINE 0, Compiler/COLUMN 0})

(defn- evaluate
  "The value of the last form of `code`, whose file traces call <clojure>, as they do <python> that of Python code."
  [code namespace-name]
  (Var/pushThreadBindings (assoc places #'*ns* (sessions/user-namespace namespace-name) #'*file* "<clojure>" #'*source-path* "<clojure>"))
  (try
    (evaluate-here code 0)
    (finally (Var/popThreadBindings))))

(def ^:private ^:const longest-shown 200)
(def ^:private ^:const most-values "As many fill what a session sends of a value." 100000)
(def ^:private ^:const most-computed "As many of its values are computed before it is printed." 1000000)
(def ^:private ^:const longest-ms "How long it may take to find out how many there are." 1000)

(def ^:private ^:const most-printed "Characters of a value that is wanted whole; such a text is more than is sent." 10000000)
(def ^:private ^:const most-begun "Characters of one whose beginning is shown, where it is endless or holds a part again and again." 200000)
(def ^:private ^:const longest-printing-ms "As good as for ever: who waits may interrupt." 1000000000)

(defn- printed-value
  "What `pr` writes of `value`, or `pprint` if `pretty?`; of a long one, unless `whole?`, as much as is shown, or as the block has set
  `*print-length*`. `pybridge.unsafe.stop` takes this for a block's own code: a seq without end may be computed here."
  [value pretty? whole?]
  (let [write (if pretty? (requiring-resolve 'clojure.pprint/pprint) pr)
        shown (or *print-length* (when-not whole? longest-shown))]
    ;; The value computes the rest of itself first: it may print, and is not to see what is bound to show it.
    (try
      (bounded/compute value most-computed (or shown most-computed))
      (bounded/written (fn [writer]
                         (binding [*out* writer, *print-length* shown]
                           (write value)))
                       (if whole? most-printed most-begun)
                       (bounded/deadline longest-printing-ms))
      (catch StackOverflowError _
        (bounded/unprintable value "text goes too deep, or has no end: it holds itself")))))

(defn- value-shown
  "A handle on the Python object that `value` becomes; nil of what has no form there, and unless `whole?` of more than anybody would be
  shown, and of a seq that goes on past what is printed."
  [value whole?]
  (when (if whole?
          (bounded/small? value most-printed most-printed (bounded/deadline longest-printing-ms)) ; each takes a character
          (bounded/small? value most-values longest-shown (bounded/deadline longest-ms)))
    (objects/object value)))

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

(def ^:private evaluator (str (.getName (class evaluate-here))))

(defn- block-bindings [^String file]
  (assoc (merge (sessions/bindings-now) places) #'*file* file #'*source-path* (.getName (File. file))))

(defmacro ^:private in-session
  "Evaluate `body` as a block of the session that is from `file`. What a block that was stopped has bound does not last."
  [file & body]
  `(let [frame# (Var/getThreadBindingFrame)]
     (try
       (with-bindings (block-bindings ~file)
         (try
           ~@body
           (finally (sessions/keep-bindings!))))
       (finally (Var/resetThreadBindingFrame frame#)))))

(defn- show
  "Evaluate `code`, which is from `file`, in the session's namespace: [text value], value nil when it has no form in Python or is too
  much for one. A `pretty?` text has a line for each part of what is long, and a `whole?` one all of it. `above` lines of `code` are not
  counted."
  [code file pretty? whole? above]
  (in-session file
    (ask-for-results! code)
    (let [[value text] (try
                         (let [value (evaluate-here code above)]
                           [value (if (nil? value) "" (printed-value value pretty? whole?))])
                         (catch Throwable thrown
                           (set! *e (traces/end-at! evaluator thrown))
                           (throw thrown)))]
      (push-result! value)
      [text
       (try
         (when (<= (count text) most-printed)
           (value-shown value whole?))
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
  (answered (get (sessions/bindings-now) #'*1)))

(defn flush-lines!
  "From now on, each line is written `at-once?`, or else with others: of a flood, the lines are dropped anyway."
  [at-once?]
  (alter-var-root #'*flush-on-newline* (constantly at-once?))
  nil)

(defn- next-form
  "[form rest] of `code`, as texts; [] where nothing is left, nil where the form goes on beyond `code`. What cannot be read is a form to
  the end, whose evaluation says why."
  [^String code]
  (let [reader (LineNumberingPushbackReader. (StringReader. code))
        end (Object.)]
    (with-bindings (assoc (sessions/bindings-now) #'*read-eval* false #'*data-readers* {} #'*default-data-reader-fn* tagged-literal)
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
  (let [found (some #(ns-resolve (sessions/user-namespace namespace-name) (symbol %)) candidates)]
    (cond
      (nil? found) []
      (class? found) []
      (fn? @found) [found]
      :else [@found])))

(defn- define [namespace-name var-name value]
  (intern (sessions/user-namespace namespace-name) (symbol var-name) value)
  nil)

(defn- public-names [namespace-name]
  (names/attributes (sessions/user-namespace namespace-name)))

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
