"""Data sets' files: what is read has the digests of the set, and nothing else is."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from reader_inputs import mutated
from reader_rule import FUZZ, found, inputs, tried

from pybridge.data import _idx, _sets

pytestmark = pytest.mark.timeout(0 if FUZZ else 300)

KEYS = ("x_train", "y_train", "x_test", "y_test")
ARRAYS = [np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4), np.array([3, 1], np.uint8)] * 2


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + b"".join(struct.pack(">I", size) for size in array.shape) + array.tobytes()


FILES = tuple(
    _sets.IdxFile(key, key, array.shape, hashlib.sha256(idx(array)).hexdigest())
    for key, array in zip(KEYS, ARRAYS, strict=True)
)
SMALL = _sets.MNIST._replace(files=FILES)


def archive(save=np.savez_compressed) -> bytes:
    buffer = io.BytesIO()
    save(buffer, **dict(zip(KEYS, ARRAYS, strict=True)))
    return buffer.getvalue()


SEEDS = {
    "idx": [idx(ARRAYS[0])],
    "idx_gz": [gzip.compress(idx(ARRAYS[0]), mtime=0)],
    "npz": [archive(), archive(np.savez)],
}


def read(reader: str, content: bytes, folder: Path) -> object:
    if reader == "npz":
        path = folder / "small.npz"
        path.write_bytes(content)
        return _idx.read(SMALL, [path])
    paths = [folder / key for key in KEYS]
    for path, array in zip(paths, ARRAYS, strict=True):
        if not path.exists():
            path.write_bytes(idx(array))
    paths[0].write_bytes(content)
    return _idx.read(SMALL, paths)


def check(reader: str, content: bytes, folder: Path) -> None:
    got = tried(lambda: read(reader, content, folder), str(folder))
    assert got is None or all(np.array_equal(one, other) for one, other in zip(got, ARRAYS, strict=True))


@pytest.mark.parametrize("reader", SEEDS)
def test_what_is_whole_is_read(reader, tmp_path):
    for seed in SEEDS[reader]:
        assert read(reader, seed, tmp_path)


@pytest.mark.parametrize("reader", SEEDS)
def test_what_was_found_is_read_right_or_refused(reader, tmp_path):
    for file in found(reader):
        check(reader, file.read_bytes(), tmp_path)


@inputs
@given(content=mutated(SEEDS["idx"]))
def test_idx(content, tmp_path):
    check("idx", content, tmp_path)


@inputs
@given(content=mutated(SEEDS["idx_gz"]) | mutated(SEEDS["idx"]).map(lambda content: gzip.compress(content, mtime=0)))
def test_idx_gz(content, tmp_path):
    check("idx_gz", content, tmp_path)


@inputs
@given(content=mutated(SEEDS["npz"]))
def test_npz(content, tmp_path):
    check("npz", content, tmp_path)
