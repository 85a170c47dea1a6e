(ns pybridge.host
  "What a test has to know of the host: which it is, and what is printed there."
  (:require [pybridge.core :as pb]))

(def python-hosts?
  "Whether Python is the host of this JVM."
  (delay (pb/run "import sys\n'jpype' in sys.modules")))

(def ^:private captured
  (delay (pb/run "
import contextlib, io
def captured(f):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        f()
    return out.getvalue()
captured")))

(defn printed
  "Call `f`; what either language printed on the host's standard output."
  [f]
  (let [run #(do (f) nil)]
    (if @python-hosts? (@captured run) (with-out-str (run)))))
