"""`pybridge prepare`: all that a quick start of Clojure needs, made before somebody waits for it."""

from __future__ import annotations

from pybridge.clojure import quickstart
from pybridge.clojure.classpath import classpath, given, jars
from pybridge.clojure.java import find_java

__all__ = ["prepare", "prepare_later"]


def prepare() -> None:
    """Compile Clojure and make Java's cache, for a quick start."""
    java = find_java()
    print(quickstart.compile_classes(java, jars()))
    entries = classpath()
    used = quickstart.classes(given())
    if why_not := quickstart.why_no_cache(entries) if used else quickstart.why_no_classes(given()):
        print(f"Java can make no cache for this class path, and Clojure starts without: {why_not}")
    else:
        print(quickstart.make_cache(java, entries))


def prepare_later(entries: list[str] | None = None) -> None:
    """Leave a process behind that makes Java's cache, where a command has done without it.

    Args:
        entries: the class path that it is for, where that is not pybridge's own.
    """
    if quickstart.makes_unasked():
        quickstart.make_cache_later(find_java(), entries or classpath())
