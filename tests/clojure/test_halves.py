"""The two halves compare versions before the first call: those of one minor version work, others are refused."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from programs import clojure, python, with_namespace

import pybridge
from pybridge._digest import DIGEST
from pybridge._places import place

PACKAGE = Path(pybridge.__file__).parent
MAJOR, MINOR, PATCH = (int(number) for number in pybridge.__version__.split("."))
OURS = f"pybridge-clj=={MAJOR}.{MINOR}.*"
INSTALL = f"run `{sys.executable} -m pip install --upgrade '{OURS}'`"


def of_version(folder: Path, version: str, digest: str = DIGEST) -> Path:
    """A Python half in `folder` that calls itself otherwise."""
    half = folder / "pybridge"
    half.mkdir()
    for path in PACKAGE.iterdir():
        if path.name not in ("__init__.py", "_digest.py", "__pycache__"):
            (half / path.name).symlink_to(path)
    source = (PACKAGE / "__init__.py").read_text()
    (half / "__init__.py").write_text(source.replace(f'"{pybridge.__version__}"', f'"{version}"'))
    (half / "_digest.py").write_text(f'DIGEST = "{digest}"\n')
    return half / "__init__.py"


def refused(done) -> str:
    """What a program is refused with, which is the same at its second call."""
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == second
    return first


# The first call tries twice: what is refused stays refused.
CALLS = """
    (require '[pybridge.core :as pb])
    (dotimes [_ 2]
      (println (try (pb/call (pb/module "math") :sqrt 4) (catch Exception error (ex-message error)))))
    (shutdown-agents)
"""

HOSTED = """
    from pybridge import clojure
    for _ in range(2):
        try:
            print(clojure.eval("(+ 1 1)"))
        except Exception as error:
            print(error)
"""


@pytest.mark.parametrize(
    "version", [f"{MAJOR}.{MINOR}.{PATCH}", f"{MAJOR}.{MINOR}.{PATCH + 7}", f"{MAJOR}.{MINOR}.0rc1"]
)
def test_one_minor_version_works(tmp_path, version):
    """Another patch may have a larger API; only one and the same version has to have the same."""
    of_version(tmp_path, version, DIGEST if version == pybridge.__version__ else "0123456789abcdef")
    assert clojure(CALLS, PYTHONPATH=str(tmp_path)).stdout == "2.0\n2.0\n"


@pytest.mark.parametrize(
    "version, change",
    [
        (
            f"{MAJOR}.{MINOR + 1}.0",
            "depend on version {version} of io.github.pybridge/pybridge in Clojure, or {install}",
        ),
        (
            f"{MAJOR + 1}.{MINOR}.0",
            "depend on version {version} of io.github.pybridge/pybridge in Clojure, or {install}",
        ),
        (f"{MAJOR}.{MINOR}0.0", "depend on version {version} of io.github.pybridge/pybridge in Clojure, or {install}"),
        ("0.0.9", "{install}"),
    ],
)
def test_another_minor_version_is_refused_and_the_older_half_is_to_change(tmp_path, version, change):
    file = of_version(tmp_path, version)
    change = change.format(version=version, install=INSTALL)
    said = refused(clojure(CALLS, PYTHONPATH=str(tmp_path)))
    assert (
        f"the Clojure half of pybridge is version {pybridge.__version__} and the Python half, in {file}, is {version}, "
        f"and they do not work together: {change}" in said
    )


def test_one_version_of_different_sources_is_refused(tmp_path):
    file = of_version(tmp_path, pybridge.__version__, "0123456789abcdef")
    said = refused(clojure(CALLS, PYTHONPATH=str(tmp_path)))
    assert re.search(r"the Clojure half of pybridge, in \S+/pybridge/version\S+, and the Python half, in ", said)
    assert (
        f"in {file}, both call themselves {pybridge.__version__}, but are of different states of its source: "
        "take both from one release, or from one checkout" in said
    )


@pytest.mark.parametrize("source", ["", "__version__ = '1.0.1'\nclass PyBridge: pass\n", "print 'Python 2'\n"])
def test_somebody_elses_package_of_that_name_is_refused(tmp_path, source):
    (tmp_path / "pybridge").mkdir()
    (tmp_path / "pybridge" / "__init__.py").write_text(source)
    said = refused(clojure(CALLS, PYTHONPATH=str(tmp_path)))
    assert (
        f"the package pybridge in {tmp_path}/pybridge/__init__.py is not the Python half of this Clojure library"
        in said
    )
    assert f"`{sys.executable} -m pip uninstall pybridge pybridge-clj`, then" in said
    assert f"`{sys.executable} -m pip install --upgrade '{OURS}'`" in said


def test_it_is_refused_where_python_hosts_too(tmp_path):
    source = (place("clj") / "pybridge" / "version.clj").read_text()
    newer = f"{MAJOR}.{MINOR + 1}.0"
    changed = source.replace(f'"{pybridge.__version__}"', f'"{newer}"')
    done = python(HOSTED, PYBRIDGE_CLASSPATH=with_namespace("version", changed, tmp_path))
    first = done.stdout.splitlines()[0]
    assert first.startswith(f"the Clojure half of pybridge is version {newer} and the Python half, in {PACKAGE}"), done
    assert f"pip install --upgrade 'pybridge-clj=={MAJOR}.{MINOR + 1}.*'`" in first


def test_the_version_is_one():
    from pybridge import clojure as bridge

    assert bridge.eval("(require 'pybridge.core) (pybridge.core/version)") == pybridge.__version__
    assert f";; Version: {pybridge.__version__}\n" in (place("emacs") / "pybridge.el").read_text()
