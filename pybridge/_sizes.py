"""How large an array may be: what does not fit into memory is refused before anybody is asked for it.

TensorFlow waits ten seconds for memory that it does not get, wraps lengths around at 32 bits, or takes what the system
has promised and is killed. Nothing here loads it.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pybridge._arguments import shown
from pybridge.errors import ShapeError

MOST = 2**63 - 1  # what lengths and places are counted to
MANY = 10  # axes, past which a message does not list them
ALWAYS = 2**26  # bytes that are not worth asking how many there are
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def check_size(shape: Sequence[Any], itemsize: int, *, arrays: int = 1) -> None:
    """See that arrays of this shape fit into memory; lengths that are not known yet are let through.

    Args:
        shape: the length of each axis.
        itemsize: how many bytes a number takes.
        arrays: how many such arrays there are.

    Raises:
        ShapeError: they do not fit, or have more places than can be counted.

    >>> check_size([2**40, 2**20], 4)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    pybridge.errors.ShapeError: shape (1099511627776, 1048576) takes 4,611,686,018.4 GB, and there are ...
    """
    most = itemsize * arrays  # what there would be if no length were 0
    for length in shape:
        if not isinstance(length, int):
            return
        most *= length or 1
    if most <= ALWAYS:
        return
    wanted = math.prod(shape) * itemsize * arrays
    text = f"shape {shown(tuple(shape))}" if len(shape) < MANY else f"a shape of {len(shape)} axes"
    if wanted > MOST or math.prod(length for length in shape if length) > MOST:
        raise ShapeError(f"{text} has more places than any memory; take smaller lengths")
    check_room(wanted, f"{text} takes", "take smaller lengths, or work in parts")


def check_room(wanted: int, what_takes: str, remedy: str) -> None:
    """See that so many bytes fit into memory.

    Args:
        wanted: how many there are to be.
        what_takes: what would take them, for a message.
        remedy: what to do, for it too.

    Raises:
        ShapeError: they do not fit.
    """
    if wanted > ALWAYS and wanted > (there := memory()):
        raise ShapeError(f"{what_takes} {_gigabytes(wanted)}, and there are {_gigabytes(there)} of memory; {remedy}")


def memory() -> int:
    """How many bytes this process may have: the machine's, or fewer where its container or `ulimit -v` says so."""
    import resource

    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        found.append(limit)
    for path in LIMITS:
        with contextlib.suppress(OSError, ValueError):  # there is no such file, or it says "max"
            found.append(int(path.read_text()))
    return min(found)


def _gigabytes(count: int) -> str:
    return f"{count / 10**9:,.1f} GB"
