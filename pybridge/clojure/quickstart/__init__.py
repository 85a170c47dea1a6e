"""A start of Clojure in a fraction of the time: compiled classes, and Java's own cache of them.

Everything works without, only later: nothing of this stops a start, or prints. PYBRIDGE_QUICK_START=0 leaves both out.
`pybridge prepare` makes what is missing. A command of an installed pybridge makes Java's cache too, in a process that
goes on for some seconds when the command is done, unless PYBRIDGE_QUICK_START=manual.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from pybridge._folders import cache_folder
from pybridge._places import folder_of, place
from pybridge.clojure.entries import holds
from pybridge.clojure.java import Java
from pybridge.clojure.quickstart import _archive, _classes
from pybridge.errors import StartError

__all__ = [
    "classes",
    "classpath",
    "compile_classes",
    "java_options",
    "keep_arguments",
    "make_cache",
    "make_cache_later",
    "makes_unasked",
    "why_no_cache",
    "why_no_classes",
    "why_no_options",
]

MODES = {"": "auto", "1": "auto", "manual": "manual", "0": "off"}
CLOJURE, OWN = "clojure/version.properties", "pybridge/"  # what tells a class path's Clojure, and our namespaces
OFF = "PYBRIDGE_QUICK_START=0 turns it off"


def classes(given: Sequence[str] = ()) -> Path | None:
    """Find the jar that has pybridge's Clojure compiled.

    Args:
        given: what comes before it on the class path.

    Returns:
        The jar; None where there is none for the sources as they are, or it is not to be used.
    """
    if _mode() == "off" or _sources_in(given):
        return None
    return _classes.kept([place("classes"), *_folders()[0]])


def classpath(given: Sequence[str], jars: Sequence[str], sources: Sequence[str]) -> list[str]:
    """Put a class path together: with pybridge's Clojure compiled, where it is and is to be used.

    Args:
        given: what comes first, whoever wants something.
        jars: Clojure's, and other libraries'.
        sources: folders of sources.

    Returns:
        What is in jars comes before folders where there are classes, since Java has caches for the head of a class
        path that is all jars; JPype's jar, which serves JVMs that JPype starts, among the first, whatever follows.
    """
    if not (compiled := classes(given)):
        return [*given, *sources, *jars]
    jpypes = _jpypes_jar()
    return [*given, str(compiled), *([jpypes] if os.path.isfile(jpypes) else []), *jars, *sources]


def why_no_classes(given: Sequence[str] = ()) -> str:
    """Say, for people, why a class path has no classes."""
    if _mode() == "off":
        return OFF
    if other := _sources_in(given):
        return f"{other}, in PYBRIDGE_CLASSPATH, has a Clojure or pybridge of its own, for which nothing is compiled"
    return _folders()[1] or "pybridge's Clojure is not compiled, or has changed since: `pybridge prepare` compiles it"


def java_options(java: Java, entries: Sequence[str], *, embedded: bool = False) -> list[str]:
    """List the options by which a JVM starts from its cache of classes; none where there is none to use.

    Args:
        java: which Java.
        entries: the class path.
        embedded: whether JPype starts the JVM, which uses a cache only where the class path is ASCII.
    """
    archive, why_not = _look(java, entries, embedded)
    return [] if why_not else _archive.options(java, archive.file)


def why_no_options(java: Java, entries: Sequence[str], *, embedded: bool = False) -> str:
    """Say, for people, why `java_options` lists none; "" where it lists some."""
    return _look(java, entries, embedded)[1]


def why_no_cache(entries: Sequence[str]) -> str:
    """Say, for people, why Java can have no cache for a class path; "" where it can."""
    return _obstacle(entries, False)


def compile_classes(java: Java, jars: Sequence[str]) -> Path:
    """Compile pybridge's Clojure into the user's cache folder, unless that is done.

    Args:
        java: the Java to do it with.
        jars: Clojure's.

    Returns:
        The jar with the classes.

    Raises:
        StartError: the sources do not compile, or the folder cannot be written.
    """
    from pybridge.clojure.quickstart import _making

    return _classes.kept([place("classes")]) or _making.make_classes(_folder(), java, jars)


def make_cache(java: Java, entries: Sequence[str]) -> Path:
    """Have Java make its cache for a class path that can have one, unless there is one.

    Returns:
        The cache.

    Raises:
        StartError: it makes none, or the folder cannot be written.
    """
    from pybridge.clojure.quickstart import _making

    archive = _archive.archives(_folder(), java, entries)[0]
    _making.make_archive(java, archive)
    return archive.file


def makes_unasked() -> bool:
    """Tell whether commands make what is missing: those of an installed pybridge, unless that is turned off."""
    return _mode() == "auto" and place("classes").is_dir()


def make_cache_later(java: Java, entries: Sequence[str]) -> None:
    """Have a process of its own make Java's cache unless there is one, or making it failed before."""
    archive, why_not = _look(java, entries, False)
    if archive and why_not and not _archive.failed(archive.file).exists():
        from pybridge.clojure.quickstart import _making

        _making.make_later(java, archive)


def keep_arguments(arguments: Sequence[str]) -> Path:
    """Write arguments of `java` to a file in the user's cache folder, for `java @FILE`.

    Returns:
        The file, named by its content.

    Raises:
        StartError: the folder cannot be written.
    """
    from pybridge.clojure.quickstart import _making

    return _making.keep_arguments(_folder(), arguments)


def _look(java: Java, entries: Sequence[str], embedded: bool) -> tuple[_archive.Archive | None, str]:
    """The cache for a JVM, where there can be one, and why it is not used, or ""."""
    if obstacle := _obstacle(entries, embedded):
        return None, obstacle
    folders, why_not = _folders()
    if why_not:
        return None, why_not
    archives = _archive.archives(folders[0], java, entries)
    found = next((archive for archive in archives if not _archive.fault(archive.file)), archives[0])
    return found, _archive.fault(found.file)


def _obstacle(entries: Sequence[str], embedded: bool) -> str:
    if _mode() == "off":
        return OFF
    if embedded and not os.pathsep.join([*entries, _jpypes_jar()]).isascii():
        return "a path on the class path is not ASCII, and JPype turns Java's cache off for such"
    before = list(itertools.takewhile(lambda entry: not _classes.is_classes(entry), entries))
    if len(before) == len(entries):
        return "the class path has no compiled classes of pybridge's"
    if other := next((entry for entry in before if not os.path.isfile(entry)), None):
        return f"{other}, in PYBRIDGE_CLASSPATH, is no jar, and Java's cache is for jars only"
    return _archive.obstacle()


def _jpypes_jar() -> str:
    """JPype's own jar, which it adds to the class path of a JVM that it starts; "" where there is no JPype."""
    folder = folder_of("jpype")
    return str(folder.parent / "org.jpype.jar") if folder else ""


def _mode() -> str:
    given = os.environ.get("PYBRIDGE_QUICK_START", "")
    if given not in MODES:
        raise StartError(
            f"PYBRIDGE_QUICK_START is {given!r}: "
            "give 0 (to do without) or manual (to make nothing unasked), or leave it out"
        )
    return MODES[given]


def _folder() -> Path:
    folders, why_not = _folders()
    if why_not:
        raise StartError(why_not)
    return folders[0]


def _folders() -> tuple[list[Path], str]:
    """The folder of what is made; none where there can be none, and why."""
    try:
        return [cache_folder() / "quickstart"], ""
    except OSError as error:
        return [], f"what a quick start needs cannot be kept: {error.strerror}"


def _sources_in(entries: Sequence[str]) -> str | None:
    """The first entry of a class path that has a Clojure, or namespaces of pybridge's."""
    for entry in entries:
        if not _classes.is_classes(entry) and (holds(entry, CLOJURE) or holds(entry, OWN)):
            return entry
    return None
