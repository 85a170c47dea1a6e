"""Has Java make its cache of classes: a JVM runs a program once, and keeps what that has loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pybridge import _files
from pybridge._checked import digest_of, stamp_of
from pybridge.clojure.java import Java
from pybridge.clojure.options import COMMON, VARIABLES
from pybridge.clojure.quickstart._archive import AOT, TRAIN, Archive, keep_note, options
from pybridge.errors import StartError

PATIENCE = 600  # seconds for one program


def make(java: Java, wanted: Archive) -> None:
    """Make a cache, which appears whole.

    Raises:
        StartError: Java made none.
        OSError: its folder cannot be written.
    """
    with _files.beside(wanted.file.parent) as partial:
        made = partial / wanted.file.name
        (_record if java.version >= AOT else _dump)(java, wanted.jars, made)
        _check(java, wanted.jars, made)
        digest = digest_of(made)
        os.replace(made, wanted.file)
        keep_note(wanted.file, {"sha256": digest, "stamp": stamp_of(os.stat(wanted.file))})


def _record(java: Java, jars: Sequence[str], made: Path) -> None:
    _run(java, jars, made, [f"-XX:AOTCacheOutput={made}"], ["clojure.main", str(TRAIN)])


def _dump(java: Java, jars: Sequence[str], made: Path) -> None:
    classes = made.with_suffix(".classes")
    _run(java, jars, classes, [f"-XX:DumpLoadedClassList={classes}"], ["clojure.main", str(TRAIN)])
    _run(java, jars, made, ["-Xshare:dump", f"-XX:SharedClassListFile={classes}", f"-XX:SharedArchiveFile={made}"], [])


def _check(java: Java, jars: Sequence[str], made: Path) -> None:
    """Start a JVM that refuses to go on without the cache."""
    strict = ["-XX:AOTMode=on"] if java.version >= AOT else ["-Xshare:on"]
    _run(java, jars, made, [*options(java, made), *strict], ["clojure.main", "-e", "nil"])


def _run(java: Java, jars: Sequence[str], made: Path, options: Sequence[str], program: Sequence[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    environment["PYBRIDGE_PYTHON"] = sys.executable
    command = [java.executable, *COMMON, *options, "-cp", os.pathsep.join(jars), *program]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE,
        env=environment,
    )
    if done.returncode or not made.is_file():
        said = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}").splitlines()
        raise StartError(f"{java.executable} has made no cache of classes: {said[0]}")
