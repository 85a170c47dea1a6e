"""How long an epoch takes with one, two and four workers on this machine, and how much of it is communication.

`python -m benchmarks.workers` prints a table. Communication is a sum of as many numbers as the net has weights,
measured alone, times the steps of an epoch; that a worker waits for a slower one is not in it. Each figure is the least
of several processes that take turns.
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


def told(count: int) -> dict:
    """What worker 0 of so many has measured."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "told.json")
        command = [*COMMAND, str(count), str(PROGRAM), str(file)]
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
    runs: dict[int, list[dict]] = {count: [] for count in counts}
    for _ in range(ROUNDS):
        for count in counts:
            runs[count].append(told(count))
    alone = every(runs[1], "epochs")
    print(f"{'':16}{'epoch, s':>10}{'of one':>9}{'communication':>15}{'a sum, ms':>11}")
    for count, name in counts.items():
        ours, sums = every(runs[count], "epochs"), every(runs[count], "sums")
        steps, size = runs[count][0]["steps"], runs[count][0]["bytes"] / 1e6
        epoch, communication = min(ours), steps * min(sums) if count > 1 else 0.0
        share = communication / epoch
        print(f"{name:16}{epoch:10.3f}{epoch / min(alone):9.2f}{share:14.0%} {min(sums) * 1000:11.2f}", flush=True)
        parts = {"computing": epoch - communication, "communication": communication}
        if count == 1:
            record(f"an epoch, {name}", "s", ours, by="least", parts=parts)
            continue
        note = f"communication: {share:.0%} of the epoch"
        record(f"an epoch, {name}", "s", ours, peers={"one worker": alone}, by="least", note=note, parts=parts)
        record(f"a sum of {size:.1f} MB of gradients, {name}", "s", sums)
    return verdict([])


def every(runs: list[dict], what: str) -> list[float]:
    """The seconds that all runs have measured."""
    return [seconds for each in runs for seconds in each[what]]


if __name__ == "__main__":
    sys.exit(main())
