"""How long an epoch of `training.fit` takes against `keras.Model.fit` with its defaults, on the MNIST net.

`python -m benchmarks.training` prints a table and ends with status 1 when a ratio is below its target. Both sides show
their progress, as they do by default, into nowhere; a row without it stands beside. They take turns, so that whatever
else the machine does meets both; all figures are medians of several rounds, the ratio that of each round's own.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from pybridge import data, models, training

STEADY_TARGET = 2.5
COLD_TARGET = 2.0
STEADY_ROUNDS = 9
COLD_ROUNDS = 5
EPOCHS = 5
SIDES = ("pybridge", "keras")
LAYERS = [("dense", 512, "relu"), ("dense", 10, "softmax")]


class Clock(keras.callbacks.Callback):
    """Notes how long each epoch takes."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.seconds.append(time.perf_counter() - self.started)


def main() -> int:
    """Measure, print, and judge."""
    if sys.argv[1:]:
        print(json.dumps(cold(sys.argv[1])))
        return 0
    starts = [{side: in_fresh_process(side) for side in SIDES} for _ in range(COLD_ROUNDS)]
    rows = [
        ("steady epoch, seconds", steady(shown=True), STEADY_TARGET),
        ("the same with no progress shown", steady(shown=False), None),
        (f"{EPOCHS} epochs from a cold start, seconds", measured(starts, "seconds"), COLD_TARGET),
    ]
    print(f"{'':38}{'pybridge':>10}{'keras':>10}{'ratio':>8}{'target':>8}")
    missed = []
    for name, rounds, target in rows:
        ours, theirs = (statistics.median(seconds[side] for seconds in rounds) for side in SIDES)
        ratio = statistics.median(seconds["keras"] / seconds["pybridge"] for seconds in rounds)
        print(f"{name:38}{ours:10.3f}{theirs:10.3f}{ratio:8.2f}{target or '':>8}")
        if target and ratio < target:
            missed.append(name)
    ours, theirs = (statistics.median(each[side] for each in measured(starts, "accuracy")) for side in SIDES)
    print(f"{'test accuracy':38}{ours:10.4f}{theirs:10.4f}")
    if missed:
        print(f"below target: {' and '.join(missed)}")
    return 1 if missed else 0


def measured(starts: list[dict], what: str) -> list[dict[str, float]]:
    """One of the things that `cold` measures, for both sides in each round."""
    return [{side: start[side][what] for side in SIDES} for start in starts]


def steady(*, shown: bool) -> list[dict[str, float]]:
    """The seconds of an epoch when everything is compiled, for both sides in each round."""
    (x, y), _ = mnist()
    ours, theirs = net(), compiled_net()
    verbose = "auto" if shown else 0
    return [
        {
            "pybridge": timed(lambda clock: training.fit(ours, x, y, epochs=3, callbacks=[clock], progress=shown)),
            "keras": timed(
                lambda clock: theirs.fit(x, y, batch_size=128, epochs=3, callbacks=[clock], verbose=verbose)
            ),
        }
        for _ in range(STEADY_ROUNDS)
    ]


def timed(fit: Callable[[Clock], object]) -> float:
    """The mean seconds of an epoch after the first, in which a call also sets itself up."""
    clock = Clock()
    with nowhere():
        fit(clock)
    return statistics.mean(clock.seconds[1:])


@contextlib.contextmanager
def nowhere() -> Iterator[None]:
    """Let what is printed go nowhere."""
    with open(os.devnull, "w") as sink, contextlib.redirect_stdout(sink):
        yield


def in_fresh_process(side: str) -> dict:
    """What `cold` measures, in a process that has computed nothing before."""
    command = [sys.executable, "-m", "benchmarks.training", side]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def cold(side: str) -> dict:
    """Make the net and train it, in this process for the first time: seconds, compilation included, and accuracy."""
    (x, y), (test_x, test_y) = mnist()
    started = time.perf_counter()
    with nowhere():
        if side == "pybridge":
            model = net()
            training.fit(model, x, y, epochs=EPOCHS)
        else:
            model = compiled_net()
            model.fit(x, y, batch_size=128, epochs=EPOCHS)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "accuracy": models.evaluate(model, test_x, test_y)["accuracy"]}


def net() -> keras.Model:
    """The net of chapter 2."""
    return models.sequential(LAYERS, input_shape=784)


def compiled_net() -> keras.Model:
    """The same net, compiled as the book does."""
    model = net()
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def mnist() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """MNIST as the net takes it."""
    (x, y), (test_x, test_y) = data.load_mnist()
    return (data.prepare_images(x), y), (data.prepare_images(test_x), test_y)


if __name__ == "__main__":
    sys.exit(main())
