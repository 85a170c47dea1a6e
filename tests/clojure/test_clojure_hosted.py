"""`pybridge.clojure` in a Python that a JVM hosts: it is that JVM's Clojure."""

from __future__ import annotations

from programs import clojure


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


def test_a_python_whose_pybridge_is_incomplete_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "pybridge").mkdir()
    (tmp_path / "pybridge" / "__init__.py").touch()
    done = clojure("(require '[pybridge.core :as pb]) (pb/start!)", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert (
        "this Python cannot import pybridge (No module named 'pybridge.clojure'); install pybridge there" in done.stderr
    )
