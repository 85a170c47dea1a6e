"""A room of the soak: rounds of each kind of its work, again and again until its time is over, as lines of JSON."""

from __future__ import annotations

import json
import random
import sys
import time
import traceback
from collections.abc import Callable

Kind = Callable[[int], list[str]]  # does a round of this number, and says what was wrong


def tell(**what: object) -> None:
    # Not sys.stdout: a round may have put another one there, and an interrupt must not cut a line in two.
    line = json.dumps(what)
    sys.__stdout__.write(line + "\n")
    sys.__stdout__.flush()


def go(kinds: dict[str, Kind], seconds: float, sample: Callable[[], dict[str, float]] | None = None) -> None:
    """Do rounds of all kinds, each time in another order, and take a sample now and then between them."""
    begun, order = time.monotonic(), random.Random(1)
    every, sampled, number = max(3.0, seconds / 80), -1e9, 0
    while number == 0 or time.monotonic() - begun < seconds:
        for name in order.sample(list(kinds), len(kinds)):
            if number and time.monotonic() - begun >= seconds:
                break
            round_begun = time.monotonic()
            tell(kind=name, wrong=wrong_of(kinds[name], number), seconds=round(time.monotonic() - round_begun, 3))
            if sample and time.monotonic() - sampled >= every:
                tell(at=round(time.monotonic() - begun, 1), sample=sample())
                sampled = time.monotonic()
        number += 1
    if sample:
        tell(at=round(time.monotonic() - begun, 1), sample=sample())


def wrong_of(kind: Kind, number: int) -> list[str]:
    try:
        return list(kind(number))
    except Exception:
        return [traceback.format_exc()]


class First:
    """What the first round gave, which later ones have to give too."""

    def __init__(self) -> None:
        self.known: dict[str, object] = {}

    def differs(self, name: str, given: object) -> list[str]:
        wanted = self.known.setdefault(name, given)
        return [] if given == wanted else [f"{name}: {given!r:.200}, where the first round gave {wanted!r:.200}"]
