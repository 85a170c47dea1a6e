"""Arrays in memory-mapped files, for the tests of training with them."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np


class Seen(keras.callbacks.Callback):
    """Notes each batch that is trained with, and its logs."""

    def __init__(self):
        super().__init__()
        self.batches = []

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append((batch, dict(logs)))


def filed(folder, array, layout="C"):
    """The array in a file, as a memory-mapped one."""
    name = f"{folder}/{len(list(Path(folder).iterdir()))}"
    made, show = array, lambda held: held
    if layout == "every other row":
        made, show = np.repeat(array, 2, axis=0), lambda held: held[::2]
    elif layout == "some columns" and array.ndim > 1:
        width = len(array[0])
        made, show = np.concatenate([array, array, array], axis=1), lambda held: held[:, width:-width]
    elif layout == "backwards":
        made, show = array[::-1], lambda held: held[::-1]
    elif layout == "asarray":
        show = np.asarray
    order, offset = "F" if layout == "Fortran" else "C", 3 if layout == "unaligned" else 0
    dtype = array.dtype.newbyteorder(">") if layout == "big-endian" else array.dtype
    held = np.memmap(name, dtype, "w+", offset, made.shape, order)
    held[:] = made
    held.flush()
    return show(np.memmap(name, dtype, "r", offset, made.shape, order))


def in_files(folder, value, layout="C"):
    """All arrays of what `fit` may be given in files."""
    if isinstance(value, dict):
        return {key: in_files(folder, each, layout) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(in_files(folder, each, layout) for each in value)
    return filed(folder, value, layout) if isinstance(value, np.ndarray) else value
