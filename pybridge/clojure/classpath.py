"""The class path of Clojure: pybridge's own sources, and the jars that deps.edn names, resolved without Maven."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pybridge import _files
from pybridge._checked import note_of, renewed
from pybridge._folders import cache_folder, make_folder
from pybridge._places import place
from pybridge._regular import open_regular, read_regular
from pybridge.clojure import quickstart
from pybridge.clojure.edn import forms
from pybridge.clojure.project import Project, taken
from pybridge.errors import StartError

__all__ = ["classpath"]

NOTES = "jars.json"  # each jar's digest, and how it looked when that was taken
DIGESTS = Path(__file__).with_name("jars.sha256")  # of the jars of deps.edn that Maven Central has


def classpath(*, tests: bool = False, nrepl: bool = False, compiled: bool = True) -> list[str]:
    """List what a JVM needs to run Clojure with pybridge; jars are downloaded once and kept in the user's cache.

    Args:
        tests: whether to add the Clojure tests of a checkout and what they need.
        nrepl: whether to add nREPL and CIDER's middleware.
        compiled: whether pybridge's Clojure may be compiled, for Java 22 and newer.

    Returns:
        Folders and jars in the order in which Java is to look: first what PYBRIDGE_CLASSPATH lists, then pybridge's
        Clojure sources and the jars; where the sources have been compiled, the classes and jars first, sources last.
        A command adds what the project around it needs: its jars behind Clojure's, its folders behind our sources.

    Raises:
        StartError: a jar could not be downloaded or kept, or the project's file cannot be read.

    >>> any("clojure-1." in entry for entry in classpath())
    True
    """
    before = given()
    sources = [str(place("clj"))]
    if tests:
        sources.append(str(place("deps.edn").parent / "clj" / "test"))
    found, project = jars(), taken()
    aliases = [name for name, wanted in (("test", tests), ("nrepl", nrepl)) if wanted]
    if project and project.refused and not before:
        raise StartError(project.refused[0])
    if aliases or (project and project.wanted):
        more = jars(*aliases, project=project)
        if _names(found) <= _names(more):
            found = _with_more(found, more)
        else:  # the project names another Clojure, which pybridge is not compiled for
            before, found = [*before, *more], []
    if project:
        found, sources = [*found, *project.jars], [*sources, *project.folders]
    return quickstart.classpath(before, found, sources) if compiled else [*before, *sources, *found]


def given() -> list[str]:
    """List what PYBRIDGE_CLASSPATH puts in front."""
    return [entry for entry in os.environ.get("PYBRIDGE_CLASSPATH", "").split(os.pathsep) if entry]


def put_in_front(paths: str) -> None:
    """Have this process find `paths` before what PYBRIDGE_CLASSPATH lists."""
    if paths:
        os.environ["PYBRIDGE_CLASSPATH"] = os.pathsep.join([paths, *given()])


def _names(jars: list[str]) -> set[str]:
    return {os.path.basename(jar) for jar in jars}


def _with_more(found: list[str], more: list[str]) -> list[str]:
    """Both lists of jars, those of the first where both have the same: Java's cache is for the head of a class path."""
    return [*found, *(jar for jar in more if os.path.basename(jar) not in _names(found))]


def jars(*aliases: str, project: Project | None = None) -> list[str]:
    """List the jars of deps.edn, with some of its aliases and what a project needs besides.

    They are downloaded when not all of them are kept as they were put there.
    """
    edn = place("deps.edn").read_text(encoding="utf-8")
    more = [json.dumps([project.wanted, project.repositories])] if project and project.wanted else []
    digest = hashlib.sha256(" ".join([edn, *aliases, *more]).encode()).hexdigest()[:16]
    try:
        folder = cache_folder() / "jars"
    except OSError as error:
        raise StartError(f"the Clojure jars cannot be kept: {error.strerror}") from error
    kept, altered = _kept(folder / digest)
    if kept is not None:
        return kept
    from pybridge.clojure._maven import download

    wanted, repositories = _read(edn, aliases)
    if project:
        wanted, repositories = wanted | project.wanted, repositories | project.repositories
    try:
        make_folder(folder)
        with _files.beside(folder) as partial:
            downloaded = download(wanted, repositories, partial, (project and project.file) or "deps.edn")
            kept = _keep(downloaded, partial / "jars", folder / digest)
    except StartError as error:
        if not altered:
            raise
        raise StartError(f"{altered}, and {error}") from error
    except OSError as error:
        raise StartError(
            f"the Clojure jars cannot be kept in {folder} ({error.strerror or error}): "
            "make room there or make it writable, or name another cache folder in XDG_CACHE_HOME"
        ) from error
    if altered:
        warnings.warn(f"{altered}; all of them have been fetched anew", stacklevel=2)
    return kept


def _kept(folder: Path) -> tuple[list[str] | None, str]:
    """The jars that were put into a folder, None where one is missing or another; and a sentence on one that is."""
    try:
        noted = json.loads(read_regular(folder / NOTES))
        known = (
            noted if isinstance(noted, dict) else {name: note_of(folder / name) for name in noted}
        )  # of an older one
    except (OSError, ValueError, TypeError):
        return None, ""
    notes = {}
    for name, note in known.items():
        jar = folder / name
        notes[name] = renewed(jar, note)
        if notes[name] is None:
            return None, f"{jar} is not as it was downloaded" if os.path.lexists(jar) else ""
    if notes != noted:
        with suppress(OSError):
            _files.write(folder / NOTES, json.dumps(notes, indent=1).encode())
    return [str(folder / name) for name in notes], ""


def _read(edn: str, aliases: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What a deps.edn asks for, {"group/artifact": version}, and the repositories to ask, {name: url}."""
    from jgo.constants import MAVEN_CENTRAL_URL

    own = next(forms(edn))
    deps = dict(own[":deps"])
    for alias in aliases:
        deps.update(own[":aliases"][f":{alias}"][":extra-deps"])
    wanted = {name: spec[":mvn/version"] for name, spec in deps.items()}
    repositories = {"central": MAVEN_CENTRAL_URL, "clojars": "https://repo.clojars.org"}
    return wanted, repositories | {name: spec[":url"] for name, spec in own.get(":mvn/repos", {}).items()}


def _keep(jars: list[Path], ready: Path, folder: Path) -> list[str]:
    """Put jars into a folder that appears with all of them at once; another process may be doing the same."""
    ready.mkdir()
    notes: dict[str, Any] = {}
    for jar in jars:
        name = jar.name if jar.name not in notes else f"{len(notes)}-{jar.name}"  # one of another group
        with open_regular(jar) as source, open(ready / name, "wb") as copy:
            shutil.copyfileobj(source, copy)
        notes[name] = note_of(ready / name)
        if fault := _fault(jar, ready / name, notes[name]["sha256"]):
            raise StartError(f"the Clojure jar {jar} is {fault}: delete it if it is still there, and try again")
    (ready / NOTES).write_text(json.dumps(notes, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    try:
        ready.rename(folder)
    except OSError:
        if _kept(folder)[0] is None:
            raise
    return [str(folder / name) for name in notes]


def _fault(jar: Path, copy: Path, digest: str) -> str:
    """What is wrong with a jar of this digest, by its place in a repository and by what is in the copy."""
    for line in DIGESTS.read_text(encoding="utf-8").splitlines():
        right, place = line.split()
        if jar.as_posix().endswith(f"/{place}") and digest != right:
            return f"not the one that pybridge was made with (its SHA-256 is {digest}, not {right})"
    import zipfile

    try:
        with zipfile.ZipFile(copy) as archive:
            damaged = archive.testzip()
    except zipfile.BadZipFile:
        damaged = "its end"
    return f"damaged at {damaged}" if damaged else ""
