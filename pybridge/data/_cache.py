"""The package's cache: a data set's arrays as .npy files, of which the large ones are mapped rather than read.

What lies there is trusted only when it has the data set's digests. Taking them again at every load would cost more
than the load itself, so a ledger notes how each file looked to the file system when it was last checked; a file that
looks different now is checked anew. The ledger saves time and nothing else: without it, or with a wrong one, files are
read.
"""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from pybridge import _files
from pybridge._checked import Stamp, stamp_of
from pybridge._folders import cache_folder, make_folder
from pybridge._regular import open_regular, read_regular
from pybridge.data import _idx
from pybridge.data._sets import DataSet, IdxFile
from pybridge.errors import DataError

LEDGER = "checked.json"
SMALL = 2**20  # bytes below which an array is read: training takes what is mapped for larger than memory

# What a cache that has run full says, as opposed to one that cannot be made or may not be written.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def folder(data: DataSet) -> Path:
    """Where the data set's cache is.

    Raises:
        DataError: there can be none.
    """
    try:
        return cache_folder() / data.folder
    except OSError as error:
        raise DataError(f"there is no cache: {error.strerror}") from error


def load(data: DataSet) -> list[np.ndarray]:
    """The data set's four arrays from the cache.

    They are mapped copy on write, but for the labels, which are small and are read: a caller may write into them, and
    the files stay as they are.

    Raises:
        DataError: one is missing, truncated or altered.
    """
    ledger, checked, arrays = _ledger(data), {}, []
    for file in data.files:
        path, header = _npy(data, file), _npy_header(file.shape)
        altered = DataError(f"{path} was altered or truncated since it was put there")
        try:
            with open_regular(path) as stream:
                stamp = stamp_of(os.fstat(stream.fileno()))
                if stream.read(len(header)) != header:
                    raise altered
                array = np.memmap(stream, np.uint8, mode="c", offset=len(header), shape=file.shape).view(np.ndarray)
                if array.nbytes < SMALL:
                    array = array.copy()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
        except ValueError:  # too short to be mapped
            raise altered from None
        if ledger.get(str(path)) != stamp:
            if stamp[0] != len(header) + array.size or not _idx.matches(file, array):
                raise altered
            checked[str(path)] = stamp
        arrays.append(array)
    _record(data, checked)
    return arrays


def kept(data: DataSet) -> list[np.ndarray] | None:
    """The data set's four arrays from the cache, or None."""
    try:
        return load(data)
    except DataError:
        return None


def begun(data: DataSet) -> bool:
    """Whether there is any of the four arrays."""
    try:
        return any(os.path.lexists(_npy(data, file)) for file in data.files)
    except DataError:
        return False


def keep(
    data: DataSet, arrays: list[np.ndarray], sources: dict[str, Stamp], packed: Mapping[str, bytes]
) -> list[np.ndarray]:
    """Put a data set's checked arrays into the cache and give them back from there.

    Args:
        data: the data set.
        arrays: its four arrays, checked.
        sources: the files they were read from, as they looked before.
        packed: downloaded files to keep beside the arrays, content by name.

    Returns:
        The arrays, mapped from the cache; in memory where there cannot be one, or this user may not write it.

    Raises:
        DataError: the disk is full.
    """
    try:
        place = folder(data)
    except DataError:
        return [array.copy() for array in arrays]
    if (at_hand := kept(data)) is None:
        files: dict[Path, list[Any]] = {place / name: [content] for name, content in packed.items()}
        for file, array in zip(data.files, arrays, strict=True):
            files[_npy(data, file)] = [_npy_header(file.shape), array.data]
        for path, parts in files.items():
            try:
                make_folder(place)
                _write(path, *parts)
            except OSError as error:
                if error.errno not in FULL:
                    break
                raise DataError(
                    f"{path} cannot be written: {error.strerror or error}; make room for it ({data.name} takes "
                    f"{data.megabytes} MB), or set XDG_CACHE_HOME to a folder that has room"
                ) from error
        at_hand = kept(data)
    _record(data, sources)
    return at_hand or [array.copy() for array in arrays]


def stamps(paths: list[Path]) -> dict[str, Stamp]:
    """How the files look to the file system now.

    Raises:
        DataError: one of them cannot be looked at.
    """
    try:
        return {str(path): stamp_of(path.stat()) for path in paths}
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}") from error


def known(data: DataSet, sources: Mapping[str, Stamp]) -> bool:
    """Whether these files have been checked and look as they did then."""
    ledger = _ledger(data)
    return all(ledger.get(path) == stamp for path, stamp in sources.items())


def _ledger(data: DataSet) -> dict[str, Stamp]:
    try:
        ledger = json.loads(read_regular(folder(data) / LEDGER))
    except (DataError, OSError, ValueError):
        return {}
    return ledger if isinstance(ledger, dict) else {}


def _record(data: DataSet, checked: dict[str, Stamp]) -> None:
    if checked:
        ledger = {path: stamp for path, stamp in _ledger(data).items() if os.path.exists(path)}
        with suppress(OSError):
            _write(folder(data) / LEDGER, json.dumps(ledger | checked, indent=1).encode())


def _npy(data: DataSet, file: IdxFile) -> Path:
    return folder(data) / f"{file.name}.npy"


def _npy_header(shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def _write(path: Path, *parts: bytes | memoryview) -> None:
    make_folder(path.parent)
    _files.write(path, *parts)
