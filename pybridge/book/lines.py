"""The lines of a file, gone through once."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

__all__ = ["Lines"]


class Lines:
    """Lines with a place among them, which goes forward as they are taken.

    Attributes:
        file: the file's name, for what is said of a line.

    >>> lines = Lines(["a", "#+begin_src", "1", "#+end_src", "b"], "x.org")
    >>> lines.take(), lines.number, lines.peek(), lines.until("#+end_src")
    ('a', 2, '#+begin_src', 3)
    >>> lines.take_some(3), lines.left
    (['#+begin_src', '1', '#+end_src'], 1)
    """

    def __init__(self, lines: list[str], file: str) -> None:
        self.file = file
        self._lines = lines
        self._at = 0
        self._ends: dict[str, list[int]] = defaultdict(list)
        for at, line in enumerate(lines):
            word = line.strip().lower()
            if word.startswith(("#+end_", ":end:")):
                self._ends[word].append(at)

    @property
    def left(self) -> int:
        """How many are left."""
        return len(self._lines) - self._at

    @property
    def number(self) -> int:
        """The number of the next line, from 1."""
        return self._at + 1

    def peek(self, ahead: int = 0) -> str:
        """The next line, or one so far ahead of it."""
        return self._lines[self._at + ahead]

    def take(self) -> str:
        """The next line, which is then behind."""
        self._at += 1
        return self._lines[self._at - 1]

    def take_some(self, count: int) -> list[str]:
        """The next lines, which are then behind."""
        self._at += count
        return self._lines[self._at - count : self._at]

    def until(self, end: str) -> int | None:
        """How many lines there are from the next one up to the first that is `end`, this one too; None when none is.

        Args:
            end: `#+end_…` or `:end:` in small letters.
        """
        places = self._ends[end]
        found = bisect_left(places, self._at)
        return places[found] - self._at + 1 if found < len(places) else None
