"""The sources of the grammar: the same samples as arrays of many kinds, as a dataset, a generator, a PyDataset."""

from __future__ import annotations

import itertools
import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import keras
import numpy as np
import pandas
import scipy.sparse
import tensorflow as tf

tree = keras.tree


@dataclass(frozen=True)
class Data:
    """Samples as NumPy arrays, in lists or dicts where there are several places; y or the weights may be None."""

    x: object
    y: object = None
    weight: object = None

    def map(self, change: Callable[[np.ndarray], object]) -> Data:
        return Data(*(None if part is None else tree.map_structure(change, part) for part in self.parts))

    @property
    def parts(self) -> tuple:
        return self.x, self.y, self.weight

    @property
    def packed(self) -> object:
        """As a dataset yields it, with tuples where there were lists."""
        present = tuple(tree.lists_to_tuples(part) for part in self.parts if part is not None)
        return present[0] if len(present) == 1 else present

    @property
    def count(self) -> int:
        return len(tree.flatten(self.x)[0])


def batches(data: Data, size: int) -> Iterator[tuple]:
    for start in range(0, data.count, size):
        part = data.map(lambda array, start=start: array[start : start + size])
        yield part.packed if isinstance(part.packed, tuple) else (part.packed,)


class Batches(keras.utils.PyDataset):
    """Batches by their number; it has no end when `endless`, and changes what it gives after each epoch."""

    def __init__(self, data: Data, size: int, *, endless: bool = False, **options):
        super().__init__(**options)
        self.batches = list(batches(data, size))
        self.endless = endless
        self.epochs = 0

    @property
    def num_batches(self):
        return None if self.endless else len(self.batches)

    def __getitem__(self, index):
        return self.batches[index % len(self.batches)]

    def on_epoch_end(self):
        self.epochs += 1


def _dataset(data: Data, size: int, *, drop: bool = False) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(data.packed).batch(size, drop_remainder=drop)


def _unknown(data: Data, size: int) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(data.packed).filter(lambda *_: True).batch(size)


def _shuffled(data: Data, size: int) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(data.packed).shuffle(data.count, seed=4).batch(size).prefetch(2)


def _endless(data: Data, size: int) -> Iterator[tuple]:
    return (batch for _ in itertools.count() for batch in batches(data, size))


def _memmap(array: np.ndarray) -> np.ndarray:
    with tempfile.NamedTemporaryFile() as file:
        mapped = np.memmap(file, array.dtype, "w+", shape=array.shape)
    mapped[:] = array
    return mapped


def _float64(array: np.ndarray) -> np.ndarray:
    return array.astype("float64") if array.dtype.kind == "f" else array


def _pandas(array: np.ndarray) -> object:
    return pandas.DataFrame(array) if array.ndim == 2 else pandas.Series(array)


def _tf_sparse(array: np.ndarray) -> tf.SparseTensor:
    return tf.sparse.from_dense(np.where(np.abs(array) > 0.8, array, 0))


def _scipy_sparse(array: np.ndarray) -> scipy.sparse.csr_matrix:
    return scipy.sparse.csr_matrix(np.where(np.abs(array) > 0.8, array, 0))


ARRAYS: dict[str, Callable[[Data], Data]] = {
    "arrays": lambda data: data,
    "tensors": lambda data: data.map(tf.convert_to_tensor),
    "float64": lambda data: data.map(_float64),
    "memmap": lambda data: data.map(_memmap),
    "uint8": lambda data: replace(data, x=(data.x * 255).astype("uint8")),
    "tf_sparse": lambda data: replace(data, x=_tf_sparse(data.x)),
    "scipy_sparse": lambda data: replace(data, x=_scipy_sparse(data.x)),
    "pandas": lambda data: data.map(_pandas),
}
STREAMS: dict[str, Callable[[Data, int], object]] = {
    "dataset": _dataset,
    "dataset_unknown": _unknown,
    "dataset_shuffled": _shuffled,
    "dataset_repeat": lambda data, size: _dataset(data, size).repeat(),
    "dataset_runs_out": _dataset,
    "generator": _endless,
    "generator_runs_out": batches,
    "py_dataset": Batches,
    "py_dataset_workers": lambda data, size: Batches(data, size, workers=2),
    "py_dataset_endless": lambda data, size: Batches(data, size, endless=True),
}
ENDLESS = ("dataset_repeat", "generator", "py_dataset_endless")
RUN_OUT = ("dataset_runs_out", "generator_runs_out")
SPARSE = ("tf_sparse", "scipy_sparse")


def sources_for(kind: str, *, several: bool, no_targets: bool, fixed: bool) -> list[str]:
    """The sources that these samples can come from.

    Args:
        kind: the kind of samples.
        several: whether there are several inputs or outputs.
        no_targets: whether the samples are all there is.
        fixed: whether every batch has to be full.
    """
    names = ["arrays", "arrays", "tensors", "float64", "memmap", *STREAMS]
    if kind == "vector" and not several:
        names += [*SPARSE * 4, "pandas"]
    if kind == "image" and not several:
        names += ["uint8"] * 4
    if fixed:
        names = [name for name in names if name in ("arrays", "tensors", "dataset", "py_dataset", "generator")]
    if no_targets:  # a generator yields tuples, and Keras's PyDataset takes an array for a tuple of one
        names = [name for name in names if not name.startswith("generator")]
    return names


def feed(source: str, data: Data, size: int) -> dict[str, object]:
    """The arguments x, y and sample_weight of `fit` with the data from a source, made anew."""
    if source in STREAMS:
        return {"x": STREAMS[source](data, size)}
    given = ARRAYS[source](data)
    return {name: part for name, part in zip(("x", "y", "sample_weight"), given.parts, strict=True) if part is not None}


def steps_of(source: str, count: int, size: int) -> int | None:
    """How many steps an epoch takes where the source does not say it, or says too little."""
    if source in ENDLESS:
        return math.ceil(count / size) - 1  # so that an epoch begins in the middle of the samples
    return math.ceil(count / size) if source in RUN_OUT else None
