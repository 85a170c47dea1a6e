"""An hour of mixed work in long-lived processes and short ones: nothing wrong, and nothing that grows.

`make soak` starts a process for each room of `ROOMS`, all at once, each for an hour: PYBRIDGE_SOAK=0.05 for three
minutes, PYBRIDGE_SOAK_REPORT=FILE for all samples as JSON. test_soak.py does a hundredth of its parts with every run of
the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import soak_starts
from soak_slopes import LIMITS, Slope, slope

HERE = Path(__file__).parent
TESTS = HERE.parent
PATHS = [
    *map(str, [HERE, TESTS, TESTS / "files", TESTS / "data", TESTS / "ends"]),
    *filter(None, [os.environ.get("PYTHONPATH")]),
]
SURROUNDINGS = {"PYBRIDGE_PYTHON": sys.executable, "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg"}
OF_JVM = """
(require '[pybridge.core :as pb])
(pb/call (pb/module "soak_host") :main {seconds} "jvm")
(shutdown-agents)
"""


def of_python(program: str, seconds: float) -> list[str]:
    return [sys.executable, str(HERE / program), str(seconds)]


ROOMS = {
    "Python hosts the JVM": lambda seconds: of_python("soak_host.py", seconds),
    "the JVM hosts Python": lambda seconds: [*soak_starts.java(), "-e", OF_JVM.format(seconds=seconds)],
    "a session": lambda seconds: of_python("soak_sessions.py", seconds),
    "children": lambda seconds: of_python("soak_children.py", seconds),
    "killed children": lambda seconds: of_python("soak_killed.py", seconds),
}


class Room(threading.Thread):
    """A process and what it has told."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(name=name)
        self.seconds = seconds
        self.rounds: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.hours: list[float] = []
        self.samples: list[dict[str, float]] = []

    def run(self) -> None:
        with tempfile.TemporaryDirectory(prefix="soak-") as temporary, tempfile.TemporaryFile("w+") as errors:
            surroundings = SURROUNDINGS | os.environ | {"PYTHONPATH": os.pathsep.join(PATHS), "TMPDIR": temporary}
            command = ROOMS[self.name](self.seconds)
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True, env=surroundings
            )
            patience = threading.Timer(self.seconds + soak_starts.PATIENCE, process.kill)
            patience.start()
            with process:
                for line in process.stdout:
                    self.hear(line)
            patience.cancel()
            errors.seek(0)
            if process.returncode or (said := errors.read()):
                self.wrong.append(f"status {process.returncode}, and it said: {said[-3000:]}")
            if soak_starts.left(process.pid):
                self.wrong.append("a process is left")

    def hear(self, line: str) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            self.wrong.append(f"it printed {line!r:.500}")
            return
        if "sample" in told:
            self.hours.append(told["at"] / 3600)
            self.samples.append(told["sample"])
        else:
            self.rounds[told["kind"]] += 1
            self.wrong += [f"{told['kind']}: {mistake}" for mistake in told["wrong"]]

    def slopes(self) -> dict[str, Slope]:
        measures = [measure for measure in LIMITS if self.samples and measure in self.samples[0]]
        return {name: slope(name, self.hours, [sample[name] for sample in self.samples]) for name in measures}

    def mistakes(self) -> list[str]:
        rising = [f"{measure} rises" for measure, line in self.slopes().items() if not line.flat]
        return [f"{self.name}: {mistake}" for mistake in [*self.wrong, *rising, *([] if self.rounds else ["no round"])]]

    def told(self) -> str:
        """The room in words, a line for its rounds and one for each measure."""
        rounds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.rounds.items()))
        lines = [f"{self.name}: {sum(self.rounds.values())} rounds, {len(self.wrong)} of them wrong", f"  {rounds}"]
        for measure, line in self.slopes().items():
            judged = "" if line.flat else "  NOT FLAT"
            lines.append(
                f"  {measure:<22}{line.last:>14,.0f}{line.hourly:>+12,.0f} an hour, "
                f"{line.low:+,.0f} to {line.high:+,.0f}; at most {LIMITS[measure].hourly:+,}{judged}"
            )
        return "\n".join(lines)

    def report(self) -> dict[str, object]:
        samples = [{"hours": at, **sample} for at, sample in zip(self.hours, self.samples, strict=True)]
        slopes = {name: line._asdict() for name, line in self.slopes().items()}
        return {"rounds": self.rounds, "wrong": self.wrong, "slopes": slopes, "samples": samples}


def main(names: list[str]) -> int:
    """Have all rooms work, say what they did, and judge."""
    hours = float(os.environ.get("PYBRIDGE_SOAK", "1"))
    rooms = [Room(name, hours * 3600) for name in names or ROOMS]
    begun = time.monotonic()
    for room in rooms:
        room.start()
    for room in rooms:
        room.join()
        print(room.told(), flush=True)
    mistakes = [mistake for room in rooms for mistake in room.mistakes()]
    minutes = (time.monotonic() - begun) / 60
    print(f"{minutes:.0f} minutes:", *(mistakes or ["nothing wrong, all flat, no process left"]), sep="\n")
    if file := os.environ.get("PYBRIDGE_SOAK_REPORT"):
        report = {"minutes": minutes, "wrong": mistakes, "rooms": {room.name: room.report() for room in rooms}}
        Path(file).write_text(json.dumps(report, indent=1))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
