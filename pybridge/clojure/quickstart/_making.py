"""Makes what a quick start needs: for `pybridge prepare`, or in a process that a command leaves behind."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pybridge import _files
from pybridge._folders import make_folder
from pybridge._regular import read_regular
from pybridge.clojure.java import Java
from pybridge.clojure.quickstart import _archive, _classes, _compiling, _recording
from pybridge.errors import StartError

KEPT = 8  # jars, and caches of Java's, of some 40 MB each: those used last


def make_classes(folder: Path, java: Java, jars: Sequence[str]) -> Path:
    """The jar for the sources as they are, in `folder`, compiled unless it is there."""
    with _written(folder), _files.alone(folder, wait=True):
        made = _classes.kept([folder]) or _compiling.compile_into(folder, java, jars)
        _drop_oldest(folder, "pybridge-*.jar")
        return made


def make_archive(java: Java, wanted: _archive.Archive, *, wait: bool = True) -> None:
    """Have Java make a cache unless it is there, or, without `wait`, unless another process is making one."""
    folder = wanted.file.parent
    with _written(folder), _files.alone(folder, wait=wait) as free:
        if not free or not _archive.fault(wanted.file):
            return
        try:
            _recording.make(java, wanted)
        except (StartError, subprocess.TimeoutExpired) as error:
            _files.write(_archive.failed(wanted.file), str(error).encode("utf-8", "replace"))
            raise
        _archive.failed(wanted.file).unlink(missing_ok=True)
        _drop_oldest(folder, "java-*.aot")
        _drop_oldest(folder, "java-*.jsa")


def keep_arguments(folder: Path, arguments: Sequence[str]) -> Path:
    """A file that `java @FILE` reads `arguments` from, in `folder`."""
    quoted = [argument.replace("\\", "\\\\").replace('"', '\\"') for argument in arguments]
    content = "".join(f'"{argument}"\n' for argument in quoted).encode("utf-8", "surrogateescape")
    file = folder / f"java-{hashlib.sha256(content).hexdigest()[:16]}.args"
    with _written(folder):
        if not file.exists() or read_regular(file) != content:
            _files.write(file, content)
    return file


def make_later(java: Java, wanted: _archive.Archive) -> None:
    """Have a process of its own make a cache, with the lowest priority and nothing to read or write."""
    code = "from pybridge.clojure.quickstart import _making; _making.make_quietly()"
    with contextlib.suppress(OSError):
        subprocess.Popen(
            [sys.executable, "-c", code, str(java.home), str(java.version), str(wanted.file), *wanted.jars],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def make_quietly() -> None:
    """What that process does."""
    home, version, file, *jars = sys.argv[1:]
    if hasattr(os, "nice"):
        os.nice(19)
    with contextlib.suppress(StartError, subprocess.TimeoutExpired):
        make_archive(Java(Path(home), int(version), ""), _archive.Archive(Path(file), jars), wait=False)


@contextlib.contextmanager
def _written(folder: Path) -> Iterator[None]:
    try:
        make_folder(folder)
        yield
    except OSError as error:
        raise StartError(
            f"what a quick start needs cannot be kept in {folder} ({error.strerror or error}): "
            "make room there or make it writable, or name another cache folder in XDG_CACHE_HOME"
        ) from error


def _drop_oldest(folder: Path, pattern: str) -> None:
    def last_used(file: Path) -> float:
        found = file.stat()
        return max(found.st_atime, found.st_mtime)

    with contextlib.suppress(OSError):
        for file in sorted(folder.glob(pattern), key=last_used, reverse=True)[KEPT:]:
            file.unlink()
