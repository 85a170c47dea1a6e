(ns pybridge.attempts
  "Calls that may fail, and what comes of them."
  (:require [pybridge.core :as pb]))

(defn thrown
  "What `f` throws."
  [f]
  (try (f) nil (catch Throwable throwable throwable)))

(def attempt
  "Call a function; [type, message] of the exception that it raises."
  (delay (pb/run "
def attempt(f, *xs):
    try:
        f(*xs)
    except BaseException as error:
        return [type(error).__name__, str(error)]
attempt")))

(def call
  "Call a function by Python."
  (delay (pb/run "lambda f, *xs: f(*xs)")))
