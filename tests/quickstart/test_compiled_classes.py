"""Compiled classes give what the sources give: variables, traces, and by `:reload` what is on disk."""

from __future__ import annotations

import re

import pytest
from projects import CODE

from pybridge.clojure.java import find_java

RELOADED = """
(require '[pybridge.core :as pb] '[pybridge.tensors :as t] 'pybridge.native.platform)
(def source (slurp "{core}"))
(alter-var-root #'pb/module (constantly (fn [_] :redefined)))
(def before (pb/module "math"))
(require 'pybridge.core :reload)
(def after (pb/call (pb/module "math") :sqrt 4))
(spit "{core}" (str source "\\n(def added-since 1)\\n"))
(require 'pybridge.core :reload-all)
(def added @(resolve 'pybridge.core/added-since))
(spit "{core}" source)
(println before after added @(t/sum [1 2]) (:file (meta #'pb/module)))
"""


def test_a_reload_evaluates_the_sources_as_they_are(project, tmp_path):
    core = project.root / "clj/src/pybridge/core.clj"
    (tmp_path / "reloaded.clj").write_text(RELOADED.format(core=core))
    done = project.pybridge("run", str(tmp_path / "reloaded.clj"))
    assert (done.stdout, done.stderr) == (":redefined 2.0 1 3 pybridge/core.clj\n", "")


TOGETHER = """
(let [names '[pybridge.core pybridge.tensors pybridge.graphs pybridge.native.bridge pybridge.ops pybridge.native.guest]]
  (run! deref (mapv (fn [n] (future (require n))) (concat names (reverse names)))))
(println ((resolve 'pybridge.core/run) "6 * 7"))
(println (map (comp some? resolve) '[pybridge.tensors/sum pybridge.graphs/evaluate pybridge.ops/+]))
(shutdown-agents)
"""


def test_threads_may_require_at_once(made):
    java = [find_java().executable, f"@{made.pybridge('java-options').stdout.strip()}"]
    for _ in range(3):
        done = made.run(*java, "clojure.main", "-e", TOGETHER)
        assert (done.returncode, done.stdout, done.stderr) == (0, "42\n(true true true)\n", "")


TOLD = """
(println "found" {code})
(require '[pybridge.core :as pb])
(try (pb/call (pb/module "math") :sqrt -1)
     (catch Exception e
       (doseq [frame (.getStackTrace e)]
         (println "frame" (.getClassName frame) (.getFileName frame) (.getLineNumber frame)))))
(doseq [file (file-seq (java.io.File. "{sources}"))
        :let [[_ path] (re-find #"(pybridge/[^/]+)\\\\.clj$" (str file))]
        :when path]
  (require (symbol (.replace (.replace path \\\\/ \\\\.) \\\\_ \\\\-))))
(doseq [namespace (sort-by ns-name (all-ns)) :when (re-find #"^pybridge\\\\." (str (ns-name namespace)))
        [variable v] (sort-by key (ns-interns namespace)) :when (not (re-find #"proxy" (str variable)))]
  (println (str v) (pr-str (select-keys (meta v) [:arglists :doc :macro :private :dynamic :file :line :added]))))
(doseq [namespace (sort-by ns-name (all-ns)) :when (re-find #"^pybridge\\\\." (str (ns-name namespace)))
        known [ns-map ns-aliases]]
  (doseq [[k v] (sort-by (comp str key) (known namespace)) :when (not (re-find #"proxy" (str k)))]
    (println (str namespace) k (cond-> v (instance? clojure.lang.Namespace v) ns-name))))
"""


@pytest.fixture(scope="module")
def compiled_and_sources(made, tmp_path_factory):
    """The lines that a program prints with the classes and without them."""
    program = tmp_path_factory.mktemp("program") / "told.clj"
    program.write_text(TOLD.replace("\\\\", "\\").format(code=CODE, sources=made.root / "clj/src"))
    both = [made.pybridge("run", str(program), **quick) for quick in ({}, {"PYBRIDGE_QUICK_START": "0"})]
    assert [done.stderr for done in both] == ["", ""]
    return [done.stdout.splitlines() for done in both]


def test_it_can_be_turned_off(made, compiled_and_sources):
    assert [lines[0] for lines in compiled_and_sources] == ["found [true true]", "found [false false]"]
    assert "not in force: PYBRIDGE_QUICK_START=0 turns it off" in made.doctor(PYBRIDGE_QUICK_START="0")


def test_a_trace_keeps_files_and_lines(compiled_and_sources):
    compiled, sources = map(frames_of_core, compiled_and_sources)
    assert compiled == sources != []


def frames_of_core(printed: list[str]) -> list[list[str]]:
    """The functions, files and lines of a trace; what Clojure numbers a function by is left out."""
    lines = [line.split() for line in printed if line.startswith("frame pybridge.core$")]
    return [[re.sub(r"__\d+", "", name), *place] for _, name, *place in lines]


def test_compiled_namespaces_have_the_same_variables_and_know_the_same(compiled_and_sources):
    compiled, sources = (
        [line for line in lines if not line.startswith(("found ", "frame "))] for lines in compiled_and_sources
    )
    assert compiled == sources
    assert len(compiled) > 60000
