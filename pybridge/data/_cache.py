"""The package's cache: MNIST's arrays as .npy files that are mapped into memory rather than read.

What lies there is trusted only when it has MNIST's digests. Taking them again at every load would cost more than the
load itself, so a ledger notes how each file looked to the file system when it was last checked; a file that looks
different now is checked anew. The ledger saves time and nothing else: without it, or with a wrong one, files are read.
"""

from __future__ import annotations

import errno
import io
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import platformdirs

from pybridge.data import _idx
from pybridge.errors import DataError

LEDGER = "checked.json"

Stamp = list[int]

# What a cache that may not be written says, as opposed to one that has run full.
NOT_OURS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR}


def folder() -> Path:
    """Where the cache is."""
    return platformdirs.user_cache_path("pybridge", appauthor=False) / "mnist"


def kept() -> list[np.ndarray] | None:
    """MNIST's four arrays from the cache, or None when one is missing, truncated or altered.

    They are mapped copy on write: a caller may write into them, and the files stay as they are.
    """
    ledger, checked, arrays = _ledger(), {}, []
    for file in _idx.FILES:
        path = _npy(file)
        header = _npy_header(file.shape)
        try:
            with path.open("rb") as stream:
                stamp = _stamp(os.fstat(stream.fileno()))
                if stream.read(len(header)) != header:
                    return None
                array = np.memmap(stream, np.uint8, mode="c", offset=len(header), shape=file.shape).view(np.ndarray)
        except (OSError, ValueError):  # not there, or too short to be mapped
            return None
        if ledger.get(str(path)) != stamp:
            if stamp[0] != len(header) + array.size or not _idx.matches(file, array):
                return None
            checked[str(path)] = stamp
        arrays.append(array)
    _record(checked)
    return arrays


def keep(arrays: list[np.ndarray], sources: Mapping[str, Stamp], packed: Mapping[str, bytes]) -> list[np.ndarray]:
    """Put MNIST's checked arrays into the cache and give them back from there.

    Args:
        arrays: the four arrays, checked.
        sources: the files they were read from, as they looked before.
        packed: downloaded files to keep beside the arrays, content by name.

    Returns:
        The arrays, mapped from the cache; in memory where this user may not write a cache.

    Raises:
        DataError: the disk is full.
    """
    if (at_hand := kept()) is None:
        files = {folder() / name: [content] for name, content in packed.items()}
        for file, array in zip(_idx.FILES, arrays, strict=True):
            files[_npy(file)] = [_npy_header(file.shape), array.data]
        for path, parts in files.items():
            try:
                _write(path, *parts)
            except OSError as error:
                if error.errno in NOT_OURS:
                    break
                raise DataError(
                    f"{path} cannot be written: {error.strerror or error}; "
                    "make room for it (MNIST takes 66 MB), or set XDG_CACHE_HOME to a folder that has room"
                ) from error
        at_hand = kept()
    _record(sources)
    return at_hand or [array.copy() for array in arrays]


def stamps(paths: list[Path]) -> dict[str, Stamp]:
    """How the files look to the file system now.

    Raises:
        DataError: one of them cannot be looked at.
    """
    try:
        return {str(path): _stamp(path.stat()) for path in paths}
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}") from error


def known(sources: Mapping[str, Stamp]) -> bool:
    """Whether these files have been checked and look as they did then."""
    ledger = _ledger()
    return all(ledger.get(path) == stamp for path, stamp in sources.items())


def _stamp(status: os.stat_result) -> Stamp:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _ledger() -> dict[str, Stamp]:
    try:
        ledger = json.loads((folder() / LEDGER).read_bytes())
    except (OSError, ValueError):
        return {}
    return ledger if isinstance(ledger, dict) else {}


def _record(checked: Mapping[str, Stamp]) -> None:
    if checked:
        ledger = {path: stamp for path, stamp in _ledger().items() if os.path.exists(path)}
        with suppress(OSError):
            _write(folder() / LEDGER, json.dumps(ledger | checked, indent=1).encode())


def _npy(file: _idx.IdxFile) -> Path:
    return folder() / f"{file.name}.npy"


def _npy_header(shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def _write(path: Path, *parts: bytes | memoryview) -> None:
    """Write under a name of its own and rename, so that no other process, now or later, ever meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    try:
        with open(descriptor, "wb") as stream:
            stream.writelines(parts)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
