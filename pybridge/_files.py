"""Files that appear whole: written in a folder of their own beside their place, which they take at once."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO

from pybridge.errors import DataError

try:
    import fcntl
except ImportError:  # Windows, where what a killed process leaves stays
    fcntl = None  # type: ignore[assignment]

__all__ = ["alone", "beside", "unwritten", "write", "write_all", "writing"]

OURS = ".pybridge-"  # how the names of those folders begin


def write(path: str | Path, *parts: bytes | memoryview) -> None:
    """Write a file, of which there is the old one or all of the new one at any time.

    Args:
        path: the file; its folder exists.
        parts: its content.

    Raises:
        OSError: it cannot be written; what was there is as it was.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder, "whole"), b"one ", b"two")
    ...     Path(folder, "whole").read_bytes(), os.listdir(folder)
    (b'one two', ['whole'])
    """
    with writing(path) as stream:
        stream.writelines(parts)


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, none of them where there is no room for all.

    Args:
        folder: the folder, which is made where it is none yet.
        files: each file's path in the folder, and its content.

    Raises:
        OSError: one cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as written:
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            stream = written.enter_context(writing(folder / path))
            stream.write(content)
            stream.flush()


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[BinaryIO]:
    """Give a stream into a file that takes its place, and keeps its mode, when the block ends without an error.

    The stream, or whatever opens its `name`, writes beside that place, where no other process has a file of this name.
    What `path` links to is replaced, not the link.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    place = _place(path)
    with beside(place.parent) as folder:
        part = folder / place.name
        with open(part, "xb") as stream:
            yield stream
            stream.flush()
            _have_mode_of(place, stream)
            os.fsync(stream.fileno())
        os.replace(part, place)
        _sync(place.parent)


@contextlib.contextmanager
def alone(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Keep other processes out that ask for the same folder; gives whether they are, which it waits for if told to.

    Raises:
        OSError: the folder cannot be written.
    """
    if not fcntl:  # what is written there is whole all the same
        yield True
        return
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            free = True
        except BlockingIOError:
            free = False
        yield free
    finally:
        os.close(lock)


def unwritten(path: str | Path, error: OSError) -> DataError:
    """What to say of a file that could not be written."""
    return DataError(f"cannot write {path}: {error.strerror or error}; make room or choose another path")


@contextlib.contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """Make a folder in `folder` that is this process's alone, and is gone afterwards with whatever is left in it.

    Such folders of processes that have ended are removed first.

    Raises:
        OSError: it cannot be made.
    """
    _remove_left(folder)
    while True:
        own = folder / f"{OURS}{secrets.token_hex(8)}"
        own.mkdir(mode=0o700)
        try:
            with _locked(own) as state:
                if state is not Lock.TAKEN:  # as one that was left, before it was locked
                    yield own
                    return
        finally:
            shutil.rmtree(own, ignore_errors=True)


def _place(path: str | Path) -> Path:
    with contextlib.suppress(FileNotFoundError):
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            raise PermissionError(errno.EACCES, "it may not be written", str(path))
    return Path(os.path.realpath(path))


def _have_mode_of(place: Path, stream: BinaryIO) -> None:
    with contextlib.suppress(FileNotFoundError):
        there = os.stat(place)
        if hasattr(os, "fchown"):
            with contextlib.suppress(PermissionError):
                os.fchown(stream.fileno(), there.st_uid, there.st_gid)
        os.chmod(stream.name, stat.S_IMODE(there.st_mode))


def _sync(folder: Path) -> None:
    """Have the system keep the folder's names; some file systems, and Windows, do without."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Lock(Enum):
    """What a process has of a folder."""

    HELD = auto()  # until it ends, however it does
    TAKEN = auto()  # by another process, or the folder is gone
    NONE = auto()  # the system locks nothing here


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[Lock]:
    """Lock a folder, if nobody else has."""
    if not fcntl:
        yield Lock.NONE
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        yield Lock.TAKEN
        return
    try:
        yield _lock(descriptor, folder)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> Lock:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return Lock.HELD if os.path.samestat(os.fstat(descriptor), os.stat(folder)) else Lock.TAKEN
    except (BlockingIOError, FileNotFoundError):
        return Lock.TAKEN
    except OSError:
        return Lock.NONE


def _remove_left(folder: Path) -> None:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for own in [Path(entry) for entry in entries if entry.name.startswith(OURS)]:
            with _locked(own) as state:
                if state is Lock.HELD and os.stat(own).st_uid == os.geteuid():
                    shutil.rmtree(own, ignore_errors=True)
