"""Arrays in memory-mapped files, of which only the rows that are wanted are read into memory."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from typing import Any, TypeGuard

import keras
import numpy as np
import tensorflow as tf

PIECE = 2**20  # bytes to copy at a time: they stay in the processor's cache where they need a second copy
AHEAD = 2  # batches that a dataset reads ahead


class Mapped:
    """A memory-mapped array whose rows are read when they are wanted: floats in Keras's own precision.

    Args:
        array: the array, or a view of one.
        dtype: what its rows are read as; None for what Keras takes such numbers as.

    Attributes:
        shape: the shape of the whole array.
        dtype: what its rows are read as.
    """

    def __init__(self, array: np.ndarray, dtype: Any = None) -> None:
        self._array = np.asarray(array)
        if dtype is None:
            dtype = keras.config.floatx() if array.dtype.kind == "f" else array.dtype.newbyteorder("=")
        self.dtype = np.dtype(dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the whole array."""
        return self._array.shape

    def __getitem__(self, piece: slice | np.ndarray) -> Mapped:
        return Mapped(self._array[piece], self.dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._array.astype(self.dtype if dtype is None else dtype, copy=bool(copy))

    def take(self, rows: np.ndarray, into: np.ndarray) -> None:
        """Copy the rows of these numbers, which are all different and ascend."""
        take(self._array, rows, into)

    def pieces(self) -> Iterator[np.ndarray]:
        """All rows, some at a time."""
        together = _together(self.dtype.itemsize, self.shape)
        for start in range(0, self.shape[0], together):
            yield np.asarray(self[start : start + together])


def in_file(value: object) -> TypeGuard[np.ndarray]:
    """Whether this is an array of numbers in a memory-mapped file, or a view of one."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        return False
    base: Any = value
    while base is not None and not isinstance(base, mmap.mmap):
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
    return base is not None


def mapped(*parts: object) -> bool:
    """Whether any of the arrays is in a memory-mapped file."""
    return any(isinstance(leaf, Mapped) for part in parts for leaf in keras.tree.flatten(part))


def take(array: np.ndarray, rows: np.ndarray, into: np.ndarray) -> None:
    """Copy the rows of these numbers, which are all different and ascend, into memory of any dtype."""
    first, last = int(rows[0]), int(rows[-1])
    if last - first + 1 == len(rows):
        into[:] = array[first : last + 1]
        return
    # NumPy's `take` is the fastest, but it would copy the whole of any other array first.
    plain = array.flags.c_contiguous and array.flags.aligned and array.dtype == into.dtype
    together = _together(array.itemsize, array.shape)
    for start in range(0, len(rows), together):
        wanted, place = rows[start : start + together], into[start : start + together]
        if plain:
            np.take(array, wanted, axis=0, out=place, mode="clip")
        else:
            place[:] = array[wanted]


def as_dataset(data: Any, batch_size: int) -> tf.data.Dataset:
    """The batches of arrays of which some are mapped, in their order, read as they are needed."""
    leaves = [leaf if isinstance(leaf, Mapped) else np.asarray(leaf) for leaf in tf.nest.flatten(data)]
    count = leaves[0].shape[0]
    dtypes = [tf.as_dtype(leaf.dtype) for leaf in leaves]

    def read(start: int) -> list[np.ndarray]:
        return [np.asarray(leaf[start : start + batch_size]) for leaf in leaves]

    @tf.autograph.experimental.do_not_convert
    def batch(start: Any) -> Any:
        parts = tf.numpy_function(read, [start], dtypes)
        for part, leaf in zip(parts, leaves, strict=True):
            part.set_shape([None, *leaf.shape[1:]])
        return tf.nest.pack_sequence_as(data, parts)

    return tf.data.Dataset.range(0, count, batch_size).map(batch).prefetch(AHEAD)


def _together(itemsize: int, shape: tuple[int, ...]) -> int:
    """How many rows to copy at a time."""
    return max(1, PIECE // max(1, itemsize * math.prod(shape[1:])))
