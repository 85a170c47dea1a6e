"""What each of several workers runs: some epochs of a net, and the sum of its gradients. Worker 0 writes their seconds.

`pybridge run --workers 2 _workers_program.py FILE` starts two of them.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path

from pybridge import distributed

strategy = distributed.strategy(timeout=200)  # before TensorFlow computes anything

import keras  # noqa: E402
import numpy as np  # noqa: E402

from pybridge import models, training  # noqa: E402

SAMPLES, BATCH_SIZE, EPOCHS, SUMS = 32_768, 2048, 5, 20


def epochs(net: keras.Model) -> list[float]:
    """The seconds of each epoch but the first, which compiles."""
    generator = np.random.default_rng(0)
    x, y = generator.random((SAMPLES, 784), np.float32), generator.integers(0, 10, SAMPLES)
    ends: list[float] = []
    told = [lambda epoch, logs: ends.append(time.perf_counter())]
    options = {"epochs": EPOCHS, "batch_size": BATCH_SIZE, "seed": 1, "progress": False, "callbacks": told}
    training.fit(net, x, y, strategy=strategy, **options)
    return [end - begin for begin, end in itertools.pairwise(ends)]


def sums(net: keras.Model) -> list[float]:
    """The seconds of sums as long as all gradients together."""
    numbers = np.zeros(net.count_params(), np.float32)
    strategy.sum(numbers)
    times = []
    for _ in range(SUMS):
        begun = time.perf_counter()
        strategy.sum(numbers)
        times.append(time.perf_counter() - begun)
    return times


def main(file: str) -> None:
    """Train, and write down how long it took."""
    net = models.sequential([("dense", 512, "relu"), ("dense", 10, "softmax")], input_shape=[784], seed=1)
    told = {"epochs": epochs(net), "sums": sums(net), "steps": SAMPLES // BATCH_SIZE, "bytes": 4 * net.count_params()}
    if strategy.rank == 0:
        Path(file).write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
