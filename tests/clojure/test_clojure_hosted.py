"""`pybridge.clojure` in a Python that a JVM hosts: it is that JVM's Clojure."""

from __future__ import annotations

import os

from programs import clojure, finished

from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java


def test_it_is_the_same_clojure():
    done = clojure("""
        (require '[pybridge.core :as pb])
        (def here (atom [1 2]))
        (pb/run "from pybridge import clojure")
        (prn (pb/run "clojure.eval('(swap! user/here conj 3)')"))
        (prn @here)
        (prn (pb/run "clojure.show('{:a [1 2]}')"))
        (prn (pb/run "clojure.require('clojure.string').upper_case('two languages')"))
        (pb/run "clojure.clj.from_python = lambda x: x + 1")
        (prn ((resolve 'user/from-python) 41))
        (def n 5)
        (prn (pb/run "[clojure.clj.n, 'here' in dir(clojure.clj)]"))
        (pb/run "
def told():
    try:
        clojure.eval('(throw (ex-info (str :no) {:n 1}))')
    except RuntimeError as error:
        return [type(error).__name__, str(error), error.data]")
        (prn ((pb/from-python :told)))
        (shutdown-agents)
    """)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if not line.startswith("#'")] == [
        "[1 2 3]",
        "[1 2 3]",
        '["{:a [1 2]}" {:a [1 2]}]',
        '"TWO LANGUAGES"',
        "42",
        "[5 true]",
        '["ClojureError" ":no" {:n 1}]',
    ]


def test_an_application_that_was_compiled_ahead_of_time(tmp_path):
    (tmp_path / "application.clj").write_text("""
        (ns application (:gen-class) (:require [pybridge.core :as pb]))
        (defn -main [x]
          (println ((pb/run "lambda f, x: f(int(x))") inc x))
          (println (try (pb/run "1 / 0") (catch Exception error (ex-message error))))
          (System/exit 3))
    """)
    places = os.pathsep.join([str(tmp_path), *classpath()])
    java = [str(find_java().executable), "--enable-native-access=ALL-UNNAMED", "-cp", places]
    code = f"""(binding [*compile-path* "{tmp_path}"] (compile 'application))"""
    assert finished([*java, "clojure.main", "-e", code], {}).returncode == 0
    done = finished([*java, "application", "41"], {})
    assert (done.returncode, done.stdout) == (3, "42\nZeroDivisionError: division by zero\n"), done.stderr
