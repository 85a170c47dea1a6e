"""Looks at Java and Clojure."""

from __future__ import annotations

import functools
from pathlib import Path

from pybridge.cli.doctor._finding import INSTALL, Finding, in_a_process_of_its_own
from pybridge.clojure import quickstart
from pybridge.clojure.classpath import classpath, given
from pybridge.clojure.java import NEEDED, find_java, machines_own, version_of
from pybridge.errors import PybridgeError

CLOJURE = """
from pybridge.cli.ending import in_one_sentence
with in_one_sentence():
    from pybridge import clojure
    print(clojure.eval("(clojure-version)"))
"""


def java() -> Finding:
    found = find_java()
    return Finding(f"{found.version}, {found.home} ({found.why})")


def java_as_host() -> Finding:
    for name, home in machines_own():
        if version := version_of(home):
            if version < NEEDED and not any("libpython-clj" in entry for entry in _entries_or_none()):
                own = find_java().home
                return Finding(
                    f"{version}, {home} ({name}): too old to start Clojure with Python by java -cp, which needs "
                    f"Java {NEEDED} or newer, or libpython-clj on the class path",
                    "pybridge repl and pybridge nrepl use the Java above; for java itself: "
                    f'export JAVA_HOME={own} PATH="{own / "bin"}:$PATH"',
                    "--",
                )
            return Finding(f"{version}, {home} ({name})")
    return Finding("none in JAVA_HOME or on PATH", "pybridge repl and pybridge nrepl use the one above", "--")


def clojure() -> Finding:
    folders = {str(Path(entry).parent) for entry in _entries() if entry.endswith(".jar")}
    version, fault = in_a_process_of_its_own(CLOJURE)
    if not fault:
        return Finding(f"{version}, answering in a Python process; jars in {', '.join(sorted(folders))}")
    says = next((line for line in fault.splitlines() if line.startswith("pybridge: ")), fault.splitlines()[-1])
    says = says.removeprefix("pybridge: ")
    return Finding(says, INSTALL if says.startswith("ModuleNotFoundError") else "", "no")


def quick_start() -> Finding:
    if not (classes := quickstart.classes(given())):
        return Finding(f"not in force: {quickstart.why_no_classes(given())}", mark="--")
    if why_not := quickstart.why_no_options(find_java(), _entries(), embedded=True):
        return Finding(f"in part: Clojure is compiled, {classes}; but {why_not}", mark="--")
    return Finding(f"in force: Clojure is compiled, {classes}, and Java has its cache of it")


@functools.cache
def _tried() -> list[str] | PybridgeError:
    """The class path, or why there is none, which takes a while to find out."""
    try:
        return classpath()
    except PybridgeError as error:
        return error


def _entries() -> list[str]:
    tried = _tried()
    if isinstance(tried, list):
        return tried
    raise tried


def _entries_or_none() -> list[str]:
    tried = _tried()
    return tried if isinstance(tried, list) else []
