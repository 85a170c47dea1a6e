"""What was typed at the prompt, in a file that is whole at any time."""

from __future__ import annotations

import datetime
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import FileHistory

from pybridge import _files
from pybridge._folders import make_folder
from pybridge._regular import open_regular, read_regular

__all__ = ["WholeHistory"]

LONGEST = 1_000_000  # bytes, beyond which the oldest inputs go
BEGINNING = b"\n# "  # of an input, which the library writes so


class WholeHistory(FileHistory):
    """Prompt-toolkit's history file, written whole with each input, by one prompt at a time."""

    def __init__(self, file: Path) -> None:
        """Make a history.

        Raises:
            OSError: the file cannot be read and written, or is something else than a file.
        """
        make_folder(file.parent)
        file.touch(mode=0o600)
        open_regular(file).close()
        super().__init__(str(file))
        self._file = file

    def store_string(self, string: str) -> None:
        """Keep an input; on a full disk, in memory alone."""
        lines = "".join(f"+{line}\n" for line in string.split("\n"))
        entry = f"\n# {datetime.datetime.now()}\n{lines}".encode("utf-8", "replace")
        with suppress(OSError), _files.alone(self._file.parent):
            kept = read_regular(self._file)
            if len(kept) + len(entry) > LONGEST:
                _, beginning, newest = kept[-LONGEST // 2 :].partition(BEGINNING)
                kept = beginning + newest
            _files.write(self._file, kept, entry)
