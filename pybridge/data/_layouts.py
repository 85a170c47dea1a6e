"""Where people keep the four files: in one folder or one each, dotted or not, below torchvision's root, or archived."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pybridge.data import _sets
from pybridge.data._sets import DataSet, IdxFile
from pybridge.errors import DataError


class AnotherSet(DataError):
    """What is there is another data set that is known."""


def find(data: DataSet, source: Path) -> list[Path]:
    """The files that make up the data set at `source`: four IDX files, or one archive.

    Raises:
        AnotherSet: there is another data set alone.
        DataError: there is nothing there, or a part is missing.
    """
    with reading(source):
        if not source.exists():
            raise DataError(f"{source} does not exist")
        if not source.is_dir():
            return [source]
        folders = _folders(data, source)
        for folder in folders:
            if paths := _whole(data, folder):
                return paths
        for folder in folders:
            missing = [file.name for file in data.files if not _path(file, folder)]
            if len(missing) < len(data.files):
                raise DataError(f"{folder} lacks {' and '.join(missing)}")
        for other in _sets.ALL:
            if any(_whole(other, folder) for folder in _folders(other, source)):
                raise AnotherSet(f"{source} holds {other.name}, which {other.function} loads, and not {data.name}")
    if data.npz:
        raise DataError(f"{source} holds neither {data.name}'s four IDX files nor {data.npz}")
    raise DataError(f"{source} does not hold {data.name}'s four IDX files")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say which file the system would not read."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def _folders(data: DataSet, source: Path) -> list[Path]:
    """The data set's own folders first: beside them another set may lie in files of the same names."""
    own = [source / data.torchvision / "raw", source / data.torchvision, source / data.folder]
    return [folder for folder in (*own, source, source / "raw") if folder.is_dir()]


def _whole(data: DataSet, folder: Path) -> list[Path]:
    paths = [path for file in data.files if (path := _path(file, folder))]
    if len(paths) == len(data.files):
        return paths
    return [folder / data.npz] if data.npz and _is_there(folder / data.npz) else []


def _path(file: IdxFile, folder: Path) -> Path | None:
    stems = (file.name, file.name.replace("-idx", ".idx"))
    names = [name for stem in stems for name in (stem, f"{stem}.gz")]
    for name in names:
        if _is_there(folder / name):
            return folder / name
    for inner in names:
        if (folder / inner).is_dir():
            for name in names:
                if _is_there(folder / inner / name):
                    return folder / inner / name
    return None


def _is_there(path: Path) -> bool:
    return path.exists() and not path.is_dir()
