"""A Maven repository on this machine, for tests of what is asked of one."""

from __future__ import annotations

import functools
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


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
