"""Places of their own for the tests of the data: no cache, variable or network of the machine reaches in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import small_mnist

NOBODY = "http://127.0.0.1:9/"


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """The package's cache, empty, and nothing else to load from."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("PYBRIDGE_DATA", raising=False)
    for name in ("MNIST", "FASHION_MNIST"):
        at_nobody = {"mirrors": (NOBODY,), "archive": NOBODY + "mnist.npz" if name == "MNIST" else ""}
        small_mnist.replace(monkeypatch, name, **at_nobody)
    return tmp_path / "cache" / "pybridge" / "mnist"


@pytest.fixture
def small(cache, monkeypatch) -> None:
    """Let small data sets stand for MNIST and Fashion-MNIST."""
    small_mnist.replace(monkeypatch, "MNIST", files=small_mnist.FILES)
    small_mnist.replace(monkeypatch, "FASHION_MNIST", files=small_mnist.FASHION_FILES)


@pytest.fixture
def real_mnist() -> str:
    """The folder of the real MNIST, where there is one."""
    if not os.environ.get("PYBRIDGE_DATA"):
        pytest.skip("the real MNIST is not here; set PYBRIDGE_DATA to its folder")
    return os.environ["PYBRIDGE_DATA"]


@pytest.fixture
def real_fashion_mnist() -> str:
    """The folder of the real Fashion-MNIST, where there is one beside MNIST's."""
    folder = Path(os.environ.get("PYBRIDGE_DATA") or ".").absolute().parent / "fashion-mnist"
    if not folder.is_dir():
        pytest.skip("the real Fashion-MNIST is not here; put it into a folder fashion-mnist beside PYBRIDGE_DATA's")
    return str(folder)
