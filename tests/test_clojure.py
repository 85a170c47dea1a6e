"""Clojure's own tests, one item per deftest, with each language as the host of the other."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import edn_format
import pytest

from pybridge.clojure import options, quickstart
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java

HOME = Path(__file__).parents[1] / "clj" / "test"
PATIENCE = 240  # seconds for one test, less than pytest's own limit, so that the report says where it stood

LIBPYTHON_CLJ = "libpython_clj2/python.clj"
NO_LIBPYTHON_CLJ = "libpython-clj is not on the class path (PYBRIDGE_CLASSPATH): the runs on it are left out"
NO_OLD_JAVA = "no Java 17 to 21 in JAVA_HOME or on PATH: the run on libpython-clj before Java 22 is left out"
ABOUT_LIBPYTHON_CLJ = ("pybridge.libpython-test/", "pybridge.dtype-next-test/")


def found() -> Iterator[str]:
    """The names of all deftests, read from the files, so that collecting starts no JVM."""
    for path in sorted(HOME.rglob("*_test.clj")):
        code = path.read_text(encoding="utf-8")
        namespace = re.search(r"^\(ns ([\w.-]+)", code, re.MULTILINE)[1]
        yield from (f"{namespace}/{name}" for name in re.findall(r"^\(deftest ([^\s)]+)", code, re.MULTILINE))
        yield from (f"{namespace}/{name}" for name in re.findall(r"^\(defspec ([^\s)]+)", code, re.MULTILINE))


def has_libpython_clj() -> bool:
    """Whether the class path that the surroundings name has libpython-clj, in a folder or a jar."""
    for entry in map(Path, filter(None, os.environ.get("PYBRIDGE_CLASSPATH", "").split(os.pathsep))):
        if (entry / LIBPYTHON_CLJ).is_file():
            return True
        if entry.suffix == ".jar" and entry.is_file():
            with zipfile.ZipFile(entry) as jar:
                if LIBPYTHON_CLJ in jar.namelist():
                    return True
    return False


def old_java() -> str | None:
    """A `java` of version 17 to 21, which has no foreign-function API."""
    home = os.environ.get("JAVA_HOME")
    for java in filter(None, [home and shutil.which("java", path=f"{home}/bin"), shutil.which("java")]):
        said = subprocess.run([java, "-XshowSettings:properties", "-version"], capture_output=True, text=True).stderr
        version = re.search(r"java\.specification\.version = (\d+)\s", said)
        if version and 17 <= int(version[1]) <= 21:
            return java
    return None


def java_of(mode: str) -> list[str]:
    """How a mode in which a JVM is the host starts it."""
    if mode == "native-jvm":
        java = find_java()
        return [str(java.executable), *options.COMMON, *quickstart.java_options(java, classpath(tests=True))]
    if mode == "libpython-clj":
        return [str(find_java().executable), options.NATIVE]
    java = old_java()
    modules = subprocess.run([java, "--list-modules"], capture_output=True, text=True).stdout
    incubating = ["--add-modules=jdk.incubator.foreign"] if "jdk.incubator.foreign" in modules else []
    return [java, "--enable-native-access=ALL-UNNAMED", *incubating]  # libpython-clj itself needs the module on Java 17


MODES = ["native-python", "native-jvm"]
if has_libpython_clj():
    MODES += ["libpython-clj", *(["libpython-clj-old-java"] if old_java() else [])]


def names(mode: str) -> list[str]:
    """The tests that a mode runs."""
    return sorted(name for name in found() if mode.startswith("libpython") or not name.startswith(ABOUT_LIBPYTHON_CLJ))


class Worker:
    """One process that runs tests as it is asked to; it starts with the first, and anew after a crash."""

    def __init__(self, mode: str, folder: Path) -> None:
        self.mode = mode
        self.folder = folder
        self.log = folder / "output.txt"
        self.process = None

    def start(self) -> None:
        answers, written = os.pipe()
        self.answers = os.fdopen(answers, encoding="utf-8")
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command(written),
                cwd=self.folder,
                env={"PYBRIDGE_PYTHON": sys.executable, **os.environ},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[written],
                text=True,
            )
        os.close(written)

    def command(self, written: int) -> list[str]:
        if self.mode == "native-python":
            return [sys.executable, str(Path(__file__).parent / "clojure" / "serve.py"), str(written)]
        transport = "native" if self.mode == "native-jvm" else "libpython"
        runner = [
            "-cp",
            os.pathsep.join(classpath(tests=True)),
            "clojure.main",
            "-m",
            "pybridge.test-runner",
            "--transport",
            transport,
            "--serve",
            f"/dev/fd/{written}",
        ]
        return [*java_of(self.mode), *runner]

    def ask(self, question: str) -> object:
        """The answer to a question; a process that ends or hangs instead fails the test with what it printed."""
        if self.process is None:
            self.start()
        before = self.log.stat().st_size
        try:
            self.process.stdin.write(question + "\n")
            self.process.stdin.flush()
            if not select.select([self.answers], [], [], PATIENCE)[0]:
                self.process.send_signal(signal.SIGQUIT)  # both hosts then print where their threads stand
            elif line := self.answers.readline():
                return edn_format.loads(line)
            self.process.wait(3)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            pass
        except BaseException:
            self.stop()
            raise
        code = self.process.poll()
        self.stop()
        said = self.log.read_bytes()[before:].decode(errors="replace")
        what = f"no answer in {PATIENCE} seconds" if code is None else f"the process ended with status {code}"
        pytest.fail(f"{question} on {self.mode}: {what}\n{said}", pytrace=False)

    def finish(self) -> int:
        """The status with which the process ends by itself when there is nothing more to do."""
        if self.process is None:
            self.start()
        self.process.stdin.close()
        return self.process.wait(30)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.answers.close()
            self.process = None


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    workers = {mode: Worker(mode, tmp_path_factory.mktemp(mode)) for mode in MODES}
    yield workers
    for worker in workers.values():
        worker.stop()


PAIRS = [(mode, name) for mode in MODES for name in names(mode)]


@pytest.mark.parametrize(("mode", "name"), PAIRS, ids=[f"{mode}::{name}" for mode, name in PAIRS])
def test_deftest(workers, mode, name):
    result = {key.name: value for key, value in workers[mode].ask(name).items()}
    if result["fail"] or result["error"]:
        pytest.fail(f"{name} on {mode}\n{result['report']}", pytrace=False)
    assert result["pass"], f"{name} asserts nothing"


@pytest.mark.parametrize("mode", MODES)
def test_the_deftests_found_are_all_there_are(workers, mode):
    assert sorted(workers[mode].ask("tests")) == names(mode)


@pytest.mark.parametrize("mode", MODES)
def test_the_process_ends_by_itself(workers, mode):
    assert workers[mode].finish() == 0


@pytest.mark.skipif(not has_libpython_clj(), reason=NO_LIBPYTHON_CLJ)
def test_libpython_clj_on_a_python_without_pybridge(tmp_path):
    venv.create(tmp_path / "bare", symlinks=True)
    code = f"""
    (require '[libpython-clj2.python :as py] '[pybridge.core :as pb])
    (py/initialize! :python-executable "{tmp_path}/bare/bin/python")
    (pb/start!)"""
    java = [*java_of("libpython-clj"), "-cp", os.pathsep.join(classpath()), "clojure.main", "-e", code]
    ended = subprocess.run(java, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 1
    assert f"in {tmp_path}/bare, cannot import pybridge (ModuleNotFoundError: No module named 'pyb" in ended.stderr
    assert "; install pybridge there, or name another Python with (initialize! :python-executable" in ended.stderr


@pytest.mark.skipif(has_libpython_clj(), reason="it runs")
def test_libpython_clj():
    pytest.skip(NO_LIBPYTHON_CLJ)


@pytest.mark.skipif(
    "libpython-clj-old-java" in MODES or not has_libpython_clj(), reason="it runs, or nothing on libpython-clj does"
)
def test_libpython_clj_on_an_old_java():
    pytest.skip(NO_OLD_JAVA)
