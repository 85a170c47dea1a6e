"""A launcher of small programs, as a process of its own, and what a test can see of it and of its workers."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

WITHIN = 60

LAUNCHER = """
import os, sys
from pybridge.cli.ending import in_one_sentence
from pybridge.cli.launcher import launch

count, grace = int(sys.argv[1]), float(sys.argv[2])
environments = [{**os.environ, "RANK": str(rank)} for rank in range(count)]
with in_one_sentence():
    sys.exit(launch([sys.executable, "-u", "worker.py"], environments, grace))
"""

WORKER = """
import fcntl, os, pathlib, signal, subprocess, sys, time
from pybridge.cli.joining import LAUNCHER, join_workers

rank = int(os.environ["RANK"])

def wait_for(name):
    while not pathlib.Path(name).exists():
        time.sleep(0.01)

def wait_for_the_end(process):
    try:
        while True:
            os.kill(process, 0)
            time.sleep(0.01)
    except ProcessLookupError:  # its launcher has noticed
        pass

def hold(name):
    global held
    held = os.open(f"{name}.lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)

"""


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition."""
    end = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


class Launched:
    """A launcher whose workers run a program.

    Attributes:
        out: the lines on its standard output so far; `err` those of the other.
    """

    def __init__(self, folder: Path, code: str, *, count: int = 2, grace: float = WITHIN, before: str = "") -> None:
        self.folder = folder
        (folder / "launcher.py").write_text(LAUNCHER)
        (folder / "worker.py").write_text(WORKER + code)
        command = f"{before}exec {sys.executable} launcher.py {count} {grace}"
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            ["sh", "-c", command], cwd=folder, stdout=pipe, stderr=pipe, start_new_session=True
        )
        self._stopped = False
        self.out: list[bytes] = []
        self.err: list[bytes] = []
        streams = (self.process.stdout, self.out), (self.process.stderr, self.err)
        self._readers = [threading.Thread(target=self._read, args=each, daemon=True) for each in streams]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: object, lines: list[bytes]) -> None:
        with stream:
            for line in iter(stream.readline, b""):
                lines.append(line)
                if self._stopped and stream is self.process.stdout:
                    return

    def wait_for(self, line: bytes, count: int) -> None:
        """Wait until as many workers have printed a line."""
        until(
            lambda: sum(said.endswith(b"] " + line) for said in self.out) >= count, f"{line} in {self.out} {self.err}"
        )

    def press_ctrl_c(self) -> None:
        """Do what a terminal does: interrupt the launcher's group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def stop_reading(self) -> None:
        """Close standard output at this end."""
        self._stopped = True

    def end(self) -> int:
        """Wait for its end; its exit status."""
        status = self.process.wait(timeout=WITHIN)
        for reader in self._readers:
            reader.join(WITHIN)
        return status

    def of(self, rank: int) -> list[bytes]:
        """The lines of one worker on standard output."""
        label = b"[%d] " % rank
        return [line.removeprefix(label) for line in self.out if line.startswith(label)]

    def go(self, name: str) -> None:
        """Let workers go on that wait for this name."""
        (self.folder / name).touch()

    def is_free(self, name: str) -> bool:
        """Whether nobody is left of those that held a name."""
        with open(self.folder / f"{name}.lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True
