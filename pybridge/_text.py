"""Files of text, whole or refused."""

from __future__ import annotations

from pathlib import Path

from pybridge._regular import open_regular
from pybridge.errors import DataError, PybridgeError

MOST = 2**24


def read_text(path: str | Path, error: type[PybridgeError] = DataError) -> str:
    """Read a file of text in UTF-8, with or without a byte order mark, its lines ended in any way.

    A file of more than 16 MB is refused, so that reading takes no more than about seven times as much memory.

    Args:
        path: the file.
        error: what to raise.

    Raises:
        PybridgeError: there is no such file, it is none, it is too long, or it is no UTF-8.
    """
    try:
        with open_regular(path) as stream:
            content = stream.read(MOST + 1)
    except ValueError as why:  # a name with a NUL in it
        raise error(f"{path!r} cannot be read: {why}") from None
    except OSError as why:
        raise error(f"{path} cannot be read: {why.strerror or why}") from why
    if len(content) > MOST:
        raise error(f"{path} cannot be read: it has more than {MOST:,} bytes, which is too long for text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        line = content.count(b"\n", 0, why.start) + 1
        raise error(f"{path} cannot be read: line {line} is not UTF-8; save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
