"""Jars from Maven's repositories: jgo says which they are, and each is fetched as any file of the network is."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import cast

from jgo.maven import Artifact, Component, MavenContext, Project, PythonResolver

from pybridge._fetch import FetchError, fetch
from pybridge._http import Session
from pybridge._network import TRUST_IT, UNTRUSTED, missing_certificates
from pybridge.errors import StartError

__all__ = ["download"]

PAUSES = (0, 1, 3)  # seconds before each try to download
LARGEST = 4 * 2**30  # bytes; the largest jars, of libraries for graphics cards, have two
LARGEST_LIST = 2**24  # bytes; a list of versions takes a few thousand
MISSING = {401, 403, 404, 410}  # what a repository says of what it does not have, or not for everybody


def download(wanted: dict[str, str], repositories: dict[str, str], folder: Path, file: str | Path) -> list[Path]:
    """Download the jars of some coordinates and of all they depend on.

    Args:
        wanted: {"group/artifact": version}.
        repositories: where to ask, {name: url}.
        folder: a folder for the jars, and for broken tries besides.
        file: what asks for them, for a message.

    Returns:
        The jars; those of the user's own repository stay there.

    Raises:
        StartError: they could not be downloaded.
    """
    names = ", ".join(f"{name} {version}" for name, version in wanted.items())
    if fault := missing_certificates():
        raise StartError(f"the Clojure jars ({names}) cannot be downloaded: {fault}")
    for pause in PAUSES:
        time.sleep(pause)
        try:
            return _resolve(wanted, repositories, Path(tempfile.mkdtemp(dir=folder)))
        except _UnreachedError as error:
            failure = error
            if not error.silent or UNTRUSTED in str(error):
                break
        except OSError:
            raise
        except (RuntimeError, ValueError) as error:
            raise StartError(f"the Clojure jars were not found ({names}): {error}: correct {file}") from error
        except Exception as error:  # whatever jgo makes of what a repository says of a jar
            what = f"{type(error).__name__}: {error}"
            raise StartError(
                f"the Clojure jars ({names}) could not be resolved, for a repository describes one in a way that "
                f"cannot be read ({what}): correct {file}, or try another network"
            ) from error
    remedy = "connect to the network once (HTTPS_PROXY is heard); later starts need none"
    if UNTRUSTED in str(failure):
        remedy = TRUST_IT
    raise StartError(f"the Clojure jars ({names}) could not be downloaded: {failure}: {remedy}") from failure


class _UnreachedError(Exception):
    """Says what went wrong at which address, and whether nobody has answered there."""

    def __init__(self, url: str, error: FetchError) -> None:
        super().__init__(f"{url}: {error}")
        self.silent = error.silent


class _Resolver(PythonResolver):
    """Resolves as jgo does, and fetches as pybridge does."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def download(self, artifact: Artifact) -> Path:
        component = artifact.component
        if component.resolved_version.endswith("-SNAPSHOT") and not component.snapshot_metadata:
            component.update_snapshot_metadata()
        place = Path(artifact.cached_path or artifact.filename)
        for repository in artifact.context.remote_repos.values():
            if self.fetched(f"{repository}/{component.path_prefix.as_posix()}/{artifact.filename}", place, LARGEST):
                return place
        raise RuntimeError(f"{artifact} is in none of the repositories {', '.join(artifact.context.remote_repos)}")

    def fetched(self, url: str, place: Path, most: int) -> bool:
        """Fetch a file, if its repository has it."""
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{place.name}.part")
        try:
            with open(part, "wb") as into:
                fetch(self.session, url, into, most=most)
        except FetchError as error:
            if error.status in MISSING:
                return False
            raise _UnreachedError(url, error) from error
        part.rename(place)  # jgo takes whatever has the name for whole
        return True


class _Context(MavenContext):
    """Makes projects and versions that ask the network by the resolver, where jgo's own would ask it themselves."""

    def project(self, groupId: str, artifactId: str) -> Project:
        return _Project(self, groupId, artifactId)


class _Project(Project):
    def at_version(self, version: str) -> Component:
        return _Component(self, version)

    def update(self, max_age: int | None = None) -> None:
        _fetch_lists(self.context, self.path_prefix)


class _Component(Component):
    """A jar of one version, whose lists are fetched before jgo reads them."""

    listed = False

    @property
    def resolved_version(self) -> str:
        if self.version in ("RELEASE", "LATEST") and not self.listed:
            self.project.update()
            self.listed = True
        return super().resolved_version

    def update_snapshot_metadata(self) -> None:
        _fetch_lists(self.context, self.path_prefix)


def _fetch_lists(context: MavenContext, folder: Path) -> None:
    """Fetch the lists of versions that the repositories have in a folder, to where jgo reads them."""
    for number, repository in enumerate(context.remote_repos.values()):
        place = context.repo_cache / folder / f"maven-metadata-{number}.xml"
        url = f"{repository}/{folder.as_posix()}/maven-metadata.xml"
        cast(_Resolver, context.resolver).fetched(url, place, LARGEST_LIST)


def _resolve(wanted: dict[str, str], repositories: dict[str, str], cache: Path) -> list[Path]:
    """Resolve coordinates, with an empty cache because jgo trusts what a broken download left in one."""
    own = Path(os.environ.get("M2_REPO") or os.path.expanduser("~/.m2/repository"))
    with Session() as session:
        context = _Context(_Resolver(session), repo_cache=cache, local_repos=[own], remote_repos=repositories)
        direct = [context.create_dependency(_coordinate(name, version)) for name, version in wanted.items()]
        resolved = [dependency for found in context.resolver.resolve(direct) for dependency in found]
        return [dependency.artifact.resolve() for dependency in resolved]


def _coordinate(name: str, version: str) -> str:
    """What Maven calls `group/artifact$classifier` of a version; a name without a group is both."""
    library, _, classifier = name.partition("$")
    group, _, artifact = library.rpartition("/")
    return ":".join([group or artifact, artifact, version, *([classifier, "jar"] if classifier else [])])
