"""Sessions whose sockets are in a folder of their own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from session_client import Session


@pytest.fixture(scope="module")
def runtime() -> Iterator[Path]:
    """A short path: a socket's is limited."""
    folder = Path(tempfile.mkdtemp(prefix="pb-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def session(runtime) -> Iterator[Session]:
    session = Session(XDG_RUNTIME_DIR=str(runtime))
    session.request("initialize")
    yield session
    session.end()
