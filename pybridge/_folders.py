"""The folders where pybridge keeps things: its cache and its state, which nobody else may write to."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["cache_folder", "make_folder", "state_folder"]


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
