"""The quick start: where it cannot be in force, the program runs, prints nothing of that, and doctor says why."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from pybridge.clojure.classpath import jars
from pybridge.clojure.java import find_java

ROOT = Path(__file__).parents[1]

# Whether pybridge's classes are on the class path, and whether this process has one of Java's caches in its memory.
CODE = """
(do (require 'pybridge.core)
    [(some? (clojure.lang.RT/getResource (clojure.lang.RT/baseLoader) "pybridge/core__init.class"))
     (with-open [maps (java.io.BufferedReader. (java.io.FileReader. "/proc/self/maps"))]
       (boolean (some #(re-find #"/java-[0-9a-f]+\\.(aot|jsa)" %) (line-seq maps))))])
"""

MAIN = "from pybridge.cli import main; main()"


class Project(NamedTuple):
    """A copy of pybridge with a cache folder of its own."""

    root: Path
    cache: Path

    @property
    def quickstart(self) -> Path:
        return self.cache / "pybridge" / "quickstart"

    @property
    def jar(self) -> Path:
        return next(self.quickstart.glob("pybridge-*.jar"))

    @property
    def java_cache(self) -> Path:
        return next(path for kind in ("aot", "jsa") for path in self.quickstart.glob(f"java-*.{kind}"))

    def run(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess:
        process = self.popen(command, environment)
        out, err = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def popen(self, command: Sequence[str | Path], environment: dict[str, str], **options: object) -> subprocess.Popen:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYBRIDGE_")}
        given = {"PYTHONPATH": str(self.root), "XDG_CACHE_HOME": str(self.cache), "PYBRIDGE_PYTHON": sys.executable}
        return subprocess.Popen(
            list(map(str, command)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=kept | given | environment,
            cwd=self.root,
            **options,
        )

    def start(self, *arguments: str, **options: object) -> subprocess.Popen:
        return self.popen([sys.executable, "-c", MAIN, *arguments], {}, **options)

    def pybridge(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return self.run(sys.executable, "-c", MAIN, *arguments, **environment)

    def found(self, **environment: str) -> list[bool]:
        """[compiled?, cached?] in a process that pybridge starts; nothing else may be printed, on either stream."""
        done = self.pybridge("eval", "--clojure", CODE, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout.replace(" ", ","))

    def doctor(self, **environment: str) -> str:
        code = "from pybridge.cli.doctor import _quick_start; print(*_quick_start())"
        return self.run(sys.executable, "-c", code, **environment).stdout


def new_project(folder: Path) -> Project:
    project = Project(folder / "project", folder / "cache")
    for name in ("pybridge", "clj"):
        shutil.copytree(ROOT / name, project.root / name, ignore=shutil.ignore_patterns("__pycache__", "_shipped"))
    shutil.copy(ROOT / "deps.edn", project.root)
    downloaded = Path(jars()[0]).parent
    shutil.copytree(downloaded, project.cache / "pybridge" / "jars" / downloaded.name)
    return project


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with its quick start made by the command that makes it; twice at once, which must come to the same."""
    project = new_project(tmp_path_factory.mktemp("made"))
    both = [project.start("prepare") for _ in range(2)]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert [out for out, _ in said] == [f"{project.jar}\n{project.java_cache}\n"] * 2
    return project


@pytest.fixture
def project(made):
    """The same, as it was after each test."""
    kept = {path: path.with_name(f"kept-{path.name}") for path in (made.jar, made.java_cache)}
    core = made.root / "clj/src/pybridge/core.clj"
    times = {path: (path.stat().st_atime_ns, path.stat().st_mtime_ns) for path in (*kept, core)}
    source = core.read_bytes()
    for path, copy in kept.items():
        os.link(path, copy)
    yield made
    for path, copy in kept.items():
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        copy.rename(path)
    core.write_bytes(source)
    for path, when in times.items():
        os.utime(path, ns=when)


def test_two_that_make_it_at_once_leave_one_of_each_and_nothing_half_done(made):
    assert len(list(made.quickstart.glob("pybridge-*"))) == 1
    assert not list(made.quickstart.glob("partial-*"))
    assert made.found() == [True, True]
    assert made.doctor().startswith(f"in force: Clojure is compiled, {made.jar}, and Java has its cache of it")


def test_it_can_be_turned_off(made):
    assert made.found(PYBRIDGE_QUICK_START="0") == [False, False]
    assert "not in force: PYBRIDGE_QUICK_START=0 turns it off" in made.doctor(PYBRIDGE_QUICK_START="0")


def test_another_value_is_refused(made):
    done = made.pybridge("eval", "--clojure", "1", PYBRIDGE_QUICK_START="off")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "pybridge: PYBRIDGE_QUICK_START is 'off': "
        "give 0 (to do without) or manual (to make nothing unasked), or leave it out\n"
    )


def test_a_changed_source_runs_and_no_old_class(project):
    with open(project.root / "clj/src/pybridge/core.clj", "a") as source:
        source.write("\n(def changed 1)\n")
    assert project.found() == [False, False]
    assert project.pybridge("eval", "--clojure", "(require 'pybridge.core) pybridge.core/changed").stdout == "1\n"
    assert "not compiled, or has changed since: `pybridge prepare` compiles it" in project.doctor()


def rewrite(path: Path, content: bytes) -> None:
    """Write a new file at a path; the old one may have another name."""
    path.unlink()
    path.write_bytes(content)


def cut(path: Path) -> None:
    rewrite(path, path.read_bytes()[:-1000])


def one_bit_changed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    rewrite(path, bytes(content))


def emptied(path: Path) -> None:
    rewrite(path, b"")


def missing(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def touched(path: Path) -> None:
    os.utime(path)


@pytest.mark.parametrize("harm", [cut, one_bit_changed, emptied, missing, a_folder])
def test_a_harmed_jar_is_left_alone(project, harm):
    harm(project.jar)
    assert "not in force" in project.doctor()
    assert "`pybridge prepare` compiles it" in project.doctor()
    if harm is cut:
        assert project.found() == [False, False]


@pytest.mark.parametrize("harm", [cut, one_bit_changed, emptied, missing, a_folder, touched])
def test_a_harmed_cache_is_left_alone(project, harm):
    harm(project.java_cache)
    assert "in part: Clojure is compiled" in project.doctor()
    assert "`pybridge prepare` makes" in project.doctor()
    if harm is cut:
        assert project.found() == [True, False]


def test_a_cache_that_only_java_finds_wrong_is_passed_over_in_silence(project):
    rewrite(project.java_cache, b"foreign" * 100_000)
    found = project.java_cache.stat()
    note = project.java_cache.with_suffix(f"{project.java_cache.suffix}.json")
    before = note.read_text()
    note.write_text(json.dumps([found.st_size, found.st_mtime_ns]))
    try:
        assert project.found() == [True, False]
    finally:
        note.write_text(before)


def test_a_touched_jar_has_a_cache_of_its_own(project):
    os.utime(project.jar)
    assert "Java's cache is not made yet" in project.doctor()


def test_a_moved_folder_keeps_it_and_a_moved_cache_keeps_the_classes(made, tmp_path):
    elsewhere = Project(tmp_path / "elsewhere", made.cache)
    shutil.copytree(made.root, elsewhere.root)
    assert elsewhere.found() == [True, True]
    moved = Project(made.root, tmp_path / "cache")
    shutil.copytree(made.cache, moved.cache)
    assert moved.found() == [True, False]


def test_paths_outside_ascii(made, tmp_path):
    abroad = Project(tmp_path / "jürgen 日本" / "project", tmp_path / "jürgen 日本" / "cache")
    shutil.copytree(made.root, abroad.root)
    shutil.copytree(made.cache, abroad.cache)
    assert abroad.found() == [True, False]
    assert "a path on the class path is not ASCII, and JPype turns Java's cache off for such" in abroad.doctor()


def test_what_is_in_front_on_the_class_path(made, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert made.found(PYBRIDGE_CLASSPATH=str(empty)) == [True, False]
    assert f"{empty}, in PYBRIDGE_CLASSPATH, is no jar" in made.doctor(PYBRIDGE_CLASSPATH=str(empty))
    clojure = next(jar for jar in jars() if "clojure-1" in jar)
    for given in (clojure, str(made.root / "clj/src")):
        said = made.doctor(PYBRIDGE_CLASSPATH=given)
        assert f"{given}, in PYBRIDGE_CLASSPATH, has a Clojure or pybridge of its own" in said


def test_what_is_behind_on_the_class_path_makes_do_with_the_same_cache(made):
    program = """
        from pathlib import Path
        from pybridge.clojure import quickstart
        from pybridge.clojure.classpath import classpath
        from pybridge.clojure.java import find_java
        *entries, sources = classpath()
        entries += [str(Path(entries[0]).with_name("more.jar")), sources]
        print(*quickstart.java_options(find_java(), entries), "-cp", ":".join(entries))
    """
    shutil.copy(jars()[0], made.quickstart / "more.jar")
    options = made.run(sys.executable, "-c", textwrap.dedent(program)).stdout.split()
    assert f"-XX:AOTCache={made.java_cache}" in options
    common = ["--enable-native-access=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED"]
    done = made.run(find_java().executable, *common, *options, "clojure.main", "-e", CODE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[true true]\n", "")


def test_another_java_has_a_cache_of_its_own(made, tmp_path):
    (tmp_path / "java").symlink_to(find_java().home)
    assert "Java's cache is not made yet" in made.doctor(PYBRIDGE_JAVA=str(tmp_path / "java"))


DEBUGGER = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,quiet=y,address=0"


@pytest.mark.parametrize("options", [DEBUGGER, "-Xshare:off", "-XX:+UseZGC", "-XX:-UseCompressedOops"])
def test_other_options_of_java(made, options):
    """Java says that it has picked the variable up; nothing else may be printed."""
    code = "(require 'pybridge.core) (println :done)"
    done = made.pybridge("eval", "--clojure", code, JAVA_TOOL_OPTIONS=options)
    assert (done.returncode, done.stdout) == (0, ":done\n")
    assert done.stderr == f"Picked up JAVA_TOOL_OPTIONS: {options}\n"


def test_doctor_names_the_option_that_stands_in_the_way(made):
    assert f"JAVA_TOOL_OPTIONS has {DEBUGGER}, which goes with no cache" in made.doctor(JAVA_TOOL_OPTIONS=DEBUGGER)


def no_longer_than(size: int):
    """What a full disk is to a process: no file may grow past `size`."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_cache_folder_that_cannot_be_written(made, tmp_path):
    project = Project(made.root, tmp_path / "cache")
    shutil.copytree(made.cache / "pybridge" / "jars", project.cache / "pybridge" / "jars")
    project.quickstart.write_text("in the way")
    assert project.found() == [False, False]
    done = project.pybridge("prepare")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"pybridge: what a quick start needs cannot be kept in {project.quickstart} (")
    assert done.stderr.endswith("make room there or make it writable, or name another cache folder in XDG_CACHE_HOME\n")


@pytest.mark.parametrize("size", [1000, 1_000_000, 20_000_000])
def test_a_disk_that_fills_up_leaves_nothing_half_done(made, tmp_path, size):
    project = Project(made.root, tmp_path / "cache")
    shutil.copytree(made.cache / "pybridge" / "jars", project.cache / "pybridge" / "jars")
    if size > 10_000_000:  # the classes fit, Java's cache does not
        project.quickstart.mkdir()
        shutil.copy2(made.jar, project.quickstart)
    done = project.start("prepare", preexec_fn=no_longer_than(size))
    _, complaint = done.communicate()
    assert done.returncode == 1
    assert complaint.startswith("pybridge: ")
    assert not list(project.quickstart.glob("partial-*"))
    assert not list(project.quickstart.glob("java-*.aot"))
    assert project.found() == [size > 10_000_000, False]


def test_a_jvm_that_hosts_python(made):
    java = find_java().executable
    program = '(require \'pybridge.core) (println (pybridge.core/run "6 * 7"))'
    path = made.pybridge("classpath").stdout.strip()
    plain = made.run(java, "--enable-native-access=ALL-UNNAMED", "-cp", path, "clojure.main", "-e", program)
    assert (plain.returncode, plain.stdout, plain.stderr) == (0, "42\n", "")
    options = made.pybridge("java-options").stdout.strip()
    done = made.run(java, f"@{options}", "clojure.main", "-e", CODE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[true true]\n", "")


def test_java_options_stand_any_path(made, tmp_path):
    project = Project(made.root, tmp_path / 'a "quoted" b\\n')
    shutil.copytree(made.cache, project.cache)
    options = project.pybridge("java-options").stdout.strip()
    done = project.run(find_java().executable, f"@{options}", "clojure.main", "-e", CODE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[true false]\n", "")


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


def test_a_java_before_25_has_an_archive_of_class_data(made, tmp_path):
    """This Java, which says that it is older: what older ones do, it can do too."""
    home = tmp_path / "java"
    home.mkdir()
    for part in find_java().home.iterdir():
        if part.name != "release":
            (home / part.name).symlink_to(part)
    (home / "release").write_text('JAVA_VERSION="24.0.1"\n')
    project = Project(made.root, tmp_path / "cache")
    shutil.copytree(made.cache / "pybridge" / "jars", project.cache / "pybridge" / "jars")
    project.quickstart.mkdir()
    shutil.copy2(made.jar, project.quickstart)
    done = project.pybridge("prepare", PYBRIDGE_JAVA=str(home))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1].endswith(".jsa")
    assert project.found(PYBRIDGE_JAVA=str(home)) == [True, True]


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
