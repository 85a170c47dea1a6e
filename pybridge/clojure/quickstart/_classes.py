"""pybridge's Clojure as compiled classes: one jar, named by the digest of the sources that it is for."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from pybridge._places import place
from pybridge._regular import read_regular

FORMAT = "2"  # of the jar: another one is made where this changes

COMPILE = Path(__file__).with_name("compile.clj")


def wanted() -> str:
    """The digest of the sources, of what compiles them and of what says which Clojure that is."""
    sources = place("clj")
    found = hashlib.sha256(f"{FORMAT}\n".encode() + place("deps.edn").read_bytes() + COMPILE.read_bytes())
    for path in sorted((sources / "pybridge").rglob("*.clj")):
        content = path.read_bytes()
        found.update(f"{path.relative_to(sources).as_posix()} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()[:16]


def kept(folders: Sequence[Path]) -> Path | None:
    """The jar for the sources as they are, whole: its name ends with its own digest."""
    name = f"pybridge-{wanted()}-*.jar"
    for folder in folders:
        for jar in folder.glob(name):
            try:
                content = read_regular(jar)
            except OSError:
                continue
            if jar.stem.endswith(f"-{digest_of(content)}"):
                return jar
    return None


def is_classes(entry: str) -> bool:
    """Whether an entry of a class path is such a jar."""
    return re.fullmatch(r"pybridge-[0-9a-f]{16}-[0-9a-f]{16}\.jar", os.path.basename(entry)) is not None


def digest_of(content: bytes) -> str:
    """The digest of a jar, as it ends the jar's name."""
    return hashlib.sha256(content).hexdigest()[:16]
