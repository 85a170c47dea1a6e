"""Tests of what MNIST is, and of where it is looked for."""

from __future__ import annotations

import hashlib
import re
import struct

import numpy as np
import pytest
from small_mnist import ARRAYS, CONTENT, PACKED, archive, fill, is_whole

from pybridge.data import load_mnist
from pybridge.errors import DataError, OptionError

LABELS = "train-labels-idx1-ubyte"
IMAGES = "train-images-idx3-ubyte"


def test_real_mnist_has_the_published_form_and_digests(real_mnist, cache):
    (train_images, train_labels), (test_images, test_labels) = load_mnist(real_mnist)
    assert train_images.shape == (60000, 28, 28)
    assert test_images.shape == (10000, 28, 28)
    assert train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert test_labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    published = {  # MD5 sums of the unpacked files; the headers are the format's magic number and lengths
        "6bbc9ace898e44ae57da46a324031adb": struct.pack(">4I", 2051, 60000, 28, 28) + train_images.tobytes(),
        "a25bea736e30d166cdddb491f175f624": struct.pack(">2I", 2049, 60000) + train_labels.tobytes(),
        "2646ac647ad5339dbf082846283269ea": struct.pack(">4I", 2051, 10000, 28, 28) + test_images.tobytes(),
        "27ae3e4e09519cfbb04c329615203637": struct.pack(">2I", 2049, 10000) + test_labels.tobytes(),
    }
    assert [hashlib.md5(content).hexdigest() for content in published.values()] == list(published)


def test_real_mnist_as_keras_packs_it(real_mnist, cache, tmp_path):
    (train_images, train_labels), (test_images, test_labels) = load_mnist(real_mnist)
    keras = tmp_path / "keras" / "datasets"
    keras.mkdir(parents=True)
    np.savez(keras / "mnist.npz", x_train=train_images, y_train=train_labels, x_test=test_images, y_test=test_labels)
    for file in cache.iterdir():
        file.unlink()
    (again, _), (_, labels) = load_mnist()
    assert np.array_equal(again, train_images)
    assert labels.dtype == np.uint8
    assert sorted(file.suffix for file in cache.iterdir()) == [".json", ".npy", ".npy", ".npy", ".npy"]


@pytest.mark.parametrize(
    "files",
    [
        PACKED,
        CONTENT,
        {**CONTENT, **PACKED},
        {**{name: CONTENT[name] for name in list(CONTENT)[:2]}, **{name: PACKED[name] for name in list(PACKED)[2:]}},
        {name: PACKED[f"{name}.gz"] for name in CONTENT},
        {"mnist.npz": archive()},
        {"mnist.npz": archive(), LABELS: b"a lone file beside the archive"},
        {"mnist.npz": archive(x_train=np.asfortranarray(ARRAYS[IMAGES]))},
    ],
    ids=["gzipped", "unpacked", "both", "mixed", "gzipped without .gz", "archive", "archive and more", "column order"],
)
def test_a_folder_may_hold_mnist_in_either_form(small, tmp_path, files):
    assert is_whole(load_mnist(str(fill(tmp_path / "given", files))))


def test_path_may_name_the_archive_itself(small, tmp_path):
    folder = fill(tmp_path / "given", {"any-name": archive()})
    assert is_whole(load_mnist(str(folder / "any-name")))


def test_path_may_be_relative_or_begin_at_home(small, tmp_path, monkeypatch):
    fill(tmp_path / "given", PACKED)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert is_whole(load_mnist("given"))
    assert is_whole(load_mnist("~/given"))


def test_pybridge_data_is_used(small, tmp_path, monkeypatch):
    monkeypatch.setenv("PYBRIDGE_DATA", str(fill(tmp_path / "set", PACKED)))
    assert is_whole(load_mnist())


@pytest.mark.parametrize("place", ["cache", "keras/datasets"])
def test_caches_are_used_without_a_network(small, cache, tmp_path, place):
    fill(cache if place == "cache" else tmp_path / place, {"mnist.npz": archive()})
    assert is_whole(load_mnist())


def test_a_wrong_path_raises_although_every_other_place_has_mnist(small, tmp_path, monkeypatch):
    monkeypatch.setenv("PYBRIDGE_DATA", str(fill(tmp_path / "set", PACKED)))
    load_mnist()
    with pytest.raises(DataError) as raised:
        load_mnist(str(tmp_path / "wrong"))
    assert str(raised.value) == (
        f"load_mnist: {tmp_path}/wrong does not exist; put an unaltered copy of MNIST (its four IDX files, gzipped "
        "or not, or Keras's mnist.npz) there, or leave path out to have it found or downloaded"
    )


def test_a_wrong_pybridge_data_raises_although_the_cache_has_mnist(small, tmp_path, monkeypatch):
    load_mnist(str(fill(tmp_path / "given", PACKED)))
    monkeypatch.setenv("PYBRIDGE_DATA", str(fill(tmp_path / "set", {})))
    wording = f"PYBRIDGE_DATA is set to {tmp_path}/set, but {tmp_path}/set holds neither .* or unset PYBRIDGE_DATA$"
    with pytest.raises(DataError, match=wording):
        load_mnist()


def test_path_goes_before_a_wrong_pybridge_data(small, tmp_path, monkeypatch):
    monkeypatch.setenv("PYBRIDGE_DATA", str(tmp_path / "wrong"))
    assert is_whole(load_mnist(str(fill(tmp_path / "given", PACKED))))


def test_an_empty_pybridge_data_is_as_good_as_none(small, tmp_path, monkeypatch):
    load_mnist(str(fill(tmp_path / "given", PACKED)))
    monkeypatch.setenv("PYBRIDGE_DATA", "")
    assert is_whole(load_mnist())


def test_nowhere_to_be_had_names_every_place_and_what_to_do(small, cache, tmp_path):
    fill(tmp_path / "keras" / "datasets", {"mnist.npz": archive()[:-40]})
    with pytest.raises(DataError) as raised:
        load_mnist()
    said = str(raised.value)
    assert f"{cache} does not exist" in said
    assert f"{tmp_path}/keras/datasets/mnist.npz is not Keras's mnist.npz, or is damaged" in said
    assert "http://127.0.0.1:9/train-images-idx3-ubyte.gz cannot be had: no connection" in said
    assert "http://127.0.0.1:9/mnist.npz cannot be had: no connection" in said
    assert "let PYBRIDGE_DATA name it; load_digits() is a smaller data set" in said
    assert not cache.exists()


@pytest.mark.parametrize("path", [3, ["folder"], b"folder"])
def test_path_must_be_text(cache, path):
    wording = re.escape(f"path must be the name of a folder or of an .npz file; got {path!r}")
    with pytest.raises(OptionError, match=wording):
        load_mnist(path)
