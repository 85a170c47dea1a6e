"""Inputs that are almost right: bytes with a few changes, and plain data with odd values in places of others."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import strategies as st

SIZES = [0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**40, 2**63 - 1, 2**64 - 1]
PIECES = [
    b"\0",
    b"\n",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"[" * 300,
    b"(" * 300,
    b'"',
    b"\\",
    b"9" * 5000,
    b"PK\5\6",
]


def _deep(depth: int) -> Any:
    held: Any = 1
    for _ in range(depth):
        held = [held]
    return held


ODD = [
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 0.5, math.nan, math.inf, -math.inf),
    *("", "x", "\0", "é", "\ud800", "../..", "/etc/passwd", "x" * 5000, [], {}, [[]], [None], {"": None}, {"x": {}}),
    *(["x", "x"], _deep(70), _deep(200)),
]


def mutated(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """One of the seeds with up to six changes: a bit, a number, a cut, a piece put in, twice or reversed."""
    return _drawn(lambda random, changes: _mutated(random, bytearray(random.choice(seeds)), changes))


def odd(seeds: list[Any], values: list[Any] = ODD) -> st.SearchStrategy[Any]:
    """One of the seeds, nested lists and maps, in which up to six parts are odd, missing, twice or elsewhere."""
    return _drawn(lambda random, changes: _odd(random, copy.deepcopy(random.choice(seeds)), changes, values))


def _drawn(make: Callable[[Random, int], Any]) -> st.SearchStrategy[Any]:
    """What is made at random, so many changes; drawing each change from Hypothesis would take most of the time."""
    return st.builds(lambda changes, seed: make(Random(seed), changes), st.integers(1, 6), st.integers(0, 2**40))


def _mutated(random: Random, content: bytearray, changes: int) -> bytes:
    for _ in range(changes):
        at = random.randint(0, len(content))
        end = min(len(content), at + random.randint(0, random.choice([1, 8, 64, 2**20])))
        match random.choice(["flip", "flip", "number", "number", "cut", "insert", "random", "again", "reverse", "end"]):
            case "flip" if at < len(content):
                content[at] ^= 1 << random.randrange(8)
            case "number":
                width, order = random.choice([1, 2, 4, 8]), random.choice(["little", "big"])
                content[at : at + width] = (random.choice(SIZES) % 256**width).to_bytes(width, order)
            case "cut":
                del content[at:end]
            case "insert":
                content[at:at] = random.choice(PIECES)
            case "random":
                content[at:at] = random.randbytes(random.randint(1, 20))
            case "again":
                content[at:at] = content[at:end]
            case "reverse":
                content[at:end] = content[at:end][::-1]
            case "end" if random.random() < 0.3:
                del content[at:]
    return bytes(content)


def _odd(random: Random, seed: Any, changes: int, values: list[Any]) -> Any:
    data = [seed]
    for _ in range(changes):
        places = list(_places(data))
        if not places:
            break
        holder, key = random.choice(places)
        match random.choice(["odd", "odd", "other", "gone", "twice", "named"]):
            case "odd":
                holder[key] = copy.deepcopy(random.choice(values))
            case "other":
                other, its = random.choice(places)
                holder[key] = copy.deepcopy(other[its])
            case "gone" if holder is not data:
                del holder[key]
            case "twice" if isinstance(holder, list) and holder is not data:
                holder.insert(key, copy.deepcopy(holder[key]))
            case "named" if isinstance(holder, dict):
                holder[random.choice(["", "x", "\0", "é", "id", "class_name"])] = holder[key]
    return data[0]


def _places(data: Any) -> Any:
    """Every place in nested lists and maps, as what holds it and where; not deeper than a model's description."""
    level = [data]
    for _ in range(12):
        below = []
        for holder in level:
            for key in list(range(len(holder)) if isinstance(holder, list) else holder):
                yield holder, key
                if isinstance(holder[key], (list, dict)):
                    below.append(holder[key])
        level = below
