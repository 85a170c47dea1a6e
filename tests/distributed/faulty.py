"""Trains three epochs with a checkpoint after each; worker 1 does in the second what it is told.

python faulty.py FOLDER WHAT [EPOCHS THAT ARE DONE]
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pybridge import distributed

strategy = distributed.strategy(timeout=200)

import numpy as np  # noqa: E402

from pybridge import models, training  # noqa: E402
from pybridge.errors import WorkerError  # noqa: E402


def main(folder: str, what: str, done: int) -> None:
    checkpoint = Path(folder) / "net-{epoch}.keras"
    generator = np.random.default_rng(7)
    x, y = generator.normal(size=(600, 8)).astype(np.float32), generator.integers(0, 3, 600)
    units = 5 if what == "another net" and strategy.rank == 1 else 4

    def act(epoch: int, logs: dict[str, Any]) -> None:
        print(f"epoch {epoch}", flush=True)
        if strategy.rank == 1 and epoch == 1:
            DEEDS.get(what, lambda: None)()

    if done and strategy.rank == 0:
        net = models.load(str(checkpoint).format(epoch=done))
    else:
        layers = [("dense", units, "tanh"), ("dropout", 0.3), ("dense", 3, "softmax")]
        net = models.sequential(layers, input_shape=[8], seed=1 + strategy.rank)  # worker 0's weights are all workers'
    told = {"epochs": 3, "initial_epoch": done, "batch_size": 32, "seed": 1, "jit": False, "progress": False}
    watching = [training.Checkpoint(str(checkpoint)), act]
    try:
        training.fit(net, x, y, strategy=strategy, callbacks=watching, **told)
        if what == "leaving" and strategy.rank == 1:
            sys.exit()
        if what == "leaving":
            strategy.sum(1.0)
    except WorkerError as error:
        print(f"{time.time():.1f} {error}", flush=True)
        sys.exit(4)
    kept = [np.asarray(each.value) for each in [*net.variables, *net.optimizer.variables]]
    np.savez(Path(folder) / f"{what}-{strategy.rank}.npz", *kept)


def fail() -> None:
    raise RuntimeError("the disk is full")


DEEDS: dict[str, Callable[[], object]] = {
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "frozen": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "raising": fail,
    "exiting": lambda: sys.exit(3),
}

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3] if sys.argv[3:] else 0))
