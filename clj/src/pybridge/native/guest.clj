(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.guest
  "A Python process hosts this JVM: what it may ask of Clojure, where Clojure's output goes and its input comes from."
  (:require [pybridge.native.beside :as beside]
            [pybridge.native.boot :as boot]
            [pybridge.native.call :as call]
            [pybridge.native.callables :as callables]
            [pybridge.native.ending :as ending]
            [pybridge.native.env :as env]
            [pybridge.native.evaluation :as evaluation]
            [pybridge.native.gil :as gil]
            [pybridge.native.interrupts :as interrupts]
            [pybridge.native.objects :as objects]
            [pybridge.native.platform :as platform])
  (:import (clojure.lang LineNumberingPushbackReader)
           (java.io Reader StringReader Writer)
           (java.util.concurrent.atomic AtomicBoolean)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)

(def ^:private ^:const longest-pending 8192)

(defn- python-writer
  "A Writer to what the Python function `helper-name` writes to: sent when it is flushed, or else before Python runs next, which may
  print as well."
  ^Writer [helper-name]
  (let [pending (StringBuilder.)
        queued (AtomicBoolean.)
        take! (fn [] (locking pending (let [text (str pending)] (.setLength pending 0) text)))
        send-later (fn [env]
                     (.set queued false)
                     (let [text (take!)]
                       (when-not (= "" text) (call/help env helper-name text false))))
        append! (fn [^Writer writer ^CharSequence text]
                  (let [before (locking pending (let [n (.length pending)] (.append pending text) n))]
                    (when (and (== before 0) (.compareAndSet queued false true)) (.add env/releases send-later))
                    (when (> (+ before (.length text)) longest-pending) (.flush writer))))]
    (proxy [Writer] []
      (write
        ([x] (append! this (if (string? x) x (str (char x)))))
        ([x offset length]
         (append! this (if (string? x)
                         (.subSequence ^String x offset (+ (int offset) (int length)))
                         (String. ^chars x (int offset) (int length))))))
      (flush []
        (let [text (take!)]
          (when-not (or (= "" text) (.get env/closing))
            (objects/help helper-name text true))))
      (close [] (.flush ^Writer this)))))

(defn- redirect-output!
  "Have Clojure print where Python prints, on all threads."
  []
  (alter-var-root #'*out* (constantly (python-writer "write_output")))
  (alter-var-root #'*err* (constantly (java.io.PrintWriter. (python-writer "write_error")))))

(defn- redirect-input!
  "Have Clojure read where Python's `input()` reads, a line at a time."
  []
  (let [line (volatile! "")
        ;; Java lists the two constructors of Reader itself in an order of its own each time, and a class made of them is another then.
        reader (proxy [StringReader] [""]
                 (read
                   ([] (let [one (char-array 1)] (if (neg? (.read ^Reader this one 0 1)) -1 (int (aget one 0)))))
                   ([^chars buffer offset length]
                    (when (= "" @line) (vreset! line (objects/help "read_input_line")))
                    (let [^String text @line
                          n (min (.length text) (int length))]
                      (.getChars text 0 n buffer (int offset))
                      (vreset! line (subs text n))
                      (if (zero? n) -1 n))))
                 (ready [] false) ; which would say that more than the line is there
                 (close []))]
    (alter-var-root #'*in* (constantly (LineNumberingPushbackReader. reader)))))

(defn- in-clojure?
  "Is the thread of `env`, which is Python's, inside Clojure, and there not inside Python again?"
  [^Env env]
  (and (pos? (.callsOfClojure env)) (not (.inPython env))))

(defn- run-handlers-of
  "While the main thread, of `main`, is inside Clojure, run Python's handlers of signals; what one raises ends Clojure's wait."
  [^Env main]
  (when (in-clojure? main)
    (gil/with-gil [env]
      (when (in-clojure? main)
        (gil/handle-elsewhere main #(call/help env "run_handlers"))))))

(defn- watch-signals!
  "Have handlers run while this thread, if it is Python's main one, is inside Clojure."
  []
  (let [main (env/current)
        look (fn [] (run-handlers-of main))]
    (when (objects/help "share_signals" look)
      (interrupts/look-for-ever "pybridge, for signals" look))))

(defn- functions
  "What this thread's Python may ask of Clojure."
  []
  (callables/begin-in-user!)
  (assoc evaluation/functions "leave" ending/leave-jvm))

(defn attach!
  "Use the Python that hosts this JVM, which is given what it may ask of Clojure."
  []
  (boot/start! (boot/boot (platform/open-library nil)) functions)
  (objects/help "keep_faults" false)
  (beside/watch!)
  (redirect-output!)
  (redirect-input!)
  (ending/end-with-python!)
  (watch-signals!))
