"""Tests of the files that are not believed: truncated, altered, foreign, or not there."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from small_mnist import ARRAYS, CONTENT, PACKED, altered, archive, fill

from pybridge.data import load_mnist
from pybridge.errors import DataError

LABELS = "train-labels-idx1-ubyte"
IMAGES = "train-images-idx3-ubyte"


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as held:
        for name, content in files.items():
            held.writestr(name, content)
    return buffer.getvalue()


FOREIGN = struct.pack(">4I", 2051, 4, 28, 28) + bytes(4 * 784)


@pytest.mark.parametrize(
    ("name", "content", "wording"),
    [
        (f"{LABELS}.gz", PACKED[f"{LABELS}.gz"][:-9], f"/{LABELS}.gz is truncated or damaged: Compressed file ended"),
        (f"{IMAGES}.gz", PACKED[f"{IMAGES}.gz"][:1000], f"/{IMAGES}.gz is truncated or damaged: Compressed file ended"),
        (f"{IMAGES}.gz", altered(PACKED[f"{IMAGES}.gz"], 1000), f"/{IMAGES}.gz is truncated or damaged: "),
        (
            f"{LABELS}.gz",
            gzip.compress(altered(CONTENT[LABELS]), mtime=0),
            f"/{LABELS}.gz has the form of MNIST's {LABELS} but",
        ),
        (LABELS, CONTENT[LABELS][:-2], f"/{LABELS} is truncated: it ends after 11 of 13 bytes"),
        (LABELS, b"", f"/{LABELS} is truncated: it ends after 0 of 13 bytes"),
        (LABELS, CONTENT[LABELS] + b"\0", f"/{LABELS} is not MNIST's {LABELS}: it goes on after 13 bytes"),
        (LABELS, altered(CONTENT[LABELS]), r"SHA-256 \w{12}…, not \w{12}….*altered, or belongs to another data set"),
        (IMAGES, FOREIGN, "it begins with 0000080300000004.*, not 0000080300000005"),
        (LABELS, CONTENT["t10k-labels-idx1-ubyte"], f"/{LABELS} is not MNIST's {LABELS}: it begins with"),
        (LABELS, b"not found", f"/{LABELS} is not MNIST's {LABELS}: it begins with {b'not foun'.hex()}"),
        (LABELS, b"<html>404</html>", f"/{LABELS} is not MNIST's {LABELS}: it is a web page, saved in place of the"),
        (f"{LABELS}.gz", b"\n<!DOCTYPE html>", f"/{LABELS}.gz is not MNIST's {LABELS}: it is a web page, saved in"),
        (
            f"{LABELS}.gz",
            gzip.compress(b"<?xml version='1.0'?>", mtime=0),
            "it is a web page, saved in place of the file",
        ),
        (LABELS, b"version https://git-lfs.github.com/spec/v1\n", "it is a pointer of Git LFS: `git lfs pull` fetches"),
        (f"{LABELS}.gz", b"PK\x03\x04and so on", "it is a ZIP archive: unpack it"),
    ],
)
def test_a_truncated_altered_or_foreign_idx_file(small, cache, tmp_path, name, content, wording):
    files = {**PACKED, name: content}
    with pytest.raises(DataError, match=wording):
        load_mnist(str(fill(tmp_path / "given", files)))
    assert not cache.exists()


def test_an_endless_gzip_file_is_not_unpacked_to_its_end(small, tmp_path):
    bomb = gzip.compress(CONTENT[LABELS] + bytes(50_000_000))
    with pytest.raises(DataError, match="goes on after 13 bytes"):
        load_mnist(str(fill(tmp_path / "given", {**PACKED, f"{LABELS}.gz": bomb})))


@pytest.mark.parametrize(
    ("content", "wording"),
    [
        (b"", "is not Keras's mnist.npz, or is damaged"),
        (b"anything", "is not Keras's mnist.npz, or is damaged"),
        (archive()[:-30], "is not Keras's mnist.npz, or is damaged"),
        (altered(archive(), 3000), "is not Keras's mnist.npz, or is damaged: Bad CRC-32|Error -3"),
        (archive(y_test=None), "is not Keras's mnist.npz: it holds .'x_train.npy', .* and no y_test.npy; put"),
        (archive(y_test=np.array([7, 2, 1])), "its y_test is int64 of shape .3,., not uint8 of shape .3,."),
        (archive(y_test=np.array([7, 2], np.uint8)), "its y_test is uint8 of shape .2,., not uint8 of shape .3,."),
        (archive(y_test=np.array([7, 2, 2], np.uint8)), "y_test in .*mnist.npz has the form of .* not its content"),
        (archive(y_test=np.array([7, 2, None])), "its y_test is object of shape .3,., not uint8 of shape .3,."),
        (PACKED[f"{LABELS}.gz"], "is a gzipped file; of IDX files, name the folder that holds all four"),
        (CONTENT[LABELS], "it is an IDX file, one of four: name the folder that holds them"),
        (pickle.dumps([7, 2, 1]), "is not Keras's mnist.npz: it is a pickle, which is never loaded"),
        (npy(np.zeros(3)), "is not Keras's mnist.npz: it is a NumPy array"),
        (b"<html>", "is not Keras's mnist.npz: it is a web page"),
        (
            zipped({f"{LABELS}.gz": b""}),
            f"it holds .'{LABELS}.gz'. and no x_train.npy: unpack it, and name the folder",
        ),
        (zipped({"x_train.npy": b"none"}), "is not Keras's mnist.npz, or is damaged"),
        (zipped({"x_train.npy": npy(ARRAYS[IMAGES]) + b"more"}), "is not Keras's mnist.npz, or is damaged"),
    ],
    ids=lambda value: "content" if isinstance(value, bytes) else None,  # archives hold the time
)
def test_a_truncated_altered_or_foreign_archive(small, cache, tmp_path, content, wording):
    folder = fill(tmp_path / "given", {"mnist.npz": content})
    with pytest.raises(DataError, match=wording):
        load_mnist(str(folder))
    with pytest.raises(DataError, match=wording):
        load_mnist(str(folder / "mnist.npz"))
    assert not cache.exists()


def test_no_error_advises_to_allow_pickles(small, tmp_path):
    objects = npy(np.array([{}, None]))
    for content in (objects, pickle.dumps({}), archive(x_train=np.array([None])), zipped({"x_train.npy": objects})):
        with pytest.raises(DataError) as raised:
            load_mnist(str(fill(tmp_path / "given", {"mnist.npz": content})))
        assert "allow_pickle" not in str(raised.value)


class Trap:
    """What touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


def test_nothing_is_unpickled(small, tmp_path):
    sprung = tmp_path / "sprung"
    pickle.loads(pickle.dumps(Trap(sprung)))
    assert sprung.exists(), "the trap must work"
    sprung.unlink()
    objects = np.empty(3, object)
    objects[:] = Trap(sprung)
    for content in (archive(y_test=objects), pickle.dumps(Trap(sprung))):
        with pytest.raises(DataError, match=r"is not Keras's mnist\.npz"):
            load_mnist(str(fill(tmp_path / "given", {"mnist.npz": content})))
    assert not sprung.exists()


def test_a_part_that_is_missing(small, tmp_path):
    folder = fill(tmp_path / "given", PACKED)
    (folder / f"{LABELS}.gz").unlink()
    with pytest.raises(DataError, match=f"given lacks {LABELS}; put an unaltered copy of MNIST"):
        load_mnist(str(folder))


def test_a_file_that_cannot_be_looked_at(small, tmp_path):
    folder = fill(tmp_path / "given", PACKED)
    loop = folder / f"{LABELS}.gz"
    loop.unlink()
    loop.symlink_to(loop)
    with pytest.raises(DataError, match=f"given lacks {LABELS}"):
        load_mnist(str(folder))
    with pytest.raises(DataError, match="File name too long"):
        load_mnist("x" * 5000)
