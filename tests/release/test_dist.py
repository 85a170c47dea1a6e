"""What `make dist` builds, installed where nothing of pybridge is, as a user would; `make test-dist` runs this.

Only what is downloaded for a second time is shared: pip's cache and Clojure's jars.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest
from jgo.constants import MAVEN_CENTRAL_URL

import pybridge
from pybridge.clojure.classpath import jars
from pybridge.clojure.java import find_java
from pybridge.clojure.options import HOST

ROOT = Path(__file__).parents[2]
VERSION = pybridge.__version__
WHEEL, SDIST = f"pybridge_clj-{VERSION}-py3-none-any.whl", f"pybridge_clj-{VERSION}.tar.gz"
PACKAGE = f"pybridge-{VERSION}.tar"
JAR, COMPILED, POM = (f"pybridge-{VERSION}{kind}" for kind in (".jar", "-aot.jar", ".pom"))


pytestmark = pytest.mark.timeout(900)

LOOK = """(require '[pybridge.core :as pb] '[pybridge.tensors :as t])
          (println (pb/version) (str (System/getProperty "java.class.path" )) @(t/matmul [[1 2] [3 4]] [[1] [1]]))"""
SEEN = "[[3] [7]]"


def run(command: list, folder: Path, **environment: str) -> str:
    """What a program prints, which has to end well and to complain of nothing."""
    passed = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, cwd=folder, env=passed | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    return done.stdout


def build(checkout: Path, folder: Path, **environment: str) -> Path:
    run([sys.executable, "-m", "release", folder], checkout, PYTHONPATH=str(checkout), **environment)
    return folder


@pytest.fixture(scope="session")
def dist(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("release") / "dist")


def test_all_is_there(dist):
    assert {path.name for path in dist.iterdir()} == {WHEEL, SDIST, JAR, COMPILED, POM, PACKAGE, "lib"}


def test_another_copy_of_the_sources_gives_the_same_bytes(dist, tmp_path):
    checkout, cache = tmp_path / "copy", tmp_path / "cache"
    kept = [
        path
        for path in run(["git", "ls-files", "-co", "--exclude-standard"], ROOT).splitlines()
        if (ROOT / path).exists()
    ]
    for path in kept:
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, checkout / path)
    shutil.copytree(Path(jars()[0]).parents[1], cache / "pybridge" / "jars")
    again = build(checkout, tmp_path / "dist", XDG_CACHE_HOME=str(cache))
    files = [path.relative_to(dist) for path in dist.rglob("*") if path.is_file()]
    assert [str(path) for path in files if (dist / path).read_bytes() != (again / path).read_bytes()] == []


def test_the_pom_says_what_clojure_needs(dist):
    spaces = {"m": "http://maven.apache.org/POM/4.0.0"}
    pom = ElementTree.parse(dist / POM).getroot()
    found = {
        ":".join(dependency.findtext(f"m:{part}", "", spaces) for part in ("groupId", "artifactId", "optional"))
        for dependency in pom.iterfind(".//m:dependency", spaces)
    }
    assert found == {"org.clojure:clojure:", "clj-python:libpython-clj:true"}
    with zipfile.ZipFile(dist / JAR) as jar:
        assert jar.read("META-INF/maven/io.github.pybridge/pybridge/pom.xml") == (dist / POM).read_bytes()


@pytest.mark.parametrize("name", [JAR, COMPILED])
def test_a_jar_holds_the_sources(dist, name):
    sources = ROOT / "clj" / "src"
    with zipfile.ZipFile(dist / name) as jar:
        held = {entry: jar.read(entry) for entry in jar.namelist()}
    assert next(iter(held)) == "META-INF/MANIFEST.MF"
    assert all(len(line) <= 70 for line in held["META-INF/MANIFEST.MF"].decode().splitlines())
    for path in sources.rglob("*.clj"):
        assert held[path.relative_to(sources).as_posix()] == path.read_bytes()
    assert ("pybridge/core__init.class" in held) == (name == COMPILED)
    assert "clj-kondo.exports/io.github.pybridge/pybridge/config.edn" in held


def pip(folder: Path, *arguments: str | Path) -> None:
    """Run pip in an environment of the folder's own, which is fresh at first."""
    if not (folder / ".venv").exists():
        venv.create(folder / ".venv", with_pip=True)
    command = [folder / ".venv" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run([*command, *arguments], folder)


@pytest.fixture(scope="session")
def wheels(dist, tmp_path_factory):
    """A folder with an environment that has the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    pip(folder, "install", dist / WHEEL)
    return folder


def test_the_wheel(wheels):
    program = wheels / ".venv" / "bin" / "pybridge"
    assert run([program, "--version"], wheels) == f"pybridge {VERSION}\n"
    assert "The two agree to the last bit" in run([program, "demo"], wheels)
    assert (wheels / "demo" / "first-look.png").is_file()


def content(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel, but for those that name the program that has built it."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith(("/WHEEL", "/RECORD"))}


def test_pip_makes_the_same_wheel_of_the_sdist(dist, tmp_path):
    pip(tmp_path, "wheel", "--no-deps", "--wheel-dir", tmp_path, dist / SDIST)
    assert content(tmp_path / WHEEL) == content(dist / WHEEL)


@pytest.fixture(scope="session")
def repository(dist, tmp_path_factory):
    """A Maven repository with the jars, by its URL."""
    folder = tmp_path_factory.mktemp("repository")
    place = folder / "io" / "github" / "pybridge" / "pybridge" / VERSION
    place.mkdir(parents=True)
    for name in (JAR, COMPILED, POM):
        shutil.copyfile(dist / name, place / name)
        (place / f"{name}.sha1").write_text(hashlib.sha1((dist / name).read_bytes()).hexdigest())
    return folder.as_uri()


@pytest.mark.parametrize("kind, jar", [("", JAR), ("$aot", COMPILED)])
def test_the_jar_by_tools_deps(repository, wheels, tmp_path, kind, jar):
    project = f"""
        {{:deps {{io.github.pybridge/pybridge{kind} {{:mvn/version "{VERSION}"}}}}
          :mvn/local-repo "{tmp_path}/m2"
          :mvn/repos {{"here" {{:url "{repository}"}}}}}}"""
    java = find_java().executable
    (tmp_path / "resolve.clj").write_text("""
        (require '[clojure.string :as string] '[clojure.tools.deps :as deps])
        (let [basis (deps/create-basis {:user nil, :project (read-string (first *command-line-args*))})]
          (println (string/join ":" (:classpath-roots basis))))""")
    tools = os.pathsep.join(jars("release"))
    resolver = shutil.which("java") or java  # the system's own knows the certificates that the system trusts
    entries = run([resolver, "-cp", tools, "clojure.main", "resolve.clj", project], tmp_path).strip()
    assert jar in entries
    assert "libpython" not in entries
    (tmp_path / ".venv").symlink_to(wheels / ".venv")
    assert SEEN in run([java, *HOST, "-cp", entries, "clojure.main", "-e", LOOK], tmp_path)


def test_the_jar_by_leiningen(repository, wheels, tmp_path):
    lein = shutil.which("lein")
    if not lein:
        pytest.skip("there is no lein on PATH")
    options = " ".join(f'"{option}"' for option in HOST)
    (tmp_path / "project.clj").write_text(f"""
        (defproject first-look "0.1.0"
          :dependencies [[org.clojure/clojure "1.12.6"] [io.github.pybridge/pybridge "{VERSION}"]]
          :repositories ^:replace [["central" "{MAVEN_CENTRAL_URL}"] ["here" "{repository}"]]
          :local-repo "{tmp_path}/m2"
          :java-cmd "{find_java().executable}"
          :jvm-opts [{options}])""")
    (tmp_path / ".venv").symlink_to(wheels / ".venv")
    assert SEEN in run([lein, "with-profile", "provided", "run", "-m", "clojure.main", "-e", LOOK], tmp_path)


@pytest.mark.parametrize("name", [JAR, COMPILED])
def test_the_jar_by_java_alone(dist, wheels, name):
    """`java -jar` finds Clojure in `lib`, and its manifest has the options."""
    assert SEEN in run([find_java().executable, "-jar", dist / name, "-e", LOOK], wheels)
    entries = os.pathsep.join([str(dist / name), *jars()])
    assert SEEN in run([find_java().executable, *HOST, "-cp", entries, "clojure.main", "-e", LOOK], wheels)


def test_the_emacs_package(dist, wheels):
    emacs = shutil.which("emacs")
    if not emacs:
        pytest.skip("there is no emacs on PATH")
    (wheels / "look.org").write_text(
        "#+property: header-args :session look :async no\n"
        "#+begin_src python\nfrom pybridge import tensors as t\nx = t.ones([2])\nfloat(t.sum(x))\n#+end_src\n\n"
        "#+begin_src clojure\n(require '[pybridge.core :as pb])\n@(pb/from-python :x)\n#+end_src\n"
    )
    code = f"""
        (progn
          (setq package-user-dir "{wheels}/elpa" org-confirm-babel-evaluate nil)
          (package-initialize)
          (package-install-file "{dist}/{PACKAGE}")
          (require 'pybridge)
          (find-file "look.org")
          (pybridge-mode)
          (org-babel-execute-buffer)
          (princ (buffer-string))
          (kill-emacs 0))"""
    shown = run([emacs, "-Q", "--batch", "--eval", code], wheels)
    assert re.findall(r"^: (.*)", shown, re.MULTILINE) == ["2.0", "[1.0 1.0]"]
