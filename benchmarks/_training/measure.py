"""The measurements: sides that take turns in processes kept for them, and the first epochs of fresh processes."""

from __future__ import annotations

import importlib
import importlib.util
import math
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from types import TracebackType

from benchmarks._measuring import rounds
from benchmarks._training.rows import Row

Ratios = dict[str, list[float]]
Rounds = list[dict[str, dict[str, float]]]

FIRST_EPOCHS = 5
EPOCHS_OF_A_TURN = 3
WARM_UP_EPOCHS = 2
TOO_SLOW = 8.0  # times Keras's time: such a side is measured once and takes no turns
REFERENCE_ROUNDS = 2
LEAST_ROUNDS = rounds(3)
SECONDS_OF_A_ROW = 6.0
MOST_OF_A_MESSAGE = 300


class Bench:
    """The processes and the files of a run; a context.

    Args:
        thorough: whether to take the time for many rounds, in all of which the sides without a target take part too.
    """

    def __init__(self, *, thorough: bool) -> None:
        self.steady_rounds, self.cold_rounds = (15, 5) if thorough else (rounds(5), 1)
        self.reference_rounds = self.steady_rounds if thorough else REFERENCE_ROUNDS
        self.patience = math.inf if thorough else SECONDS_OF_A_ROW
        self.has_jax = importlib.util.find_spec("jax") is not None
        self.failures = []

    def __enter__(self) -> Bench:
        self._folder = tempfile.TemporaryDirectory()
        self._tensorflow, self._jax = process("tensorflow"), process("jax")
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for pool in (self._tensorflow, self._jax):
            pool.shutdown()
        self._folder.cleanup()

    def steady(self, row: Row) -> tuple[list[float], Ratios]:
        """Measure an epoch after the second.

        Returns:
            Keras's seconds in each round; and for each side that ran, its time as a share of Keras's in that round.
        """
        self._save(row)
        seconds, ratios, turns = [], {}, {}
        for side in self._sides(row):
            try:
                first = min(self._ask(side, "start", self._job(row, side), WARM_UP_EPOCHS))
            except Exception as error:  # what cannot be measured is a line below the table, and no reason to stop
                if side == "keras":
                    raise
                self._failed(row, side, error)
                continue
            if side == "keras":
                slow = TOO_SLOW * first
            if first > slow:
                ratios[side] = [TOO_SLOW * first / slow]
            else:
                turns[side] = self.steady_rounds if side in ("keras", "pybridge", "scan") else self.reference_rounds
        for number in self._rounds(self.steady_rounds):
            order = [side for side, rounds in turns.items() if number < rounds]
            took = {
                side: self._ask(side, "go_on", side, EPOCHS_OF_A_TURN) for side in order[:: -1 if number % 2 else 1]
            }
            seconds.append(took.pop("keras"))
            for side, its in took.items():
                ratios.setdefault(side, []).append(its / seconds[-1])
        for side in {"keras", *({"jax"} if self.has_jax else ())}:
            self._ask(side, "forget")
        return seconds, ratios

    def cold(self, row: Row) -> Rounds:
        """Measure the first epochs of fresh processes, compilation included.

        Returns:
            Each round's seconds of both sides, and for MNIST their accuracies on test data; none where one fails.
        """
        self._save(row)
        measured: Rounds = []
        for number in self._rounds(self.cold_rounds):
            took = {}
            for side in ("keras", "pybridge")[:: -1 if number % 2 else 1]:
                try:
                    with process("tensorflow") as fresh:
                        took[side] = fresh.submit(call, "cold", self._job(row, side), FIRST_EPOCHS).result()
                except Exception as error:
                    self._failed(row, side, error)
                    return []
            measured.append(took)
        return measured

    def _rounds(self, most: int) -> Iterator[int]:
        started = time.perf_counter()
        for number in range(most):
            if number >= LEAST_ROUNDS and time.perf_counter() - started > self.patience:
                return
            yield number

    def _sides(self, row: Row) -> list[str]:
        references = ["jit", *(["jax"] if self.has_jax else [])] if row.shown else []
        scan = ["scan"] if self.has_jax and row.net == "mnist" and row.shown else []
        return ["keras", "pybridge", *references, *scan]

    def _job(self, row: Row, side: str) -> dict:
        return {"folder": self._folder.name, "net": row.net, "source": row.source, "side": side, "shown": row.shown}

    def _save(self, row: Row) -> None:
        self._ask("keras", "save", self._folder.name, row.net)

    def _ask(self, side: str, function: str, *arguments: object) -> object:
        pool = self._jax if side in ("jax", "scan") else self._tensorflow
        return pool.submit(call, function, *arguments).result()

    def _failed(self, row: Row, side: str, error: Exception) -> None:
        said = " ".join(str(error).split())[:MOST_OF_A_MESSAGE]
        self.failures.append(f"{side} does not train {row.net} from {row.source}: {type(error).__name__}: {said}")


def process(backend: str) -> ProcessPoolExecutor:
    """Return a process that has loaded nothing yet, and will run Keras on a backend."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), use_backend, (backend,))


def use_backend(name: str) -> None:
    """Choose Keras's backend, before this process imports Keras."""
    os.environ["KERAS_BACKEND"] = name


def call(function: str, *arguments: object) -> object:
    """Call a function of `work` in this process. It is named, because the process that asks loads no Keras."""
    return getattr(importlib.import_module("benchmarks._training.work"), function)(*arguments)
