"""The Clojure project that a command is used in: what its deps.edn or project.clj adds to the class path.

Only data is read, nothing of the project's is run: paths, Maven's dependencies, folders and jars of this machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pybridge._text import read_text
from pybridge.clojure.edn import Symbol, forms
from pybridge.errors import DataError, StartError

__all__ = ["Project", "find_project", "read_project", "source_root", "take", "taken"]

LONGEST = 300  # characters of a name in a message
OWN = "io.github.pybridge/pybridge"  # this pybridge's Clojure is on the class path anyway
FILES = {"deps.edn": "clojure -Spath", "project.clj": "lein classpath"}


class Project(NamedTuple):
    """What a project adds to the class path.

    Attributes:
        file: its deps.edn or project.clj; None for a program that has none.
        folders: its sources and resources.
        jars: jars of this machine.
        wanted: what comes from Maven, {"group/artifact": version}.
        repositories: where to ask besides Maven Central and Clojars, {name: url}.
        refused: sentences on dependencies that pybridge cannot fetch.
    """

    file: Path | None
    folders: list[str]
    jars: list[str]
    wanted: dict[str, str]
    repositories: dict[str, str]
    refused: list[str]


_taken: list[tuple[Path, list[Path], bool]] = []


def take(folder: Path, roots: Sequence[Path] = (), *, alone: bool = True) -> None:
    """Have the class path of this process take the project around a folder, once Clojure starts.

    Args:
        folder: where to look for the project, and above.
        roots: folders of sources to add.
        alone: whether the project has to bring its jars; not where somebody gives its whole class path.
    """
    _taken[:] = [(folder, list(roots), alone)]


def taken() -> Project | None:
    """Read the project that a command has taken, if it has.

    Raises:
        StartError: its file cannot be read.
    """
    if not _taken:
        return None
    folder, roots, alone = _taken[0]
    file = find_project(folder)
    project = read_project(file) if file else Project(None, [], [], {}, {}, [])
    more = [str(root) for root in roots if str(root) not in project.folders]
    project.folders.extend(more)
    return project if alone else project._replace(wanted={}, refused=[])


def find_project(folder: Path) -> Path | None:
    """Find the nearest deps.edn or project.clj, in a folder or above it, as far as the home folder.

    What belongs to another than the folder does ends the search: what others put above a folder is not loaded.

    Returns:
        Its path; None where there is none, or it is that of a checkout of pybridge.
    """
    home, start = os.path.expanduser("~"), folder.absolute()
    for above in (start, *start.parents):
        if above != start and not _of_one_owner(above, start):
            return None
        for name in FILES:
            if _is_there(file := above / name) and (above == start or _of_one_owner(file, start)):
                return None if (above / "clj/src/pybridge/core.clj").is_file() else file
        if str(above) == home:
            return None
    return None


def _is_there(file: Path) -> bool:
    """Whether there is a file; one that is none to read, such as a pipe, is refused when it is read."""
    return os.path.exists(file) and not os.path.isdir(file)


def _of_one_owner(one: Path, other: Path) -> bool:
    return one.stat().st_uid == other.stat().st_uid


def read_project(file: Path) -> Project:
    """Read a deps.edn or project.clj, and the projects that it names as folders.

    Raises:
        StartError: it cannot be read.
    """
    project = Project(file, [], [], {}, {}, [])
    _add(project, file, set())
    return project


def source_root(file: Path) -> Path:
    """The folder that a Clojure file's namespace is found from; its own folder where it names none."""
    folder = file.absolute().parent
    *above, name = (re.sub("-", "_", part) for part in (_namespace(file) or file.stem).split("."))
    fits = name == file.stem and folder.parts[len(folder.parts) - len(above) :] == tuple(above)
    return folder.parents[len(above) - 1] if fits and above else folder


def _namespace(file: Path) -> str | None:
    """What the first `ns` or `in-ns` of a source names; nothing else in it has to be read."""
    try:
        for form in forms(read_text(file)):
            match form:
                case ("ns" | "in-ns", Symbol() as name, *_):
                    return name
    except (DataError, ValueError):
        pass
    return None


def _add(project: Project, file: Path, seen: set[Path]) -> None:
    """Add what a file says to a project; one that asks for itself in the end is read once."""
    if file in seen:
        return
    seen.add(file)
    paths, dependencies, repositories = (_leiningens if file.name == "project.clj" else _deps_edn)(file)
    folders = [str(file.parent / path) for path in paths if type(path) is str and os.path.isdir(file.parent / path)]
    project.folders.extend(folder for folder in folders if folder not in project.folders)
    project.repositories.update(repositories)
    local: list[tuple[str, str]] = []
    for name, spec in ((name if "/" in name else f"{name}/{name}", spec) for name, spec in dependencies):
        match spec:
            case _ if name.partition("$")[0] == OWN:
                continue
            case {":mvn/version": str() as version}:
                project.wanted.setdefault(name, version)
            case {":local/root": str() as root}:
                local.append((name, root))
            case _:
                project.refused.append(
                    f"{file} asks for {_brief(name)} in a way that pybridge does not fetch (it takes :mvn/version and "
                    f':local/root): give the whole class path, --classpath "$({FILES[file.name]})"'
                )
    for name, root in local:  # what a file names itself counts before what its neighbours do
        _add_local(project, file, name, root, seen)


def _add_local(project: Project, file: Path, name: str, root: str, seen: set[Path]) -> None:
    place = Path(os.path.normpath(file.parent / root))
    if place.suffix == ".jar" and os.path.isfile(place):
        project.jars.append(str(place))
    elif found := next((place / known for known in FILES if _is_there(place / known)), None):
        _add(project, found, seen)
    else:
        raise StartError(
            f"{file} asks for {_brief(name)} in {_brief(str(place))}, where there is no deps.edn, project.clj or jar"
        )


Entries = tuple[Sequence[Any], list[tuple[str, Any]], dict[str, str]]


def _deps_edn(file: Path) -> Entries:
    """The paths, dependencies and repositories of a deps.edn."""
    edn: Any = next(_forms_of(file), {})
    if not isinstance(edn, dict):
        raise StartError(f'{file} does not hold a map such as {{:paths ["src"]}}')
    named = _mapping(edn.get(":mvn/repos"))
    repositories = {name: spec[":url"] for name, spec in named.items() if isinstance(_mapping(spec).get(":url"), str)}
    return _vector(edn.get(":paths", ("src",))), list(_mapping(edn.get(":deps")).items()), repositories


def _leiningens(file: Path) -> Entries:
    """The same of a project.clj; what its code computes is left out."""
    for form in _forms_of(file):
        match form:
            case ("defproject", _, _, *options):
                given = _named(options)
                break
    else:
        raise StartError(f'{file} has no (defproject name "version" …)')
    paths = (*_vector(given.get(":source-paths", ("src",))), *_vector(given.get(":resource-paths", ("resources",))))
    return paths, list(_leiningens_dependencies(given)), dict(_leiningens_repositories(given))


def _leiningens_dependencies(given: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for dependency in _vector(given.get(":dependencies")):
        match dependency:
            case (Symbol() as name, version, *options):
                classifier = _named(options).get(":classifier")
                yield f"{name}${classifier}" if classifier else name, {":mvn/version": version}
            case (Symbol() as name,):
                yield name, None


def _leiningens_repositories(given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    named = given.get(":repositories")
    for pair in named.items() if isinstance(named, dict) else _vector(named):
        match pair:
            case (str() as name, str() as url) | (str() as name, {":url": str() as url}):
                yield name, url


def _forms_of(file: Path) -> Iterator[Any]:
    try:
        yield from forms(read_text(file, StartError))
    except ValueError as error:
        raise StartError(f"{file} cannot be read: {error}") from error


def _named(options: Sequence[Any]) -> dict[str, Any]:
    """Options as a map; a key that is no keyword or name is none."""
    return {key: value for key, value in zip(options[::2], options[1::2], strict=False) if isinstance(key, str)}


def _brief(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}…"


def _vector(found: Any) -> Sequence[Any]:
    return found if isinstance(found, tuple) else ()


def _mapping(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
