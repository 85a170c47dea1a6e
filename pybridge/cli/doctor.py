"""`pybridge doctor`: what was found of all that pybridge stands on, and a hint where something is amiss."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pybridge.errors import PybridgeError

__all__ = ["doctor"]


class Finding(NamedTuple):
    """What a look at one part gave.

    Attributes:
        says: what was found.
        hint: what to do about it, when `says` does not say so itself.
        mark: "ok"; "--" for a part that pybridge does without; "no" for one that it needs.
    """

    says: str
    hint: str = ""
    mark: str = "ok"


COLOURS = {"ok": "green", "--": "yellow", "no": "red"}


def doctor() -> None:
    """Show what pybridge has found on this machine, and what to do where something is amiss."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    findings = {part: _look(look) for part, look in LOOKS.items()}
    table = Table("", "part", box=None, pad_edge=False)
    table.add_column("found", overflow="fold")
    for part, (says, hint, mark) in findings.items():
        table.add_row(Text(mark, COLOURS[mark]), part, Text.assemble(says, (f"\n{hint}" if hint else "", "italic")))
    Console().print(table)
    if any(finding.mark == "no" for finding in findings.values()):
        sys.exit(1)


def _look(look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except PybridgeError as error:
        return Finding(str(error), mark="no")


def _python() -> Finding:
    import platform

    return Finding(f"{platform.python_version()}, {sys.executable}")


def _libpython() -> Finding:
    import sysconfig

    variables = sysconfig.get_config_vars()
    library = Path(str(variables.get("LIBDIR")), str(variables.get("INSTSONAME")))
    if sys.platform == "win32":
        library = Path(sys.base_prefix, f"python{sys.version_info[0]}{sys.version_info[1]}.dll")
    elif framework := variables.get("PYTHONFRAMEWORKPREFIX"):
        library = Path(framework, str(variables.get("INSTSONAME")))
    if library.is_file() and library.suffix != ".a":
        return Finding(str(library))
    return Finding(
        "none: this Python is not built as a shared library",
        f"only a JVM that hosts Python needs it: install libpython{sys.version_info[0]}.{sys.version_info[1]}, "
        "or take a Python built with --enable-shared",
        mark="--",
    )


def _tensorflow() -> Finding:
    import importlib.metadata

    try:
        import tensorflow
    except ImportError as error:
        return Finding(f"not there ({error})", "run pip install tensorflow", "no")
    return Finding(f"{tensorflow.__version__}, with Keras {importlib.metadata.version('keras')}")


def _java() -> Finding:
    from pybridge.clojure.java import find_java

    java = find_java()
    return Finding(f"{java.version}, {java.home}", java.why)


def _java_as_host() -> Finding:
    from pybridge.clojure.classpath import classpath
    from pybridge.clojure.java import NEEDED, machines_own, version_of

    for name, home in machines_own():
        if version := version_of(home):
            if version < NEEDED and not any("libpython-clj" in entry for entry in classpath()):
                needed = f"Java {NEEDED} or newer is needed, or libpython-clj on the class path; this is Java {version}"
                return Finding(f"{version}, {home} ({name})", f"to start Clojure with it: {needed}", "--")
            return Finding(f"{version}, {home} ({name})")
    return Finding("none in JAVA_HOME or on PATH", "pybridge repl and pybridge nrepl use the one above", "--")


def _surroundings() -> Finding:
    import locale

    beside = "not found (PYTHONSAFEPATH)" if sys.flags.safe_path else "found"
    says = f"modules in the working directory are {beside}; file names in {locale.getlocale()[1] or 'ASCII'}"
    if home := os.environ.get("PYTHONHOME"):
        says += f"; PYTHONHOME is {home}"
    if os.environ.get("LC_ALL") in ("C", "POSIX"):
        return Finding(says, "Java finds no file whose name is not ASCII: set LC_ALL=C.UTF-8", "--")
    return Finding(says)


def _clojure() -> Finding:
    from pybridge import clojure
    from pybridge.clojure.classpath import classpath

    folders = {str(Path(entry).parent) for entry in classpath() if entry.endswith(".jar")}
    return Finding(f"{clojure.eval('(clojure-version)')}, answering in this process; jars in {', '.join(folders)}")


def _quick_start() -> Finding:
    from pybridge.clojure import quickstart
    from pybridge.clojure.classpath import classpath, given
    from pybridge.clojure.java import find_java

    if not (classes := quickstart.classes(given())):
        return Finding(f"not in force: {quickstart.why_no_classes(given())}", mark="--")
    if why_not := quickstart.why_no_options(find_java(), classpath(), embedded=True):
        return Finding(f"in part: Clojure is compiled, {classes}; but {why_not}", mark="--")
    return Finding(f"in force: Clojure is compiled, {classes}, and Java has its cache of it")


def _mnist() -> Finding:
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
    return Finding("not on this machine yet", "pybridge data mnist downloads it", mark="--")


def _emacs() -> Finding:
    import re
    import shutil
    import subprocess

    program = shutil.which("emacs")
    wanted = "Emacs 28.1 or newer runs the notebooks live; the book can be read without"
    if not program:
        return Finding("not there", wanted, mark="--")
    printed = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"(\d+)\.(\d+)", printed)
    if not found or (int(found[1]), int(found[2])) < (28, 1):
        return Finding(f"{found[0] if found else 'of no known version'}, {program}", wanted, mark="--")
    return Finding(f"{found[0]}, {program}")


LOOKS = {
    "Python": _python,
    "libpython": _libpython,
    "TensorFlow": _tensorflow,
    "Java": _java,
    "Java as host": _java_as_host,
    "surroundings": _surroundings,
    "Clojure": _clojure,
    "quick start": _quick_start,
    "MNIST": _mnist,
    "Emacs": _emacs,
}
