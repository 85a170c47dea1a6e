"""`pybridge new`: the project that it writes runs at once, in each of its ways, and what it cannot write."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pybridge
from pybridge.clojure.classpath import classpath
from pybridge.clojure.edn import forms
from pybridge.clojure.java import find_java
from pybridge.clojure.options import HOST

ROOT = Path(__file__).parents[1]
PYBRIDGE = Path(sys.executable).with_name("pybridge")


def run(*words: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(words, capture_output=True, text=True, cwd=cwd, env=os.environ | environment)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A new project, whose name is another as a path."""
    folder = tmp_path_factory.mktemp("projects")
    done = run(PYBRIDGE, "new", "my-own.digits2", cwd=folder)
    made = folder / "my-own.digits2"
    assert (done.returncode, done.stdout) == (0, f"{made} is made; its README.md has the lines to begin with\n")
    assert list(folder.iterdir()) == [made]
    return made


def accuracy(done: subprocess.CompletedProcess) -> float:
    return float(re.search(r"accuracy (0\.\d+)", done.stdout)[1])


def test_each_way_to_run_it_that_its_readme_names_works(project):
    """But for those of the Clojure command line, which fetches the jar, and of setup!, which has its own test."""
    lines = re.findall(r"```sh\n(.*?)```", (project / "README.md").read_text(), re.DOTALL)[1].splitlines()
    path = f"{PYBRIDGE.parent}{os.pathsep}{os.environ['PATH']}"
    assert lines[0].endswith(f"pip install 'pybridge-clj=={pybridge.__version__}'")
    program, tests, notebook = (run("sh", "-c", line, cwd=project, PATH=path) for line in lines[1:])
    assert accuracy(program) > 0.8, program.stderr
    assert (tests.returncode, "0 failures, 0 errors" in tests.stdout) == (0, True), tests.stderr
    assert re.fullmatch(r"accuracy.clj: \[0\.\d+ 0\.8\d+\]\n", notebook.stdout), notebook.stderr


QUICK_TESTS = """
(ns my-own.digits2.core-test
  (:require [clojure.test :refer [deftest is]] [my-own.digits2.core] [pybridge.core :as pb]))
(deftest python-adds (is (= SUM (pb/run "1 + 1"))))
"""


def test_java_runs_the_tests_by_what_deps_edn_says(project, tmp_path):
    edn = next(forms((project / "deps.edn").read_text()))
    alias = edn[":aliases"][":test"]
    java = [find_java().executable, *alias[":jvm-opts"]]
    entries = os.pathsep.join([*edn[":paths"], *alias[":extra-paths"], *classpath()])
    command = [*java, "-cp", entries, "clojure.main", *alias[":main-opts"]]
    own = tmp_path / "project"
    shutil.copytree(project, own)
    for sum_of_both, status in ((2, 0), (3, 1)):
        tests = QUICK_TESTS.replace("SUM", str(sum_of_both))
        (own / "test" / "my_own" / "digits2" / "core_test.clj").write_text(tests)
        done = run(*command, cwd=own, PYBRIDGE_PYTHON=sys.executable)
        assert (done.returncode, done.stderr) == (status, ""), done.stdout


def test_its_files_are_what_each_tool_reads(project):
    edn = next(forms((project / "deps.edn").read_text()))
    own = next(forms((ROOT / "deps.edn").read_text()))
    nrepl = ":nrepl"
    assert edn[":deps"] == {
        **own[":deps"],
        "io.github.pybridge/pybridge": {":mvn/version": pybridge.__version__},
    }
    assert edn[":aliases"][nrepl][":extra-deps"] == own[":aliases"][nrepl][":extra-deps"]
    assert edn[":aliases"][nrepl][":main-opts"] == own[":aliases"][nrepl][":main-opts"]
    for alias in edn[":aliases"].values():
        assert alias[":jvm-opts"][: len(HOST)] == tuple(HOST)
    (sequence,) = json.loads((project / ".vscode/settings.json").read_text())["calva.replConnectSequences"]
    assert sequence["customJackInCommandLine"] == ".venv/bin/pybridge nrepl"
    assert "/.venv/" in (project / ".gitignore").read_text().splitlines()
    texts = [path.read_text() for path in project.rglob("*") if path.is_file()]
    assert not [text for text in texts if re.search(r"\b(NAME|PYBRIDGE|CLOJURE|NREPL|CIDER)\b", text)]


@pytest.mark.skipif(not shutil.which("emacs"), reason="no Emacs")
def test_emacs_reads_its_settings(project):
    code = """
        (with-temp-buffer
          (insert-file-contents ".dir-locals.el")
          (princ (alist-get 'cider-clojure-cli-aliases (alist-get nil (read (current-buffer))))))"""
    done = run("emacs", "--batch", "-Q", "--eval", code, cwd=project)
    assert (done.returncode, done.stdout) == (0, ":dev:test"), done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "",
        "My-App",
        "my app",
        "../there",
        "a/b",
        "-a",
        "a-",
        "a..b",
        "1a",
        "clojure.x",
        "java",
        "nrepl.x",
        "pybridge",
        "a_b",
    ],
)
def test_a_name_that_is_no_namespace_is_refused(name, tmp_path):
    done = run(PYBRIDGE, "new", "--", name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        f"pybridge: {name!r} is no name for a project: take small letters, digits, hyphens and dots, "
        "such as my-project, and begin with none of cider, clojure, java, nrepl, pybridge\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").write_text("kept")
    (tmp_path / "file").write_text("kept")
    for name in ("mine", "file"):
        done = run(PYBRIDGE, "new", name, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(
            f"pybridge: {tmp_path / name} is there already: take another name, or another folder\n"
        )
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "mine", "notes"]
    (tmp_path / "empty").mkdir()
    assert run(PYBRIDGE, "new", "empty", cwd=tmp_path).returncode == 0


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    done = run("sh", "-c", f"ulimit -f 1; exec {PYBRIDGE} new mine", cwd=tmp_path)
    assert done.returncode != 0
    assert list(tmp_path.iterdir()) == []
