"""Python's objects by their classes, found without having those that other threads are still making.

The garbage collector also knows of tuples that C code is only filling. Whoever holds such a tuple while its thread goes
on makes that fail, and libraries free memory twice then. So each function here looks at all objects within a single
call of C's, in which no other thread runs, and has let go of them when it ends.
"""

from __future__ import annotations

import contextlib
import gc
import operator
from collections.abc import Iterable, Iterator
from itertools import chain, compress, repeat
from typing import Any

__all__ = ["classes", "instances"]


def classes() -> list[type]:
    """The classes, each once, of all objects that the garbage collector knows of.

    >>> dict in classes()
    True
    """
    with _without_collection():
        found = list(map(type, _objects()))
    return list({id(cls): cls for cls in found}.values())  # a metaclass may compare them by code of its own


def instances(of: Iterable[type]) -> list[Any]:
    """The objects of these very classes that the garbage collector knows of.

    >>> class Mine: pass
    >>> mine = Mine()
    >>> instances([Mine]) == [mine]
    True
    """
    of = list(of)  # they live for as long as their ids are asked for
    wanted = frozenset(map(id, of))
    twice = chain.from_iterable(map(repeat, _objects(), repeat(2)))  # for the choice, and for its class
    with _without_collection():
        return list(compress(twice, map(wanted.__contains__, map(id, map(type, twice)))))


def _objects() -> Iterator[Any]:
    """All objects, which are looked up when the first is asked for, and let go of after the last."""
    return chain.from_iterable(map(operator.call, [gc.get_objects]))


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Collect no garbage meanwhile, whose finalizers would let other threads run."""
    enabled = gc.isenabled()
    try:
        gc.disable()
        yield
    finally:
        if enabled:
            gc.enable()
