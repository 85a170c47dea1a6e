"""Training on more samples than fit: how much memory of its own the process needs for each source of them.

    python tests/soak/larger_than_memory.py GIGABYTES [SOURCE...]

prints a line of JSON for each source: the most megabytes of its own that the process has had, and how many of them are
beyond what TensorFlow and the model took before.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from soak_starts import SOURCES

from pybridge import models, training

FEATURES, BATCH = 1000, 128
CLOJURE = """
(require '[pybridge.core :as pb] '[pybridge.training :as training])
(pb/run "import numpy as np")
(fn [net steps]
  (let [batch (pb/run "lambda i: (np.ones(({batch}, {features}), 'float32'), np.zeros({batch}, 'uint8'))")]
    (training/fit! net (pb/iter (map batch (range steps)))
                   :epochs 1 :steps-per-epoch steps :progress false)))
"""


class Watch(threading.Thread):
    """Looks at the memory of this process until its end, and keeps the most there was beyond the beginning."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.begun = self.most = own_megabytes()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.005):
            self.most = max(self.most, own_megabytes())

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self.join()


def own_megabytes() -> int:
    """The memory of this process that is in no file."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) // 1024


class Slices(keras.utils.PyDataset):
    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        super().__init__()
        self.x, self.y = x, y

    def __len__(self) -> int:
        return len(self.x) // BATCH

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        rows = slice(number * BATCH, (number + 1) * BATCH)
        return np.asarray(self.x[rows], "float32"), np.asarray(self.y[rows])


def dataset(x: np.ndarray, y: np.ndarray) -> tf.data.Dataset:
    """As Keras's users make one of more than fits."""
    spec = (tf.TensorSpec((None, FEATURES), tf.float32), tf.TensorSpec((None,), tf.uint8))
    slices = Slices(x, y)
    return tf.data.Dataset.from_generator(lambda: map(slices.__getitem__, range(len(slices))), output_signature=spec)


def seq(net: keras.Model, steps: int) -> None:
    """A lazy seq of Clojure's."""
    from pybridge import clojure

    clojure.eval(CLOJURE.format(batch=BATCH, features=FEATURES))(net, steps)


def use(source: str, net: keras.Model, x: np.ndarray, y: np.ndarray) -> None:
    """Train, measure or predict with all samples once."""
    options = {"epochs": 1, "progress": False}
    if source == "arrays":
        training.fit(net, x, y, seed=1, validation_split=0.1, class_weight={0: 1.0, 1: 2.0}, **options)
    elif source == "validation":
        training.fit(net, x[:BATCH], y[:BATCH], validation_data=(x, y), **options)
    elif source == "eagerly":
        training.fit(net, x, y, run_eagerly=True, **options)
    elif source == "evaluate":
        models.evaluate(net, x, y)
    elif source == "predict":
        models.predict(net, x)
    elif source == "generator":
        training.fit(net, map(Slices(x, y).__getitem__, range(len(x) // BATCH)), **options)
    elif source == "PyDataset":
        training.fit(net, Slices(x, y), **options)
    elif source == "dataset":
        training.fit(net, dataset(x, y), **options)
    elif source == "seq":
        seq(net, len(x) // BATCH)


def main(size: float, sources: list[str]) -> None:
    """Go through the sources, with files of zeros, which take no space on a disk."""
    count = int(size * 1e9) // (8 * FEATURES)
    with tempfile.TemporaryDirectory() as folder:
        x = np.lib.format.open_memmap(f"{folder}/x.npy", "w+", np.float64, (count, FEATURES))
        y = np.lib.format.open_memmap(f"{folder}/y.npy", "w+", np.uint8, (count,))
        for source in sources:
            net = models.sequential([("dense", 2, "softmax")], input_shape=FEATURES)
            for first in ("generator", source):  # which loads and compiles all that it needs
                use(first, net, x[: 5 * BATCH], y[: 5 * BATCH])
            with Watch() as watch:
                use(source, net, x, y)
            print(json.dumps({"source": source, "most": watch.most, "more": watch.most - watch.begun}), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:] or SOURCES)
