"""What reloads namespaces of a program leaves pybridge's alone: tensors, handles and trained networks stay usable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from programs import clojure
from test_namespaces import files, namespace

# What tools.namespace's `refresh` does, CIDER's as well: unless its metadata forbids it, it removes a namespace, and
# Clojure's note that it is loaded; then it loads all again, and for the first time those that nobody has loaded.
REFRESH = """
(require '[pybridge.core :as pb] '[pybridge.tensors :as t] '[pybridge.models :as models])
(def net (models/sequential [[:dense 1]] :input-shape [1] :seed 1))
(def x (t/ones [4 1]))
(def listed (pb/->py [1 2 3]))
(defn works []
  [@(t/sum x) (t/shape (models/predict net x)) (count listed) (pb/run "1 + 1") (map inc listed) (t/shape x)])
(def before (works))
(def names '[{names}])
(defn allowed [names] (remove #(false? (:clojure.tools.namespace.repl/load (meta (find-ns %)))) names))
(dotimes [_ 2]
  (doseq [n (filter find-ns (allowed names))]
    (remove-ns n)
    (dosync (commute @#'clojure.core/*loaded-libs* disj n)))
  (doseq [n (allowed names)] (require n :reload)))
(println (= before (works)) (count before) (allowed names) (count (filter find-ns names)))
(shutdown-agents)
"""

RELOAD_ALL = """
(require 'theirs)
(def made @(resolve 'theirs/made))
(require 'theirs :reload-all)
(def total (resolve 'theirs/total))
(println @(total made) @(total @(resolve 'theirs/made)) (count @(resolve 'theirs/listed)))
"""


@pytest.mark.parametrize("quick", ["1", "0"], ids=["compiled", "sources"])
def test_a_refresh_loads_what_was_not_and_removes_nothing(quick, monkeypatch):
    monkeypatch.setenv("PYBRIDGE_QUICK_START", quick)
    texts = {path: path.read_text(encoding="utf-8") for path in files()}
    names = sorted(namespace(path) for path, text in texts.items() if "\n(ns " in f"\n{text}")
    done = clojure(REFRESH.format(names=" ".join(names)))
    assert done.stdout.splitlines()[-1:] == [f"true 6 () {len(names)}"], done.stdout + done.stderr


@pytest.mark.parametrize("quick", ["1", "0"], ids=["compiled", "sources"])
def test_a_reload_of_all_that_a_namespace_requires_keeps_what_was_made(tmp_path, quick, monkeypatch):
    monkeypatch.setenv("PYBRIDGE_QUICK_START", quick)
    monkeypatch.setenv("PYBRIDGE_CLASSPATH", str(tmp_path))
    (tmp_path / "theirs.clj").write_text("""
(ns theirs (:require [pybridge.core :as pb] [pybridge.tensors :as t]))
(def made (t/ones [3]))
(def listed (pb/->py [1 2]))
(defn total [x] (t/sum x))
""")
    done = clojure(RELOAD_ALL)
    assert done.stdout.splitlines()[-1:] == ["3.0 3.0 2"], done.stdout + done.stderr


# Each thread asks for one namespace, and then for what is defined last in it. Sources know of threads once one of
# them is loaded.
AT_ONCE = """
(when (= "0" (System/getenv "PYBRIDGE_QUICK_START")) (require 'pybridge.core))
(def lasts '{lasts})
(def start (promise))
(defn thread [[namespace last-name]]
  (future @start
          (require namespace)
          (let [found (ns-resolve namespace last-name)]
            (when-not (and found (bound? found)) [namespace last-name]))))
(def threads (mapv thread (concat lasts lasts)))
(deliver start true)
(println (count threads) (vec (keep deref threads)) ((resolve 'pybridge.core/run) "6 * 7"))
(shutdown-agents)
"""


@pytest.mark.parametrize("quick", ["1", "0"], ids=["compiled", "sources"])
def test_threads_may_require_at_once(quick, monkeypatch):
    monkeypatch.setenv("PYBRIDGE_QUICK_START", quick)
    names = ["core", "tensors", "ops", "models", "training", "autodiff", "linalg", "naive", "data", "plot"]
    paths = {namespace(path): path for path in files()}
    lasts = {name: last_definition(paths[name]) for name in (f"pybridge.{name}" for name in names)}
    for _ in range(3):
        done = clojure(AT_ONCE.format(lasts="{" + " ".join(f"{name} {last}" for name, last in lasts.items()) + "}"))
        assert done.stdout.splitlines()[-1:] == ["20 [] 42"], done.stdout + done.stderr


def last_definition(path: Path) -> str:
    return re.findall(r"^\(defn-? (?:\^\S+ )*(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE)[-1]
