"""How long an epoch takes with one, two and four workers on this machine, and how much of it is communication.

`python -m benchmarks.workers` prints a table. Communication is what the epoch takes longer than one in which each
worker updates by its own gradients; a sum is one of as many numbers as the net has weights, alone. Each figure is the
least of all epochs of several processes that take turns.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks._measuring import rounds, verdict
from benchmarks._record import record
from pybridge.cli.workers import gpus

ROUNDS = rounds(5)
NAMES = {1: "one worker", 2: "two workers", 4: "four workers"}
PROGRAM = Path(__file__).with_name("_workers_program.py")
COMMAND = (sys.executable, "-c", "from pybridge.cli import main; main()", "run", "--workers")
WITHIN = 600


def told(count: int, *apart: str) -> dict:
    """What worker 0 of so many has measured."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "told.json")
        command = [*COMMAND, str(count), str(PROGRAM), str(file), *apart]
        done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN)
        if done.returncode:
            raise RuntimeError(f"{count} workers ended with {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(file.read_text())


def main() -> int:
    """Measure and print."""
    cards = gpus()
    counts = {count: name for count, name in NAMES.items() if not cards or count <= len(cards)}
    if len(counts) < len(NAMES):
        print(f"left out: more workers than GPUs, of which there are {len(cards)}")
    together: dict[int, list[dict]] = {count: [] for count in counts}
    apart: dict[int, list[dict]] = {count: [] for count in counts if count > 1}
    for _ in range(ROUNDS):
        for count in counts:
            together[count].append(told(count))
            if count > 1:
                apart[count].append(told(count, "apart"))
    alone = epochs(together[1])
    print(f"{'':16}{'epoch, s':>10}{'of one':>9}{'communication':>15}{'a sum, ms':>11}")
    for count, name in counts.items():
        ours = epochs(together[count])
        computing = min(ours if count == 1 else epochs(apart[count]))
        communication = max(0.0, min(ours) - computing)
        sums = [seconds for each in together[count] for seconds in each["sums"]]
        share = communication / min(ours)
        print(
            f"{name:16}{min(ours):10.3f}{min(ours) / min(alone):9.2f}{share:14.0%} {min(sums) * 1000:11.2f}", flush=True
        )
        record(
            f"an epoch, {name}",
            "s",
            ours,
            peers={} if count == 1 else {"one worker": alone},
            by="least",
            note="" if count == 1 else f"communication: {share:.0%} of the epoch",
            parts={"computing": computing, "communication": communication},
        )
        if count > 1:
            size = together[count][0]["bytes"] / 1e6
            record(f"a sum of {size:.1f} MB of gradients, {name}", "s", sums)
    return verdict([])


def epochs(runs: list[dict]) -> list[float]:
    """The seconds of all epochs of some runs."""
    return [seconds for each in runs for seconds in each["epochs"]]


if __name__ == "__main__":
    sys.exit(main())
