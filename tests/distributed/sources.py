"""Where the programs of these tests have their samples from, besides arrays and datasets."""

from __future__ import annotations

import tempfile
from typing import Any

import keras
import numpy as np


class Sequence(keras.utils.PyDataset):
    """Batches by their number."""

    def __init__(self, x: np.ndarray, y: np.ndarray, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.x, self.y, self.size = x, y, size

    def __len__(self) -> int:
        return -(-len(self.x) // self.size)

    def __getitem__(self, number: int) -> Any:
        rows = slice(number * self.size, (number + 1) * self.size)
        return self.x[rows], self.y[rows]


def mapped(array: np.ndarray) -> np.ndarray:
    """The array in a file of this process's."""
    with tempfile.NamedTemporaryFile() as file:
        np.save(file, array)
        file.flush()
        return np.load(file.name, mmap_mode="r")
