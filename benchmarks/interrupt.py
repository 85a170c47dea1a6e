"""How soon an interrupt ends Clojure code, and what it costs that a busy loop can be stopped at all.

`python -m benchmarks.interrupt` prints a table and ends with status 1 when a row misses its target. Figures are
medians, but what happens once in a process is measured once. With PYBRIDGE_UNSAFE=0 it leaves out the rows that need
`pybridge.session.unsafe`: a busy loop would run on.
"""

from __future__ import annotations

import os
import signal
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks._measuring import per_call, rounds, verdict
from benchmarks._record import record
from pybridge import clojure
from pybridge.session import Evaluator, Failure

ROUNDS = rounds(5)
WAITING = "(Thread/sleep 60000)"
BUSY = "(loop [] (recur))"
CATCHING = "(loop [] (try (loop [] (recur)) (catch Exception _)) (recur))"


@dataclass(frozen=True)
class Row:
    """A duration in milliseconds, and what it may be at most."""

    name: str
    measure: Callable[[], float]
    target: float


def milliseconds(f: Callable[[], object], n: int = 1) -> float:
    """How long a call of `f` takes, the mean of `n`."""
    return per_call(f, n) / 1e6


def until_interrupted(evaluator: Evaluator, code: str) -> float:
    """Milliseconds from an interrupt of the main thread, which evaluates `code`, to the block's end."""
    sent = []

    def interrupt() -> None:
        sent.append(time.perf_counter())
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Timer(0.2, interrupt).start()
    try:
        evaluator.evaluate("clojure", code)
    except Failure:
        return (time.perf_counter() - sent[0]) * 1000
    raise AssertionError(f"{code} ended without an interrupt")


def rows(evaluator: Evaluator) -> list[Row]:
    always = [
        Row("begin a block", lambda: milliseconds(evaluator.guard.begin, 2000), 0.5),
        Row(f"interrupt to end, {WAITING}", lambda: until_interrupted(evaluator, WAITING), 100),
    ]
    if os.environ.get("PYBRIDGE_UNSAFE") == "0":
        return always
    from pybridge.session.unsafe import attach

    prepared = milliseconds(lambda: attach("main"))
    return [
        Row("prepare to stop a thread, once a session", lambda: prepared, 2000),
        *always,
        Row(f"interrupt to end, {BUSY}", lambda: until_interrupted(evaluator, BUSY), 2500),
        Row(f"interrupt to end, {CATCHING}", lambda: until_interrupted(evaluator, CATCHING), 4000),
    ]


def main() -> int:
    """Measure, print, and judge."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored
    clojure.start()
    evaluator = Evaluator()
    missed = []
    print(f"{'':80}{'ms':>10}{'target':>8}")
    for row in rows(evaluator):
        figures = [row.measure() for _ in range(ROUNDS)]
        taken = statistics.median(figures)
        print(f"{row.name:80}{taken:10.3f}{row.target:8}")
        if taken > row.target:
            missed.append(row.name)
        record(row.name, "ms", figures, limit=f"at most {row.target:g} ms", held=taken <= row.target)
    return verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
