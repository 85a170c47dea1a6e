"""The class path: what is on it, that it is resolved once, and what is said when it cannot be."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import jpype
import pytest
from maven import Repository, deps, names, small_project

from pybridge.clojure import project
from pybridge.clojure.classpath import classpath
from pybridge.clojure.edn import forms
from pybridge.clojure.java import find_java
from pybridge.errors import StartError

ROOT = Path(__file__).parents[1]


def test_clojure_runs_on_it():
    command = [find_java().executable, "-cp", os.pathsep.join(classpath()), "clojure.main", "-e", "(clojure-version)"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.startswith('"1.12.')


def test_sources_come_before_jars_and_given_entries_before_both(monkeypatch, tmp_path):
    monkeypatch.setenv("PYBRIDGE_CLASSPATH", os.pathsep.join([str(tmp_path / "a.jar"), str(tmp_path / "b")]))
    given, sources = [str(tmp_path / "a.jar"), str(tmp_path / "b")], str(ROOT / "clj" / "src")
    entries = classpath(compiled=False)
    assert entries[:3] == [*given, sources]
    assert entries[3].endswith(".jar")
    if (compiled := classpath()) != entries:
        jpypes = str(Path(jpype.__file__).parents[1] / "org.jpype.jar")
        assert (compiled[:2], compiled[3:]) == (given, [jpypes, *entries[3:], sources])


def test_deps_edn_brings_clojure_and_no_library_besides():
    assert next(forms((ROOT / "deps.edn").read_text()))[":deps"].keys() == {"org.clojure/clojure"}


def test_the_tests_bring_their_folder_and_test_check():
    entries = classpath(tests=True)
    assert str(ROOT / "clj" / "test") in entries
    assert any("test.check" in entry for entry in entries)
    assert not any("test.check" in entry for entry in classpath())


@pytest.fixture
def repository(tmp_path, monkeypatch):
    with small_project(tmp_path, monkeypatch) as server:
        yield server


def test_what_a_jar_needs_comes_with_it(repository):
    assert names(classpath()) == ["clj", "main-1.0.jar", "core-1.0.jar"]
    assert names(classpath(tests=True)) == ["clj", "test", "main-1.0.jar", "core-1.0.jar", "extra-1.0.jar"]


def test_a_second_time_asks_nobody(repository):
    first = classpath()
    repository.asked.clear()
    assert classpath() == first
    assert repository.asked == []


def test_a_missing_jar_is_fetched_again(repository):
    jar = next(Path(entry) for entry in classpath() if "core" in entry)
    jar.unlink()
    assert str(jar) in classpath()
    assert jar.is_file()


def test_another_deps_edn_is_resolved_anew(repository):
    classpath()
    deps(repository, '{org.example/core {:mvn/version "1.0"}}')
    assert names(classpath()) == ["clj", "core-1.0.jar"]


def test_jars_of_the_users_own_repository_are_used(repository, tmp_path):
    repository.folder.rename(tmp_path / "m2")
    assert names(classpath()) == ["clj", "main-1.0.jar", "core-1.0.jar"]
    assert not any(path.endswith(".jar") for path in repository.asked)


def test_no_network_names_the_coordinate_and_what_to_do(repository):
    repository.shutdown()
    repository.server_close()
    with pytest.raises(StartError) as raised:
        classpath()
    assert re.fullmatch(
        r"the Clojure jars \(org.example/main 1.0\) could not be downloaded: "
        rf"{repository.url}/org/example/main/1.0/main-1.0.pom: no connection \(\[Errno \d+\] Connection refused\): "
        r"connect to the network once \(HTTPS_PROXY is heard\); later starts need none",
        str(raised.value),
    )


def test_a_version_that_does_not_exist_is_named(repository):
    deps(repository, '{org.example/core {:mvn/version "9.9"}}')
    with pytest.raises(
        StartError, match=r"the Clojure jars were not found \(org.example/core 9.9\): .*correct deps.edn"
    ):
        classpath()


def test_a_cache_that_cannot_be_written_is_named(repository, tmp_path):
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(StartError) as raised:
        classpath()
    assert str(raised.value) == (
        f"the Clojure jars cannot be kept in {tmp_path / 'cache/pybridge/jars'} (Not a directory): "
        "make room there or make it writable, or name another cache folder in XDG_CACHE_HOME"
    )


def take(repository: Repository, deps: str) -> None:
    """Use a project that asks for more."""
    home = repository.folder.parent / "own"
    home.mkdir()
    (home / "deps.edn").write_text(f"{{:deps {{org.example/{deps}}}}}")
    project.take(home)


def test_a_projects_jars_come_behind_ours_and_a_second_time_asks_nobody(repository):
    ours = classpath()
    take(repository, 'extra {:mvn/version "1.0"} org.example/main {:mvn/version "1.0"}')
    entries = classpath()
    assert (entries[: len(ours)], names(entries[len(ours) :])) == (ours, ["extra-1.0.jar"])
    repository.asked.clear()
    assert classpath() == entries
    assert repository.asked == []


def test_another_version_than_ours_comes_before_our_sources(repository):
    take(repository, 'core {:mvn/version "2.0"}')
    assert names(classpath()) == ["main-1.0.jar", "core-2.0.jar", "clj"]


def test_a_projects_repository_is_asked(repository):
    elsewhere = repository.folder / "mine/org/example"
    elsewhere.mkdir(parents=True)
    (repository.folder / "org/example/extra").rename(elsewhere / "extra")
    take(repository, f'extra {{:mvn/version "1.0"}}}} :mvn/repos {{"mine" {{:url "{repository.url}/mine"}}')
    assert names(classpath())[-1] == "extra-1.0.jar"


def test_what_a_project_asks_for_in_vain_names_its_file(repository):
    take(repository, 'extra {:mvn/version "9.9"}')
    with pytest.raises(StartError, match=r"not found \(.*extra 9.9\): .*: correct /.*/own/deps.edn$"):
        classpath()
