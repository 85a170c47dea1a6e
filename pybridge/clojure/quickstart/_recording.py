"""Has Java make its cache of classes: a JVM runs a program once, and keeps what that has loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pybridge.clojure.java import Java
from pybridge.clojure.options import COMMON, VARIABLES
from pybridge.clojure.quickstart._archive import AOT, TRAIN, Archive, note, options
from pybridge.errors import StartError

PATIENCE = 600  # seconds for one program


def make(java: Java, wanted: Archive) -> None:
    """Make a cache, which appears whole.

    Raises:
        StartError: Java made none.
        OSError: its folder cannot be written.
    """
    with tempfile.TemporaryDirectory(dir=wanted.file.parent, prefix="partial-") as partial:
        made = Path(partial, wanted.file.name)
        (_record if java.version >= AOT else _dump)(java, wanted.jars, made)
        _check(java, wanted.jars, made)
        found = os.stat(made)
        noted = Path(partial, "note")
        noted.write_text(json.dumps([found.st_size, found.st_mtime_ns]))
        os.replace(made, wanted.file)
        os.replace(noted, note(wanted.file))


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
