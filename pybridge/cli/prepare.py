"""`pybridge prepare`: all that a quick start of Clojure needs, made before somebody waits for it."""

from __future__ import annotations

from pybridge.clojure import quickstart
from pybridge.clojure.classpath import classpath, jars
from pybridge.clojure.java import find_java

__all__ = ["prepare"]


def prepare() -> None:
    """Compile pybridge's Clojure and make Java's cache of it, so that Clojure starts in a fraction of the time."""
    java = find_java()
    print(quickstart.compile_classes(java, jars()))
    print(quickstart.make_cache(java, classpath()))
