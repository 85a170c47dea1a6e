"""The long life of one process with both languages: `python soak.py "Python hosts the JVM" "the JVM hosts Python"`.

Threads of Clojure, then Python's work, then Clojure's own, in turn; soak.clj and soak_work.py say what that is.
"""

from __future__ import annotations

import signal
import sys

import soak_rounds
from soak_measures import sample, soak

SIZE = 0.01  # of a round of threads: 30,000 calls


def main(seconds: float, host: str) -> None:
    import soak_work

    threads = {name: lambda number, name=name: soak("wrong")(name, SIZE) for name in soak("parts")()}
    own = {name: lambda number, name=name: soak("own-wrong")(name, number) for name in soak("own-work")()}
    kinds = {**threads, **soak_work.KINDS, **own}
    if host == "python":  # a JVM ends at Ctrl-C
        signal.signal(signal.SIGINT, soak_work.raise_interrupt)
        kinds["interrupts"] = soak_work.interrupts
    soak_rounds.go(kinds, seconds, sample)


if __name__ == "__main__":
    main(float(sys.argv[1]), "python")
