"""The lists of versions that Maven's repositories keep: what a SNAPSHOT, RELEASE and LATEST stand for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from maven import deps, names, small_project
from raw_server import response, serving

from pybridge import _fetch
from pybridge.clojure import _maven
from pybridge.clojure.classpath import classpath
from pybridge.errors import StartError

STAMPED = "1.1-20260102.030405-7"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    with small_project(tmp_path, monkeypatch) as server:
        yield server


def listed(artifact: str, *parts: str) -> str:
    head = f"<metadata><groupId>org.example</groupId><artifactId>{artifact}</artifactId>"
    return f"{head}{''.join(parts)}</metadata>"


def add_snapshot(folder: Path) -> None:
    """Give `core` a version 1.1-SNAPSHOT, whose files have a time in their names."""
    core = folder / "org/example/core"
    home = core / "1.1-SNAPSHOT"
    home.mkdir()
    pom = (core / "1.0/core-1.0.pom").read_text().replace("<version>1.0", "<version>1.1-SNAPSHOT")
    (home / f"core-{STAMPED}.pom").write_text(pom)
    shutil.copy(core / "1.0/core-1.0.jar", home / f"core-{STAMPED}.jar")
    (home / "maven-metadata.xml").write_text(
        listed(
            "core",
            "<version>1.1-SNAPSHOT</version><versioning><snapshot><timestamp>20260102.030405</timestamp>"
            "<buildNumber>7</buildNumber></snapshot><lastUpdated>20260102030405</lastUpdated></versioning>",
        )
    )


def add_list(folder: Path) -> None:
    """Say of `core` that it has the versions 1.0, 2.0 and 1.1-SNAPSHOT."""
    versions = "".join(f"<version>{each}</version>" for each in ("1.0", "2.0", "1.1-SNAPSHOT"))
    place = folder / "org/example/core/maven-metadata.xml"
    place.write_text(listed("core", f"<versioning><versions>{versions}</versions></versioning>"))


def want(server: object, version: str) -> None:
    deps(server, f'{{org.example/core {{:mvn/version "{version}"}}}}')


def test_a_snapshot_is_the_one_that_its_list_names(repository):
    add_snapshot(repository.folder)
    want(repository, "1.1-SNAPSHOT")
    assert "core-1.1-SNAPSHOT.jar" in names(classpath())
    assert f"/org/example/core/1.1-SNAPSHOT/core-{STAMPED}.jar" in repository.asked


@pytest.mark.parametrize("version", ["RELEASE", "LATEST"])
def test_the_newest_version_is_the_one_that_the_list_names(repository, version):
    add_list(repository.folder)
    want(repository, version)
    assert "core-2.0.jar" in names(classpath())
    assert repository.asked.count("/org/example/core/maven-metadata.xml") == 1


@pytest.mark.parametrize("version", ["1.1-SNAPSHOT", "RELEASE"])
def test_what_no_list_names_is_not_found(repository, version):
    want(repository, version)
    with pytest.raises(StartError, match=r"^the Clojure jars were not found \(org.example/core"):
        classpath()


@pytest.mark.parametrize("version", ["1.1-SNAPSHOT", "RELEASE"])
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (response(b"<!DOCTYPE html><title>Log in</title>"), "a page of HTML came, perhaps of a captive portal"),
        (response(b"", status="503 Busy"), "HTTP status 503"),
        (response(b"", "Location: ftp://there/", status="302 Found"), "it redirects to ftp://there/, which is neither"),
        (response(b"<metadata", "Content-Length: 1000"), "the connection broke off"),
        (b"nonsense\r\n\r\n", "its answer is malformed"),
        (response(b"<" * (_maven.LARGEST_LIST + 1)), r"it goes on after 16,777,216 bytes, more than it can have"),
    ],
    ids=["portal", "busy", "scheme", "broken", "nonsense", "endless"],
)
def test_a_list_comes_by_the_same_rules_as_a_jar(repository, version, answer, says):
    with serving() as server:
        server.answer = answer
        want(repository, version)
        place = repository.folder.parent / "deps.edn"
        place.write_text(place.read_text().replace(f"{repository.url}/other", server.url.rstrip("/")))
        with pytest.raises(StartError, match=rf"maven-metadata\.xml: {says}"):
            classpath()


def test_a_list_that_drips_is_given_up(repository, monkeypatch):
    monkeypatch.setattr(_fetch, "GRACE", 0.2)
    with serving() as server:
        server.answer, server.drip = response(b""), b" "
        want(repository, "RELEASE")
        place = repository.folder.parent / "deps.edn"
        place.write_text(place.read_text().replace(f"{repository.url}/other", server.url.rstrip("/")))
        with pytest.raises(StartError, match=r"maven-metadata\.xml: too slow"):
            classpath()
