"""Nested lists: what they hold in the end, and that they have an end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from pybridge.errors import ShapeError

LISTS = (list, tuple, range)
DEEPEST = 64  # NumPy's most axes; TensorFlow ends the process at 255
MOST_ROWS = 2**24
MOST_SHARED = 2**18  # rows, where most are the same few lists


def leaf_types(items: Sequence[Any] | dict[Any, Any], nests: tuple[type, ...] = LISTS) -> set[type]:
    """The types of what nested lists hold, level by level, so that no list is too deep to be looked at.

    Args:
        items: the outermost list.
        nests: what counts as a list; of a dict, the values.

    Raises:
        ShapeError: the lists are nested too deeply, hold themselves, or hold a shared list so often that no copy ends.
    """
    types: set[type] = set()
    rows: list[Any] = [items]
    for _ in range(DEEPEST):
        found = set(map(type, _parts(rows)))
        if found.isdisjoint(nests):
            return types | found
        types |= found.difference(nests)
        rows = list(itertools.islice((part for part in _parts(rows) if isinstance(part, nests)), MOST_ROWS + 1))
        if len(rows) > MOST_ROWS or (len(rows) > MOST_SHARED and len(set(map(id, rows))) < len(rows) / 2):
            raise ShapeError(f"a nested list of more than {MOST_SHARED:,} rows is too long; make an array of it first")
    raise ShapeError("a list is nested too deeply, or holds itself")


def _parts(rows: list[Any]) -> Iterator[Any]:
    return itertools.chain.from_iterable(row.values() if isinstance(row, dict) else row for row in rows)
