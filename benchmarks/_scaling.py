"""How the benchmarks of growth measure: two sides at several sizes, and an exponent fitted to their times."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks._measuring import rounds
from benchmarks._record import record

ROUNDS, ENOUGH = rounds(4), 0.6  # rounds of a size, fewer once they have taken so many seconds
WARM = 0.1  # seconds that the rounds take at least, for the JVM compiles what runs often
HEADINGS = f"{'':40}{'exp.':>6}{'most':>6}{'unit, ns':>14}{'peer, ns':>14}{'ratio':>8}{'most':>8}"


@dataclass(frozen=True)
class Side:
    """What is timed: `work` on what `make` gives for a size."""

    make: Callable[[int], object]
    work: Callable[[object], object]

    def prepared(self, n: int) -> Callable[[], object]:
        value = self.make(n)
        return lambda: self.work(value)


@dataclass(frozen=True)
class Row:
    """Two sides, how fast the time of ours may grow with the size, and how much of the peer's a unit may cost.

    Attributes:
        name: what is measured.
        ours: what is timed of pybridge's.
        peer: what does the same otherwise, if anything does.
        sizes: the sizes.
        exponent: the largest exponent of time against size.
        ratio: the most of the peer's time at the largest size.
        of: what the size counts.
        than: what the peer is.
    """

    name: str
    ours: Side
    peer: Side | None = None
    sizes: tuple[int, ...] = (1000, 10_000, 100_000, 1_000_000)
    exponent: float = 1.25
    ratio: float = 2.0
    of: str = "n"
    than: str = "without the bridge"


def timed(f: Callable[[], object]) -> list[float]:
    """Seconds that a call of `f` takes, again and again."""
    times: list[float] = []
    while (len(times) < ROUNDS and sum(times) < ENOUGH) or sum(times) < WARM:
        started = time.perf_counter()
        f()
        times.append(time.perf_counter() - started)
    return times


def warm(f: Callable[[], object]) -> None:
    """Have the JVM compile what `f` runs."""
    end = time.perf_counter() + 0.4
    for _ in itertools.takewhile(lambda _: time.perf_counter() < end, range(2000)):
        f()


def fitted(sizes: tuple[int, ...], times: list[float]) -> float:
    """The exponent of time against size, by least squares over the larger sizes."""
    xs, ys = ([math.log(value) for value in values[-3:]] for values in (sizes, times))
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def call(f: Callable[[], object]) -> object:
    return f()


def counted(work: Callable[[int], object]) -> Side:
    """What takes the size itself."""
    return Side(int, work)


def judged(row: Row) -> list[str]:
    """Measure a row, print it and hand it over; its name in a list if it has missed its targets."""
    warm(row.ours.prepared(row.sizes[0]))
    ours = [timed(row.ours.prepared(n)) for n in row.sizes]
    theirs = [timed(row.peer.prepared(n)) for n in row.sizes] if row.peer else []
    times, others = ([min(figures) for figures in side] for side in (ours, theirs))
    exponent, largest = fitted(row.sizes, times), row.sizes[-1]
    ratio = times[-1] / others[-1] if others else 0.0
    held = exponent <= row.exponent and ratio <= row.ratio
    peer = f"{others[-1] / largest * 1e9:14.1f}{ratio:8.1f}{row.ratio:8.1f}" if others else f"{'-':>14}{'-':>8}{'-':>8}"
    told = f"{row.name:40}{exponent:6.2f}{row.exponent:6.2f}{times[-1] / largest * 1e9:14.1f}{peer}"
    print(told + ("" if held else "  missed"), flush=True)
    record(
        f"{row.name}, n = {largest:,}" if row.of == "n" else f"{row.name}, {largest:,} {row.of}",
        "s",
        ours[-1],
        peers={row.than: theirs[-1]} if row.peer else {},
        by="least",
        most=row.ratio if row.peer else None,
        limit=f"grows by an exponent of at most {row.exponent:g}",
        held=held,
        series={
            "of": row.of,
            "name": row.name,
            "sizes": row.sizes,
            "ours": times,
            "peer": others,
            "exponent": exponent,
        },
    )
    return [] if held else [row.name]
