"""Runs a room in a process of its own, and collects its rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks._measuring import QUICK
from benchmarks._record import FINISHED, RECORDS
from benchmarks._report.rooms import Room
from benchmarks._report.surroundings import load

ROOT = Path(__file__).parents[2]
LONGEST = 2 * 3600  # seconds, after which a room hangs
SHOWN = 2000  # characters of what a crashed room complained of


def run(room: Room, *, quick: bool) -> dict[str, Any]:
    """Run a room: its rows and how it ended. What it prints goes to the terminal.

    Args:
        room: the room.
        quick: whether to take a first look only.
    """
    command = [sys.executable, "-m", f"benchmarks.{room.name}", *(room.quick if quick else ())]
    told = {"benchmark": room.name, "title": room.title, "says": room.says, "load": load()}
    return told | collected(command, quick=quick)


def collected(command: Sequence[str], *, quick: bool, longest: float = LONGEST) -> dict[str, Any]:
    """Run a command that hands over rows: these, how many seconds it took, and what it complained of if it crashed."""
    with tempfile.TemporaryDirectory() as folder:
        records, complaints = Path(folder, "records"), Path(folder, "complaints")
        records.touch()
        environment = os.environ | {RECORDS: str(records), QUICK: "1" if quick else "0"}
        started = time.perf_counter()
        with complaints.open("wb") as kept:
            ended = finish(
                subprocess.Popen(command, cwd=ROOT, env=environment, stderr=kept, start_new_session=True), longest
            )
        seconds = time.perf_counter() - started
        lines = [json.loads(line) for line in records.read_text(encoding="utf-8").splitlines()]
        crashed = ""
        if FINISHED not in lines:
            crashed = f"{ended}\n{complaints.read_text(encoding='utf-8', errors='replace')[-SHOWN:]}".strip()
    return {"seconds": seconds, "rows": [line for line in lines if line != FINISHED], "crashed": crashed}


def finish(process: subprocess.Popen, longest: float) -> str:
    """Wait for a process's end, and end what it has started: how it ended, for people."""
    try:
        process.wait(longest)
        return f"it ended with status {process.returncode}"
    except subprocess.TimeoutExpired:
        return f"it was ended after {longest:g} s"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def missed(room: dict[str, Any]) -> list[str]:
    """The names of a room's rows that have missed their targets."""
    return [row["name"] for row in room["rows"] if row["held"] is False]
