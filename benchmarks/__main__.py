"""Runs the benchmarks one after another, and writes one file of all figures and one page.

`python -m benchmarks` runs all of them; names of rooms choose some. It ends with status 1 when a row misses its target
or a room crashes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks._report.page import page
from benchmarks._report.rooms import ROOMS
from benchmarks._report.run import ROOT, missed, run
from benchmarks._report.surroundings import machine


def main(arguments: list[str]) -> int:
    """Measure, write, and judge."""
    chosen = parsed(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    report = {"quick": chosen.quick, "machine": machine(), "rooms": []}
    for room in (room for room in ROOMS if not chosen.rooms or room.name in chosen.rooms):
        print(f"\n{room.title} ({room.name})", flush=True)
        ended = run(room, quick=chosen.quick)
        report["rooms"].append(ended)
        print(f"{ended['seconds']:.0f} s", flush=True)
        if ended["crashed"]:
            print(f"{room.name} has crashed: {ended['crashed']}", flush=True)
        write(report, chosen.out)  # so that what is there stays, whatever comes
    print(f"\n{chosen.out / 'benchmarks.html'}")
    return 1 if any(missed(room) or room["crashed"] for room in report["rooms"]) else 0


def write(report: dict, out: Path) -> None:
    """Write the file of figures and the page."""
    (out / "benchmarks.json").write_text(json.dumps(report, indent=1, allow_nan=False), encoding="utf-8")
    (out / "benchmarks.html").write_text(page(report), encoding="utf-8")


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    names = [room.name for room in ROOMS]
    parser.add_argument("rooms", nargs="*", metavar="room", help=f"which: any of {', '.join(names)}")
    parser.add_argument("--out", type=Path, default=ROOT / "bench", help="the folder to write to; bench/ by default")
    parser.add_argument("--quick", action="store_true", help="a first look: fewer rounds and fewer rows")
    chosen = parser.parse_args(arguments)
    if unknown := [name for name in chosen.rooms if name not in names]:
        parser.error(f"there is no room {unknown[0]!r}; the rooms are {', '.join(names)}")
    return chosen


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
