"""What the benchmarks measure and judge with."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence


def per_call(f: Callable[[], object], n: int = 1) -> float:
    """Nanoseconds that a call of `f` takes, the mean of `n`."""
    started = time.perf_counter_ns()
    for _ in range(n):
        f()
    return (time.perf_counter_ns() - started) / n


def in_turn(sides: Sequence[Callable[[], float]], rounds: int) -> list[float]:
    """The least of each side, of rounds in which they take turns: what else the machine does only adds to them."""
    return [min(figures) for figures in zip(*([side() for side in sides] for _ in range(rounds)), strict=True)]


def column(others: Sequence[float], decimals: int) -> str:
    """The figure of a column that may have none."""
    return "".join(f"{figure:19.{decimals}f}" for figure in others) or f"{'-':>19}"


def verdict(missed: list[str]) -> int:
    """Say which rows have missed their targets; the exit status of a benchmark."""
    if missed:
        print("missed: " + "; ".join(missed))
    return 1 if missed else 0
