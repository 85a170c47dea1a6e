"""Looks at the environment's variables, at data and at Emacs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pybridge._network import missing_certificates
from pybridge.cli.doctor._finding import Finding

EMACS, ORG = (28, 1), (9, 5)

# Versions of Emacs and of the Org that its packages bring.
ASK = """(progn (require 'package) (package-initialize) (require 'org-version)
  (princ (format "%s\\n%s" emacs-version (org-release))))"""


def python_for_java() -> Finding:
    named = os.environ.get("PYBRIDGE_PYTHON")
    if not named:
        return Finding("PYBRIDGE_PYTHON is not set: a JVM that pybridge starts hosts the Python above")
    path = Path(os.path.expanduser(named))
    program = path / "bin" / "python" if path.is_dir() else path
    if os.access(program, os.X_OK):
        return Finding(f"{program} (PYBRIDGE_PYTHON)")
    return Finding(
        f"PYBRIDGE_PYTHON names {named}, where there is no Python",
        "let it name a Python or the folder of a virtual environment, or unset it",
        "no",
    )


def class_path() -> Finding:
    from pybridge.clojure.classpath import given

    entries = given()
    if missing := [entry for entry in entries if not os.path.exists(entry)]:
        return Finding(
            f"PYBRIDGE_CLASSPATH names {', '.join(missing)}, which is not there",
            "correct PYBRIDGE_CLASSPATH, or unset it: Java passes over what it does not find",
            "--",
        )
    return Finding(f"with {', '.join(entries)} (PYBRIDGE_CLASSPATH)" if entries else "pybridge's own")


def surroundings() -> Finding:
    import locale

    beside = "not found (PYTHONSAFEPATH)" if sys.flags.safe_path else "found"
    encoding = locale.getencoding()
    text = f"modules in the working directory are {beside}; file names in {encoding}"
    if home := os.environ.get("PYTHONHOME"):
        text += f"; PYTHONHOME is {home}"
    if fault := missing_certificates():
        return Finding(f"{text}; {fault}", mark="no")
    if encoding in ("ANSI_X3.4-1968", "US-ASCII"):
        return Finding(text, "Java finds no file whose name is not ASCII: set LC_ALL=C.UTF-8", "--")
    return Finding(text)


def mnist() -> Finding:
    from pybridge import data
    from pybridge.data import _cache, _load, _sets

    if named := os.environ.get("PYBRIDGE_DATA"):
        data.load_mnist()
        return Finding(f"{named} (PYBRIDGE_DATA)")
    if _cache.kept(_sets.MNIST):
        return Finding(str(_cache.folder(_sets.MNIST)))
    keras = _load.keras_copy(_sets.MNIST)
    if keras.is_file():
        return Finding(str(keras))
    return Finding("not on this machine yet", "pybridge data mnist downloads it", "--")


def emacs() -> Finding:
    import shutil
    import subprocess

    program = shutil.which("emacs")
    wanted = "Emacs 28.1 or newer, with Org 9.5 or newer, runs the notebooks live; the book can be read without"
    if not program:
        return Finding("not there", wanted, "--")
    printed = subprocess.run([program, "--batch", "--eval", ASK], capture_output=True, text=True).stdout
    version, org = [*printed.splitlines(), "", ""][:2]
    text = f"{version or 'of no known version'} with Org {org or 'of no known version'}, {program}"
    if _numbers(version) < EMACS or _numbers(org) < ORG:
        return Finding(text, wanted, "--")
    return Finding(text)


def _numbers(version: str) -> tuple[int, ...]:
    """The first two numbers of a version, () of none.

    >>> _numbers("9.6.15")
    (9, 6)
    """
    import re

    return tuple(map(int, re.findall(r"\d+", version)[:2]))
