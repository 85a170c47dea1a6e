"""Which blocks' sources stay in `linecache`, where traces, `inspect`, TensorFlow's AutoGraph and `source` find them."""

from __future__ import annotations

import linecache
from contextlib import suppress

from pybridge.clojure import support
from pybridge.session.completion import clojure_function

__all__ = ["MOST", "keep_source"]

MOST = 1000  # blocks of which nothing is left but their sources

_FILES_OF_VARS = """
(fn []
  (into [] (comp (mapcat (comp vals ns-interns)) (keep (comp :file meta)) (filter string?) (distinct)) (all-ns)))
"""

_blocks: dict[str, None] = {}  # by their names, the newest last
_room = [2 * MOST]  # for how many there is before the next look at what is left of them


def keep_source(block: str, lines: list[str]) -> None:
    """Keep the source of a block; those of older ones go, unless code or a var of theirs is still there.

    Args:
        block: what its code calls its file.
        lines: the source, each with its end.
    """
    linecache.cache[block] = sum(map(len, lines)), None, lines, block
    _blocks.pop(block, None)
    _blocks[block] = None
    if len(_blocks) > _room[0]:
        _room[0] += MOST  # also where Clojure has no memory left to say what it has
        with suppress(Exception):
            _forget()


def _forget() -> None:
    living = {*support.living_files(), *(clojure_function(_FILES_OF_VARS) or ())}
    for block in list(_blocks)[:-MOST]:
        if block not in living:
            linecache.cache.pop(block, None)
            del _blocks[block]
    _room[0] = len(_blocks) + MOST
