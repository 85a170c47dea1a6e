"""Processes that begin and end: notebooks, each command, starts of each host, training on more than memory may hold.

`python soak.py children`
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ends
import soak_rounds
import soak_starts
from soak_measures import of_system

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.org"))
PYBRIDGE = Path(sys.executable).with_name("pybridge")
STARTS = 5
CASES = ends.all_cases()


def notebook(number: int) -> list[str]:
    """One of the book's notebooks, in both languages, held against its fixtures."""
    file = NOTEBOOKS[number % len(NOTEBOOKS)]
    done = subprocess.run(
        [PYBRIDGE, "book", "check", file], capture_output=True, text=True, timeout=soak_starts.PATIENCE
    )
    return [] if done.returncode == 0 else [f"{file.name}: {done.stdout[-1000:]} {done.stderr[-1000:]}"]


def end(number: int) -> list[str]:
    """One way in which a command or a program ends; `ends.py` tries one as often as it is told to."""
    case = CASES[number % len(CASES)]
    return [f"{case.name}: {fault}" for fault in ends.wrong(case)[1]]


def main(seconds: float) -> None:
    size = min(1.0, seconds / 3600)

    def starts(host: str) -> list[str]:
        return [failure for _ in range(max(1, round(STARTS * size))) for failure in soak_starts.ends(host)]

    kinds = {
        "notebooks": notebook,
        "ends of commands": end,
        "starts and ends of python": lambda number: starts("python"),
        "starts and ends of the jvm": lambda number: starts("jvm"),
        "data larger than memory": lambda number: soak_starts.hungry(size, number),
    }
    soak_rounds.go(kinds, seconds, of_system)


if __name__ == "__main__":
    main(float(sys.argv[1]))
