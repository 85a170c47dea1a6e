"""Java's own cache of classes, read and linked: one file for a Java and the jars at the head of a class path."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pybridge import _files
from pybridge._checked import renewed
from pybridge._regular import read_regular
from pybridge.clojure.java import Java
from pybridge.clojure.options import COMMON, from_environment

FORMAT = "2"  # of what is noted of a cache
TRAIN = Path(__file__).with_name("train.clj")

# From this Java on there are AOT caches; before that, archives of class data.
AOT = 25

# Java says on standard output why it does not use a cache, which nobody asked about; `pybridge doctor` tells.
SILENT = {True: ["-Xlog:aot*=off", "-Xlog:cds*=off"], False: ["-Xlog:cds*=off"]}

# Options that go with no cache: debuggers and agents, which change classes, other caches, and other modules.
WITHOUT = re.compile(
    r"-(agent|javaagent|Xrun|Xdebug|Xshare|XX:AOT|XX:\S*Shared|XX:Flags|-patch-module|-limit-modules|-upgrade-module-path|"
    r"-module-path|-add-|Djava\.system\.class\.loader)"
)


class Archive(NamedTuple):
    """A cache that there is or could be.

    Attributes:
        file: its path.
        jars: what it is for, the head of the class path.
    """

    file: Path
    jars: list[str]


def archives(folder: Path, java: Java, entries: Sequence[str]) -> list[Archive]:
    """Where a cache for a Java and a class path is, or would be: for all jars at its head, then for fewer of them.

    Java uses one for fewer too, as far as it goes.
    """
    jars = list(itertools.takewhile(os.path.isfile, entries))
    kind = "aot" if java.version >= AOT else "jsa"
    heads = [jars[:count] for count in range(len(jars), 0, -1)]
    return [Archive(folder / f"java-{_key(java, head)}.{kind}", head) for head in heads]


def obstacle() -> str:
    """An option in the environment that goes with no cache, or ""."""
    for variable, options in from_environment().items():
        for option in options.split():
            if WITHOUT.match(option):
                return f"{variable} has {option}, which goes with no cache of Java's"
    return ""


def _key(java: Java, jars: Sequence[str]) -> str:
    """A digest of all that a cache depends on."""
    facts = [FORMAT, sys.platform, str(java.home), str(java.version), *COMMON, TRAIN.read_text(encoding="utf-8")]
    for file in (java.home / "release", java.libjvm, *jars):
        try:
            found = os.stat(file)
        except OSError:
            facts.append(f"{file} is not there")
        else:
            facts.append(f"{file} {found.st_size} {found.st_mtime_ns}")
    return hashlib.sha256("\n".join(facts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def fault(file: Path) -> str:
    """Why a cache cannot be used, or "" where it is there, whole, as it was made, and can be read."""
    if not os.path.lexists(file):
        try:
            why = read_regular(failed(file)).decode()
            return f"Java's cache could not be made ({why}): `pybridge prepare` tries again"
        except (OSError, ValueError):
            return "Java's cache is not made yet: `pybridge prepare` makes it"
    try:
        noted = json.loads(read_regular(note(file)))
    except (OSError, ValueError):
        noted = None
    found = renewed(file, noted)
    if found is None or not os.access(file, os.R_OK):
        return f"Java's cache, {file}, is not as it was made: `pybridge prepare` makes another"
    if found != noted:
        keep_note(file, found)
    return ""


def keep_note(file: Path, found: dict[str, Any]) -> None:
    """Note how a cache that is right looks; where that cannot be, its digest is taken again each time."""
    with suppress(OSError):
        _files.write(note(file), json.dumps(found).encode())


def failed(file: Path) -> Path:
    """Where it is noted why Java could not make a cache; what has failed is tried again only when somebody asks."""
    return file.with_suffix(f"{file.suffix}.failed")


def options(java: Java, file: Path) -> list[str]:
    """What a JVM is to be told to use a cache."""
    aot = java.version >= AOT
    return [f"-XX:{'AOTCache' if aot else 'SharedArchiveFile'}={file}", *SILENT[aot]]


def note(file: Path) -> Path:
    """Where the digest of a cache is noted once it is whole, and how it looked then."""
    return file.with_suffix(f"{file.suffix}.json")
