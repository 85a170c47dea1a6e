(ns pybridge.native.guest
  "Clojure as the guest of a Python process: what Python asks of it, and where its output goes."
  (:require [clojure.string :as string]
            [pybridge.native.handle :as handle]
            [pybridge.native.interpreter :as python]
            [pybridge.native.start :as start]
            [pybridge.runtime :as runtime])
  (:import (clojure.lang LineNumberingPushbackReader)
           (java.io StringReader Writer)
           (java.util.concurrent.atomic AtomicBoolean)
           (pybridge.native.interpreter Frame)))

(set! *warn-on-reflection* true)

;; ---- evaluation ----------------------------------------------------------------------------------------------------

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

(def ^:private session-namespace "Where a session's blocks are evaluated; a block's `ns` or `in-ns` changes it." (atom "user"))

(defn current-namespace "The name of the session's namespace." [] @session-namespace)

(def ^:private ^:const longest-shown 200)

(defn- show
  "Evaluate `code` in the session's namespace: [text value], value nil when it has no form in Python."
  [code]
  (binding [*ns* (user-namespace @session-namespace)
            *file* "NO_SOURCE_PATH"
            *print-length* longest-shown]
    (let [value (evaluate-here code)]
      (reset! session-namespace (str (ns-name *ns*)))
      [(if (nil? value) "" (pr-str value))
       (try (runtime/object runtime/transport value) (catch Exception _ nil))])))

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
  (mapv #(string/replace (str %) #"-" "_") (keys (ns-publics (user-namespace namespace-name)))))

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

;; ---- output --------------------------------------------------------------------------------------------------------

(defn- python-writer
  "A Writer to what the Python function `helper-name` writes to, sent when it is flushed."
  ^Writer [helper-name]
  (let [pending (StringBuilder.)]
    (proxy [Writer] []
      (write
        ([x]
         (locking pending
           (if (string? x) (.append pending ^String x) (.append pending (char x)))
           (when (> (.length pending) 8192) (.flush ^Writer this))))
        ([x offset length]
         (locking pending
           (if (string? x)
             (.append pending ^CharSequence x (int offset) (int (+ offset length)))
             (.append pending ^chars x (int offset) (int length))))))
      (flush []
        (let [text (locking pending (let [text (str pending)] (.setLength pending 0) text))]
          (when-not (or (= "" text) (.get ^AtomicBoolean python/closing))
            (runtime/help helper-name text))))
      (close [] (.flush ^Writer this)))))

(defn- redirect-output! []
  (alter-var-root #'*out* (constantly (python-writer "write_output")))
  (alter-var-root #'*err* (constantly (java.io.PrintWriter. (python-writer "write_error")))))

;; ---- life ----------------------------------------------------------------------------------------------------------

(defn- interrupt
  "Interrupt `thread`, Python's main thread, wherever in Clojure it waits."
  [^Thread thread ^Frame frame]
  (when (pos? (.depth frame)) (.interrupt thread))
  nil)

(def ^:private ^:const patience-ms 1000)

(defn- leave
  "Take no more calls, and wait a moment for those under way on other threads; true when none is left."
  [^Frame own]
  (.flush ^Writer *out*)
  (.set ^AtomicBoolean python/closing true)
  (let [busy? (fn [] (some #(and (not (identical? own %)) (pos? (.calls ^Frame %))) (vec (.toArray python/frames))))]
    (loop [waited 0]
      (cond
        (not (busy?)) true
        (>= waited (long patience-ms)) false
        :else (do (Thread/sleep 5) (recur (+ waited 5)))))))

(defn attach!
  "Use the Python in `library` (a dlopen handle) and put what it may ask of Clojure into the dict at the address `entry`."
  [library entry]
  (start/attach! library)
  (let [thread (Thread/currentThread)]
    (python/with-gil [frame]
      (let [entry (handle/borrow (long entry))]
        (doseq [[entry-name function] (assoc functions
                                             "interrupt" (fn [] (interrupt thread frame))
                                             "leave" (fn [] (leave frame)))]
          (runtime/help "set_item" entry entry-name function)))))
  (redirect-output!))
