"""Compiles pybridge's Clojure into a jar."""

from __future__ import annotations

import os
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

from pybridge import _files
from pybridge._places import place
from pybridge.clojure.java import Java
from pybridge.clojure.options import COMMON
from pybridge.clojure.quickstart._classes import COMPILE, digest_of, wanted
from pybridge.errors import StartError

# These need libraries that not everybody has, or a Java older than what is compiled here.
SOURCES_ONLY = {"native/libpython_clj.clj", "native/dtype_next.clj", "native/platform/jna.clj"}

# A part of another namespace, which loads it.
PARTS = {"native/platform/ffm.clj"}

# Clojure takes a class that is newer than its source, and a source's time depends on how it came to this machine. What
# has changed is known by the digest.
NEWEST = (2107, 12, 31, 23, 59, 58)

# Clojure orders what a closure holds by identity hash codes. Where all of those are one, one source has one result.
REPRODUCIBLE = ["-XX:+UnlockExperimentalVMOptions", "-XX:hashCode=2"]

PATIENCE = 600  # seconds that compiling may take


def compile_into(folder: Path, java: Java, jars: Sequence[str]) -> Path:
    """Compile the sources and put the jar into `folder`, where it appears whole; another process may be doing the same.

    Raises:
        StartError: the sources do not compile.
        OSError: the folder cannot be written.
    """
    digest = wanted()
    with _files.beside(folder) as partial:
        classes, jar = partial / "classes", partial / "pybridge.jar"
        classes.mkdir()
        _compile(place("clj"), classes, java, jars)
        _pack(classes, jar)
        made = folder / f"pybridge-{digest}-{digest_of(jar.read_bytes())}.jar"
        os.replace(jar, made)
    return made


def _compile(sources: Path, classes: Path, java: Java, jars: Sequence[str]) -> None:
    files = sorted(path.relative_to(sources / "pybridge") for path in (sources / "pybridge").rglob("*.clj"))
    names = [
        ".".join(["pybridge", *path.with_suffix("").parts]).replace("_", "-")
        for path in files
        if path.as_posix() not in SOURCES_ONLY | PARTS
    ]
    entries = os.pathsep.join([str(classes), str(sources), *jars])
    command = [java.executable, *COMMON, *REPRODUCIBLE, "-cp", entries, "clojure.main", COMPILE, classes, *names]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PATIENCE)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}").splitlines()
        raise StartError(f"pybridge's Clojure did not compile: {said[0]}")


def _pack(classes: Path, jar: Path) -> None:
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(classes.rglob("*.class")):
            entry = zipfile.ZipInfo(path.relative_to(classes).as_posix(), NEWEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
