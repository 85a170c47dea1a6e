"""Compiled classes give what the sources give: variables, traces, and by `:reload` what is on disk."""

from __future__ import annotations

import re

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


def test_a_trace_keeps_files_and_lines(project, tmp_path):
    program = tmp_path / "fails.clj"
    program.write_text(
        "(require '[pybridge.core :as pb])\n"
        '(try (pb/call (pb/module "math") :sqrt -1)\n'
        "     (catch Exception e\n"
        "       (doseq [frame (.getStackTrace e)]\n"
        "         (println (.getClassName frame) (.getFileName frame) (.getLineNumber frame)))))"
    )
    compiled = project.pybridge("run", str(program)).stdout
    sources = project.pybridge("run", str(program), PYBRIDGE_QUICK_START="0").stdout
    assert frames_of_core(compiled) == frames_of_core(sources) != []


def frames_of_core(printed: str) -> list[list[str]]:
    """The functions, files and lines of a trace; what Clojure numbers a function by is left out."""
    lines = [line.split() for line in printed.splitlines() if line.startswith("pybridge.core$")]
    return [[re.sub(r"__\d+", "", name), *place] for name, *place in lines]


TOGETHER = """
(let [names '[pybridge.core pybridge.tensors pybridge.graphs pybridge.native.bridge pybridge.ops pybridge.native.guest]]
  (run! deref (mapv (fn [n] (future (require n))) (concat names (reverse names)))))
(println ((resolve 'pybridge.core/run) "6 * 7") @((resolve 'pybridge.tensors/sum) [1 2]))
(shutdown-agents)
"""


def test_threads_may_require_at_once(made):
    for _ in range(3):
        done = made.run(
            find_java().executable, f"@{made.pybridge('java-options').stdout.strip()}", "clojure.main", "-e", TOGETHER
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "42 3\n", "")


VARIABLES = """
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


def test_compiled_namespaces_have_the_same_variables_and_know_the_same(made, tmp_path):
    program = tmp_path / "variables.clj"
    program.write_text(VARIABLES.replace("\\\\", "\\").format(sources=made.root / "clj/src"))
    compiled = made.pybridge("run", str(program))
    sources = made.pybridge("run", str(program), PYBRIDGE_QUICK_START="0")
    assert compiled.stdout.splitlines() == sources.stdout.splitlines()
    assert len(compiled.stdout.splitlines()) > 60000, compiled.stderr
