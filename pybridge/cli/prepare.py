"""`pybridge prepare`: all that a quick start of Clojure needs, made before somebody waits for it."""

from __future__ import annotations

from pybridge.clojure import quickstart
from pybridge.clojure.classpath import classpath, jars
from pybridge.clojure.java import find_java

__all__ = ["prepare", "prepare_later"]


def prepare() -> None:
    """Compile pybridge's Clojure and make Java's cache of it, so that Clojure starts in a fraction of the time."""
    java = find_java()
    print(quickstart.compile_classes(java, jars()))
    print(quickstart.make_cache(java, classpath()))


def prepare_later(entries: list[str] | None = None) -> None:
    """Leave a process behind that makes Java's cache, where a command has done without it.

    Args:
        entries: the class path that it is for, where that is not pybridge's own.
    """
    if quickstart.makes_unasked():
        quickstart.make_cache_later(find_java(), entries or classpath())
