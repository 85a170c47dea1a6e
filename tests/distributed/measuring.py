"""Measures and predicts with a small model, alone or as one worker of several, and writes down what is told.

python measuring.py FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pybridge import distributed

strategy = distributed.strategy(timeout=200)  # before TensorFlow computes anything

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from sources import Sequence, mapped  # noqa: E402

from pybridge import models  # noqa: E402

CLASSES = 3
Source = Callable[[np.ndarray, np.ndarray, int], tuple[Any, ...]]


def generated(x: np.ndarray, y: np.ndarray, size: int) -> Any:
    return (Sequence(x, y, size)[number] for number in range(-(-len(x) // size)))


SOURCES: dict[str, Source] = {
    "arrays": lambda x, y, size: (x, y),
    "files": lambda x, y, size: (mapped(x), y),
    "dataset": lambda x, y, size: (tf.data.Dataset.from_tensor_slices((x, y)).batch(size),),
    "generator": lambda x, y, size: (generated(x, y, size),),
    "PyDataset": lambda x, y, size: (Sequence(x, y, size),),
    "PyDataset, two threads": lambda x, y, size: (Sequence(x, y, size, workers=2),),
}


def net() -> keras.Model:
    model = models.sequential([("dense", 8, "tanh"), ("dense", CLASSES, "softmax")], input_shape=[4], seed=2)
    metrics = ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2)]
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=metrics, weighted_metrics=["accuracy"])
    return model


def main(folder: str) -> None:
    chance = np.random.default_rng(11)
    model, told, outputs = net(), {}, {}
    for name, source in SOURCES.items():
        for case in range(4):
            count, size = (int(chance.integers(1, most)) for most in (70, 24))
            steps = int(chance.integers(1, -(-count // size) + 1)) if case % 2 else None
            x, y = chance.normal(size=(count, 4)).astype(np.float32), chance.integers(0, CLASSES, count)
            options = {"batch_size": size, "steps": steps, "strategy": strategy}
            weights = {"sample_weight": chance.random(count)} if name in ("arrays", "files") and case > 1 else {}
            key = f"{name}, {count} samples, batches of {size}, {steps} steps"
            told[key] = models.evaluate(model, *source(x, y, size), **options, **weights)
            outputs[key] = models.predict(model, source(x, y, size)[0], **options)
    rank = f"{strategy.count}-{strategy.rank}"
    np.savez(Path(folder) / f"{rank}.npz", **outputs)
    (Path(folder) / f"{rank}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
