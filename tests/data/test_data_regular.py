"""Pipes and devices where data or the cache should be: nobody waits for what never comes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from small_mnist import PACKED, fill, is_whole

from pybridge.data import load_mnist
from pybridge.errors import DataError

LABELS = "train-labels-idx1-ubyte"


@pytest.fixture
def given(small, cache, tmp_path) -> Path:
    return fill(tmp_path / "given", PACKED)


def test_a_pipe_among_the_files(given):
    (given / f"{LABELS}.gz").unlink()
    os.mkfifo(given / LABELS)
    with pytest.raises(
        DataError, match=rf"/{LABELS} cannot be read: it is a pipe \(FIFO\), not a regular file; put an"
    ):
        load_mnist(str(given))


@pytest.mark.parametrize("named", ["/dev/zero", "/dev/null"])
def test_a_device(small, cache, monkeypatch, named):
    says = f"{named} cannot be read: it is a device, not a regular file; put an unaltered copy of MNIST"
    with pytest.raises(DataError, match=says):
        load_mnist(named)
    monkeypatch.setenv("PYBRIDGE_DATA", named)
    with pytest.raises(DataError, match=f"PYBRIDGE_DATA is set to {named}, but {says}"):
        load_mnist()


@pytest.mark.parametrize("name", [f"{LABELS}.npy", "checked.json", "mnist.npz"])
def test_a_pipe_in_the_cache(given, cache, name):
    load_mnist(str(given))
    (cache / name).unlink(missing_ok=True)
    os.mkfifo(cache / name)
    assert is_whole(load_mnist(str(given)))
    if name == f"{LABELS}.npy":
        (cache / name).unlink()
        os.mkfifo(cache / name)
        with pytest.raises(DataError, match=rf"{name} cannot be read: it is a pipe \(FIFO\), not a regular file"):
            load_mnist()


def test_a_pipe_where_keras_keeps_it(small, cache, tmp_path):
    (tmp_path / "keras/datasets").mkdir(parents=True)
    os.mkfifo(tmp_path / "keras/datasets/mnist.npz")
    with pytest.raises(DataError, match=r"mnist\.npz cannot be read: it is a pipe \(FIFO\), not a regular file"):
        load_mnist()


def test_the_cache_is_for_its_user_alone(given, cache):
    load_mnist(str(given))
    assert [folder.stat().st_mode & 0o777 for folder in (cache, cache.parent)] == [0o700, 0o700]


def test_a_cache_that_anybody_may_write_to_is_neither_read_nor_written(given, cache):
    load_mnist(str(given))
    kept = sorted(cache.iterdir())
    cache.parent.chmod(0o777)
    (cache / kept[-1].name).unlink()
    assert is_whole(load_mnist(str(given)))
    assert sorted(cache.iterdir()) == kept[:-1]
    with pytest.raises(DataError, match=r"there is no cache: anybody may write to .*/pybridge: look at what is there"):
        load_mnist()
