"""Where sessions can be joined: a socket each, in a folder that only the user can read."""

from __future__ import annotations

import atexit
import os
import socket
import stat
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_runtime_path

from pybridge.errors import StartError

__all__ = ["connect", "folder", "listen", "names"]

LONGEST_PATH = 103  # bytes; macOS takes no more


def folder() -> Path:
    """The folder of the sockets, made where there is none.

    Raises:
        StartError: it cannot be made, or somebody else could read or exchange what is in it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that XDG_RUNTIME_DIR is not set, or will not do
            path = user_runtime_path("pybridge")
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f"no folder for sessions that can be joined: {error}") from error
    check_private(path)
    return path


def check_private(path: Path) -> None:
    """Raises StartError where somebody else could read a folder or put another in its place."""
    own, above = path.lstat(), path.parent.lstat()
    if not stat.S_ISDIR(own.st_mode) or own.st_uid != os.getuid() or own.st_mode & 0o077:
        raise StartError(f"{path} must be a folder that only you can read: chmod 700, or remove it")
    if above.st_uid not in (0, os.getuid()) or (above.st_mode & 0o022 and not above.st_mode & stat.S_ISVTX):
        raise StartError(f"{path.parent} must be a folder that nobody but you can write to")


def listen(name: str, serve: Callable[[socket.socket], object]) -> Path:
    """Let others connect under a name from now on, as long as the process lives.

    Args:
        name: the socket's.
        serve: is called with each connection, on a thread of its own.

    Returns:
        The socket.

    Raises:
        StartError: it cannot be opened.
    """
    path = folder() / name
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise StartError(f"{path} is too long for a socket; set XDG_RUNTIME_DIR to a shorter path")
    _remove_left()
    listening = socket.socket(socket.AF_UNIX)
    try:
        path.unlink(missing_ok=True)  # of a process of this number that has ended
        listening.bind(str(path))
        listening.listen()
    except OSError as error:
        listening.close()
        raise StartError(f"{path}: {error}") from error
    atexit.register(_remove, path, os.getpid())

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), name="pybridge-console", daemon=True).start()

    threading.Thread(target=accept, name="pybridge-consoles", daemon=True).start()
    return path


def _remove(path: Path, owner: int) -> None:
    if os.getpid() == owner:  # and not a forked child
        path.unlink(missing_ok=True)


def _remove_left() -> None:
    """Remove the sockets of processes that have been killed: nobody listens there, and nobody will."""
    for name in names():
        if name.isdigit() and not _lives(int(name)) and (connection := connect(name)):
            connection.close()


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def names() -> list[str]:
    """The names under which somebody has listened, or does."""
    found = [path.name for path in folder().iterdir() if path.is_socket()]
    return sorted(found, key=lambda name: (len(name), name))


def connect(name: str) -> socket.socket | None:
    """A connection; None where nobody listens any more, and the socket is removed."""
    path = folder() / name
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except ConnectionRefusedError:
        connection.close()
        path.unlink(missing_ok=True)
    except OSError:
        connection.close()
    else:
        return connection
    return None
