"""Files as data: regular ones, opened without waiting."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

__all__ = ["open_regular", "read_regular"]

# Opening waits for nobody at a FIFO's other end, and takes no terminal; Windows has none of these.
FLAGS = sum(getattr(os, name, 0) for name in ("O_RDONLY", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))

KINDS = {
    stat.S_IFIFO: "a pipe (FIFO)",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file, which has an end and does not keep its reader waiting, as a pipe or a device may.

    Args:
        path: the file.

    Returns:
        The file, open for reading bytes.

    Raises:
        OSError: it cannot be opened, or is something else; its `strerror` says what.

    >>> open_regular(os.devnull)
    Traceback (most recent call last):
    OSError: [Errno 22] it is a device, not a regular file: '/dev/null'
    """
    try:
        descriptor = os.open(path, FLAGS)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):  # what systems say of a socket
            raise _refused(stat.S_IFSOCK, path) from None
        raise
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)  # of what is open, whatever has the name by now
    if kind == stat.S_IFREG:
        return open(descriptor, "rb")
    os.close(descriptor)
    raise _refused(kind, path)


def read_regular(path: str | os.PathLike[str]) -> bytes:
    """Read a regular file, as `open_regular` opens it."""
    with open_regular(path) as stream:
        return stream.read()


def _refused(kind: int, path: str | os.PathLike[str]) -> OSError:
    what = KINDS.get(kind, "something else")
    return OSError(errno.EINVAL, f"it is {what}, not a regular file", os.fspath(path))
