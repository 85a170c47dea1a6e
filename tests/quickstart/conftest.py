"""What the tests of the quick start begin with."""

from __future__ import annotations

import contextlib
import os
import shutil

import pytest
from projects import new_project


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A project with its quick start made by the command that makes it; twice at once, which must come to the same."""
    project = new_project(tmp_path_factory.mktemp("made"))
    both = [project.start("prepare") for _ in range(2)]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert [out for out, _ in said] == [f"{project.jar}\n{project.java_cache}\n"] * 2
    return project


@pytest.fixture
def project(made):
    """The same, as it was after each test."""
    kept = {path: path.with_name(f"kept-{path.name}") for path in (made.jar, made.java_cache)}
    core = made.root / "clj/src/pybridge/core.clj"
    times = {path: (path.stat().st_atime_ns, path.stat().st_mtime_ns) for path in (*kept, core)}
    source = core.read_bytes()
    for path, copy in kept.items():
        os.link(path, copy)
    yield made
    for path, copy in kept.items():
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        copy.rename(path)
    core.write_bytes(source)
    for path, when in times.items():
        os.utime(path, ns=when)
