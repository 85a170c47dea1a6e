"""Places of their own for the tests of the data: no cache, variable or network of the machine reaches in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import small_mnist

from pybridge.data import _download, _idx

NOBODY = "http://127.0.0.1:9/"


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """The package's cache, empty, and nothing else to load from."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("PYBRIDGE_DATA", raising=False)
    monkeypatch.setattr(_download, "MIRRORS", (NOBODY,))
    monkeypatch.setattr(_download, "ARCHIVE", f"{NOBODY}mnist.npz")
    return tmp_path / "cache" / "pybridge" / "mnist"


@pytest.fixture
def small(cache, monkeypatch) -> None:
    """Let the small data set stand for MNIST."""
    monkeypatch.setattr(_idx, "FILES", small_mnist.FILES)


@pytest.fixture
def real_mnist() -> str:
    """The folder of the real MNIST, where there is one."""
    if not os.environ.get("PYBRIDGE_DATA"):
        pytest.skip("the real MNIST is not here; set PYBRIDGE_DATA to its folder")
    return os.environ["PYBRIDGE_DATA"]
