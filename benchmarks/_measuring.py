"""What the benchmarks measure and judge with."""

from __future__ import annotations

import time
from collections.abc import Callable


def per_call(f: Callable[[], object], n: int = 1) -> float:
    """Nanoseconds that a call of `f` takes, the mean of `n`."""
    started = time.perf_counter_ns()
    for _ in range(n):
        f()
    return (time.perf_counter_ns() - started) / n


def verdict(missed: list[str]) -> int:
    """Say which rows have missed their targets; the exit status of a benchmark."""
    if missed:
        print("missed: " + "; ".join(missed))
    return 1 if missed else 0
