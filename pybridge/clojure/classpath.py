"""The class path of Clojure: pybridge's own sources, and the jars that deps.edn names, resolved without Maven."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from pybridge._network import TRUST_IT, UNTRUSTED, is_untrusted, missing_certificates, root
from pybridge._places import place
from pybridge.clojure import quickstart
from pybridge.clojure.edn import forms
from pybridge.clojure.project import Project, taken
from pybridge.errors import StartError

__all__ = ["classpath"]

DIGESTS = Path(__file__).with_name("jars.sha256")  # of the jars of deps.edn that Maven Central has
PAUSES = (0, 1, 3)  # seconds before each try to download


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

    They are downloaded when not all of them are kept.
    """
    from platformdirs import user_cache_path

    edn = place("deps.edn").read_text(encoding="utf-8")
    more = [json.dumps([project.wanted, project.repositories])] if project and project.wanted else []
    digest = hashlib.sha256(" ".join([edn, *aliases, *more]).encode()).hexdigest()[:16]
    folder = user_cache_path("pybridge") / "jars" / digest
    kept = _kept(folder)
    if kept is None:
        import tempfile

        wanted, repositories = _read(edn, aliases)
        if project:
            wanted, repositories = wanted | project.wanted, repositories | project.repositories
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix="partial-") as partial:
                downloaded = _download(wanted, repositories, Path(partial), (project and project.file) or "deps.edn")
                _keep(downloaded, Path(partial) / "jars", folder)
        except OSError as error:
            raise StartError(
                f"the Clojure jars cannot be kept in {folder.parent} ({error.strerror or error}): "
                "make room there or make it writable, or name another cache folder in XDG_CACHE_HOME"
            ) from error
        kept = _kept(folder)
    return kept


def _kept(folder: Path) -> list[str] | None:
    try:
        jars = [folder / name for name in json.loads((folder / "jars.json").read_text())]
    except (OSError, ValueError):
        return None
    return [str(jar) for jar in jars] if all(jar.is_file() for jar in jars) else None


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


def _download(wanted: dict[str, str], repositories: dict[str, str], folder: Path, file: str | Path) -> list[Path]:
    """Download the jars of some coordinates and of all they depend on; the folder may hold broken tries besides.

    Errors name `file`, which asks for them.
    """
    import tempfile

    import requests

    names = ", ".join(f"{name} {version}" for name, version in wanted.items())
    if fault := missing_certificates():
        raise StartError(f"the Clojure jars ({names}) cannot be downloaded: {fault}")
    for pause in PAUSES:
        time.sleep(pause)
        try:
            return _resolve(wanted, repositories, Path(tempfile.mkdtemp(dir=folder)))
        except requests.RequestException as error:
            failure = error
            if is_untrusted(error):
                break
        except (RuntimeError, ValueError) as error:
            raise StartError(f"the Clojure jars were not found ({names}): {error}: correct {file}") from error
    url = failure.request.url if failure.request else "Maven's repository"
    if is_untrusted(failure):
        why = f"{UNTRUSTED}: {TRUST_IT}"
    else:
        why = f"{root(failure)}: connect to the network once (HTTPS_PROXY is heard); later starts need none"
    raise StartError(f"the Clojure jars ({names}) could not be downloaded: {url}: {why}") from failure


def _resolve(wanted: dict[str, str], repositories: dict[str, str], cache: Path) -> list[Path]:
    """Resolve coordinates, with an empty cache because jgo trusts what a broken download left in one."""
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=cache, local_repos=[MavenContext().repo_cache], remote_repos=repositories)
    direct = [context.create_dependency(_coordinate(name, version)) for name, version in wanted.items()]
    resolved = [dependency for found in context.resolver.resolve(direct) for dependency in found]
    return [dependency.artifact.resolve() for dependency in resolved]


def _coordinate(name: str, version: str) -> str:
    """What Maven calls `group/artifact$classifier` of a version; a name without a group is both."""
    library, _, classifier = name.partition("$")
    group, _, artifact = library.rpartition("/")
    return ":".join([group or artifact, artifact, version, *([classifier, "jar"] if classifier else [])])


def _whole(jar: Path) -> Path:
    import zipfile

    try:
        with zipfile.ZipFile(jar) as archive:
            damaged = archive.testzip()
    except zipfile.BadZipFile:
        damaged = "its end"
    if damaged:
        raise StartError(
            f"the Clojure jar {jar} is damaged at {damaged}: delete it if it is still there, and try again"
        )
    return jar


def _keep(jars: list[Path], ready: Path, folder: Path) -> None:
    """Put jars into a folder that appears with all of them at once; another process may be doing the same."""
    ready.mkdir()
    names: list[str] = []
    for jar in jars:
        name = jar.name if jar.name not in names else f"{len(names)}-{jar.name}"  # one of another group
        shutil.copyfile(_whole(jar), ready / name)
        names.append(name)
    (ready / "jars.json").write_text(json.dumps(names))
    shutil.rmtree(folder, ignore_errors=True)
    try:
        ready.rename(folder)
    except OSError:
        if _kept(folder) is None:
            raise
