"""Where samples come from: the arguments of `fit` for arrays, a memory-mapped file, a dataset and two generators."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator

import keras
import numpy as np

from benchmarks._training.nets import NETS


def save(folder: str, net: str) -> None:
    """Write a net's samples and targets to files, unless they are there."""
    paths = _paths(folder, net)
    if not paths[1].exists():
        for path, array in zip(paths, NETS[net].data(), strict=True):
            np.save(path, array)


def arguments(folder: str, net: str, source: str) -> dict:
    """Return what `fit` takes to train a net with the samples of a source, each epoch in another order if it can."""
    batch_size = NETS[net].batch_size
    if source == "memmap":
        x, y = (np.load(path, mmap_mode="r") for path in _paths(folder, net))
        return {"x": x, "y": y, "batch_size": batch_size}
    x, y = _arrays(folder, net)
    if source == "arrays":
        return {"x": x, "y": y, "batch_size": batch_size}
    if source == "dataset":
        import tensorflow as tf  # Keras on JAX gets along without it elsewhere

        dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1024).batch(batch_size)
        return {"x": dataset.prefetch(tf.data.AUTOTUNE)}
    batches = Batches(x, y, batch_size)
    if source == "pydataset":
        return {"x": batches}
    return {"x": forever(batches), "steps_per_epoch": len(batches)}


class Batches(keras.utils.PyDataset):
    """Batches cut from arrays."""

    def __init__(self, x: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        super().__init__()
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self) -> int:
        return len(self.x) // self.batch_size

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        rows = slice(number * self.batch_size, (number + 1) * self.batch_size)
        return self.x[rows], self.y[rows]


def forever(batches: Batches) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Go through the batches again and again."""
    while True:
        for number in range(len(batches)):
            yield batches[number]


@functools.lru_cache(maxsize=2)
def _arrays(folder: str, net: str) -> list[np.ndarray]:
    return [np.load(path) for path in _paths(folder, net)]


def _paths(folder: str, net: str) -> list[pathlib.Path]:
    return [pathlib.Path(folder, f"{net}.{part}.npy") for part in "xy"]
