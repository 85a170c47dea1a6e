"""The folders where pybridge keeps things: its cache and its state, which nobody else may write to."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

__all__ = ["cache_folder", "make_folder", "partial_folder", "state_folder"]

PARTIAL = "partial-"


def cache_folder() -> Path:
    """Find the folder of what can be made or fetched again.

    Returns:
        Its path, whether it is there or not.

    Raises:
        OSError: no home folder is known, or somebody else could have put things there; its `strerror` says what to do.

    >>> cache_folder().name
    'pybridge'
    """
    return _private("cache")


def state_folder() -> Path:
    """Find the folder of histories and reports, as `cache_folder` finds its own."""
    return _private("state")


def _private(kind: str) -> Path:
    import platformdirs

    variable = f"XDG_{kind.upper()}_HOME"
    try:
        folder: Path | None = getattr(platformdirs, f"user_{kind}_path")("pybridge", appauthor=False)
    except RuntimeError:
        folder = None
    if folder is None or not folder.is_absolute():
        raise FileNotFoundError(
            errno.ENOENT, f"no home folder is known: let {variable} name a folder that you can write to, or set HOME"
        )
    try:
        found = os.stat(folder)
    except OSError:
        return folder
    if hasattr(os, "geteuid") and found.st_uid not in (0, os.geteuid()):
        raise PermissionError(
            errno.EPERM, f"{folder} belongs to another user: name a folder of your own in {variable}, or chown it"
        )
    if os.name == "posix" and found.st_mode & stat.S_IWOTH:
        raise PermissionError(
            errno.EPERM, f"anybody may write to {folder}: look at what is there, then run chmod go-w {folder}"
        )
    return folder


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user alone, as the XDG specification has it.

    Raises:
        OSError: it cannot be made.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None


@contextmanager
def partial_folder(folder: Path) -> Iterator[Path]:
    """Make a folder to work in, inside of `folder`, and remove it in the end; whose maker was killed goes first.

    Its maker holds a lock on it, which the system drops when the process ends.

    Raises:
        OSError: it cannot be made.
    """
    with ExitStack() as stack:
        with _locked(folder):
            for left in folder.glob(f"{PARTIAL}*"):
                with suppress(OSError), _locked(left, wait=False) as dead:
                    if dead:
                        shutil.rmtree(left, ignore_errors=True)
            made = Path(tempfile.mkdtemp(dir=folder, prefix=PARTIAL))
            stack.enter_context(_locked(made))
            stack.callback(shutil.rmtree, made, ignore_errors=True)
        yield made


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock on a folder; false where another process does, or this system or disk has none."""
    try:
        import fcntl
    except ImportError:
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
