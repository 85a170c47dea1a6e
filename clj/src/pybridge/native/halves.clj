(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.halves
  "Do this half of pybridge and a Python half go together?"
  (:require [pybridge.version :as version])
  (:import (clojure.lang RT)))

(set! *warn-on-reflection* true)

(defn- minor
  "[major minor] of the text of a version; nil where it is none."
  [text]
  (when-let [[_ & numbers] (re-find #"^(\d+)\.(\d+)" (str text))]
    (mapv parse-long numbers)))

(defn requirement
  "What pip installs to go with this half."
  []
  (let [[major minor] (minor version/number)]
    (str "pybridge-clj==" major "." minor ".*")))

(defn- pip
  "A line for a shell."
  [executable & words]
  (let [program (or (not-empty executable) "python")]
    (str "`" (if (re-find #"\s" program) (str \" program \") program) " -m pip " (apply str words) "`")))

(defn- install [executable]
  (pip executable "install --upgrade '" (requirement) "'"))

(defn- own-place
  "Where this half is."
  []
  (some #(RT/getResource (RT/baseLoader) %) ["pybridge/version.clj" "pybridge/version__init.class"]))

(defn fault
  "Why a Python half does not go with this one, and what to do, in a sentence; nil where both go together: where the first two numbers of
  their versions agree, and for one and the same version their APIs, which differ in checkouts.

  `version` and `api` are what that half calls itself and its API, nil or \"\" for a package that says nothing; `file` is where it is,
  `executable` its Python."
  [{their-version :version, :keys [api file executable]}]
  (let [ours (minor version/number)
        theirs (minor their-version)]
    (cond
      (or (nil? theirs) (empty? api))
      (str "the package pybridge in " file " is not the Python half of this Clojure library, but another, or older than 0.1: run "
           (pip executable "uninstall pybridge pybridge-clj") ", then " (install executable))

      (not= ours theirs)
      (str "the Clojure half of pybridge is version " version/number " and the Python half, in " file ", is " their-version
           ", and they do not work together: "
           (if (neg? (compare theirs ours))
             (str "run " (install executable))
             (str "depend on version " their-version " of io.github.pybridge/pybridge in Clojure, or run " (install executable))))

      (and (= version/number their-version) (not= version/api api))
      (str "the Clojure half of pybridge, in " (own-place) ", and the Python half, in " file ", both call themselves " version/number
           ", but are of different states of its source: take both from one release, or from one checkout"))))
