"""The jars that are kept: those that were asked for, whole, and as they were downloaded."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from maven import names, small_project

from pybridge.clojure import classpath as module
from pybridge.clojure.classpath import classpath
from pybridge.errors import StartError


@pytest.fixture
def repository(tmp_path, monkeypatch):
    with small_project(tmp_path, monkeypatch) as server:
        yield server


def test_nothing_half_done_stays_in_the_cache(repository, tmp_path):
    repository.jar("core").unlink()
    with pytest.raises(StartError):
        classpath()
    assert list((tmp_path / "cache/pybridge/jars").iterdir()) == []


def test_a_damaged_jar_is_not_kept(repository):
    jar = repository.jar("core")
    jar.write_bytes(jar.read_bytes()[:-30])
    with pytest.raises(StartError, match=r"the Clojure jar .*core-1.0.jar is damaged at its end: delete it"):
        classpath()


def harmed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swapped(path: Path) -> None:
    """Put another of the same size and times in its place."""
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    harmed(path)
    os.utime(path, ns=times)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("harm", [harmed, swapped, a_pipe])
def test_a_jar_that_is_not_as_it_was_downloaded_is_fetched_anew(repository, harm):
    jar = next(Path(entry) for entry in classpath() if "core" in entry)
    whole = jar.read_bytes()
    harm(jar)
    with pytest.warns(UserWarning, match=r"/core-1\.0\.jar is not as it was downloaded; all of them have been fetched"):
        classpath()
    assert jar.read_bytes() == whole
    harm(jar)
    repository.jar("core").unlink()
    with pytest.raises(StartError, match=r"/core-1\.0\.jar is not as it was downloaded, and the Clojure jars were not"):
        classpath()


def test_a_copy_of_the_cache_is_known_by_its_digests(repository, tmp_path, monkeypatch):
    classpath()
    shutil.copytree(tmp_path / "cache", tmp_path / "copy", copy_function=shutil.copyfile)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "copy"))
    repository.asked.clear()
    (jar,) = [Path(entry) for entry in classpath() if "core" in entry]
    noted = json.loads((jar.parent / "jars.json").read_text())["core-1.0.jar"]
    assert noted == {
        "sha256": hashlib.sha256(jar.read_bytes()).hexdigest(),
        "stamp": [jar.stat().st_size, jar.stat().st_mtime_ns, jar.stat().st_ctime_ns, jar.stat().st_ino],
    }
    harmed(jar)
    with pytest.warns(UserWarning, match="is not as it was downloaded"):
        classpath()


def test_a_list_of_an_older_version_stays_in_use(repository):
    first = classpath()
    notes = Path(first[-1]).with_name("jars.json")
    notes.write_text(json.dumps(list(json.loads(notes.read_text()))))
    repository.asked.clear()
    assert classpath() == first
    assert repository.asked == []
    harmed(Path(first[-1]))
    with pytest.warns(UserWarning, match="is not as it was downloaded"):
        classpath()


def test_each_jar_of_ours_has_a_known_digest():
    known = module.DIGESTS.read_text().split()
    for entry in {*module.jars(), *module.jars("test")}:
        digest = hashlib.sha256(Path(entry).read_bytes()).hexdigest()
        assert f"/{Path(entry).name}" in known[known.index(digest) + 1]


def test_a_jar_with_another_digest_than_the_known_one_is_refused(repository, tmp_path, monkeypatch):
    (tmp_path / "digests").write_text(f"{'0' * 64}  org/example/core/1.0/core-1.0.jar\n")
    monkeypatch.setattr(module, "DIGESTS", tmp_path / "digests")
    says = r"/core-1\.0\.jar is not the one that pybridge was made with \(its SHA-256 is \w{64}, not 0{64}\): delete it"
    with pytest.raises(StartError, match=says):
        classpath()
    assert list((tmp_path / "cache/pybridge/jars").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            b"<!DOCTYPE html><title>Log in</title>",
            "/main-1.0.pom: a page of HTML came, perhaps of a captive portal: log in",
        ),
        (b"\0\1", "could not be resolved, for a repository describes one in a way that cannot be read"),
    ],
)
def test_a_description_that_is_none(repository, content, says):
    (repository.folder / "org/example/main/1.0/main-1.0.pom").write_bytes(content)
    with pytest.raises(StartError) as raised:
        classpath()
    assert says in str(raised.value)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), min_size=1, max_size=4))
def test_any_description_is_read_or_refused(repository, tmp_path, at):
    pom = bytearray((description := repository.folder / "org/example/main/1.0/main-1.0.pom").read_bytes())
    whole = bytes(pom)
    for place, change in at:
        pom[place % len(pom) : place % len(pom) + 1] = change
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    description.write_bytes(pom)
    try:
        assert "main-1.0.jar" in names(classpath())
    except StartError as error:
        assert str(error).startswith("the Clojure jar")
    finally:
        description.write_bytes(whole)
