"""Finds Python's objects by their classes, without holding those that other threads are still making.

The garbage collector also lists tuples that C code has not finished filling. If somebody else holds such a tuple when
its thread goes on, filling it fails, and some libraries then free memory twice. So each function here looks at all
objects within a single C call, during which no other thread runs, and holds none of the others when the call ends.
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
