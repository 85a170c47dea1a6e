(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.callables
  "Calls of Clojure functions by Python: what `pybridge.native.lifetime` makes of a function goes to a C function that is written here."
  (:require [pybridge.native.arguments :as arguments]
            [pybridge.native.env :as env :refer [api]]
            [pybridge.native.exceptions :as exceptions]
            [pybridge.native.forks :as forks]
            [pybridge.native.gil :as gil]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.lifetime :as lifetime]
            [pybridge.native.platform :as platform :refer [peek-word]]
            [pybridge.native.signature :as signature]
            [pybridge.native.text :as text]
            [pybridge.native.to-clojure :refer [borrowed->clojure]]
            [pybridge.native.to-python :refer [->python Foreign]])
  (:import (clojure.lang ArityException Fn MultiFn Var)
           (pybridge.native.capi CallTarget)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const deepest 200)

(defmacro ^:private argument [env arguments i]
  `(borrowed->clojure ~env (peek-word (+ ~arguments (* 8 (long ~i))))))

(defn- positional [env ^long arguments ^long n]
  (loop [i 0, xs (transient [])]
    (if (< i n)
      (recur (inc i) (conj! xs (argument env arguments i)))
      (persistent! xs))))

(defn- options-of
  "[[name value] …] of the keyword arguments at `arguments`, without those that stand for none."
  [env ^long arguments ^long keyword-names ^long left-out]
  (into []
        (keep (fn [i]
                (when-not (== left-out (peek-word (+ arguments (* 8 (long i)))))
                  [(text/string->clojure env (.PyTuple_GetItem (api env) keyword-names (long i)))
                   (argument env arguments i)])))
        (range (.PyTuple_Size (api env) keyword-names))))

(defn- without-left-out
  "How many of the `n` arguments there are without those at the end that stand for none."
  ^long [^long arguments ^long n ^long left-out]
  (loop [n n]
    (if (and (pos? n) (== left-out (peek-word (+ arguments (* 8 (dec n))))))
      (recur (dec n))
      n)))

(defn- hole?
  "Does any of `n` arguments but the last stand for none?"
  [^long arguments ^long n ^long left-out]
  (loop [i (- n 2)]
    (cond
      (neg? i) false
      (== left-out (peek-word (+ arguments (* 8 i)))) true
      :else (recur (dec i)))))

(defn- holes
  "The places of those of `n` arguments that stand for none."
  [^long arguments ^long n ^long left-out]
  (filterv #(== left-out (peek-word (+ arguments (* 8 (long %))))) (range n)))

(defn begin-in-user!
  "Let what Clojure runs on this thread find itself in the namespace `user`, as at a prompt, and not in clojure.core, where a `def` of a
  loaded string would go. A thread in the midst of Clojure stays where it is."
  []
  (when (empty? (get-thread-bindings))
    (push-thread-bindings {#'*ns* (create-ns 'user)})))

(defn- prepare-thread
  "Threads that Python started have no class loader, without which Clojure finds no classes, and no namespace of their own."
  [^Thread thread]
  (when-not (.getContextClassLoader thread)
    (.setContextClassLoader thread (.getClassLoader CallTarget))
    (begin-in-user!)))

(defn- refuse
  "Set a TypeError with the message `words`; zero, as a call gives that fails."
  ^long [env words]
  (let [message (text/string->python env words)]
    (.PyErr_SetObject (api env) (helpers/helper env "TypeError") message)
    (.Py_DecRef (api env) message)
    0))

(defn- refuse-call
  "Refuse a call of `f`, of which `words` say what is wrong."
  ^long [env f words]
  (refuse env (str (signature/python-name f) "() " words)))

(defn- invoke-bound
  "What the function `f` gives for `xs` and `options`, each put in its place: a new reference, or zero."
  ^long [env f xs options]
  (let [bound (arguments/bind f xs options)]
    (if (string? bound)
      (refuse-call env f bound)
      (->python env (gil/without-gil env (apply f bound))))))

(defn- own-refusal?
  "Was `failure` thrown because `f` takes no `n` arguments, before anything of it ran?"
  [^ArityException failure f ^long n]
  (and (== n (.-actual failure)) (not (arguments/takes? f n))))

(defn- invoke
  "What the function `f` gives for `n` arguments: a new reference, or zero. The GIL is given away meanwhile: the body of `f` may wait for
  another thread's call of Python."
  ^long [env f ^long arguments ^long n]
  (let [result (try
                 (case n
                   1 (let [x (argument env arguments 0)] (gil/without-gil env (f x)))
                   2 (let [x (argument env arguments 0), y (argument env arguments 1)] (gil/without-gil env (f x y)))
                   (let [xs (positional env arguments n)] (gil/without-gil env (apply f xs))))
                 (catch ArityException failure
                   (if (own-refusal? failure f n) ::refused (throw failure))))]
    (if (identical? result ::refused)
      (invoke-bound env f (positional env arguments n) [])
      (->python env result))))

(defn- refuse-for-stack
  "Set the exception of a call of Clojure without the stack for it, by as few calls as there are."
  [env]
  (.PyErr_SetString (api env) (helpers/helper env "RecursionError") (platform/c-string (gil/stack-message))))

(defmacro ^:private upcall
  "The body of a call from Python, with `env` bound: what it throws is raised there, as nothing may leave an upcall."
  [[env] & body]
  `(let [~(with-meta env {:tag `Env}) (env/current)]
     (cond
       (gil/forked?) (do (forks/refuse ~env) 0)
       (not (gil/stack-left? ~env gil/for-callbacks)) (do (refuse-for-stack ~env) 0)
       (gil/ended?) (gil/answer-late ~env)
       :else
       (try
         (if (> (.enterClojure ~env) (long deepest))
           (throw (ex-info (str "calls between Clojure and Python are nested more than " deepest " deep; is a function calling itself across the bridge?")
                           #:pybridge{:reason :too-deep}))
           (do
             (when-not (.isEmpty env/releases) (env/run-releases ~env))
             (prepare-thread (.-thread ~env))
             (let [result# (long (do ~@body))]
               (when-not (.isEmpty env/releases) (env/run-releases ~env))
               result#)))
         (catch Throwable throwable#
           (try (env/run-releases ~env) (catch Throwable _# nil))
           ;; On an exhausted stack even describing the error fails: Python then raises SystemError for the bare zero.
           (try (exceptions/raise ~env throwable#) 0 (catch Throwable _# 0)))
         (finally (.leaveClojure ~env))))))

(def ^:private ^:const count-mask "Beside the number of arguments Python may set the highest bit." Long/MAX_VALUE)

;; number-offset: where an object keeps the number of its function
;; left-out:      the object that stands for no argument
;; binds?:        whether all calls go through `arguments/bind`, those without keyword arguments too
(deftype Trampoline [^long number-offset ^long left-out binds?]
  CallTarget
  (call [_ object arguments n keyword-names]
    (upcall [env]
      (let [f (lifetime/function-of (+ object number-offset))
            given (bit-and n (long count-mask))
            n (without-left-out arguments given left-out)]
        (cond
          (hole? arguments n left-out) (refuse-call env f (arguments/missing-at f (holes arguments n left-out)))
          (and (zero? keyword-names) (not binds?)) (invoke env f arguments n)
          :else (invoke-bound env f (positional env arguments n)
                              (if (zero? keyword-names) [] (options-of env (+ arguments (* 8 given)) keyword-names left-out))))))))

(deftype MacroTrampoline [^long number-offset]
  CallTarget
  (call [_ object _arguments _n _keyword-names]
    (upcall [env]
      (refuse env (str (signature/qualified (lifetime/function-of (+ object number-offset)))
                       " is a macro, which works on code and not on values; use it in code for clojure.eval")))))

(defn- new-call-stub [binds?]
  (platform/call-stub (Trampoline. (lifetime/number-offset) (helpers/helper (env/current) "LEFT_OUT") binds?)))

(def ^:private call-stub (delay (new-call-stub false)))
(def ^:private bind-stub (delay (new-call-stub true)))
(def ^:private macro-stub (delay (platform/call-stub (MacroTrampoline. (lifetime/number-offset)))))

(defn- stub-for
  "The C function that calls of `f` go to. Clojure itself tells how many arguments a function takes, but for one that takes any number
  as keys and values."
  [f]
  (cond
    (and (var? f) (.isMacro ^Var f)) @macro-stub
    (some #(= :rest (:collects %)) (signature/arities f)) @bind-stub
    :else @call-stub))

(defn- function->python [env f]
  (lifetime/function->python env f stub-for))

(extend-protocol Foreign
  Fn (foreign->python [f env] (function->python env f))
  Var (foreign->python [v env] (function->python env v))
  MultiFn (foreign->python [f env] (function->python env f)))
