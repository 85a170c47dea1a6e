"""The quick start: where it cannot be in force, the program runs, prints nothing of that, and doctor says why."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import textwrap
from pathlib import Path

import pytest
from projects import CODE, Project

from pybridge._checked import note_of
from pybridge.clojure.classpath import jars
from pybridge.clojure.java import find_java


def test_two_that_make_it_at_once_leave_one_of_each_and_nothing_half_done(made):
    assert len(list(made.quickstart.glob("pybridge-*"))) == 1
    assert not list(made.quickstart.glob(".pybridge-*"))
    assert made.found() == [True, True]
    assert made.doctor().startswith(f"in force: Clojure is compiled, {made.jar}, and Java has its cache of it")


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
    assert not project.compiled()
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


def swapped(path: Path) -> None:
    """Put another of the same size and times in its place."""
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    one_bit_changed(path)
    os.utime(path, ns=times)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("harm", [cut, one_bit_changed, emptied, missing, a_folder, a_pipe])
def test_a_harmed_jar_is_left_alone(project, harm):
    harm(project.jar)
    told = project.doctor()
    assert "not in force" in told
    assert "`pybridge prepare` compiles it" in told
    assert not project.compiled()


@pytest.mark.parametrize("harm", [cut, swapped, emptied, missing, a_folder, a_pipe])
def test_a_harmed_cache_is_left_alone(project, harm):
    harm(project.java_cache)
    told = project.doctor()
    assert "in part: Clojure is compiled" in told
    assert "`pybridge prepare` makes" in told
    if harm is cut:
        assert project.found() == [True, False]


def test_a_touched_cache_is_known_by_its_digest(project):
    os.utime(project.java_cache)
    assert project.doctor().startswith("in force")
    noted = json.loads(project.java_cache.with_suffix(f"{project.java_cache.suffix}.json").read_text())
    assert noted["stamp"][1] == project.java_cache.stat().st_mtime_ns


def test_a_cache_that_only_java_finds_wrong_is_passed_over_in_silence(project):
    rewrite(project.java_cache, b"foreign" * 100_000)
    note = project.java_cache.with_suffix(f"{project.java_cache.suffix}.json")
    before = note.read_text()
    note.write_text(json.dumps(note_of(project.java_cache)))
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
    is_no_jar = f"{empty}, in PYBRIDGE_CLASSPATH, is no jar"
    assert is_no_jar in made.doctor(PYBRIDGE_CLASSPATH=str(empty))
    clojure = next(jar for jar in jars() if "clojure-1" in jar)
    own = [
        (given, f"{given}, in PYBRIDGE_CLASSPATH, has a Clojure or pybridge of its own")
        for given in (clojure, str(made.root / "clj/src"))
    ]
    for given, says in own:
        assert says in made.doctor(PYBRIDGE_CLASSPATH=given)
    for given, says in [(str(empty), is_no_jar), own[0]]:
        done = made.pybridge("prepare", PYBRIDGE_CLASSPATH=given)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(
            f"{made.jar}\nJava can make no cache for this class path, and Clojure starts without: {says}"
        )


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
    assert not project.compiled()
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
    assert not list(project.quickstart.glob(".pybridge-*"))
    assert not list(project.quickstart.glob("java-*.aot"))
    if size > 10_000_000:
        assert project.found() == [True, False]
    else:
        assert not project.compiled()


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
