"""Run several processes as if they were one: one console, one exit status, one Ctrl-C, one end."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import IO, BinaryIO, NamedTuple

from pybridge.cli.joining import LAUNCHER

__all__ = ["GRACE", "launch"]

GRACE = 15.0  # seconds in which workers may end by themselves, once they have to
MOST = 1 << 20  # bytes, as many as a pipe holds


def launch(command: Sequence[str], environments: Sequence[Mapping[str, str]], grace: float = GRACE) -> int:
    """Run a command several times at once, as workers that begin and end together.

    Each line that a worker prints is printed with the worker's number in front. Once one has failed, or Ctrl-C or
    SIGTERM has come, which are passed on to all, those that do not end in time are killed; a second signal kills them
    at once. A worker that calls `join_workers` does not outlive this process. Call it on the main thread.

    Args:
        command: the program and its arguments.
        environments: the variables of each worker; its place here is its number.
        grace: seconds that the others have to end by themselves, before they are killed.

    Returns:
        An exit status: 0 where all end with 0, that of the first to fail, or 128 and the number of the signal that
        killed it, or that came to this process.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job would pass SIG_IGN on
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    workers = _Workers(grace)
    try:
        for environment in environments:
            workers.start(command, environment)
        return workers.wait()
    finally:
        workers.end()


class _Printed:
    """What a worker prints on one of its two streams, on its way to the console."""

    def __init__(self, pipe: IO[bytes], rank: int, console: BinaryIO) -> None:
        os.set_blocking(pipe.fileno(), False)
        self.pipe = pipe
        self._label = b"[%d] " % rank
        self._console = console
        self._begun = bytearray()  # a line that has no end yet

    def copy(self) -> bool:
        """Pass on the whole lines of what there is; whether more may come."""
        try:
            read = os.read(self.pipe.fileno(), MOST)
        except BlockingIOError:
            return True
        self._begun += read
        end = self._begun.rfind(b"\n", len(self._begun) - len(read)) + 1
        if end:
            self._print(bytes(self._begun[:end]))
            del self._begun[:end]
        return read != b""

    def finish(self) -> None:
        """Pass on the rest; a last line that has no end gets one."""
        self.copy()
        if self._begun:
            self._print(bytes(self._begun) + b"\n")
            self._begun.clear()

    def _print(self, lines: bytes) -> None:
        labelled = memoryview(self._label + lines[:-1].replace(b"\n", b"\n" + self._label) + b"\n")
        while labelled:  # with PYTHONUNBUFFERED, a signal cuts a write short
            labelled = labelled[self._console.write(labelled) :]
        self._console.flush()


class _Worker(NamedTuple):
    """One process.

    Attributes:
        rank: its number.
        process: the process, alone in its group, so that no Ctrl-C reaches it but ours.
        printed: what it prints.
        life: the end of a pipe that nobody else holds, and that is closed when this process ends.
    """

    rank: int
    process: subprocess.Popen[bytes]
    printed: list[_Printed]
    life: int

    def send(self, number: int) -> None:
        """Send a signal to the process and to those that it has started, unless it has ended."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


class _Workers:
    """The processes, and how they end."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._all: list[_Worker] = []
        self._running: list[_Worker] = []
        self._selector = selectors.DefaultSelector()
        self._status = 0
        self._until: float | None = None  # when those that still run are killed
        self._told = False  # whether a signal has been passed on

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the next worker."""
        rank = len(self._all)
        reader, life = os.pipe()
        try:
            process = subprocess.Popen(
                command,
                bufsize=0,
                env={**environment, LAUNCHER: str(reader)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[reader],
                start_new_session=True,
            )
        finally:
            os.close(reader)
        assert process.stdout and process.stderr
        printed = [
            _Printed(process.stdout, rank, sys.stdout.buffer),
            _Printed(process.stderr, rank, sys.stderr.buffer),
        ]
        for stream in printed:
            self._selector.register(stream.pipe, selectors.EVENT_READ, stream)
        self._all.append(_Worker(rank, process, printed, life))

    def wait(self) -> int:
        """Print what the workers print, until all of them have ended; the exit status."""
        self._running = list(self._all)
        with _hearing(self._hear) as woken:
            self._selector.register(woken, selectors.EVENT_READ)
            self._look()  # at those whose end came before anybody heard of it
            while self._running:
                self._print()
                self._look()
        return self._status

    def end(self) -> None:
        """Kill those that still run, and let go of all."""
        for worker in self._all:
            worker.send(signal.SIGKILL)
        for worker in self._all:
            worker.process.wait()
            os.close(worker.life)
            for stream in worker.printed:
                stream.pipe.close()
        self._selector.close()

    def _print(self) -> None:
        """Wait until a worker prints or ends, or has run for too long, and print what there is."""
        patience = None if self._until is None else max(0.0, self._until - time.monotonic())
        for key, _ in self._selector.select(patience):
            if key.data is None:
                os.read(key.fd, MOST)
            elif not key.data.copy():
                self._selector.unregister(key.fileobj)

    def _look(self) -> None:
        """See which workers have ended, and kill the others once it is time."""
        ended = [worker for worker in self._running if worker.process.poll() is not None]
        for worker in sorted(ended, key=lambda worker: worker.process.returncode):  # those first that were killed
            self._running.remove(worker)
            for stream in worker.printed:
                stream.finish()
            if worker.process.returncode:
                self._fail(worker)
        if self._until is not None and time.monotonic() >= self._until:
            self._until = None
            for worker in self._running:
                _say(f"worker {worker.rank} is killed, as it has not ended within {self._grace:g} seconds")
                worker.send(signal.SIGKILL)

    def _fail(self, worker: _Worker) -> None:
        """End the others, for one has failed; say so where it could not itself."""
        status = worker.process.returncode
        if status < 0 and not self._status:
            _say(f"worker {worker.rank} was killed by {_name(-status)}")
        self._stop(128 - status if status < 0 else status)

    def _hear(self, number: int) -> None:
        """Pass a signal on; a second one kills."""
        self._stop(128 + number)
        for worker in self._running:
            worker.send(signal.SIGKILL if self._told else number)
        self._told = True

    def _stop(self, status: int) -> None:
        """Have all end within the time that they have for that, with an exit status, unless that has begun."""
        if not self._status:
            self._status = status
            self._until = time.monotonic() + self._grace


@contextmanager
def _hearing(hear: Callable[[int], None]) -> Iterator[int]:
    """Have SIGINT and SIGTERM call a function.

    Yields:
        A descriptor that can be read once a signal has come, or a worker has ended.
    """
    read, write = os.pipe()
    for end in (read, write):
        os.set_blocking(end, False)

    def handle(number: int, _: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            hear(number)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)}
    previous = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    try:
        yield read
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(read)
        os.close(write)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _say(sentence: str) -> None:
    print(f"pybridge: {sentence}", file=sys.stderr, flush=True)
