"""Files that are checked once by their digest, and then known by how they look to the file system.

A stamp has a file's size, its two times and its number. Whoever writes to the file, or puts another in its place,
changes the time of its last change, which programs cannot set: only an administrator who turns the clock back can.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from pybridge._regular import open_regular

__all__ = ["Stamp", "digest_of", "note_of", "renewed", "stamp_of"]

Stamp = list[int]

PIECE = 2**20  # bytes


def stamp_of(status: os.stat_result) -> Stamp:
    """How a file looks to the file system."""
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def digest_of(path: Path) -> str:
    """The SHA-256 digest of a file.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    found = hashlib.sha256()
    with open_regular(path) as stream:
        while piece := stream.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def note_of(path: Path) -> dict[str, Any]:
    """What to note of a file that is right: its digest, and its stamp from before that was taken.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    stamp = stamp_of(os.stat(path))
    return {"sha256": digest_of(path), "stamp": stamp}


def renewed(path: Path, note: object) -> dict[str, Any] | None:
    """Compare a file with what was noted of it: by its stamp, or by its digest where that is another.

    Returns:
        The note, with a new stamp where the file only looks different, as a copy does; None where it is not the file
        that was noted, or cannot be read.
    """
    if not isinstance(note, dict):
        return None
    try:
        if note.get("stamp") == stamp_of(os.stat(path)):
            return note
        new = note_of(path)
    except OSError:
        return None
    return new if new["sha256"] == note.get("sha256") else None
