"""A Clojure project of one's own: its sources, dependencies and folders, as commands find them."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pybridge.clojure import project as module
from pybridge.clojure import quickstart
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java
from pybridge.clojure.project import find_project, read_project, source_root
from pybridge.errors import StartError

ROOT = Path(__file__).parents[1]
PYBRIDGE = Path(sys.executable).with_name("pybridge")


def pybridge(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [PYBRIDGE, *arguments], capture_output=True, text=True, cwd=cwd, env=os.environ | environment, input=""
    )


def layout(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def take(monkeypatch):
    """`project.take` for this test only."""
    monkeypatch.setattr(module, "_taken", [])
    return module.take


# Which file, what it says of paths, and the folder that the sources are in.
LAYOUTS = {
    "deps.edn": ("deps.edn", '{:deps {io.github.pybridge/pybridge {:mvn/version "0.1.0"}}}', "src"),
    "deps.edn, paths": ("deps.edn", '{:paths ["nowhere" "main/clj" :alias]}', "main/clj"),
    "deps.edn, empty": ("deps.edn", "", "src"),
    "project.clj": ("project.clj", '(defproject a/b "0.1" :dependencies [[org.clojure/clojure "1.12.6"]])', "src"),
    "project.clj, paths": (
        "project.clj",
        '(def v "1")\n(defproject b ~v\n  :url #"x" :source-paths ["main/clj" ~extra] :resource-paths ~[])',
        "main/clj",
    ),
}
FILES = {
    "my_own/neighbour.clj": "(ns my-own.neighbour)\n(def answer 42)\n",
    "my_own/app.clj": "(ns my-own.app (:require [my-own.neighbour :as neighbour]))\n(println neighbour/answer)\n",
    "data.edn": "43",
}


BELOW = {
    "notes.org": "#+begin_src clojure\n(require 'my-own.neighbour) my-own.neighbour/answer\n#+end_src",
    "program.py": "from pybridge import clojure\nprint(clojure.require('my-own.neighbour').answer)",
}
ASKED = '(require \'my-own.neighbour) [my-own.neighbour/answer (slurp (clojure.java.io/resource "data.edn"))]'

# Where each command is called in, with what, and what it prints. Every layout is read in the same way for all of them.
COMMANDS = {
    "eval": ("notes/deep", ["eval", "--clojure", ASKED], '[42 "43"]'),
    "a program": ("notes/deep", ["run", "{project}/{sources}/my_own/app.clj"], "42"),
    "a notebook": ("{elsewhere}", ["run", "{project}/notes/deep/notes.org"], "clojure: 42"),
    "a program in Python": ("{elsewhere}", ["run", "{project}/notes/deep/program.py"], "42"),
    "repl": ("", ["repl", "-e", ASKED], '[42 "43"]'),
}


@pytest.mark.parametrize("name, command", list(zip(LAYOUTS, COMMANDS, strict=True)))
def test_each_command_finds_the_sources_from_any_folder_of_the_project(name, command, tmp_path):
    file, text, sources = LAYOUTS[name]
    layout(tmp_path, {file: text} | {f"{sources}/{path}": code for path, code in FILES.items()})
    below = layout(tmp_path / "notes" / "deep", BELOW)
    for folder, words, printed in (COMMANDS[command], COMMANDS["repl"]):
        names = {"project": tmp_path, "sources": sources, "elsewhere": ROOT}
        ended = pybridge(*[word.format(**names) for word in words], cwd=tmp_path / folder.format(**names))
        assert ended.stdout.splitlines()[-1] == printed, ended.stderr
    assert str(tmp_path / sources) in pybridge("classpath", cwd=below).stdout.rstrip("\n").split(os.pathsep)


def test_a_jupyter_cell_finds_them_too(tmp_path):
    layout(tmp_path, {"deps.edn": "{}", "below/x": ""})
    layout(tmp_path / "src", FILES)
    cells = "%load_ext pybridge.session\n%clojure (require 'my-own.neighbour) (println my-own.neighbour/answer)"
    command = [sys.executable, "-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=NoColor", "-c", cells]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path / "below")
    assert "42" in ended.stdout.splitlines(), ended.stdout + ended.stderr


def test_an_nrepl_server_finds_them_too(tmp_path):
    server = "(ns nrepl.cmdline (:require [my-own.neighbour :as n])) (defn -main [& _] (println n/answer))"
    layout(tmp_path, {"deps.edn": "{}", "server/nrepl/cmdline.clj": server, "below/x": ""})
    layout(tmp_path / "src", FILES)
    ended = pybridge("nrepl", "--classpath", str(tmp_path / "server"), cwd=tmp_path / "below")
    assert ended.stdout == "42\n", ended.stderr


@pytest.mark.parametrize("path", ["src/my_own/app.clj", "my_own/app.clj", "a/my_own/b/my_own/app.clj"])
def test_a_program_finds_its_neighbour_where_there_is_no_project(path, tmp_path):
    folder = Path(path).parents[1]
    layout(tmp_path, {f"{folder}/{name}": code for name, code in FILES.items()})
    inside = tmp_path / folder / "my_own"
    for cwd in (tmp_path, inside) if path == "my_own/app.clj" else (inside,):
        ended = pybridge("run", os.path.relpath(tmp_path / path, cwd), cwd=cwd)
        assert (ended.returncode, ended.stdout) == (0, "42\n"), ended.stderr


HEADS = {
    "(ns {name})": True,
    '#!/usr/bin/env pybridge\n;; (ns other)\n(ns ^{{:doc "it"}} {name} "(ns other)" (:require [a.b]))': True,
    "(set! *warn-on-reflection* true)\n(ns {name})\n(broken": True,
    "(in-ns '{name})": True,
    "(println 1)": False,
    "(broken": False,
}


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("head", HEADS)
def test_the_root_of_a_source_is_where_its_namespace_is_found_from(head, depth, tmp_path):
    parts = ["one-two", "b", "c-d"][-depth:]
    name, code = "/".join(parts).replace("-", "_") + ".clj", head.format(name=".".join(parts))
    file = layout(tmp_path / "root", {name: code}) / name
    assert source_root(file) == (tmp_path / "root" if HEADS[head] else file.parent)
    moved = layout(tmp_path / "elsewhere", {"moved.clj": code}) / "moved.clj"
    assert source_root(moved) == moved.parent


def test_the_nearest_project_counts_and_a_checkout_of_pybridge_is_none(tmp_path, monkeypatch):
    layout(tmp_path, dict.fromkeys(["deps.edn", "a/project.clj", "a/b/deps.edn", "a/b/project.clj", "a/b/c/x"], ""))
    assert find_project(tmp_path / "a/b/c") == tmp_path / "a/b/deps.edn"
    assert find_project(tmp_path / "a") == tmp_path / "a/project.clj"
    monkeypatch.setenv("HOME", str(tmp_path / "a/b/c"))
    assert find_project(tmp_path / "a/b/c") is None
    assert find_project(ROOT) is find_project(ROOT / "docs") is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to somebody else")
@pytest.mark.parametrize("other", [".", "deps.edn"])
def test_what_belongs_to_somebody_else_above_a_folder_is_not_loaded(other, tmp_path):
    layout(tmp_path, dict.fromkeys(["a/deps.edn", "a/b/c/x"], ""))
    assert find_project(tmp_path / "a/b/c") == tmp_path / "a/deps.edn"
    os.chown(tmp_path / "a" / other, 12345, 12345)
    assert find_project(tmp_path / "a/b/c") is None
    assert find_project(tmp_path / "a") == tmp_path / "a/deps.edn"


MAVEN = {"org.example/main": "1.0", "solo/solo": "2.0", "org.example/fast$linux": "3.0"}
FORMS = {
    "deps.edn": """{:deps {org.example/main {:mvn/version "1.0" :exclusions [a/b]}
                           solo #:mvn{:version "2.0"}
                           #_#_ gone/gone {:mvn/version "1"}
                           org.example/fast$linux {:mvn/version "3.0"}
                           io.github.pybridge/pybridge {:git/url "https://example.org" :git/sha "1"}
                           io.github.pybridge/pybridge$aot {:mvn/version "0.1.0"}}
                    :mvn/repos {"own" {:url "https://example.org/jars"} "central" nil}}""",
    "project.clj": """(defproject org.example/own "1.0-SNAPSHOT"
                        :description "An example" :license {:name "MIT"} :main ^:skip-aot own.core
                        :dependencies [[org.example/main "1.0" :exclusions [a/b]] [solo "2.0" :scope "provided"]
                                       #_[gone/gone "1"] [org.example/fast "3.0" :classifier "linux"]
                                       [io.github.pybridge/pybridge "0.1.0" :classifier "aot"]]
                        :repositories [["own" {:url "https://example.org/jars" :password ~(secret)}] ["s" ~url]]
                        :profiles {:dev {:dependencies [[other/other "9"]]}})""",
}


@pytest.mark.parametrize("name", FORMS)
def test_dependencies_and_repositories_are_read(name, tmp_path):
    project = read_project(layout(tmp_path, {name: FORMS[name]}) / name)
    assert (project.wanted, project.repositories) == (MAVEN, {"own": "https://example.org/jars"})
    assert (project.refused, project.jars) == ([], [])


def test_local_projects_and_jars_come_along_and_the_nearer_version_counts(tmp_path):
    layout(
        tmp_path,
        {
            "own/deps.edn": '{:paths ["code"] :deps {near/one {:local/root "../near"}'
            f' far/one {{:local/root "{tmp_path}/far"}} jar/one {{:local/root "../one.jar"}}'
            ' a/a {:mvn/version "1"} same/same {:mvn/version "1"}}}',
            "own/code/x": "",
            "near/project.clj": '(defproject near "1" :dependencies [[a/a "2"] [b/b "2"] [same "2"]])',
            "near/src/x": "",
            "far/deps.edn": '{:deps {near/one {:local/root "../near"} own/own {:local/root "../own"}}}',
            "far/src/x": "",
            "one.jar": "",
        },
    )
    project = read_project(tmp_path / "own/deps.edn")
    assert project.folders == [str(tmp_path / name) for name in ("own/code", "near/src", "far/src")]
    assert project.jars == [str(tmp_path / "one.jar")]
    assert project.wanted == {"a/a": "1", "b/b": "2", "same/same": "1"}


def test_jars_and_folders_of_a_project_stand_where_javas_cache_does_not_end(take, tmp_path):
    java, alone = find_java(), classpath()
    with zipfile.ZipFile(tmp_path / "one.jar", "w") as jar:
        jar.writestr("in_a_jar.clj", "(ns in-a-jar)")
    layout(tmp_path, {"deps.edn": '{:deps {jar/one {:local/root "one.jar"}}}', "src/x": ""})
    take(tmp_path)
    entries = classpath()
    jars = [entry for entry in alone if entry.endswith(".jar")]
    if quickstart.classes():
        assert entries == [*jars, str(tmp_path / "one.jar"), *alone[len(jars) :], str(tmp_path / "src")]
    assert quickstart.java_options(java, entries) == quickstart.java_options(java, alone)


@pytest.mark.parametrize("option", [True, False], ids=["--classpath", "PYBRIDGE_CLASSPATH"])
def test_what_is_given_comes_first(option, tmp_path):
    layout(tmp_path, {f"{name}/which.clj": f"(ns which) (def name :{name})" for name in ("front", "next", "src")})
    (tmp_path / "deps.edn").write_text("{}")
    words, variable = (["--classpath", "front"], "next") if option else ([], "front")

    def printed(command: str, *more: str) -> str:
        ended = pybridge(command, *words, *more, cwd=tmp_path, PYBRIDGE_CLASSPATH=variable)
        return ended.stdout.splitlines()[-1]

    code = "(require 'which) which/name"
    (tmp_path / "x.clj").write_text("(require 'which) (println which/name)")
    assert printed("repl", "-e", code) == ":front"
    if option:
        assert printed("eval", "--clojure", code) == printed("run", "x.clj") == ":front"
    assert printed("classpath").split(os.pathsep)[: len(words) or 1] == ["front", "next"][: len(words) or 1]


REFUSED = (
    "{file} asks for some/library in a way that pybridge does not fetch (it takes :mvn/version and :local/root): "
    'give the whole class path, --classpath "$({tool})"'
)
BROKEN = {
    "a dependency from git": (
        "deps.edn",
        '{:deps {some/library {:git/url "https://example.org/x.git" :git/sha "1"}}}',
        REFUSED.format(file="{file}", tool="clojure -Spath"),
    ),
    "a computed version": (
        "project.clj",
        '(defproject a "1" :dependencies [[some/library ~version]])',
        REFUSED.format(file="{file}", tool="lein classpath"),
    ),
    "no version": (
        "project.clj",
        '(defproject a "1" :dependencies [[some/library]])',
        REFUSED.format(file="{file}", tool="lein classpath"),
    ),
    "a folder that is not there": (
        "deps.edn",
        '{:deps {some/library {:local/root "../gone"}}}',
        "{file} asks for some/library in {parent}/gone, where there is no deps.edn, project.clj or jar",
    ),
    "cut short": ("deps.edn", '{:paths ["src"]\n :deps {', "{file} cannot be read: line 2: {{ is not closed"),
    "closed wrongly": ("project.clj", "(defproject a]", "{file} cannot be read: line 1: ] where ) should be, for ("),
    "too deep": ("deps.edn", "[" * 100_000, "{file} cannot be read: line 1: forms that are nested too deeply"),
    "no map": ("deps.edn", '["src"]', '{file} does not hold a map such as {{:paths ["src"]}}'),
    "no project": ("project.clj", "(def x 1)", '{file} has no (defproject name "version" …)'),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_read_or_fetched_is_one_sentence(case, take, tmp_path):
    name, text, says = BROKEN[case]
    file = layout(tmp_path / "own", {name: text}) / name
    take(file.parent)
    with pytest.raises(StartError) as raised:
        classpath()
    assert str(raised.value) == says.format(file=file, parent=tmp_path)


def test_a_command_says_it_so_but_not_where_the_class_path_is_given(tmp_path):
    name, text, says = BROKEN["a dependency from git"]
    file = layout(tmp_path, {name: text, "src/mine.clj": "(ns mine) (def x 1)"}) / name
    ended = pybridge("repl", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"pybridge: {says.format(file=file)}\n")
    assert pybridge("eval", "1 + 1", cwd=tmp_path).stdout == "2\n"
    line = ["eval", "--clojure", "--classpath", "elsewhere", "(require 'mine) mine/x"]
    assert pybridge(*line, cwd=tmp_path).stdout == "1\n"
    file.write_text('{:deps {org.example.nowhere/lib {:mvn/version "1"}}}')
    assert pybridge("classpath", "--classpath", "elsewhere", cwd=tmp_path).returncode == 0
    (tmp_path / "program.clj").write_text("(require 'mine) (println mine/x)")
    assert pybridge("run", "--classpath", "elsewhere", "program.clj", cwd=tmp_path).stdout == "1\n"
