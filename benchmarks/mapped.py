"""What training, measuring and predicting from memory-mapped files takes, beside the same arrays in memory.

`python -m benchmarks.mapped` prints a table and ends with 1 when files in the page cache, where these are once they are
written, give less than the speed allowed. Figures are the least of rounds in which both take turns.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from benchmarks._measuring import rounds, taking_turns, verdict
from benchmarks._record import record
from pybridge import models, training

ROUNDS = rounds(5)
LEAST = 0.85  # of the speed from memory
SAMPLES, FEATURES = 150_000, 784
NETS = {"dense 512-10": (512,), "dense 32-16-10": (32, 16)}
Arrays = tuple[np.ndarray, np.ndarray]


def made(sizes: tuple[int, ...]) -> keras.Model:
    """A net of dense layers."""
    hidden = [("dense", size, "relu") for size in sizes]
    return models.sequential([*hidden, ("dense", 10, "softmax")], input_shape=FEATURES, seed=1)


def filed(folder: str, name: str, array: np.ndarray) -> np.ndarray:
    """The array, memory-mapped."""
    np.save(f"{folder}/{name}.npy", array)
    return np.load(f"{folder}/{name}.npy", mmap_mode="r")


def epoch(net: keras.Model, data: Arrays) -> float:
    """Seconds that the second epoch takes."""
    ends: list[float] = []
    told = [lambda epoch, logs: ends.append(time.perf_counter())]
    training.fit(net, *data, epochs=2, seed=1, progress=False, callbacks=told)
    return ends[1] - ends[0]


def seconds(f: Callable[..., object], *arguments: object) -> float:
    """Seconds that a call takes."""
    begun = time.perf_counter()
    f(*arguments)
    return time.perf_counter() - begun


def rows() -> dict[str, Callable[[Arrays], float]]:
    """What is measured, by what the table calls it."""
    nets = {name: made(sizes) for name, sizes in NETS.items()}
    measured = {f"fit, {name}": lambda data, net=net: epoch(net, data) for name, net in nets.items()}
    largest = next(iter(nets.values()))
    measured["evaluate, dense 512-10"] = lambda data: seconds(models.evaluate, largest, *data)
    measured["predict, dense 512-10"] = lambda data: seconds(models.predict, largest, data[0])
    return measured


def main() -> int:
    """Measure, print, and judge."""
    random = np.random.default_rng(0)
    x = random.random((SAMPLES, FEATURES), np.float32)
    y = random.integers(0, 10, SAMPLES).astype("uint8")
    missed = []
    print(f"{'':28}{'memory, s':>12}{'files, s':>12}{'speed':>8}{'least':>8}")
    with tempfile.TemporaryDirectory() as folder:
        files = filed(folder, "x", x), filed(folder, "y", y)
        for name, measure in rows().items():
            measure((x, y))  # which compiles
            sides = [lambda data=data, measure=measure: measure(data) for data in ((x, y), files)]
            in_memory, in_files = taking_turns(sides, ROUNDS)
            memory, mapped = min(in_memory), min(in_files)
            print(f"{name:28}{memory:12.3f}{mapped:12.3f}{memory / mapped:8.2f}{LEAST:8.2f}", flush=True)
            held = memory / mapped >= LEAST
            if not held:
                missed.append(name)
            peers = {"the same from memory": in_memory}
            record(f"{name}, from files", "s", in_files, peers=peers, by="least", most=1 / LEAST, held=held)
    return verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
