"""What the benchmarks measure and judge with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

from benchmarks._record import finished

QUICK = "PYBRIDGE_BENCHMARK_QUICK"


def quick() -> bool:
    """Whether a first look is enough, as `python -m benchmarks --quick` says."""
    return os.environ.get(QUICK) == "1"


def rounds(count: int) -> int:
    """So many rounds, or a fifth of them for a first look."""
    return max(2, count // 5) if quick() else count


def per_call(f: Callable[[], object], n: int = 1) -> float:
    """Nanoseconds that a call of `f` takes, the mean of `n`."""
    started = time.perf_counter_ns()
    for _ in range(n):
        f()
    return (time.perf_counter_ns() - started) / n


def taking_turns(sides: Sequence[Callable[[], float]], rounds: int) -> list[list[float]]:
    """The figures of each side, of rounds in which they take turns, so that what else the machine does meets all."""
    return [list(figures) for figures in zip(*([side() for side in sides] for _ in range(rounds)), strict=True)]


def warm_up(sides: Sequence[Callable[[], float]], seconds: float = 4.0) -> None:
    """Let each side take a turn, and the first go on for so long, or a quarter of it for a first look.

    The JVM compiles what has run often, in haste after some hundred calls and well after some twenty thousand.
    """
    end = time.perf_counter() + (seconds / 4 if quick() else seconds)
    taking_turns(sides, 1)
    while time.perf_counter() < end:
        sides[0]()


def verdict(missed: list[str]) -> int:
    """Say which rows have missed their targets; the exit status of a benchmark that has come to its end."""
    finished()
    if missed:
        print("missed: " + "; ".join(missed))
    return 1 if missed else 0
