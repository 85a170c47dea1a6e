"""Reading the files of a data set, and the digests that decide whether what was read is that data set.

Keras's archive holds the same four arrays, so that one digest, over header and pixels, is right for either form.
Of no file is more read than the data set has bytes, twice over, whatever the file claims and unpacks to.
A `DataError` from here says what is wrong with which file; what to do about it is for the caller to add.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pybridge._arguments import said, shown
from pybridge._regular import open_regular
from pybridge.data import _sets
from pybridge.data._layouts import AnotherSet, reading
from pybridge.data._sets import DataSet, IdxFile
from pybridge.errors import DataError

LONGEST_HEADER = 10_000  # as NumPy allows
LARGEST_DIRECTORY = 2**20
GZIP_MAGIC = b"\x1f\x8b"

KINDS = {
    b"<": "a web page, saved in place of the file",
    b"version https": "a pointer of Git LFS: `git lfs pull` fetches the file",
    b"PK": "a ZIP archive: unpack it",
    b"\x93NUMPY": "a NumPy array",
    b"\x80": "a pickle, which is never loaded",
    b"\0\0\x08": "an IDX file, one of four: name the folder that holds them",
    GZIP_MAGIC: "a gzipped file; of IDX files, name the folder that holds all four",
}


def read(data: DataSet, paths: list[Path]) -> list[np.ndarray]:
    """Read what `find` has found into the data set's four arrays, each one checked.

    Raises:
        DataError: a file is truncated, altered or another one, or cannot be read.
    """
    if len(paths) == 1:
        with reading(paths[0]), open_regular(paths[0]) as stream:
            return read_archive(data, stream, str(paths[0]))
    arrays = {}
    # The smallest first: the labels alone tell another data set.
    for file, path in sorted(zip(data.files, paths, strict=True), key=lambda pair: pair[0].size):
        with reading(path), open_regular(path) as stream:
            arrays[file.name] = read_idx(data, file, stream, str(path))
    return [arrays[file.name] for file in data.files]


def read_idx(data: DataSet, file: IdxFile, stream: BinaryIO, where: str) -> np.ndarray:
    """Read one IDX file, gzipped or not; `where` is what an error calls it."""
    gzipped = stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    stream.seek(0)
    try:
        # One byte more than is right tells a longer file, however much it would unpack to.
        content = (gzip.GzipFile(fileobj=stream) if gzipped else stream).read(file.size + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{where} is truncated or damaged: {error}") from error
    header, foreign = content[: len(file.header)], f"{where} is not {data.name}'s {file.name}"
    if header != file.header[: len(header)]:
        kind = None if header.startswith(b"\0\0\x08") else _kind(content)
        raise DataError(
            f"{foreign}: it {f'is {kind}' if kind else f'begins with {header.hex()}, not {file.header.hex()}'}"
        )
    if len(content) < file.size:
        raise DataError(f"{where} is truncated: it ends after {len(content):,} of {file.size:,} bytes")
    if len(content) > file.size:
        raise DataError(f"{foreign}: it goes on after {file.size:,} bytes")
    pixels = np.frombuffer(content, np.uint8, offset=len(header)).reshape(file.shape)
    _check(data, file, pixels, where)
    return pixels


def read_archive(data: DataSet, stream: BinaryIO, where: str) -> list[np.ndarray]:
    """Read Keras's archive, never unpickling anything; `where` is what an error calls it."""
    whole = sum(file.size for file in data.files)
    foreign = f"{where} is not " + (f"Keras's {data.npz}" if data.npz else f"an .npz file of {data.name}")
    begin = stream.read(64)
    if not begin.startswith(b"PK"):
        kind = _kind(begin)
        raise DataError(f"{foreign}{f': it is {kind}' if kind else ', or is damaged'}")
    if stream.seek(0, io.SEEK_END) > whole + LARGEST_DIRECTORY:
        raise DataError(f"{foreign}: it is larger than the arrays that it should hold")
    try:
        with zipfile.ZipFile(stream) as archive:
            arrays = [_member(archive, file, foreign) for file in data.files]
    except DataError:
        raise
    except Exception as error:  # what zipfile, zlib and NumPy make of a damaged file, from BadZipFile to MemoryError
        raise DataError(f"{foreign}, or is damaged: {said(error)}") from error
    for file, array in zip(data.files, arrays, strict=True):
        _check(data, file, array, f"{file.key} in {where}")
    return arrays


def matches(file: IdxFile, pixels: np.ndarray) -> bool:
    """Whether these pixels, behind the file's header, have the digest of the published file."""
    return _digest(file, pixels) == file.sha256


def _member(archive: zipfile.ZipFile, file: IdxFile, foreign: str) -> np.ndarray:
    name = f"{file.key}.npy"
    if name not in archive.namelist():
        held = archive.namelist()
        way_out = ": unpack it, and name the folder" if any("ubyte" in each for each in held) else ""
        raise DataError(f"{foreign}: it holds {shown(held)} and no {name}{way_out}")
    if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{foreign}: its {file.key} is packed in a way that NumPy does not use")
    with archive.open(name) as member:
        # No more than is right, however long the header or the array claims to be.
        content = io.BytesIO(member.read(prod(file.shape) + LONGEST_HEADER))
        version = np.lib.format.read_magic(content)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, columns_first, dtype = read_header(content)
        if dtype != np.uint8 or shape != file.shape:  # before NumPy makes room for it, or speaks of pickles
            raise DataError(f"{foreign}: its {file.key} is {dtype} of shape {shape}, not uint8 of shape {file.shape}")
        pixels = np.frombuffer(content.read(), np.uint8)
        return np.ascontiguousarray(pixels.reshape(shape, order="F" if columns_first else "C"))


def _check(data: DataSet, file: IdxFile, pixels: np.ndarray, where: str) -> None:
    digest = _digest(file, pixels)
    if digest == file.sha256:
        return
    for other in _sets.ALL:
        if any(theirs.sha256 == digest for theirs in other.files):
            raise AnotherSet(f"{where} is {other.name}'s, which {other.function} loads")
    raise DataError(
        f"{where} has the form of {data.name}'s {file.name} but not its content (SHA-256 {digest[:12]}…, "
        f"not {file.sha256[:12]}…): it was altered, or belongs to another data set"
    )


def _digest(file: IdxFile, pixels: np.ndarray) -> str:
    digest = hashlib.sha256(file.header)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def _kind(begin: bytes) -> str | None:
    begin = begin.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    return next((kind for magic, kind in KINDS.items() if begin.startswith(magic)), None)
