"""What a command takes from where it is used: the class path that it is given, and the Clojure project around it."""

from __future__ import annotations

from pathlib import Path

from pybridge.clojure.classpath import put_in_front
from pybridge.clojure.project import source_root, take

__all__ = ["PATHS", "take_project"]

PATHS = "Folders and jars for the front of the class path, separated as in PATH."


def take_project(classpath: str = "", file: Path | None = None) -> None:
    """Have Clojure, once it starts, find the project around a program's file, or around the working directory.

    Args:
        classpath: what comes before all else, and has all that the project needs.
        file: the program; the folder that a Clojure program's namespace is found from is a folder of sources too.
    """
    put_in_front(classpath)
    if file is None:
        take(Path.cwd(), alone=not classpath)
    else:
        file = file.resolve()
        roots = [source_root(file)] if file.suffix in (".clj", ".cljc") else []
        take(file.parent, roots, alone=not classpath)
