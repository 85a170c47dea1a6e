"""Workers as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pybridge.cli.workers import free_ports

LONGEST = 550  # seconds


class Worker:
    """A process, and what it prints.

    Attributes:
        process: the process.
        lines: what it has printed so far.
        error: what it has complained of, once it has ended.
    """

    def __init__(self, command: list[str], folder: Path, **environment: str) -> None:
        self.complaints = folder / f"{time.monotonic_ns()}.txt"
        with self.complaints.open("w") as complaints:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=complaints, text=True, cwd=folder, env=os.environ | environment
            )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with self.process.stdout as printed:
            for line in printed:
                self.lines.append(line.rstrip("\n"))

    @property
    def error(self) -> str:
        return self.complaints.read_text()

    def wait_for(self, line: str) -> None:
        """Wait until it has printed a line."""
        until = time.monotonic() + LONGEST
        while line not in self.lines:
            assert time.monotonic() < until and self.process.poll() is None, (self.lines, self.error[-3000:])
            time.sleep(0.02)

    def end(self) -> int:
        """Wait for its end; the exit status."""
        try:
            status = self.process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"it does not end: {self.lines} {self.error[-3000:]}")
        self._reader.join(LONGEST)
        return status

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., list[Worker]]]:
    """Starts workers that run a program: `start(count, program, *arguments)`."""
    with starting(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., list[Worker]]]:
    """As `start`, for all tests of a module."""
    with starting(tmp_path_factory.mktemp("workers")) as start:
        yield start


@contextmanager
def starting(folder: Path) -> Iterator[Callable[..., list[Worker]]]:
    workers: list[Worker] = []

    def start(count: int, program: Path | str, *arguments: str, **environment: str) -> list[Worker]:
        if isinstance(program, str):
            (folder / "program.py").write_text(program)
            program = folder / "program.py"
        environment |= {"TF_NUM_INTRAOP_THREADS": "1"}  # the workers share the cores
        command = [sys.executable, str(program), *arguments]
        started = [Worker(command, folder, **environment, **told) for told in cluster(count)]
        workers.extend(started)
        return started

    yield start
    for worker in workers:
        if worker.process.poll() is None:
            worker.kill()
        worker.end()


def cluster(count: int) -> list[dict[str, str]]:
    """What TF_CONFIG is for each of so many workers on this machine; one needs none."""
    if count == 1:
        return [{}]
    addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
    tasks = [{"type": "worker", "index": rank} for rank in range(count)]
    return [{"TF_CONFIG": json.dumps({"cluster": {"worker": addresses}, "task": task})} for task in tasks]
