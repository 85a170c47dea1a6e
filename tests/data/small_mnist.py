"""A data set with MNIST's four files and none of its size, written by hand from the description of the IDX format."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
from pathlib import Path

import numpy as np

from pybridge.data import _sets

NAMES = {
    "train-images-idx3-ubyte": "x_train",
    "train-labels-idx1-ubyte": "y_train",
    "t10k-images-idx3-ubyte": "x_test",
    "t10k-labels-idx1-ubyte": "y_test",
}


def _idx_bytes(array: np.ndarray) -> bytes:
    lengths = b"".join(struct.pack(">I", length) for length in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()


# Noise, so that gzip leaves enough of it for a transfer to break off in the middle.
_noise = np.random.default_rng(7)

ARRAYS = {
    "train-images-idx3-ubyte": _noise.integers(0, 256, (5, 28, 28), np.uint8),
    "train-labels-idx1-ubyte": np.array([5, 0, 4, 1, 9], np.uint8),
    "t10k-images-idx3-ubyte": _noise.integers(0, 256, (3, 28, 28), np.uint8),
    "t10k-labels-idx1-ubyte": np.array([7, 2, 1], np.uint8),
}
FASHION = {name: array[::-1].copy() for name, array in ARRAYS.items()}


def _content(arrays: dict[str, np.ndarray]) -> dict[str, bytes]:
    return {name: _idx_bytes(array) for name, array in arrays.items()}


def packed(content: dict[str, bytes]) -> dict[str, bytes]:
    """The files gzipped."""
    return {f"{name}.gz": gzip.compress(held, mtime=0) for name, held in content.items()}


def _files(arrays: dict[str, np.ndarray]) -> tuple[_sets.IdxFile, ...]:
    return tuple(
        _sets.IdxFile(name, key, arrays[name].shape, hashlib.sha256(_idx_bytes(arrays[name])).hexdigest())
        for name, key in NAMES.items()
    )


CONTENT, FASHION_CONTENT = _content(ARRAYS), _content(FASHION)
PACKED = packed(CONTENT)
FILES, FASHION_FILES = _files(ARRAYS), _files(FASHION)


def replace(monkeypatch, name: str, **fields: object) -> None:
    """Change what a data set is, `MNIST` or `FASHION_MNIST`."""
    monkeypatch.setattr(_sets, name, getattr(_sets, name)._replace(**fields))
    monkeypatch.setattr(_sets, "ALL", (_sets.MNIST, _sets.FASHION_MNIST))


def archive(**changed: np.ndarray) -> bytes:
    """Keras's archive of the data set, some arrays changed; None leaves one out."""
    arrays = {key: ARRAYS[name] for name, key in NAMES.items()} | changed
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{key: array for key, array in arrays.items() if array is not None})
    return buffer.getvalue()


def altered(content: bytes, at: int = -1) -> bytes:
    """The content with one bit turned over."""
    changed = bytearray(content)
    changed[at] ^= 1
    return bytes(changed)


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files into a folder, below it where a name has folders, and give the folder back."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def is_whole(loaded: tuple, wanted: dict[str, np.ndarray] = ARRAYS) -> bool:
    """Whether what was loaded is this data set, to the last pixel."""
    arrays = [array for pair in loaded for array in pair]
    return all(
        got.dtype == np.uint8 and np.array_equal(got, array) for got, array in zip(arrays, wanted.values(), strict=True)
    )
