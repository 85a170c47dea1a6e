"""A data set with MNIST's four files and none of its size, written by hand from the description of the IDX format."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
from pathlib import Path

import numpy as np

from pybridge.data import _idx

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
CONTENT = {name: _idx_bytes(array) for name, array in ARRAYS.items()}
PACKED = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in CONTENT.items()}

FILES = tuple(
    _idx.IdxFile(name, key, ARRAYS[name].shape, hashlib.sha256(CONTENT[name]).hexdigest())
    for name, key in NAMES.items()
)


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
    """Write files into a folder and give the folder back."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def is_whole(loaded: tuple) -> bool:
    """Whether what was loaded is this data set, to the last pixel."""
    arrays = [array for pair in loaded for array in pair]
    return all(
        got.dtype == np.uint8 and np.array_equal(got, wanted)
        for got, wanted in zip(arrays, ARRAYS.values(), strict=True)
    )
