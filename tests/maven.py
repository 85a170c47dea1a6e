"""A Maven repository on this machine, for tests of what is asked of one."""

from __future__ import annotations

import functools
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pybridge import _fetch
from pybridge.clojure import _maven, classpath, project


def pom(artifact: str, version: str, *needs: str) -> str:
    dependencies = "".join(
        f"<dependency><groupId>org.example</groupId><artifactId>{name}</artifactId><version>1.0</version></dependency>"
        for name in needs
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        f"<groupId>org.example</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )


class Repository(ThreadingHTTPServer):
    """A Maven repository on this machine that remembers what it was asked for: `main` needs `core`, of two versions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = []
        for artifact, version, *needs in (
            ("main", "1.0", "core"),
            ("core", "1.0"),
            ("core", "2.0"),
            ("extra", "1.0", "core"),
        ):
            home = folder / "org/example" / artifact / version
            home.mkdir(parents=True)
            (home / f"{artifact}-{version}.pom").write_text(pom(artifact, version, *needs))
            with zipfile.ZipFile(home / f"{artifact}-{version}.jar", "w") as jar:
                jar.writestr(f"{artifact}.clj", f"(ns {artifact})")
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def jar(self, artifact: str) -> Path:
        return self.folder / f"org/example/{artifact}/1.0/{artifact}-1.0.jar"


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        self.server.asked.append(self.path)


@contextmanager
def small_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A small project, a repository for it, an empty cache, and no ~/.m2."""
    monkeypatch.setattr(classpath, "place", lambda name: tmp_path / name)
    monkeypatch.setattr(_maven, "PAUSES", (0, 0))
    monkeypatch.setattr(_fetch, "PAUSE", 0.0)
    monkeypatch.setattr(project, "_taken", [])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    monkeypatch.setenv("NO_PROXY", "*")
    with Repository(tmp_path / "maven") as server:
        deps(server, '{org.example/main {:mvn/version "1.0"}}')
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def deps(server: Repository, wanted: str) -> None:
    (server.folder.parent / "deps.edn").write_text(
        f"{{:deps {wanted}\n"
        ' :aliases {:test {:extra-deps {org.example/extra {:mvn/version "1.0"}}}\n'
        '           :libpython-clj {:extra-deps {clj-python/libpython-clj {:mvn/version "2.026"}}}}\n'
        f' :mvn/repos {{"central" {{:url "{server.url}"}} "clojars" {{:url "{server.url}/other"}}}}}}'
    )


def names(entries: list[str]) -> list[str]:
    return [Path(entry).name for entry in entries]
