"""MNIST's four files: how to find and read them, and the digests that decide whether what was read is MNIST.

Keras's archive holds the same four arrays, so that one digest, over header and pixels, is right for either form.
A `DataError` from here says what is wrong with which file; what to do about it is for the caller to add.
"""

from __future__ import annotations

import gzip
import hashlib
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from pybridge.errors import DataError

ARCHIVE = "mnist.npz"
GZIP_MAGIC = b"\x1f\x8b"


class IdxFile(NamedTuple):
    """What a published file must hold: its name without `.gz`, its key in Keras's archive, its shape, its SHA-256."""

    name: str
    key: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def header(self) -> bytes:
        """Two zeros, 8 for unsigned bytes, the number of axes, then each length in four bytes, the highest first."""
        return struct.pack(f">HBB{len(self.shape)}I", 0, 8, len(self.shape), *self.shape)

    @property
    def size(self) -> int:
        """How many bytes the unpacked file has."""
        return len(self.header) + prod(self.shape)


# The digests were taken from unpacked files whose MD5 sums are the published ones (6bbc9ace..., a25bea73...,
# 2646ac64..., 27ae3e4e...).
FILES = (
    IdxFile(
        "train-images-idx3-ubyte",
        "x_train",
        (60000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    IdxFile(
        "train-labels-idx1-ubyte",
        "y_train",
        (60000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    IdxFile(
        "t10k-images-idx3-ubyte",
        "x_test",
        (10000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    IdxFile(
        "t10k-labels-idx1-ubyte",
        "y_test",
        (10000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)


def find(source: Path) -> list[Path]:
    """The files that make up MNIST at `source`: the four IDX files of a folder, or one archive.

    Raises:
        DataError: there is nothing there, or a part is missing.
    """
    with _reading(source):
        if source.is_file():
            return [source]
        if not source.exists():
            raise DataError(f"{source} does not exist")
        found, missing = [], []
        for file in FILES:
            here = [path for path in (source / file.name, source / f"{file.name}.gz") if path.is_file()]
            found += here[:1]
            missing += [] if here else [file.name]
        if not missing:
            return found
        if (source / ARCHIVE).is_file():
            return [source / ARCHIVE]
    if found:
        raise DataError(f"{source} lacks {' and '.join(missing)}")
    raise DataError(f"{source} holds neither MNIST's four IDX files nor {ARCHIVE}")


def read(paths: list[Path]) -> list[np.ndarray]:
    """Read what `find` has found into MNIST's four arrays, in the order of `FILES`, each one checked.

    Raises:
        DataError: a file is truncated, altered or another one, or cannot be read.
    """
    if len(paths) == 1:
        with _reading(paths[0]), paths[0].open("rb") as stream:
            return read_archive(stream, str(paths[0]))
    arrays = []
    for file, path in zip(FILES, paths, strict=True):
        with _reading(path), path.open("rb") as stream:
            arrays.append(read_idx(file, stream, str(path)))
    return arrays


def read_idx(file: IdxFile, stream: BinaryIO, where: str) -> np.ndarray:
    """Read one IDX file, gzipped or not; `where` is what an error calls it."""
    gzipped = stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    stream.seek(0)
    try:
        # One byte more than is right tells a longer file, however much it would unpack to.
        content = (gzip.GzipFile(fileobj=stream) if gzipped else stream).read(file.size + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{where} is truncated or damaged: {error}") from error
    header = content[: len(file.header)]
    if header != file.header[: len(header)]:
        raise DataError(f"{where} is not MNIST's {file.name}: it begins with {header.hex()}, not {file.header.hex()}")
    if len(content) < file.size:
        raise DataError(f"{where} is truncated: it ends after {len(content):,} of {file.size:,} bytes")
    if len(content) > file.size:
        raise DataError(f"{where} is not MNIST's {file.name}: it goes on after {file.size:,} bytes")
    pixels = np.frombuffer(content, np.uint8, offset=len(header)).reshape(file.shape)
    _check(file, pixels, where)
    return pixels


def read_archive(stream: BinaryIO, where: str) -> list[np.ndarray]:
    """Read Keras's archive, never unpickling anything; `where` is what an error calls it."""
    try:
        with np.load(stream, allow_pickle=False) as archive:
            arrays = [archive[file.key] for file in FILES]
    except Exception as error:  # whatever zipfile, zlib and NumPy make of a foreign file, from KeyError to MemoryError
        raise DataError(f"{where} is not Keras's {ARCHIVE}, or is damaged: {error}") from error
    for file, array in zip(FILES, arrays, strict=True):
        if array.dtype != np.uint8 or array.shape != file.shape:
            raise DataError(
                f"{where} is not Keras's {ARCHIVE}: its {file.key} is {array.dtype} of shape {array.shape}, "
                f"not uint8 of shape {file.shape}"
            )
        _check(file, array, f"{file.key} in {where}")
    return [np.ascontiguousarray(array) for array in arrays]


def matches(file: IdxFile, pixels: np.ndarray) -> bool:
    """Whether these pixels, behind the file's header, have the digest of the published file."""
    return _digest(file, pixels) == file.sha256


def _check(file: IdxFile, pixels: np.ndarray, where: str) -> None:
    if not matches(file, pixels):
        raise DataError(
            f"{where} has the form of MNIST's {file.name} but not its content (SHA-256 {_digest(file, pixels)[:12]}…, "
            f"not {file.sha256[:12]}…): it was altered, or belongs to another data set"
        )


def _digest(file: IdxFile, pixels: np.ndarray) -> str:
    digest = hashlib.sha256(file.header)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
