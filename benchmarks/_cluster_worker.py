"""One worker of `benchmarks.cluster`: measures what a line of its input asks for, with the other workers.

`python -m benchmarks._cluster_worker CORE`; a line is a JSON list of figures, each a list of a net's hidden units, a
batch size, a number of steps, and whether each worker trains alone. Worker 0 answers with a JSON object: the seconds of
each figure's step, and of two sums.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings

os.sched_setaffinity(0, {int(sys.argv[1])})
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pybridge import distributed  # noqa: E402

strategy = distributed.strategy()

import keras  # noqa: E402
import numpy as np  # noqa: E402

from pybridge import models, training  # noqa: E402

FEATURES, CLASSES = 784, 10
SMALL, LARGE = 1, 4_000_000  # numbers to add up
EPOCHS, SUMS = 7, 7


def made(units: list[int]) -> keras.Model:
    """A net of dense layers."""
    hidden = [("dense", size, "relu") for size in units]
    return models.sequential([*hidden, ("dense", CLASSES, "softmax")], input_shape=FEATURES, seed=1)


def step(net: keras.Model, batch: int, steps: int, *, alone: bool) -> float:
    """The least seconds a step takes, of the epochs after the first."""
    random = np.random.default_rng(0)
    x = random.random((batch * steps, FEATURES), np.float32)
    y = random.integers(0, CLASSES, batch * steps)
    ends: list[float] = []
    told = [lambda epoch, logs: ends.append(time.perf_counter())]
    options = {"batch_size": batch, "epochs": EPOCHS, "seed": 1, "progress": False, "jit": True, "callbacks": told}
    training.fit(net, x, y, strategy=None if alone else strategy, **options)
    return float(min(np.diff(ends))) / steps


def summed(count: int) -> float:
    """The least seconds it takes to add up so many numbers of each worker."""
    numbers, taken = np.ones(count, np.float32), []
    for _ in range(SUMS):
        begun = time.perf_counter()
        strategy.sum(numbers)
        taken.append(time.perf_counter() - begun)
    return min(taken)


def main() -> None:
    """Measure until the input ends."""
    nets: dict[str, keras.Model] = {}
    warnings.filterwarnings("ignore", message=".*each trains alone")
    for line in sys.stdin:
        steps = []
        sums = [summed(count) for count in (SMALL, LARGE)]
        for units, batch, count, alone in json.loads(line):
            net = nets.setdefault(str(units), made(units))
            steps.append(step(net, batch, count, alone=alone))
            strategy.sum(0.0)  # all measure the same at a time
        if strategy.rank == 0:
            print(json.dumps({"sums": sums, "steps": steps}), flush=True)


if __name__ == "__main__":
    main()
