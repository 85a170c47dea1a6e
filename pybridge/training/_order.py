"""In which order an epoch takes its samples: Keras's own, or one that follows from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

from pybridge._arguments import choice


def check_shuffle(shuffle: object) -> bool | str:
    """Raises OptionError for what is neither True, False nor "batch"."""
    return choice("shuffle", shuffle, [True, False, "batch"])


class Order:
    """The numbers of the samples, epoch by epoch.

    Args:
        count: how many samples there are.
        batch_size: how many a batch has.
        shuffle: True for a new order each time, "batch" to shuffle within each batch only.
        seed: what the order follows from; None for the order that `keras.Model.fit` would take, which TensorFlow draws,
            so that `keras.utils.set_random_seed` rules it.
    """

    def __init__(self, count: int, batch_size: int, *, shuffle: bool | str, seed: int | None) -> None:
        self.count = count
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self._drawn: tf.data.Dataset = None

    def numbers(self, epoch: int) -> np.ndarray:
        """The order of an epoch; without a seed, the next one."""
        if not self.shuffle or self.seed is not None:
            return order(self.count, self.batch_size, shuffle=self.shuffle, seed=self.seed, epoch=epoch)
        if self._drawn is None:
            self._drawn = self._keras()
        return np.concatenate([np.asarray(tf.nest.flatten(batch)[0]) for batch in self._drawn]).astype(
            _dtype(self.count)
        )

    def _keras(self) -> tf.data.Dataset:
        """Keras's own dataset, of the numbers instead of the samples; in one batch where that makes no difference."""
        together = self.batch_size if self.shuffle == "batch" else self.count
        numbers = np.arange(self.count)
        return ArrayDataAdapter(numbers, shuffle=self.shuffle, batch_size=together).get_tf_dataset()


def order(count: int, batch_size: int, *, shuffle: bool | str, seed: Any, epoch: int) -> np.ndarray:
    """The numbers of the samples in the order of an epoch.

    It follows from the seed and the epoch alone, so that training which is resumed goes on as if it had not stopped.

    >>> order(5, 2, shuffle=False, seed=0, epoch=0).tolist()
    [0, 1, 2, 3, 4]
    """
    numbers = np.arange(count, dtype=_dtype(count))
    if not shuffle:
        return numbers
    generator = np.random.default_rng([seed, epoch])
    if shuffle == "batch":
        for start in range(0, count, batch_size):
            generator.shuffle(numbers[start : start + batch_size])
        return numbers
    return generator.permutation(numbers)


def _dtype(count: int) -> type[np.integer[Any]]:
    return np.int32 if count < 2**31 else np.int64


def seeds(count: int, seed: int, epoch: int, rank: int = 0) -> np.ndarray:
    """A seed for each of the model's own generators of random numbers, as dropout has one, in this epoch.

    Each worker of several has others, so that they do not all leave out the same.
    """
    return np.random.SeedSequence([seed, epoch, 1, *[rank] * (rank > 0)]).generate_state(count) >> 1
