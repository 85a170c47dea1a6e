"""`setup!`: the Python half for a project that has only the dependency line, and a sentence for each thing missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from programs import clojure

import pybridge
from pybridge._places import place
from pybridge.clojure import options, quickstart
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java, machines_own, version_of

ROOT = Path(__file__).parents[2]
VERSION = pybridge.__version__
WANTED = "pybridge-clj==" + ".".join(VERSION.split(".")[:2]) + ".*"
INSTALL_ONE = 'Install one from your system or python.org, or name one with (setup! {:python "…"})'


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """An index of this machine: the wheel of the checkout."""
    folder = tmp_path_factory.mktemp("wheels")
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", folder]
    subprocess.run([sys.executable, "-m", "pip", "wheel", ROOT, *options], check=True)
    return folder


@pytest.fixture(scope="module")
def entries(tmp_path_factory):
    """A class path on which nothing is beside the checkout's own environment."""
    sources = tmp_path_factory.mktemp("sources") / "clj"
    shutil.copytree(place("clj"), sources)
    return [*(entry for entry in classpath() if entry.endswith(".jar")), str(sources)]


def old_wheel(folder: Path) -> Path:
    """The wheel of a Python half that is older than this Clojure half."""
    path = folder / "pybridge_clj-0.0.9-py3-none-any.whl"
    info = "pybridge_clj-0.0.9.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pybridge/__init__.py", '__version__ = "0.0.9"\n')
        archive.writestr("pybridge/_digest.py", 'DIGEST = "0123456789abcdef"\n')
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: pybridge-clj\nVersion: 0.0.9\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        names = [*archive.namelist(), f"{info}/RECORD"]
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    return path


@pytest.fixture
def run(entries, tmp_path):
    """Run Clojure in a folder, where pip finds only what an index has, and PATH names no environment of Python's."""

    def run(*words: str, folder: Path = tmp_path, index: Path = tmp_path, java: Path | None = None, **environment: str):
        ours = ("PYTHON", "PYBRIDGE", "VIRTUAL")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        folders = [each for each in kept["PATH"].split(os.pathsep) if not Path(each, "..", "pyvenv.cfg").exists()]
        kept["PATH"] = os.pathsep.join(folders)
        pip = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_FIND_LINKS": str(index)}
        quick = [] if java else [*options.COMMON, *quickstart.java_options(find_java(), entries)]
        command = [java or find_java().executable, *quick, "-cp", os.pathsep.join(entries), "clojure.main"]
        return subprocess.run(
            [*command, *words],
            cwd=folder,
            env=kept | pip | environment,
            capture_output=True,
            text=True,
            timeout=240,
        )

    return run


SETUP = "(require '[pybridge.core :as pb]) (prn (pb/setup!))"
START = """
(require '[pybridge.core :as pb])
(println (pb/call (pb/module "math") :sqrt 4))
(println (select-keys (pb/start!) [:executable :source]))
"""


def test_an_environment_is_made_brought_up_to_date_and_left_alone(run, wheels, tmp_path):
    python = tmp_path / ".venv" / "bin" / "python"
    own = tmp_path / "notes" / "deep"
    own.mkdir(parents=True)

    refused = run("-e", START, folder=own)
    assert f"(pybridge.core/setup!) makes .venv with {WANTED}; or name a Python" in refused.stderr

    older = run("-e", f'(require \'[pybridge.setup :as setup]) (setup/setup! {{:package "{old_wheel(tmp_path)}"}})')
    assert f"making {tmp_path}/.venv with /" in older.stdout
    assert f"{python}: the Clojure half of pybridge is version {VERSION} and the Python half, in " in older.stderr

    failed = run("-m", "pybridge.setup")
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"pip could not install {WANTED}: ")
    assert "No matching distribution found" in failed.stderr

    updated = run("-e", SETUP, index=wheels)
    assert f"installing {WANTED} and what it needs" in updated.stdout
    assert "Successfully installed pybridge-clj" in updated.stdout
    assert updated.stdout.splitlines()[-1] == f'{{:python "{python}", :version "{VERSION}", :did :installed}}'

    again = run("-e", SETUP)
    assert again.stdout.splitlines() == [
        f"nothing to do: {tmp_path}/.venv has pybridge-clj {VERSION}",
        f'{{:python "{python}", :version "{VERSION}", :did :nothing}}',
    ]

    libraries = sysconfig.get_path("purelib")  # NumPy, which pip was not to install
    started = run("-e", START, folder=own, PYTHONPATH=libraries)
    assert started.stdout == f"2.0\n{{:executable {python}, :source the project's .venv}}\n", started.stderr

    if os.getuid() == 0:  # what others put above a folder is not run
        os.chown(tmp_path / ".venv", 12345, 12345)
        assert f"{python} (the project's .venv)" not in run("-e", START, folder=own, PYTHONPATH=libraries).stderr


ANSWER = '{:version [3 %d] :library "%s" :venv %s :pybridge false :half {} :executable "x"}'
FAULTS = {
    "old": (f"echo '{ANSWER % (9, '/x.so', 'true')}'", "it is Python 3.9, and 3.11 or newer is needed"),
    "bare": (
        f"echo '{ANSWER % (12, '/x.so', 'false')}'",
        "it cannot make virtual environments, for its module ensurepip is missing "
        "(Debian and Ubuntu: apt install python3-venv)",
    ),
    "static": (
        f"echo '{ANSWER % (12, '', 'true')}'",
        "it has no shared libpython (Debian: apt install libpython3-dev; pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared)",
    ),
    "broken": ("echo 'ImportError: no' >&2; exit 1", "it does not run: ImportError: no"),
}


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_each_python_that_does_not_do_has_its_sentence(tmp_path):
    paths = [program(tmp_path / name, script) for name, (script, _) in FAULTS.items()]
    done = clojure(f"""
        (require '[pybridge.setup :as setup])
        (doseq [path [{" ".join(f'"{path}"' for path in paths)}]]
          (println (try (setup/setup! {{:python path :folder "{tmp_path}/env"}}) (catch Exception e (ex-message e)))))
    """)
    assert done.stdout.splitlines() == [
        f"pybridge needs Python 3.11 or newer, and {path}: {says}. {INSTALL_ONE}"
        for path, (_, says) in zip(paths, FAULTS.values(), strict=True)
    ]
    assert not (tmp_path / "env").exists()


def test_every_python_on_path_is_told_of_and_none_is_a_sentence_too(run, tmp_path):
    named = {"python3.13": "bare", "python3": "broken", "python": "old"}
    told = "; ".join(
        f"{program(tmp_path / name, FAULTS[fault][0])}: {FAULTS[fault][1]}" for name, fault in named.items()
    )
    done = run("-m", "pybridge.setup", PATH=f"{tmp_path}:/bin/nowhere")
    assert (done.returncode, done.stderr) == (1, f"pybridge needs Python 3.11 or newer, and {told}. {INSTALL_ONE}\n")
    done = run("-m", "pybridge.setup", PATH="/bin/nowhere")
    assert done.stderr == f"pybridge needs Python 3.11 or newer, and there is none on PATH. {INSTALL_ONE}\n"


def test_a_folder_that_is_no_environment_and_an_unknown_option_are_refused(run, tmp_path):
    (tmp_path / ".venv").mkdir()
    done = run("-m", "pybridge.setup")
    assert done.returncode == 1
    says = f"{tmp_path}/.venv is there, but is no virtual environment that works: it does not run: "
    assert done.stderr.startswith(says)
    assert done.stderr.endswith(". Delete it, and try again\n")
    done = run("-e", "(require '[pybridge.core :as pb]) (pb/setup! {:venv 1})")
    assert "setup! has no option :venv; it takes :python :folder :package" in done.stderr


def test_a_java_older_than_22_is_told_what_it_needs(run):
    java = next((home / "bin/java" for _, home in machines_own() if (version_of(home) or 99) < 22), None)
    if java is None:
        pytest.skip("no Java older than 22 in JAVA_HOME or on PATH")
    done = run("-m", "pybridge.setup", java=java, PATH="/bin/nowhere")
    assert "and pybridge's own way to Python needs Java 22 or newer: start a newer Java, or put" in done.stdout
    assert done.stderr == f"pybridge needs Python 3.11 or newer, and there is none on PATH. {INSTALL_ONE}\n"
